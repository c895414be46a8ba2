package jsonx

import (
	"strconv"
	"time"
)

// TimeLayout is ISO 8601 in UTC with microseconds, as in 2026-11-23T09:30:00.123456Z.
const TimeLayout = "2006-01-02T15:04:05.000000Z"

// Object appends the members of one JSON object to Dst.
type Object struct {
	Dst  []byte
	some bool
}

// BeginObject appends the opening brace to dst.
func BeginObject(dst []byte) Object { return Object{Dst: append(dst, '{')} }

// End appends the closing brace and returns the bytes.
func (o *Object) End() []byte { return append(o.Dst, '}') }

// Key appends a member's name; its value must be appended to Dst next.
func (o *Object) Key(name string) {
	if o.some {
		o.Dst = append(o.Dst, ',')
	}
	o.some = true
	o.Dst = AppendString(o.Dst, name)
	o.Dst = append(o.Dst, ':')
}

// String appends a string.
func (o *Object) String(name, s string) {
	o.Key(name)
	o.Dst = AppendString(o.Dst, s)
}

// StringIf appends a string unless it is empty.
func (o *Object) StringIf(name, s string) {
	if s != "" {
		o.String(name, s)
	}
}

// Int appends a whole number.
func (o *Object) Int(name string, n int64) {
	o.Key(name)
	o.Dst = strconv.AppendInt(o.Dst, n, 10)
}

// Bool appends true or false.
func (o *Object) Bool(name string, v bool) {
	o.Key(name)
	o.Dst = strconv.AppendBool(o.Dst, v)
}

// Time appends t in UTC as [TimeLayout] has it.
func (o *Object) Time(name string, t time.Time) {
	o.Key(name)
	o.Dst = append(o.Dst, '"')
	o.Dst = t.UTC().AppendFormat(o.Dst, TimeLayout)
	o.Dst = append(o.Dst, '"')
}

// TimeIf appends t unless it is zero.
func (o *Object) TimeIf(name string, t time.Time) {
	if !t.IsZero() {
		o.Time(name, t)
	}
}
