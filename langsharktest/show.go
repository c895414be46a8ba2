package langsharktest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/semconv"
)

// show appends a node: what it is in a line, its properties indented by two more than that, what is below it.
func (t *tree) show(b *strings.Builder, n *node, indent string) {
	inner := t.own(b, n, indent)
	for _, c := range n.children {
		t.show(b, c, inner)
	}
}

// own appends what a node is without those below it, and returns the indentation of these.
func (t *tree) own(b *strings.Builder, n *node, indent string) (inner string) {
	inner = indent
	switch {
	case n.trace != nil:
		parts := []string{"trace", t.bare(n.trace.Attributes.TraceName, indent)}
		if n.unrecorded {
			if parts = append(parts, notRecorded); n.trace.Attributes.TraceName == "" {
				parts = slices.Delete(parts, 1, 2)
			}
		}
		b.WriteString(indent + strings.Join(parts, " ") + "\n")
		t.showTrace(b, n, indent+"  ")
	case n.observation != nil:
		o := n.observation
		inner += "  "
		fmt.Fprintf(b, "%s- %s %s", indent, o.Kind, t.bare(o.Name, inner))
		if o.Level != langshark.LevelDefault {
			fmt.Fprintf(b, " [%s]", o.Level)
		}
		if o.End.IsZero() {
			b.WriteString(" [unfinished]")
		}
		b.WriteByte('\n')
		t.showObservation(b, n, inner+"  ")
	case n.session != "":
		fmt.Fprintf(b, "%ssession %s\n", indent, t.bare(n.session, indent))
	}
	for _, s := range n.scores {
		b.WriteString(t.score(n, s, inner+"  "))
	}
	return inner
}

func (t *tree) showTrace(b *strings.Builder, n *node, indent string) {
	a := &n.trace.Attributes
	t.id(b, n.trace.ID, indent)
	t.field(b, indent, "user", a.UserID)
	t.field(b, indent, "session", a.SessionID)
	if a.Environment != t.ambient.Environment {
		t.field(b, indent, "environment", a.Environment)
	}
	if a.Release != t.ambient.Release {
		t.field(b, indent, "release", a.Release)
	}
	t.field(b, indent, "version", a.Version)
	if len(a.Tags) > 0 {
		tags := make([]any, len(a.Tags))
		for i, tag := range a.Tags {
			tags[i] = tag
		}
		t.put(b, indent, "tags", tags)
	}
	if a.Public != nil {
		t.put(b, indent, "public", *a.Public)
	}
	var root exporter.Observation
	if len(n.children) == 1 {
		root = *n.children[0].observation
	}
	t.traceValue(b, indent, "input", n.trace.Input, root.Input)
	t.traceValue(b, indent, "output", n.trace.Output, root.Output)
	t.values(b, indent, "metadata", a.Metadata)
}

// traceValue shows a trace's input or output unless it is that of its root.
func (t *tree) traceValue(b *strings.Builder, indent, name string, v, root exporter.Value) {
	if !v.IsZero() && (root.IsZero() || t.string(v) != t.string(root)) {
		t.put(b, indent, name, decoded(v))
	}
}

func (t *tree) showObservation(b *strings.Builder, n *node, indent string) {
	o := n.observation
	t.id(b, o.ID, indent)
	if n.without != "" {
		t.missing(b, o.ParentID, indent, "parent", n.without)
	}
	t.field(b, indent, "status", o.StatusMessage)
	t.field(b, indent, "version", o.Version)
	if g := o.Generation; g != nil {
		t.field(b, indent, "model", g.Model)
		t.values(b, indent, "parameters", g.Parameters)
		if g.PromptName != "" || g.PromptVersion != 0 {
			fmt.Fprintf(b, "%sprompt: %s, version %d\n", indent, t.bare(g.PromptName, indent), g.PromptVersion)
		}
	}
	if !o.Input.IsZero() {
		t.put(b, indent, "input", decoded(o.Input))
	}
	if !o.Output.IsZero() {
		t.put(b, indent, "output", decoded(o.Output))
	}
	if g := o.Generation; g != nil {
		if !g.CompletionStart.IsZero() {
			b.WriteString(indent + "first token: yes\n")
		}
		if g.Usage != nil {
			b.WriteString(indent + "usage: " + t.usage(g.Usage) + "\n")
		}
		if g.Cost != nil {
			b.WriteString(indent + "cost: " + t.cost(g.Cost) + "\n")
		}
	}
	t.values(b, indent, "metadata", o.Metadata)
}

