package merge

import (
	"encoding/json"
	"fmt"
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
			state.Settle()
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
		state.Settle()
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

// TestManyKeys has one write with as many keys as there is room for, and many that add to them.
func TestManyKeys(t *testing.T) {
	var many strings.Builder
	for i := range MaxKeys - 10 {
		fmt.Fprintf(&many, `"k%d":1,`, i)
	}
	var state Trace
	state.Apply(&store.TraceWrite{Stamp: store.Stamp{Time: 1, EventID: "a"}, Metadata: json.RawMessage("{" + many.String() + `"o":{"x":1}}`)}, store.Stamp{})
	for i := range 50 {
		state.Apply(&store.TraceWrite{
			Stamp: store.Stamp{Time: int64(i + 2), EventID: "b"}, Tags: []string{fmt.Sprint(i)},
			Metadata: json.RawMessage(fmt.Sprintf(`{"z%d":1,"k0":%d,"o":{"y%d":1}}`, i, i, i)),
		}, store.Stamp{})
	}
	state.Settle()
	var got map[string]any
	if err := json.Unmarshal(state.Fields.Metadata, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) > MaxKeys+1 || got["k0"] != 49.0 || got[TruncatedKey] != true || len(state.Fields.Tags) != 50 {
		t.Errorf("%d keys, k0 is %v, %d tags", len(got), got["k0"], len(state.Fields.Tags))
	}
	state.Apply(&store.TraceWrite{Stamp: store.Stamp{Time: 99, EventID: "c"}, Metadata: json.RawMessage(`{"o":1,"zz":2}`)}, store.Stamp{})
	state.Settle()
	if err := json.Unmarshal(state.Fields.Metadata, &got); err != nil || got["o"] != 1.0 || got["zz"] == nil {
		t.Errorf("a value in the place of an object makes room: %v, %v, %v", got["o"], got["zz"], err)
	}
}

// TestManyTags has more than there is room for.
func TestManyTags(t *testing.T) {
	var state Trace
	for i := range MaxTags + 20 {
		state.Apply(&store.TraceWrite{Stamp: store.Stamp{Time: int64(i + 1), EventID: "a"}, Tags: []string{fmt.Sprint(i), "0"}}, store.Stamp{})
	}
	if state.Settle(); len(state.Fields.Tags) != MaxTags {
		t.Errorf("%d tags", len(state.Fields.Tags))
	}
}

// BenchmarkMergeMetadata adds a key to a thing that has many.
func BenchmarkMergeMetadata(b *testing.B) {
	var many strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&many, `"k%d":1,`, i)
	}
	var state Trace
	state.Apply(&store.TraceWrite{Stamp: store.Stamp{Time: 1, EventID: "a"}, Metadata: json.RawMessage("{" + many.String() + `"o":1}`)}, store.Stamp{})
	b.ReportAllocs()
	at := int64(1)
	for b.Loop() {
		at++
		state.Apply(&store.TraceWrite{Stamp: store.Stamp{Time: at, EventID: "b"}, Metadata: json.RawMessage(`{"z":1}`)}, store.Stamp{})
	}
}
