package jsonx

import (
	"strconv"
	"time"
)

// Object appends the members of one JSON object to Dst. Names are written as
// they are, except by [Object.Key]: they must need no escapes.
type Object struct {
	Dst  []byte
	some bool
}

// BeginObject appends the opening brace to dst.
func BeginObject(dst []byte) Object { return Object{Dst: append(dst, '{')} }

// End appends the closing brace and returns the bytes.
func (o *Object) End() []byte { return append(o.Dst, '}') }

// Key appends a member's name, whatever is in it; its value must be appended to Dst next.
func (o *Object) Key(name string) {
	o.comma()
	o.Dst = append(AppendString(o.Dst, name), ':')
}

// Name is Key for a name that needs no escapes.
func (o *Object) Name(name string) {
	o.comma()
	o.Dst = append(append(append(o.Dst, '"'), name...), '"', ':')
}

func (o *Object) comma() {
	if o.some {
		o.Dst = append(o.Dst, ',')
	}
	o.some = true
}

// String appends a string.
func (o *Object) String(name, s string) {
	o.Name(name)
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
	o.Name(name)
	o.Dst = strconv.AppendInt(o.Dst, n, 10)
}

// Bool appends true or false.
func (o *Object) Bool(name string, v bool) {
	o.Name(name)
	o.Dst = strconv.AppendBool(o.Dst, v)
}

// Time appends t in UTC as [TimeLayout] has it.
func (o *Object) Time(name string, t time.Time) {
	o.Name(name)
	o.Dst = append(AppendTime(append(o.Dst, '"'), t), '"')
}

// TimeIf appends t unless it is zero.
func (o *Object) TimeIf(name string, t time.Time) {
	if !t.IsZero() {
		o.Time(name, t)
	}
}
