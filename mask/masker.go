package mask

import (
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"sync"
)

// Masker finds personal data and secrets in texts and replaces them. It is safe
// for concurrent use and holds nothing of what it saw.
type Masker struct {
	enabled       uint32 // a bit for each of types
	minConfidence float64
	mode          Mode
	modes         map[Type]Mode
	labels        map[Type]string
	hashKey       []byte
	rules         []rule
	keys          names
	allow         map[string]bool
	allowPatterns []*regexp.Regexp
	custom        []custom
	now           int // the year, for dates of birth
}

// maxRounds bounds how often a text is searched: what replaces a match may end a word, and what
// stood beside it is then searched again.
const maxRounds = 4

// Mask returns t.Text with what was found in it replaced as the Config says; a
// text in which nothing is found is returned as it is, without an allocation.
// Time is linear in the text's length. When a detector panics, Mask returns an
// error and no text, so that the caller can leave the value out. The error does
// not quote the text.
func (m *Masker) Mask(t Text) (masked string, err error) {
	if t.Text == "" {
		return "", nil
	}
	return m.mask(&t, &place{kind: t.Kind, field: t.Field, key: t.Key})
}

// String returns s with what was found in it replaced, for texts that belong to
// no observation. When a detector panics, it returns "<REDACTED>".
func (m *Masker) String(s string) string {
	masked, err := m.mask(&Text{Text: s}, &place{plain: true})
	if err != nil {
		return m.labels[TypeRedacted]
	}
	return masked
}

// Find returns what would be replaced in s, in order and without overlaps,
// whatever the modes are. When a detector panics, it returns one match of
// TypeRedacted for the whole text.
func (m *Masker) Find(s string) (found []Match) {
	defer func() {
		if recover() != nil {
			found = []Match{{Type: TypeRedacted, End: len(s), Confidence: 1}}
		}
	}()
	sc := scans.Get().(*scan)
	defer sc.release()
	return append(found, sc.find(m, s, "", m.custom)...)
}

func (m *Masker) mask(t *Text, p *place) (masked string, err error) {
	defer func() {
		if v := recover(); v != nil {
			masked, err = "", panicked(v)
		}
	}()
	if m.wholeRule(p) || m.redactsKey(t) {
		if mode := m.modeFor(p, TypeRedacted); mode != ModeKeep || m.wholeRule(p) {
			return m.replacement(mode, TypeRedacted, t.Text), nil
		}
	}
	sc := scans.Get().(*scan)
	defer sc.release()
	text, customs := t.Text, m.custom
	for range maxRounds {
		before := text
		if text = m.replaceAll(sc, text, p, customs); text == before || p.mixed {
			break
		}
		customs = nil // their patterns might fit the labels
		if m.redactsKey(&Text{Key: t.Key, Text: text}) && m.modeFor(p, TypeRedacted) == ModeLabel {
			return m.labels[TypeRedacted], nil // the blanks that spoke for prose were those of a value
		}
	}
	return text, nil
}

// panicked makes an error of what a detector panicked with. Only the runtime's
// own messages are quoted: others may hold the text.
func panicked(v any) error {
	var r runtime.Error
	if e, ok := v.(error); ok && errors.As(e, &r) {
		return fmt.Errorf("mask: a detector panicked: %w", r)
	}
	return fmt.Errorf("mask: a detector panicked with a %T", v)
}

// replaceAll replaces what one search finds.
func (m *Masker) replaceAll(sc *scan, text string, p *place, customs []custom) string {
	found := sc.find(m, text, p.key, customs)
	if len(found) == 0 {
		return text
	}
	var b strings.Builder
	last := 0
	for i, f := range found {
		mode := m.modeFor(p, f.Type)
		if mode != ModeLabel {
			p.mixed = true // what is written may be found again
		}
		if mode == ModeKeep {
			continue
		}
		b.WriteString(text[last:f.Start])
		b.WriteString(m.replacement(mode, f.Type, sc.value(i)))
		last = f.End
	}
	if last == 0 {
		return text
	}
	b.WriteString(text[last:])
	return b.String()
}

var scans = sync.Pool{New: func() any { return new(scan) }}