// usage shows the counts as they were recorded, those that are zero left out.
func (t *tree) usage(u *exporter.Usage) string {
	parts := []string{fmt.Sprintf("input %d, output %d, total %d", u.InputTokens, u.OutputTokens, u.Total())}
	for _, p := range [...]struct {
		name   string
		tokens int64
	}{
		{"cached input", u.CachedInputTokens},
		{"cache write", u.CacheWriteTokens},
		{"input audio", u.InputAudioTokens},
		{"reasoning", u.ReasoningTokens},
		{"output audio", u.OutputAudioTokens},
	} {
		if p.tokens != 0 {
			parts = append(parts, fmt.Sprintf("%s %d", p.name, p.tokens))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(u.Details)) {
		parts = append(parts, fmt.Sprintf("%s %d", t.bare(name, ""), u.Details[name]))
	}
	return strings.Join(parts, ", ")
}

func (t *tree) cost(c *exporter.Cost) string {
	var parts []string
	add := func(name string, amount exporter.NanoUSD) {
		if amount != 0 {
			parts = append(parts, name+" "+amount.String())
		}
	}
	add("input", c.Input)
	add("output", c.Output)
	for _, name := range slices.Sorted(maps.Keys(c.Details)) {
		add(t.bare(name, ""), c.Details[name])
	}
	if len(parts) == 0 {
		return c.Sum().String()
	}
	return c.Sum().String() + " (" + strings.Join(parts, ", ") + ")"
}

func (t *tree) score(n *node, s *exporter.Score, indent string) string {
	var b strings.Builder
	b.WriteString(indent + "score " + t.bare(s.Name, indent) + ": ")
	switch s.Type {
	case exporter.ScoreCategorical:
		b.WriteString(quote(t.text(s.Text)))
	case exporter.ScoreBoolean:
		b.WriteString(strconv.FormatBool(s.Number != 0))
	default:
		b.WriteString(strconv.FormatFloat(s.Number, 'f', -1, 64))
	}
	b.WriteByte('\n')
	inner := indent + "  "
	t.id(&b, s.ID, inner)
	if n.observation == nil && s.ObservationID != "" {
		t.missing(&b, s.ObservationID, inner, "observation", notRecorded)
	}
	if s.TraceID != "" {
		t.field(&b, inner, "session", s.SessionID)
	}
	t.field(&b, inner, "comment", s.Comment)
	t.field(&b, inner, "config", s.ConfigID)
	if s.Environment != cmp.Or(t.environment, t.ambient.Environment) {
		t.field(&b, inner, "environment", s.Environment)
	}
	t.values(&b, inner, "metadata", s.Metadata)
	return b.String()
}

// id shows an id that something refers to, or that the application gave.
func (t *tree) id(b *strings.Builder, id, indent string) {
	if name := t.names[id]; name != "" {
		b.WriteString(indent + "id: " + name + "\n")
	} else if !isGenerated(id) {
		t.field(b, indent, "id", id)
	}
}

// missing shows an id of what isn't here, as far as it is the same in every run.
func (t *tree) missing(b *strings.Builder, id, indent, name, why string) {
	if t.names[id] != "" || !isGenerated(id) {
		why = t.bare(id, indent) + " " + why
	}
	b.WriteString(indent + name + ": " + why + "\n")
}

func (t *tree) field(b *strings.Builder, indent, name, s string) {
	if s != "" {
		b.WriteString(indent + name + ": " + t.bare(s, indent) + "\n")
	}
}

func (t *tree) put(b *strings.Builder, indent, name string, v any) {
	w := writer{text: t.text, line: t.steady}
	w.value(v, indent)
	b.WriteString(indent + name + ": " + w.String() + "\n")
}

func (t *tree) values(b *strings.Builder, indent, name string, kvs []exporter.KeyValue) {
	begun := false
	for _, kv := range slices.SortedStableFunc(slices.Values(kvs), func(a, b exporter.KeyValue) int { return cmp.Compare(t.text(a.Key), t.text(b.Key)) }) {
		if kv.Key == semconv.LangSharkUnfinished || name == "metadata" && t.ignored[kv.Key] {
			continue
		}
		if !begun {
			b.WriteString(indent + name + ":\n")
			begun = true
		}
		key := t.bare(kv.Key, indent)
		if strings.Contains(key, ": ") {
			key = quote(t.text(kv.Key))
		}
		t.put(b, indent+"  ", key, decoded(kv.Value))
	}
}

func (t *tree) bare(s, indent string) string { return bare(t.text(s), indent) }

// string is a value in one line.
func (t *tree) string(v exporter.Value) string {
	if v.IsZero() {
		return ""
	}
	w := writer{text: t.text, line: t.steady}
	return w.compact(decoded(v))
}
