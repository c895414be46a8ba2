package filter

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/internal/decimal"
)

type op uint8

const (
	opEqual op = iota
	opNotEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opContains
)

var operators = map[string]op{
	"=": opEqual, "==": opEqual, "!=": opNotEqual, "<": opLess, "<=": opLessEqual, ">": opGreater, ">=": opGreaterEqual, "~": opContains,
}

var opNames = [...]string{"=", "!=", "<", "<=", ">", ">=", "~"}

func (o op) String() string { return opNames[o] }

// ordered applies an operator to the sign of a difference.
func ordered(o op, sign int) bool {
	switch o {
	case opEqual:
		return sign == 0
	case opNotEqual:
		return sign != 0
	case opLess:
		return sign < 0
	case opLessEqual:
		return sign <= 0
	case opGreater:
		return sign > 0
	case opGreaterEqual:
		return sign >= 0
	case opContains:
	}
	return false
}

// texts applies an operator to a text.
func texts(o op, have, want string) bool {
	switch o {
	case opEqual:
		return have == want
	case opNotEqual:
		return have != want
	case opContains:
		return strings.Contains(strings.ToLower(have), strings.ToLower(want))
	case opLess, opLessEqual, opGreater, opGreaterEqual:
	}
	return false
}

// kind is a kind of values.
type kind uint8

const (
	kindText kind = iota
	kindAny       // a number, or else a text
	kindNumber
	kindMoney
	kindDuration
	kindTime
	kindKind
	kindLevel
)

// value is what a field is compared with.
type value struct {
	text     string
	number   float64
	isNumber bool
	money    exporter.NanoUSD
	duration time.Duration
	// time and timeEnd are where the time begins and ends: a date is a day long.
	time, timeEnd time.Time
	kind          exporter.Kind
	level         exporter.Level
}

// wants names the kind in messages.
func (k kind) wants() string {
	switch k {
	case kindNumber:
		return "a number"
	case kindMoney:
		return "an amount in dollars, as 0.01 or $0.01"
	case kindDuration:
		return "a duration, as 1.5s, 300ms or 2m"
	case kindTime:
		return "a date, as 2026-01-31, or a time, as 2026-01-31T15:00:00Z"
	case kindKind:
		return "a kind: " + strings.Join(kindNames(), ", ")
	case kindLevel:
		return "DEBUG, DEFAULT, WARNING or ERROR"
	case kindText, kindAny:
	}
	return "a value"
}

func kindNames() []string {
	var names []string
	for k := exporter.KindSpan; k <= exporter.KindGuardrail; k++ {
		names = append(names, k.String())
	}
	return names
}

// read reads a value of the kind, or says what is wrong with it.
func (k kind) read(text string, quoted bool) (v value, problem string) {
	v.text = text
	ok := true
	switch k {
	case kindText:
	case kindAny:
		if !quoted {
			v.number, v.isNumber = number(text)
		}
	case kindNumber:
		v.number, ok = number(text)
	case kindMoney:
		n, err := decimal.Nano(strings.TrimPrefix(text, "$"))
		v.money, ok = n, err == nil
	case kindDuration:
		d, err := time.ParseDuration(text)
		v.duration, ok = d, err == nil
	case kindTime:
		v.time, v.timeEnd, ok = parseTime(text)
	case kindKind:
		v.kind, ok = exporter.ParseKind(strings.ToLower(text))
	case kindLevel:
		v.level, ok = parseLevel(text)
	}
	if !ok {
		return v, fmt.Sprintf("expected %s, found %s", k.wants(), strconv.Quote(text))
	}
	return v, ""
}

func number(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

func parseTime(s string) (begin, end time.Time, ok bool) {
	for _, form := range []struct {
		layout string
		step   time.Duration
	}{
		{time.RFC3339Nano, time.Microsecond},
		{time.DateOnly, 24 * time.Hour},
		{"2006-01-02T15:04:05", time.Second},
		{time.DateTime, time.Second},
		{"2006-01-02T15:04", time.Minute},
		{"2006-01-02 15:04", time.Minute},
	} {
		if t, err := time.Parse(form.layout, s); err == nil {
			t = t.UTC().Truncate(time.Microsecond)
			return t, t.Add(form.step), true
		}
	}
	return begin, end, false
}

func parseLevel(s string) (exporter.Level, bool) {
	for _, l := range []exporter.Level{exporter.LevelDefault, exporter.LevelDebug, exporter.LevelWarning, exporter.LevelError} {
		if strings.EqualFold(l.String(), s) {
			return l, true
		}
	}
	return 0, false
}

// rank orders levels by their severity.
func rank(l exporter.Level) int {
	return slices.Index([]exporter.Level{exporter.LevelDebug, exporter.LevelDefault, exporter.LevelWarning, exporter.LevelError}, l)
}
