package catalog_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
)

// TestLabelSpans moves labels at random and looks later where each was at moments in between.
func TestLabelSpans(t *testing.T) {
	c, _ := open(t)
	r := rand.New(rand.NewPCG(15, 16))
	type moment struct {
		at time.Time
		on map[string]int
	}
	var moments []moment
	now := map[string]int{}
	note := func() {
		m := moment{time.Now(), maps.Clone(now)}
		moments = append(moments, m)
		for time.Since(m.at) < 5*time.Microsecond { // the store's times have microseconds
			continue
		}
	}
	note()
	for range 4 {
		do(t, c.CreatePrompt, m{"name": "p", "prompt": "x"})
	}
	begin := time.Now()
	for range 60 {
		note()
		label, version := []string{"production", "staging"}[r.IntN(2)], 1+r.IntN(4)
		field := []string{"newLabels", "newLabels", "removeLabels"}[r.IntN(3)]
		if _, err := c.LabelPrompt(t.Context(), projectID, "p", version, body(t, m{field: l{label}})); err != nil {
			t.Fatal(err)
		}
		if field == "newLabels" {
			now[label] = version
		} else if now[label] == version {
			now[label] = 0
		}
		note()
	}
	for _, bounds := range [][2]time.Time{{moments[0].at, time.Now().Add(time.Hour)}, {moments[30].at, moments[80].at}, {begin, begin}, {time.Now().Add(time.Hour), time.Now().Add(2 * time.Hour)}} {
		from, to := bounds[0], bounds[1]
		spans, err := c.LabelSpans(t.Context(), projectID, "p", from, to)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range spans {
			if s.From.Before(from) || s.To.After(to) || !s.From.Before(s.To) || s.Version == 0 || s.Label == catalog.LabelLatest ||
				i > 0 && spans[i-1].Label == s.Label && spans[i-1].To.After(s.From) {
				t.Errorf("span %d of %+v", i, spans)
			}
		}
		for _, m := range moments {
			if m.at.Before(from) || !m.at.Before(to) {
				continue
			}
			for _, label := range []string{"production", "staging"} {
				if got := spanAt(spans, label, m.at); got != m.on[label] {
					t.Errorf("%s at %v: version %d, want %d", label, m.at, got, m.on[label])
				}
			}
		}
	}
	if spans, err := c.LabelSpans(t.Context(), projectID, "none", begin, time.Now()); err != nil || len(spans) != 0 {
		t.Errorf("of no prompt: %v, %v", spans, err)
	}
	if err := c.DeletePrompt(t.Context(), projectID, "p", catalog.PromptSelection{}); err != nil {
		t.Fatal(err)
	}
	after := time.Now().Add(time.Millisecond)
	if spans, err := c.LabelSpans(t.Context(), projectID, "p", after, after.Add(time.Hour)); err != nil || len(spans) != 0 {
		t.Errorf("after its end: %v, %v", spans, err)
	}
	if spans, err := c.LabelSpans(t.Context(), projectID, "p", begin, after); err != nil || len(spans) == 0 {
		t.Errorf("before its end: %v, %v", fmt.Sprint(spans), err)
	}
}

func spanAt(spans []catalog.LabelSpan, label string, at time.Time) int {
	for _, s := range spans {
		if s.Label == label && !at.Before(s.From) && at.Before(s.To) {
			return s.Version
		}
	}
	return 0
}
