// Package filter is a little language that selects observations, as in
//
//	kind = generation and score.helpful >= 0.8 and not (tag = internal or level >= WARNING)
//
// A comparison is a field, an operator and a value. Operators are =, !=, <, <=,
// >, >= and ~, which finds a part of a text whatever the case. Values with spaces,
// parentheses or operators in them, and the words and, or, not, stand in quotes.
//
// The fields: name, trace.name, model, kind, level, user, session, tag,
// environment, release, version and prompt are texts; latency is a duration as
// 1.5s; tokens a number; cost an amount in dollars; start a date or a date with
// time, in UTC unless it has a zone; score.NAME and metadata.KEY are numbers or
// texts, as the value is.
//
// What isn't there matches nothing but !=. Of several values, as tags, one is enough.
package filter

import (
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// Item is what is matched.
type Item struct {
	Trace       *store.Trace
	Observation *store.Observation
	// Scores are those of the trace. Those of its other observations don't count.
	Scores []store.Score
}

// Filter is a parsed expression. A nil Filter matches everything.
type Filter struct {
	text string
	root node
}

// String is the text that was parsed.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	return f.text
}

// Match reports whether the item is selected.
func (f *Filter) Match(it Item) bool { return f == nil || f.root.match(&it) }

// node is a part of an expression.
type node interface{ match(it *Item) bool }

type (
	and        struct{ left, right node }
	or         struct{ left, right node }
	not        struct{ inner node }
	comparison struct {
		field string // without its key
		key   string // of score and metadata
		op    op
		value value
		eval  func(it *Item) bool
	}
)

func (n and) match(it *Item) bool         { return n.left.match(it) && n.right.match(it) }
func (n or) match(it *Item) bool          { return n.left.match(it) || n.right.match(it) }
func (n not) match(it *Item) bool         { return !n.inner.match(it) }
func (n *comparison) match(it *Item) bool { return n.eval(it) }

// conjuncts calls f for each comparison that must hold.
func (f *Filter) conjuncts(visit func(*comparison)) {
	if f == nil {
		return
	}
	var walk func(node)
	walk = func(n node) {
		switch n := n.(type) {
		case and:
			walk(n.left)
			walk(n.right)
		case *comparison:
			visit(n)
		}
	}
	walk(f.root)
}

// Traces is a filter that the traces of all matching observations pass, and
// others may.
func (f *Filter) Traces() store.TraceFilter {
	var t store.TraceFilter
	f.conjuncts(func(c *comparison) {
		if c.op != opEqual {
			return
		}
		switch c.field {
		case "trace.name":
			t.Name = c.value.text
		case "user":
			t.UserID = c.value.text
		case "session":
			t.SessionID = c.value.text
		case "release":
			t.Release = c.value.text
		case "tag":
			if c.value.text != "" {
				t.Tags = append(t.Tags, c.value.text)
			}
		}
	})
	return t
}

// Observations is a filter that all matching observations pass, and others may.
func (f *Filter) Observations() store.ObservationFilter {
	var o store.ObservationFilter
	f.conjuncts(func(c *comparison) {
		switch {
		case c.field == "start" && (c.op == opGreater || c.op == opGreaterEqual):
			if from := c.value.from(c.op); from.After(o.From) {
				o.From = from
			}
		case c.field == "start":
			if to := c.value.to(c.op); o.To.IsZero() || to.Before(o.To) {
				o.To = to
			}
		case c.field == "level" && o.Levels == nil:
			for _, l := range []exporter.Level{exporter.LevelDebug, exporter.LevelDefault, exporter.LevelWarning, exporter.LevelError} {
				if ordered(c.op, rank(l)-rank(c.value.level)) {
					o.Levels = append(o.Levels, l)
				}
			}
		case c.op != opEqual:
		case c.field == "name":
			o.Name = c.value.text
		case c.field == "user":
			o.UserID = c.value.text
		case c.field == "kind":
			o.Kinds = []exporter.Kind{c.value.kind}
		}
	})
	return o
}

// from is where times begin that are beyond the value, for > and >=.
func (v *value) from(o op) time.Time {
	if o == opGreater {
		return v.timeEnd
	}
	return v.time
}

// to is where times end that are before the value, for < and <=.
func (v *value) to(o op) time.Time {
	if o == opLess {
		return v.time
	}
	return v.timeEnd
}
