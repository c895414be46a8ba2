package merge

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/store"
)

// permutations calls f with every order of the numbers below n.
func permutations(n int, f func([]int)) {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	var walk func(int)
	walk = func(k int) {
		if k == n {
			f(order)
			return
		}
		for i := k; i < n; i++ {
			order[k], order[i] = order[i], order[k]
			walk(k + 1)
			order[k], order[i] = order[i], order[k]
		}
	}
	walk(0)
}

// TestMetadata merges the writes, which are a second apart, in every order.
func TestMetadata(t *testing.T) {
	for _, c := range []struct {
		name   string
		writes []string
		want   string
	}{
		{"keys come together", []string{`{"a":1}`, `{"b":2}`, `{"c":3}`}, `{"a":1,"b":2,"c":3}`},
		{"the last value of a key stays", []string{`{"a":1}`, `{"a":2}`, `{"a":3}`}, `{"a":3}`},
		{"objects merge deep", []string{`{"n":{"x":1,"deep":{"a":1}}}`, `{"n":{"y":2,"deep":{"b":2}}}`}, `{"n":{"deep":{"a":1,"b":2},"x":1,"y":2}}`},
		{"arrays replace", []string{`{"l":[1,2,3]}`, `{"l":[9]}`}, `{"l":[9]}`},
		{"an object replaces a value", []string{`{"a":1}`, `{"a":{"now":"object"}}`}, `{"a":{"now":"object"}}`},
		{"a value replaces an object, and what came before is gone", []string{`{"a":{"x":1}}`, `{"a":5}`, `{"a":{"y":2}}`}, `{"a":{"y":2}}`},
		{"nulls never clear", []string{`{"a":1,"z":null}`, `{"a":null}`, `{"z":null}`}, `{"a":1,"z":null}`},
		{"nor whole objects", []string{`{"a":{"x":1}}`, `{"a":null}`, `{"a":{"y":2}}`}, `{"a":{"x":1,"y":2}}`},
		{"a string replaces all", []string{`{"a":1}`, `"text"`}, `"text"`},
		{"and is replaced", []string{`"text"`, `[1]`, `{"a":1}`}, `{"a":1}`},
		{"an empty object adds nothing", []string{`{"a":1}`, `{}`, `{"a":{}}`}, `{"a":{}}`},
	} {
		permutations(len(c.writes), func(order []int) {
			state := &Trace{}
			for _, i := range order {
				w := &store.TraceWrite{Stamp: stamp(int64(i), "e"), Metadata: json.RawMessage(c.writes[i])}
				state.Apply(w, store.Stamp{})
				if again := state.Apply(w, store.Stamp{}); again.Any {
					t.Errorf("%s: the same write again changes something", c.name)
				}
			}
			if got := string(state.Fields.Metadata); got != c.want {
				t.Errorf("%s, in the order %v: %s, want %s", c.name, order, got, c.want)
			}
		})
	}
}

// TestOrderOfStamps: time, then create before update, then event id.
func TestOrderOfStamps(t *testing.T) {
	writes := []store.TraceWrite{
		{Stamp: store.Stamp{Time: 1, Update: true, EventID: "z"}, Name: "earlier", Environment: "first"},
		{Stamp: store.Stamp{Time: 2, EventID: "z"}, Name: "create", Environment: "second"},
		{Stamp: store.Stamp{Time: 2, Update: true, EventID: "a"}, Name: "update", Environment: "third"},
		{Stamp: store.Stamp{Time: 2, Update: true, EventID: "b"}, Name: "update with a later id", Environment: "fourth"},
	}
	permutations(len(writes), func(order []int) {
		state := &Trace{}
		for _, i := range order {
			state.Apply(&writes[i], store.Stamp{})
		}
		if state.Fields.Name != "update with a later id" || state.Fields.Environment != "first" {
			t.Errorf("in the order %v: %+v", order, state.Fields)
		}
	})
}

// TestDelete wipes what stands up to its stamp, whenever it comes, but the first fields.
func TestDelete(t *testing.T) {
	deleted := stamp(3, "d")
	writes := []store.TraceWrite{
		{Stamp: stamp(1, "a"), Name: "old", Environment: "prod", Tags: []string{"old"}, Metadata: json.RawMessage(`{"old":1,"both":1}`), Input: json.RawMessage(`1`)},
		{Stamp: stamp(5, "b"), UserID: "new", Environment: "test", Tags: []string{"new"}, Metadata: json.RawMessage(`{"new":1,"both":2}`)},
	}
	permutations(3, func(order []int) {
		state, at := &Trace{}, store.Stamp{}
		for _, i := range order {
			if i == 2 {
				at = deleted
				state.Cut(at)
			} else {
				state.Apply(&writes[i], at)
			}
		}
		f := state.Fields
		if f.Name != "" || f.UserID != "new" || f.Environment != "prod" || !slices.Equal(f.Tags, []string{"new"}) || f.Input != nil || !state.Live(deleted) ||
			strings.Contains(string(f.Metadata), "old") || !strings.Contains(string(f.Metadata), `"both":2`) {
			t.Errorf("in the order %v: %+v, metadata %s", order, f, f.Metadata)
		}
	})
	state := &Trace{}
	state.Apply(&writes[0], store.Stamp{})
	state.Cut(deleted)
	if state.Live(deleted) {
		t.Error("still live")
	}
}
