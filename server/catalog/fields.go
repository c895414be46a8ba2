package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// Bounds of what a request may give.
const (
	// MaxNameChars is how long the name of anything may be.
	MaxNameChars = 255
	// MaxTextBytes is how long a description, comment or message may be.
	MaxTextBytes = 64 << 10
	// MaxList is how many elements a list in a request may have.
	MaxList = 1000
)

// object reads the members of a JSON object and gathers what is wrong with them.
// Null is as good as absent, where not said otherwise.
type object struct {
	members map[string]json.RawMessage
	path    []string
	errs    *ingest.FieldErrors
	nul     []string // texts that had the character NUL, which nothing keeps
}

// parse reads the body of a request. Errors are [ingest.ErrNotJSON] and [ingest.FieldErrors].
func parse(body []byte) (*object, error) {
	if !json.Valid(body) {
		return nil, ingest.ErrNotJSON
	}
	if errs := ingest.NULInIDs(body); len(errs) > 0 {
		return nil, errs
	}
	o := &object{errs: new(ingest.FieldErrors), nul: withNUL(body)}
	body = ingest.Sanitize(body)
	switch {
	case kindOf(body) != "object":
		o.fail("", "invalid_type", "expected object, received %s", kindOf(body))
	case ingest.TooDeep(body):
		o.fail("", "too_big", "nested deeper than %d levels", ingest.MaxDepth)
	default:
		if err := json.Unmarshal(body, &o.members); err != nil {
			return nil, fmt.Errorf("langshark: body: %w", err)
		}
		return o, nil
	}
	return nil, o.err()
}

// withNUL are the members, texts, that have the character NUL.
func withNUL(body []byte) (names []string) {
	var members map[string]json.RawMessage
	if !bytes.Contains(body, []byte(`\u0000`)) || json.Unmarshal(body, &members) != nil {
		return nil
	}
	for name, raw := range members {
		if s, err := unquote(raw); err == nil && strings.ContainsRune(s, 0) {
			names = append(names, name)
		}
	}
	return names
}

