package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// FieldError says what is wrong with one field.
type FieldError struct {
	// Path leads to the field: names, and numbers as text.
	Path []string
	// Code is invalid_type, invalid_string, invalid_enum_value, too_small, too_big or custom.
	Code    string
	Message string
	// Reason is how the message was made; it may be empty.
	Reason Reason
}

// Error is the path and the message, as in "body.id: expected string, received number".
func (e FieldError) Error() string {
	if len(e.Path) == 0 {
		return e.Message
	}
	return strings.Join(e.Path, ".") + ": " + e.Message
}

// FieldErrors are all that is wrong with an event or a request.
type FieldErrors []FieldError

// Error joins the errors.
func (e FieldErrors) Error() string {
	parts := make([]string, len(e))
	for i, f := range e {
		parts[i] = f.Error()
	}
	return strings.Join(parts, "; ")
}

// checker reads the fields of one object and gathers what is wrong. Null is as good as absent.
type checker struct {
	path   []string
	errors FieldErrors
}

func (c *checker) fail(field, code, format string, args ...any) {
	path := slices.Clone(c.path)
	if field != "" {
		path = append(path, field)
	}
	c.errors = append(c.errors, FieldError{Path: path, Code: code, Message: fmt.Sprintf(format, args...), Reason: Reason{format, args}})
}

func (c *checker) wrongType(field, expected string, raw json.RawMessage) {
	c.fail(field, "invalid_type", "expected %s, received %s", expected, kindOf(raw))
}

func (c *checker) missing(field string) { c.fail(field, "invalid_type", "required") }

// text reads a string.
func (c *checker) text(field string, raw json.RawMessage, dst *string) {
	switch kindOf(raw) {
	case "string":
		*dst = unquote(raw)
	case "null":
	default:
		c.wrongType(field, "string", raw)
	}
}

const (
	maxIDChars    = 800  // of an id
	maxLabelChars = 1000 // of a name, a user, a tag and the like
)

// id reads an id; empty is wrong.
func (c *checker) id(field string, raw json.RawMessage, dst *string) {
	before := len(c.errors)
	c.text(field, raw, dst)
	if len(c.errors) == before && kindOf(raw) != "null" && *dst == "" {
		c.fail(field, "too_small", "must not be empty")
		return
	}
	c.identifies(field, *dst)
}

// reference reads the id of something else; empty is as good as none.
func (c *checker) reference(field string, raw json.RawMessage, dst *string) {
	c.text(field, raw, dst)
	c.identifies(field, *dst)
}

func (c *checker) identifies(field, id string) {
	switch {
	case len(id) > maxIDChars && utf8.RuneCountInString(id) > maxIDChars:
		c.fail(field, "too_big", "must have at most %d characters, has %d", maxIDChars, utf8.RuneCountInString(id))
	case strings.ContainsRune(id, '\r'):
		c.fail(field, "invalid_string", "must not contain a carriage return")
	}
}

// label reads a name, a user or the like, and cuts what is too long to be one.
func (c *checker) label(field string, raw json.RawMessage, dst *string) {
	c.text(field, raw, dst)
	*dst = cutLabel(*dst)
}

func cutLabel(s string) string {
	if len(s) <= maxLabelChars || utf8.RuneCountInString(s) <= maxLabelChars {
		return s
	}
	chars := 0
	for i := range s {
		if chars++; chars == maxLabelChars {
			return s[:i] + "…"
		}
	}
	return s
}

// user reads the id of a user, and makes one that is too long to be one short.
func (c *checker) user(field string, raw json.RawMessage, dst *string) {
	c.text(field, raw, dst)
	*dst = brief(*dst, maxLabelChars)
}

// brief is an id in so many characters at most, which are more than a hash has. One that is cut ends with a hash of
// the whole, so that two that begin alike stay two, and one that comes again is the same.
func brief(id string, most int) string {
	if len(id) <= most || utf8.RuneCountInString(id) <= most {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	end := "…" + hex.EncodeToString(sum[:16])
	left := most - utf8.RuneCountInString(end)
	for i := range id {
		if left == 0 {
			return id[:i] + end
		}
		left--
	}
	return id
}

// time reads a date and time with its zone.
func (c *checker) time(field string, raw json.RawMessage, dst *time.Time) {
	var s string
	before := len(c.errors)
	if c.text(field, raw, &s); len(c.errors) > before || kindOf(raw) == "null" {
		return
	}
	t, err := ParseTime(s)
	if err != nil {
		c.fail(field, "invalid_string", "%v", err)
		return
	}
	*dst = t
}

// ParseTime parses a date and time with its zone, as in 2024-09-01T00:00:00.000Z.
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s is no date and time with a zone, as 2024-09-01T00:00:00.000Z is", short(s))
	}
	if t = t.UTC(); t.Year() < 2 || t.Year() > 9999 {
		return time.Time{}, fmt.Errorf("%s is outside the years 2 to 9999", short(s))
	}
	return t, nil
}

// short quotes a value, cut to what fits in a message.
func short(s string) string {
	const most = 60
	if len(s) > most {
		s = s[:most]
		for !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
		s += "…"
	}
	return strconv.Quote(s)
}

