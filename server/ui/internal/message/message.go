// Package message holds every text of the dashboard in Korean and English, and
// writes numbers, durations and money as the language does.
package message

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Lang is a language of the dashboard, as in an HTML lang attribute.
type Lang string

// The languages.
const (
	English Lang = "en"
	Korean  Lang = "ko"
)

// Langs are all languages, the first the one for readers of neither.
var Langs = []Lang{English, Korean}

// Parse returns the language named s.
func Parse(s string) (Lang, bool) {
	l := Lang(s)
	return l, slices.Contains(Langs, l)
}

// Accept returns the language that the value of an Accept-Language header
// likes best, English if it names neither.
func Accept(header string) Lang {
	best, bestQ := English, 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			f, err := strconv.ParseFloat(v, 64)
			if err != nil {
				continue
			}
			q = f
		}
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if l, ok := Parse(primary); ok && q > bestQ {
			best, bestQ = l, q
		}
	}
	return best
}

// Printer writes in one language. Make one with [For].
type Printer struct {
	lang  Lang
	texts map[string]string
}

// For returns the printer of a language.
func For(l Lang) Printer {
	if l == Korean {
		return Printer{Korean, korean}
	}
	return Printer{English, english}
}

// Lang is the language of the printer.
func (p Printer) Lang() Lang { return p.lang }

// T returns the text of key with args put in as by fmt.Sprintf. A key that is
// not in the catalogue is returned as it is.
func (p Printer) T(key string, args ...any) string {
	text, ok := p.texts[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// Has reports whether the catalogue has the key.
func (p Printer) Has(key string) bool {
	_, ok := p.texts[key]
	return ok
}

// N returns the text of key for a count, which is put in as a number of the
// language. For one it prefers key + ".one".
func (p Printer) N(key string, n int64) string {
	if n == 1 && p.Has(key+".one") {
		key += ".one"
	}
	return p.T(key, p.Number(n))
}

// Script returns the texts that the scripts need, those whose keys start with
// "js.", as a JSON object without that prefix.
func (p Printer) Script() string {
	out := map[string]string{}
	for k, v := range p.texts {
		if name, ok := strings.CutPrefix(k, "js."); ok {
			out[name] = v
		} else if strings.HasPrefix(k, "kind.") || strings.HasPrefix(k, "level.") {
			out[k] = v
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return "{}"
	}
	return string(b)
}

// Keys returns all keys of the language, sorted.
func (p Printer) Keys() []string { return slices.Sorted(maps.Keys(p.texts)) }
