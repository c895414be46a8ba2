package toolcalls

import (
	"fmt"
	"strings"
	"testing"
)

func drain(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		mu.Lock()
		byTrace, order, bytes = map[string][]*waiting{}, nil, 0
		count.Store(0)
		mu.Unlock()
	})
}

func TestTake(t *testing.T) {
	drain(t)
	Asked(Call{Trace: "t", ID: "a", Name: "f", Arguments: "1"})
	Asked(Call{Trace: "t", ID: "b", Name: "f", Arguments: "2"})
	Asked(Call{Trace: "t", Name: "g"})
	Asked(Call{ID: "no trace", Name: "f"})
	for _, tt := range []struct{ trace, id, name, want string }{
		{"other", "a", "f", ""},
		{"t", "", "", ""},
		{"t", "b", "", "2"},
		{"t", "", "f", "1"},
		{"t", "", "f", ""}, // each is taken once
		{"t", "", "h", ""},
	} {
		if c, ok := Take(Wanted{Trace: tt.trace, ID: tt.id, Name: tt.name}); c.Arguments != tt.want || ok != (tt.want != "") {
			t.Errorf("%+v: %+v %v", tt, c, ok)
		}
	}
	if _, ok := Take(Wanted{Trace: "t", Name: "g"}); !ok || Any() || bytes != 0 {
		t.Errorf("found %v, any %v, %d bytes", ok, Any(), bytes)
	}
}

func TestTakeByArguments(t *testing.T) {
	drain(t)
	for _, arguments := range []string{"1", "2", "3"} {
		Asked(Call{Trace: "t", ID: "id of " + arguments, Name: "f", Arguments: arguments})
	}
	for _, tt := range []struct{ id, arguments, want string }{
		{"", "2", "2"},
		{"", "2", "1"}, // nothing else is like it
		{"id of 3", "1", "3"},
		{"", "3", ""},
	} {
		if c, ok := Take(Wanted{Trace: "t", ID: tt.id, Name: "f", Arguments: tt.arguments}); c.Arguments != tt.want || ok != (tt.want != "") {
			t.Errorf("%+v: %+v %v", tt, c, ok)
		}
	}
}

func TestBounded(t *testing.T) {
	drain(t)
	for i := range 3 * maxCalls {
		Asked(Call{Trace: "t", ID: fmt.Sprint(i)})
	}
	if all := byTrace["t"]; len(all) != maxCalls || all[0].ID != fmt.Sprint(2*maxCalls) || len(order) > 2*maxCalls+1 {
		t.Errorf("%d calls from %s, %d in order", len(all), all[0].ID, len(order))
	}
	Asked(Call{Trace: "t", ID: "huge", Arguments: strings.Repeat("x", maxBytes)})
	if _, ok := Take(Wanted{Trace: "t", ID: "huge"}); ok {
		t.Error("a huge one was kept")
	}
	for range 100 {
		Asked(Call{Trace: "t", ID: "large", Arguments: strings.Repeat("x", maxBytes/10)})
	}
	sum := 0
	for _, c := range byTrace["t"] {
		sum += c.size()
	}
	if bytes > maxBytes || sum != bytes || count.Load() != 9 {
		t.Errorf("%d calls of %d bytes, counted %d", count.Load(), sum, bytes)
	}
}

func TestOf(t *testing.T) {
	drain(t)
	ctx := With(t.Context(), Call{Trace: "t", ID: "mine", Name: "f"})
	for _, want := range []string{"mine", ""} { // what is below the tool is not that call
		if c, _ := Of(ctx); c.ID != want {
			t.Errorf("got %q, want %q", c.ID, want)
		}
	}
}

// Observations that run at the same time find their calls by their input,
// whichever began or ended first, and nobody else takes what they have claimed.
func TestClaim(t *testing.T) {
	drain(t)
	for _, id := range []string{"a", "b", "c"} {
		Asked(Call{Trace: "t", ID: id, Name: "f", Arguments: `{ "x": "` + id + `" }`})
	}
	for range 2 {
		if !Claim("t", "f") {
			t.Error("there is none to claim")
		}
	}
	if Claim("t", "g") || Claim("u", "f") {
		t.Error("claimed what isn't there")
	}
	if _, ok := Take(Wanted{Trace: "t", ID: "a"}); ok {
		t.Error("a claimed call was taken")
	}
	if c, ok := Claimed(Wanted{Trace: "t", Name: "f", Arguments: `{"x":"c"}`}); !ok || c.ID != "c" { // one that wasn't claimed: it sets a free
		t.Errorf("by input: %+v", c)
	}
	if c, ok := Take(Wanted{Trace: "t", ID: "a"}); !ok || c.ID != "a" {
		t.Errorf("not set free: %+v %v", c, ok)
	}
	if c, ok := Claimed(Wanted{Trace: "t", Name: "f", Arguments: "unknown"}); !ok || c.ID != "b" {
		t.Errorf("the last one: %+v %v", c, ok)
	}
	if _, ok := Claimed(Wanted{Trace: "t", Name: "f"}); ok || Any() || bytes != 0 {
		t.Errorf("left: %v, %d bytes", byTrace, bytes)
	}
}

// Agents of one trace whose provider gives no ids, or the same ones, get each their own.
func TestParent(t *testing.T) {
	drain(t)
	for _, agent := range []string{"A", "B"} {
		Asked(Call{Trace: "t", Parent: agent, ID: "call_0", Name: "search", Arguments: agent})
		Asked(Call{Trace: "t", Parent: agent, Name: "find", Arguments: agent})
	}
	for _, w := range []Wanted{
		{Trace: "t", Parent: "B", Name: "find"},
		{Trace: "t", Parent: "A", Name: "find"},
		{Trace: "t", Parent: "B", ID: "call_0"},
		{Trace: "t", Parent: "elsewhere", ID: "call_0"},
	} {
		want := w.Parent
		if want == "elsewhere" {
			want = "A"
		}
		if c, _ := Take(w); c.Arguments != want {
			t.Errorf("%+v: %+v", w, c)
		}
	}
}