func (c *checker) boolean(field string, raw json.RawMessage, dst **bool) {
	switch kindOf(raw) {
	case "boolean":
		v := raw[0] == 't'
		*dst = &v
	case "null":
	default:
		c.wrongType(field, "boolean", raw)
	}
}

// maxCount bounds a count of one event: what a double holds exactly, so that no
// reader gets another number, and sums stay in range.
const maxCount = 1 << 53

// integer reads a whole number from 0 to maxCount.
func (c *checker) integer(field string, raw json.RawMessage, dst **int64) {
	switch kindOf(raw) {
	case "number":
		n, ok := wholeNumber(string(raw))
		if !ok {
			c.fail(field, "invalid_type", "expected integer, received %s", short(string(raw)))
			return
		}
		switch {
		case n < 0:
			c.fail(field, "too_small", "must not be negative")
		case n > maxCount:
			c.fail(field, "too_big", "must be at most %d", int64(maxCount))
		default:
			*dst = &n
		}
	case "null":
	default:
		c.wrongType(field, "integer", raw)
	}
}

// wholeNumber parses integers, written in any form: 5, 5.0, 5e0.
func wholeNumber(s string) (int64, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) {
		return 0, false
	}
	return int64(max(-2*maxCount, min(2*maxCount, f))), true // out of range either way
}

// maxDollars bounds the costs of one event.
const maxDollars = 1e6

// dollars reads an amount of money.
func (c *checker) dollars(field string, raw json.RawMessage, dst **float64) {
	var f *float64
	if c.number(field, raw, &f); f == nil {
		return
	}
	if math.Abs(*f) > maxDollars {
		c.fail(field, "too_big", "must be within ±%d dollars", int64(maxDollars))
		return
	}
	*dst = f
}

func (c *checker) number(field string, raw json.RawMessage, dst **float64) {
	switch kindOf(raw) {
	case "number":
		f, err := strconv.ParseFloat(string(raw), 64)
		if err != nil {
			c.fail(field, "invalid_type", "number %s is out of range", short(string(raw)))
			return
		}
		*dst = &f
	case "null":
	default:
		c.wrongType(field, "number", raw)
	}
}

// oneOf reads a string that is one of the options.
func (c *checker) oneOf(field string, raw json.RawMessage, dst *string, options ...string) {
	var s string
	before := len(c.errors)
	if c.text(field, raw, &s); len(c.errors) > before || kindOf(raw) == "null" {
		return
	}
	if !slices.Contains(options, s) {
		c.fail(field, "invalid_enum_value", "must be one of %s, received %s", strings.Join(options, ", "), short(s))
		return
	}
	*dst = s
}

// maxTexts is how many elements a list of texts may have.
const maxTexts = 1000

// texts reads an array of strings.
func (c *checker) texts(field string, raw json.RawMessage, dst *[]string) {
	switch kindOf(raw) {
	case "array":
		inner := c.enter(field)
		list := elements(raw, maxTexts)
		if len(list) > maxTexts {
			c.fail(field, "too_big", "must have at most %d elements", maxTexts)
			return
		}
		for i, e := range list {
			if kindOf(e) != "string" {
				inner.wrongType(strconv.Itoa(i), "string", e)
				continue
			}
			*dst = append(*dst, unquote(e))
		}
		c.errors = append(c.errors, inner.errors...)
	case "null":
	default:
		c.wrongType(field, "array", raw)
	}
}

// any keeps JSON of any kind but null.
func (c *checker) any(raw json.RawMessage, dst *json.RawMessage) {
	if kindOf(raw) != "null" {
		*dst = raw
	}
}

// MaxMetadataKeys is how many keys the metadata of one event may have, those within objects too.
const MaxMetadataKeys = 10_000

// metadata keeps JSON of any kind but null, if it has not too many keys: of what changes key by key, each
// is remembered for itself.
func (c *checker) metadata(raw json.RawMessage, dst *json.RawMessage) {
	if TooManyKeys(raw) {
		c.fail("metadata", "too_big", "it has more than %d keys: put what is so large into input or output", MaxMetadataKeys)
		return
	}
	c.any(raw, dst)
}

// TooManyKeys reports whether valid JSON has more keys than [MaxMetadataKeys], lists apart, which are kept whole.
func TooManyKeys(raw []byte) bool {
	return len(raw) > 4*MaxMetadataKeys && keysOf(raw, 0) > MaxMetadataKeys
}

// keysOf counts keys, and stops when there are too many.
func keysOf(raw []byte, n int) int {
	fields(raw, func(_ string, v json.RawMessage) {
		if n++; n <= MaxMetadataKeys && kindOf(v) == "object" {
			n = keysOf(v, n)
		}
	})
	return n
}

// object keeps an object.
func (c *checker) object(field string, raw json.RawMessage, dst *json.RawMessage) {
	switch kindOf(raw) {
	case "object":
		*dst = raw
	case "null":
	default:
		c.wrongType(field, "object", raw)
	}
}

// enter is a checker for an object within.
func (c *checker) enter(field string) *checker {
	return &checker{path: append(slices.Clone(c.path), field)}
}
