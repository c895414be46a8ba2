package exporter

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// recordOverhead is what a record takes beside its payloads, in memory and on the wire.
const recordOverhead = 512

// Size estimates the bytes that a record holds in memory and takes on the wire.
func (r *Record) Size() int64 {
	n := recordOverhead
	switch {
	case r.Trace != nil:
		n += r.Trace.Input.Len() + r.Trace.Output.Len() + valuesLen(r.Trace.Attributes.Metadata)
	case r.Observation != nil:
		o := r.Observation
		n += len(o.Name) + len(o.StatusMessage) + o.Input.Len() + o.Output.Len() + valuesLen(o.Metadata)
		if o.Generation != nil {
			n += valuesLen(o.Generation.Parameters)
		}
	case r.Score != nil:
		n += len(r.Score.Text) + len(r.Score.Comment) + valuesLen(r.Score.Metadata)
	}
	return int64(n)
}

func valuesLen(kvs []KeyValue) int {
	n := 0
	for _, kv := range kvs {
		n += len(kv.Key) + kv.Value.Len()
	}
	return n
}

// Truncate shortens the record's payloads, the largest first, until none of
// them keeps it above limit bytes. It reports whether anything was cut.
func (r *Record) Truncate(limit int) bool {
	cut := false
	if r.Trace != nil && r.Size() > int64(limit) {
		// The slice is shared with the trace's observations.
		r.Trace.Attributes.Metadata = slices.Clone(r.Trace.Attributes.Metadata)
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

// field is one payload of a record that can be shortened.
type field struct {
	size  int
	value *Value
	text  *string
}

func (f field) shorten(keep int) bool {
	if f.text != nil {
		short := TruncateText(*f.text, keep)
		changed := len(short) < len(*f.text)
		*f.text = short
		return changed
	}
	short := f.value.Truncate(keep)
	changed := short.Len() < f.value.Len()
	*f.value = short
	return changed
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
	switch {
	case r.Trace != nil:
		value(&r.Trace.Input)
		value(&r.Trace.Output)
		values(r.Trace.Attributes.Metadata)
	case r.Observation != nil:
		o := r.Observation
		value(&o.Input)
		value(&o.Output)
		text(&o.StatusMessage)
		values(o.Metadata)
		if o.Generation != nil {
			values(o.Generation.Parameters)
		}
	case r.Score != nil:
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
