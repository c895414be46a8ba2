package console

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

const (
	maxDepth   = 64
	maxPreview = 100 // runes of an input or output
)

func (t *trace) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "trace %s", t.id)
	a := t.attributes
	for _, f := range [...]struct{ label, value string }{
		{"", a.TraceName},
		{"user=", a.UserID},
		{"session=", a.SessionID},
		{"env=", a.Environment},
		{"tags=", strings.Join(a.Tags, ",")},
	} {
		if f.value != "" {
			fmt.Fprintf(b, "  %s%s", f.label, clean(f.value))
		}
	}
	b.WriteByte('\n')
	below := t.children()
	t.writeAll(b, below, "", "", 0)
	for _, s := range t.scores {
		fmt.Fprintf(b, "   score %s = %s", clean(s.Name), scoreText(s))
		if s.Comment != "" {
			fmt.Fprintf(b, "  %s", preview(s.Comment))
		}
		b.WriteByte('\n')
	}
	if t.omitted > 0 {
		fmt.Fprintf(b, "   … and %d more observations\n", t.omitted)
	}
}

func (t *trace) writeAll(b *bytes.Buffer, below map[string][]*exporter.Observation, parent, indent string, depth int) {
	if depth > maxDepth {
		fmt.Fprintf(b, "%s└─ …\n", indent)
		return
	}
	list := below[parent]
	for i, o := range list {
		branch, rest := "├─ ", "│  "
		if i == len(list)-1 {
			branch, rest = "└─ ", "   "
		}
		b.WriteString(indent + branch)
		writeLine(b, o)
		detail := indent + rest
		if len(below[o.ID]) > 0 {
			detail += "│  "
		} else {
			detail += "   "
		}
		writeValue(b, detail, "in ", o.Input)
		writeValue(b, detail, "out", o.Output)
		if o.StatusMessage != "" {
			fmt.Fprintf(b, "%s%s: %s\n", detail, strings.ToLower(o.Level.String()), preview(o.StatusMessage))
		}
		t.writeAll(b, below, o.ID, indent+rest, depth+1)
	}
}

func writeLine(b *bytes.Buffer, o *exporter.Observation) {
	fmt.Fprintf(b, "%s %s", o.Kind, clean(o.Name))
	switch {
	case o.Kind == exporter.KindEvent:
	case o.End.IsZero():
		b.WriteString("  running")
	default:
		fmt.Fprintf(b, "  %s", duration(o.End.Sub(o.Start)))
	}
	if o.Level != exporter.LevelDefault {
		fmt.Fprintf(b, "  %s", o.Level)
	}
	if g := o.Generation; g != nil {
		if g.Model != "" {
			fmt.Fprintf(b, "  %s", clean(g.Model))
		}
		if g.PromptName != "" {
			fmt.Fprintf(b, "  prompt %s version %d", clean(g.PromptName), g.PromptVersion)
		}
		if !g.CompletionStart.IsZero() {
			fmt.Fprintf(b, "  first token %s", duration(g.CompletionStart.Sub(o.Start)))
		}
		if g.Usage != nil {
			fmt.Fprintf(b, "  %d → %d tokens", g.Usage.InputTokens, g.Usage.OutputTokens)
		}
		if g.Cost != nil {
			fmt.Fprintf(b, "  %s", g.Cost.Sum())
		}
	}
	b.WriteByte('\n')
}

func writeValue(b *bytes.Buffer, indent, label string, v exporter.Value) {
	if v.IsZero() {
		return
	}
	text, ok := v.AsText()
	if !ok {
		text = string(v.RawJSON())
	}
	fmt.Fprintf(b, "%s%s %s\n", indent, label, preview(text))
}

func scoreText(s *exporter.Score) string {
	switch s.Type {
	case exporter.ScoreCategorical:
		return clean(s.Text)
	case exporter.ScoreBoolean:
		return strconv.FormatBool(s.Number != 0)
	default:
		return fmt.Sprint(s.Number)
	}
}

func duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	default:
		return d.Round(10 * time.Millisecond).String()
	}
}

// preview is one line of at most maxPreview runes.
func preview(s string) string {
	if len(s) > 16*maxPreview {
		s = s[:16*maxPreview]
	}
	runes := []rune(clean(s))
	if len(runes) > maxPreview {
		return string(runes[:maxPreview]) + "…"
	}
	return string(runes)
}

// clean keeps what was recorded from moving the cursor or colouring the screen.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return '\ufffd'
		}
		return r
	}, s)
}