// kindOf names the type of a valid JSON value; nothing is undefined.
func kindOf(raw []byte) string {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 {
		return "undefined"
	}
	switch raw[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

func (o *object) fail(name, code, format string, args ...any) {
	path := slices.Clone(o.path)
	if name != "" {
		path = append(path, name)
	}
	*o.errs = append(*o.errs, ingest.FieldError{Path: path, Code: code, Message: fmt.Sprintf(format, args...), Reason: say(format, args...)})
}

// err is what is wrong, or nil.
func (o *object) err() error {
	if len(*o.errs) == 0 {
		return nil
	}
	return *o.errs
}

// given reports whether the member is there, null or not.
func (o *object) given(name string) bool {
	_, ok := o.members[name]
	return ok
}

// has reports whether the member has a value.
func (o *object) has(name string) bool {
	return o.given(name) && kindOf(o.members[name]) != "null"
}

// is reports whether the member has a value of the kind; any other is an error.
func (o *object) is(name, kind string) bool {
	if !o.has(name) {
		return false
	}
	if got := kindOf(o.members[name]); got != kind {
		o.fail(name, "invalid_type", "expected %s, received %s", kind, got)
		return false
	}
	return true
}

// need complains unless the member has a value.
func (o *object) need(name string) bool {
	if !o.has(name) {
		o.fail(name, "invalid_type", "required")
		return false
	}
	return true
}

// refuse complains about a member that would be ignored otherwise.
func (o *object) refuse(name, why string) {
	if o.has(name) {
		o.fail(name, "custom", "is not supported by this server, where %s: leave it out", why)
	}
}

// text is a string, nil if there is none.
func (o *object) text(name string) *string {
	if !o.is(name, "string") {
		return nil
	}
	s, err := unquote(o.members[name])
	switch {
	case err != nil:
		o.fail(name, "invalid_string", "not a string: %v", err)
	case len(s) > MaxTextBytes:
		o.fail(name, "too_big", "must have at most %d bytes, has %d", MaxTextBytes, len(s))
	default:
		return &s
	}
	return nil
}

func unquote(raw []byte) (s string, err error) {
	err = json.Unmarshal(raw, &s)
	return s, err
}

// name is a string that must be there, though it may be empty.
func (o *object) name(name string) string {
	if !o.need(name) {
		return ""
	}
	return o.short(name, MaxNameChars)
}

// id is the id of something else; empty if there is none.
func (o *object) id(name string) string { return o.short(name, ingest.MaxIDChars) }

// needID is an id that must be there.
func (o *object) needID(name string) string {
	if o.need(name) {
		before := len(*o.errs)
		if id := o.id(name); id != "" || len(*o.errs) > before {
			return id
		}
		o.fail(name, "too_small", "must not be empty")
	}
	return ""
}

// short is a string that a document may be looked for by.
func (o *object) short(name string, most int) string {
	s := o.text(name)
	switch {
	case s == nil:
		return ""
	case slices.Contains(o.nul, name): // without it, it would be the name of something else
		o.fail(name, "invalid_string", "must not contain the character NUL")
		return ""
	case utf8.RuneCountInString(*s) > most:
		o.fail(name, "too_big", "must have at most %d characters, has %d", most, utf8.RuneCountInString(*s))
		return ""
	case len(*s) > store.MaxDocumentName:
		o.fail(name, "too_big", "must have at most %d bytes, has %d", store.MaxDocumentName, len(*s))
		return ""
	}
	return *s
}

// number is a number, nil if there is none.
func (o *object) number(name string) *float64 {
	if !o.is(name, "number") {
		return nil
	}
	f, err := strconv.ParseFloat(string(bytes.TrimSpace(o.members[name])), 64)
	if err != nil || math.IsInf(f, 0) {
		o.fail(name, "invalid_type", "is out of range")
		return nil
	}
	return &f
}

// whole is a whole number, nil if there is none.
func (o *object) whole(name string, least, most int) *int {
	f := o.number(name)
	switch {
	case f == nil:
		return nil
	case *f != math.Trunc(*f):
		o.fail(name, "invalid_type", "expected a whole number, received %v", *f)
	case *f < float64(least):
		o.fail(name, "too_small", "must be at least %d", least)
	case *f > float64(most):
		o.fail(name, "too_big", "must be at most %d", most)
	default:
		n := int(*f)
		return &n
	}
	return nil
}

// flag is true or false, nil if there is neither.
func (o *object) flag(name string) *bool {
	if !o.is(name, "boolean") {
		return nil
	}
	v := bytes.TrimSpace(o.members[name])[0] == 't'
	return &v
}

// oneOf is one of the options, or empty.
func (o *object) oneOf(name string, options ...string) string {
	s := o.text(name)
	if s == nil {
		return ""
	}
	if !slices.Contains(options, *s) {
		o.fail(name, "invalid_enum_value", "must be one of %s, received %.60q", strings.Join(options, ", "), *s)
		return ""
	}
	return *s
}

// any is JSON of any kind, nil for null.
func (o *object) any(name string) json.RawMessage {
	if !o.has(name) {
		return nil
	}
	return o.members[name]
}

// elements is an array, nil if there is none.
func (o *object) elements(name string) (elements []json.RawMessage) {
	if !o.is(name, "array") {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(o.members[name]))
	if _, err := d.Token(); err != nil {
		o.fail(name, "invalid_type", "%v", err)
		return nil
	}
	for d.More() {
		if len(elements) == MaxList { // what follows is not worth its memory
			o.fail(name, "too_big", "must have at most %d elements", MaxList)
			return nil
		}
		var e json.RawMessage
		if err := d.Decode(&e); err != nil {
			o.fail(name, "invalid_type", "%v", err)
			return nil
		}
		elements = append(elements, e)
	}
	return elements
}

// texts is an array of strings, each at most MaxNameChars long, each once; never nil.
func (o *object) texts(name string) []string {
	return o.strings(name, func(in *object, at string) string { return in.name(at) })
}

// ids is an array of ids, which must have one at least, each once.
func (o *object) ids(name string) []string {
	before := len(*o.errs)
	o.need(name)
	ids := o.strings(name, func(in *object, at string) string { return in.needID(at) })
	if len(ids) == 0 && len(*o.errs) == before {
		o.fail(name, "too_small", "must have at least one id")
	}
	return ids
}

func (o *object) strings(name string, read func(in *object, at string) string) []string {
	list := []string{}
	in := &object{members: map[string]json.RawMessage{}, path: append(slices.Clone(o.path), name), errs: o.errs}
	for i, e := range o.elements(name) {
		at := strconv.Itoa(i)
		in.members[at] = e
		before := len(*o.errs)
		if s := read(in, at); len(*o.errs) == before && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// object is an object, nil if there is none, which is an error.
func (o *object) object(name string) *object {
	if !o.need(name) || !o.is(name, "object") {
		return nil
	}
	in := &object{path: append(slices.Clone(o.path), name), errs: o.errs}
	if err := json.Unmarshal(o.members[name], &in.members); err != nil {
		o.fail(name, "invalid_type", "%v", err)
		return nil
	}
	return in
}

// objects is an array of objects.
func (o *object) objects(name string) []*object {
	var list []*object
	for i, e := range o.elements(name) {
		in := &object{path: append(slices.Clone(o.path), name, strconv.Itoa(i)), errs: o.errs}
		if kindOf(e) != "object" {
			in.fail("", "invalid_type", "expected object, received %s", kindOf(e))
			continue
		}
		if err := json.Unmarshal(e, &in.members); err != nil {
			in.fail("", "invalid_type", "%v", err)
			continue
		}
		list = append(list, in)
	}
	return list
}
