//go:build !noui

package ui

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"testing"
)

func TestTagsInALine(t *testing.T) {
	for line, want := range map[string][]string{
		"":                 {},
		" , ,":             {},
		"a":                {"a"},
		"a, b ,a,":         {"a", "b"},
		`"eu, west", x`:    {"eu, west", "x"},
		`"a ""b"", c" , d`: {`a "b", c`, "d"},
		`5" disk, 3"`:      {`5" disk`, `3"`},
		`"open, b`:         {`"open`, "b"},
		`"a"b, c`:          {`"a"b`, "c"},
		`" spaced "`:       {" spaced "},
		"쉼표,\"서울, 부산\"":    {"쉼표", "서울, 부산"},
	} {
		if got := readTags(line); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	signs := []rune("ab ,\"가\t")
	for range 2000 {
		var tags []string
		for range r.IntN(4) {
			tag := make([]rune, 1+r.IntN(6))
			for i := range tag {
				tag[i] = signs[r.IntN(len(signs))]
			}
			if s := string(tag); !slices.Contains(tags, s) {
				tags = append(tags, s)
			}
		}
		if got := readTags(writeTags(tags)); !slices.Equal(got, tags) && len(got)+len(tags) > 0 {
			t.Fatalf("%q is written as %q and read as %q", tags, writeTags(tags), got)
		}
	}
}

// TestAnEditKeepsTags saves a version whose tags have commas as the page has them.
func TestAnEditKeepsTags(t *testing.T) {
	h := newHub(t)
	h.create(map[string]any{"name": "p", "prompt": "x", "tags": []string{"eu, west", "x"}})
	_, body := h.page("new", "name", "p", "version", "1")
	contains(t, body, `value="&#34;eu, west&#34;, x"`)
	res, _ := h.post("new", url.Values{"name": {"p"}, "type": {"text"}, "prompt": {"y"}, "tags": {`"eu, west", x`}, "newest": {"1"}, "do": {"save"}})
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", res.StatusCode)
	}
	if o, err := h.catalog.PromptOverview(t.Context(), "p1", "p"); err != nil || !slices.Equal(o.Tags, []string{"eu, west", "x"}) || len(o.Versions) != 2 {
		t.Errorf("%+v, %v", o, err)
	}
}
