package exporter

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// recordOverhead is what a record takes beside its payloads, in memory and on the wire.
const recordOverhead = 512

// Size estimates the bytes that a record holds in memory and takes on the wire:
// all strings and values that can be reached from it, and something for the rest.
func (r *Record) Size() int64 {
	n := recordOverhead + max(0, len(r.EventID)-idLen)
	switch {
	case r.Trace != nil:
		t := r.Trace
		n += max(0, len(t.ID)-idLen) + t.Input.Len() + t.Output.Len() + t.Attributes.size()
	case r.Observation != nil:
		o := r.Observation
		n += max(0, len(o.ID)-idLen) + max(0, len(o.TraceID)-idLen) + max(0, len(o.ParentID)-idLen) +
			len(o.Name) + len(o.StatusMessage) + len(o.Version) + o.Input.Len() + o.Output.Len() + valuesLen(o.Metadata)
		if o.Generation != nil {
			n += o.Generation.size()
		}
		if o.Attributes != nil {
			n += o.Attributes.size()
		}
	case r.Score != nil:
		s := r.Score
		n += max(0, len(s.ID)-idLen) + max(0, len(s.TraceID)-idLen) + max(0, len(s.ObservationID)-idLen) +
			len(s.SessionID) + len(s.Name) + len(s.Type) + len(s.Text) + len(s.Comment) + len(s.ConfigID) + len(s.Environment) +
			valuesLen(s.Metadata)
	case r.Media != nil:
		m := r.Media
		n += len(m.Data) + len(m.ContentType) + max(0, len(m.TraceID)-idLen) + max(0, len(m.ObservationID)-idLen)
	}
	return int64(n)
}

// idLen is the length of a usual id, which recordOverhead contains.
const idLen = 36

func (a *Attributes) size() int {
	n := len(a.TraceName) + len(a.UserID) + len(a.SessionID) + len(a.Environment) + len(a.Release) + len(a.Version) + valuesLen(a.Metadata)
	for _, tag := range a.Tags {
		n += len(tag)
	}
	return n
}

func (g *Generation) size() int {
	n := len(g.Model) + len(g.PromptName) + valuesLen(g.Parameters)
	if g.Usage != nil {
		for name := range g.Usage.Details {
			n += len(name) + numberLen
		}
	}
	if g.Cost != nil {
		for name := range g.Cost.Details {
			n += len(name) + numberLen
		}
	}
	return n
}

// numberLen is what a number in a map takes.
const numberLen = 16

func valuesLen(kvs []KeyValue) int {
	n := 0
	for _, kv := range kvs {
		n += len(kv.Key) + kv.Value.Len()
	}
	return n
}

// Truncate shortens the record's payloads, names and texts, but no ids, the
// largest first, until none of them keeps it above limit bytes. The content of
// media stays whole. It reports
// whether anything was cut.
func (r *Record) Truncate(limit int) bool {
	cut := false
	if r.Size() > int64(limit) { // the attributes are shared by the trace and its observations
		switch {
		case r.Trace != nil:
			r.Trace.Attributes.own()
		case r.Observation != nil && r.Observation.Attributes != nil:
			a := *r.Observation.Attributes
			a.own()
			r.Observation.Attributes = &a
		}
	}
	for r.Size() > int64(limit) {
		largest := r.largest()
		if largest.size == 0 {
			return cut
		}
		keep := max(0, largest.size-int(r.Size()-int64(limit)))
		if !largest.shorten(keep) {
			return cut
		}
		cut = true
	}
	return cut
}

// own makes slices that can be changed.
func (a *Attributes) own() {
	a.Metadata, a.Tags = slices.Clone(a.Metadata), slices.Clone(a.Tags)
}

// field is one payload of a record that can be shortened.
type field struct {
	size  int
	value *Value
	text  *string
}

func (f field) shorten(keep int) bool {
	if f.text != nil {
		short := TruncateText(*f.text, keep)
		if len(short) >= len(*f.text) { // the mark is longer than what it stands for
			return false
		}
		*f.text = short
		return true
	}
	short := f.value.Truncate(keep)
	if short.Len() >= f.value.Len() {
		return false
	}
	*f.value = short
	return true
}

func (r *Record) largest() field {
	var best field
	value := func(v *Value) {
		if v.Len() > best.size {
			best = field{size: v.Len(), value: v}
		}
	}
	text := func(s *string) {
		if len(*s) > best.size {
			best = field{size: len(*s), text: s}
		}
	}
	values := func(kvs []KeyValue) {
		for i := range kvs {
			value(&kvs[i].Value)
		}
	}
	attributes := func(a *Attributes) {
		text(&a.TraceName)
		text(&a.Release)
		text(&a.Version)
		for i := range a.Tags {
			text(&a.Tags[i])
		}
		values(a.Metadata)
	}
	switch {
	case r.Trace != nil:
		value(&r.Trace.Input)
		value(&r.Trace.Output)
		attributes(&r.Trace.Attributes)
	case r.Observation != nil:
		o := r.Observation
		value(&o.Input)
		value(&o.Output)
		text(&o.Name)
		text(&o.StatusMessage)
		text(&o.Version)
		values(o.Metadata)
		if o.Attributes != nil {
			attributes(o.Attributes)
		}
		if o.Generation != nil {
			text(&o.Generation.Model)
			values(o.Generation.Parameters)
		}
	case r.Score != nil:
		text(&r.Score.Name)
		text(&r.Score.Text)
		text(&r.Score.Comment)
		values(r.Score.Metadata)
	}
	return best
}

// Truncate returns a value of about limit bytes: a string is cut at a rune and
// marked, anything else becomes the string "<truncated: N bytes>".
func (v Value) Truncate(limit int) Value {
	if v.Len() <= limit {
		return v
	}
	if v.kind == valueText {
		return Text(TruncateText(v.text, limit))
	}
	return Text(truncationMark(len(v.json)))
}

// TruncateText cuts s to about limit bytes at a rune and marks how many are gone.
func TruncateText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	keep := max(0, limit-len(truncationMark(len(s))))
	for keep > 0 && !utf8.RuneStart(s[keep]) {
		keep--
	}
	return s[:keep] + truncationMark(len(s)-keep)
}

func truncationMark(bytes int) string { return "<truncated: " + strconv.Itoa(bytes) + " bytes>" }
