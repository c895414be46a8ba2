package langshark_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/langshark/langshark-go"
)

type (
	list    struct{ Next *list }
	anyList struct{ Next any }
	lists   struct{ All []lists }
	mapped  struct{ All map[string]mapped }

	tree struct {
		Name   string
		Parent *tree `json:"-"`
		Leaves []*tree
	}
	selfWritten struct {
		Next *selfWritten
	}
)

func (*selfWritten) MarshalJSON() ([]byte, error) { return []byte(`"by itself"`), nil }

// TestEndlessValues: encoding/json would overflow the stack, which nothing can recover from.
func TestEndlessValues(t *testing.T) {
	const n = 3_000_000
	var plain *list
	var mixed any
	var wide lists
	var named mapped
	own := &selfWritten{}
	own.Next = own
	ring := &list{}
	ring.Next = ring
	for range n {
		plain, mixed = &list{plain}, &anyList{mixed}
	}
	for range 10_000 {
		wide, named = lists{[]lists{{}, wide}}, mapped{map[string]mapped{"a": named}}
	}
	root := &tree{Name: "root"}
	root.Leaves = []*tree{{Name: "leaf", Parent: root}}
	const deep = `{"$error":"nested deeper than 64 levels"}`
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"a list":                {plain, deep},
		"a list of anything":    {mixed, deep},
		"slices":                {wide, deep},
		"maps":                  {named, deep},
		"a ring":                {ring, deep},
		"within a map":          {map[string]any{"a": []any{plain}}, deep},
		"what is left out":      {root, `{"Name":"root","Leaves":[{"Name":"leaf","Leaves":null}]}`},
		"what writes itself":    {own, `"by itself"`},
		"a short list":          {&list{&list{}}, `{"Next":{"Next":null}}`},
		"nothing of such types": {struct{ A, B any }{(*list)(nil), []list(nil)}, `{"A":null,"B":null}`},
		"as deep as may be":     {nested(64), strings.Repeat(`{"Next":`, 64) + "null" + strings.Repeat("}", 64)},
		"deeper":                {nested(65), deep},
	} {
		r := record(t, langshark.Config{})
		_, s := r.StartSpan(t.Context(), "s")
		s.SetInput(c.value)
		s.End()
		if got := jsonOf(r.one("s").Input); got != c.want || !json.Valid([]byte(got)) {
			t.Errorf("%s: %.300s", name, got)
		}
	}
}

func nested(n int) (l *list) {
	for range n {
		l = &list{l}
	}
	return l
}
