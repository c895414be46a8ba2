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
		calls, bytes = nil, 0
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
		if c, ok := Take(tt.trace, tt.id, tt.name); c.Arguments != tt.want || ok != (tt.want != "") {
			t.Errorf("%+v: %+v %v", tt, c, ok)
		}
	}
	if _, ok := Take("t", "", "g"); !ok || Any() || bytes != 0 {
		t.Errorf("found %v, any %v, %d bytes", ok, Any(), bytes)
	}
}

func TestTakeLike(t *testing.T) {
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
		if c, ok := TakeLike("t", tt.id, "f", tt.arguments); c.Arguments != tt.want || ok != (tt.want != "") {
			t.Errorf("%+v: %+v %v", tt, c, ok)
		}
	}
}

func TestBounded(t *testing.T) {
	drain(t)
	for i := range 3 * maxCalls {
		Asked(Call{Trace: "t", ID: fmt.Sprint(i)})
	}
	if len(calls) != maxCalls || calls[0].ID != fmt.Sprint(2*maxCalls) {
		t.Errorf("%d calls from %s", len(calls), calls[0].ID)
	}
	Asked(Call{Trace: "t", ID: "huge", Arguments: strings.Repeat("x", maxBytes)})
	if _, ok := Take("t", "huge", ""); ok {
		t.Error("a huge one was kept")
	}
	for range 100 {
		Asked(Call{Trace: "t", ID: "large", Arguments: strings.Repeat("x", maxBytes/10)})
	}
	sum := 0
	for i := range calls {
		sum += calls[i].size()
	}
	if bytes > maxBytes || sum != bytes || len(calls) != 9 {
		t.Errorf("%d calls of %d bytes, counted %d", len(calls), sum, bytes)
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
	if _, ok := Take("t", "a", ""); ok {
		t.Error("a claimed call was taken")
	}
	if c, ok := Claimed("t", "f", `{"x":"c"}`); !ok || c.ID != "c" { // one that wasn't claimed: it sets a free
		t.Errorf("by input: %+v", c)
	}
	if c, ok := Take("t", "a", ""); !ok || c.ID != "a" {
		t.Errorf("not set free: %+v %v", c, ok)
	}
	if c, ok := Claimed("t", "f", "unknown"); !ok || c.ID != "b" {
		t.Errorf("the last one: %+v %v", c, ok)
	}
	if _, ok := Claimed("t", "f", ""); ok || Any() || bytes != 0 {
		t.Errorf("left: %v, %d bytes", calls, bytes)
	}
}
