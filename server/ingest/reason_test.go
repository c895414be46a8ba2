package ingest

import (
	"reflect"
	"testing"
)

func TestReasonsAreSaidWithTheirParts(t *testing.T) {
	r := Reason{"Prompt '%s' is referred to by %s and %d more", []any{"a", Reasons{{"version %d", []any{3}}, {Format: "100 %% of it"}}, 2}}
	if got, want := r.String(), "Prompt 'a' is referred to by version 3, 100 % of it and 2 more"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestFieldErrorsHaveReasons: what says a message in another language has what it was made of.
func TestFieldErrorsHaveReasons(t *testing.T) {
	c := &checker{}
	c.wrongType("id", "string", []byte("7"))
	c.fail("n", "too_big", "must be at most %d", 5)
	for i, want := range []Reason{{"expected %s, received %s", []any{"string", "number"}}, {"must be at most %d", []any{5}}} {
		if got := c.errors[i]; !reflect.DeepEqual(got.Reason, want) || got.Message != want.String() {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
