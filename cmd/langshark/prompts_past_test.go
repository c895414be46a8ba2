package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/cmd/langshark/internal/hub"
	"github.com/langshark/langshark-go/cmd/langshark/internal/promptdir"
)

// moved is an entry of the history: a label that came to a version from another.
func moved(label string, from, to int) hub.Change {
	return hub.Change{Action: "label", Label: label, From: from, Version: to, By: "kim", At: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC), Message: "why\n"}
}

// TestTaken has histories, newest first, of a file that is from version 2 with the label production.
func TestTaken(t *testing.T) {
	for name, c := range map[string]struct {
		from    int
		history []hub.Change
		want    string // "" for a label that may move
	}{
		"never there":            {1, []hub.Change{moved("production", 0, 1)}, ""},
		"nowhere yet":            {0, nil, ""},
		"rolled back":            {1, []hub.Change{moved("production", 2, 1), moved("production", 1, 2)}, `production was moved to version 1 from version 2 by kim at 2026-05-04 03:02:01 ("why\n"): a push would undo that`},
		"taken away":             {0, []hub.Change{moved("production", 2, 0)}, "production was taken away from version 2 by kim"},
		"rolled back, then on":   {4, []hub.Change{moved("production", 1, 4), moved("production", 2, 1)}, "was moved to version 1 from version 2"},
		"another label":          {1, []hub.Change{moved("eu", 2, 1), moved("production", 0, 1)}, ""},
		"back there since":       {2, []hub.Change{moved("production", 1, 2), moved("production", 2, 1)}, ""},
		"versions, not labels":   {1, []hub.Change{{Action: "create", Version: 2}, {Action: "delete", Version: 3}, moved("production", 0, 1)}, ""},
		"away from a later one":  {1, []hub.Change{moved("production", 3, 1), moved("production", 1, 3)}, ""},
		"somebody, for no cause": {1, []hub.Change{{Action: "rollback", Label: "production", From: 2, Version: 1}}, "by somebody at 0001-01-01 00:00:00: a push"},
	} {
		ch := &change{file: &promptdir.File{Path: "b.md", Version: 2}, latest: 2}
		err := ch.taken(past{true, c.history}, move{"production", c.from}, 2)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "b.md: production ")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for from, conflict := range map[int]bool{0: false, 1: true, 2: false, 3: false} {
		ch := &change{file: &promptdir.File{Path: "b.md"}}
		if err := ch.taken(past{}, move{"production", from}, 2); (err != nil) != conflict {
			t.Errorf("without a history, on version %d: %v", from, err)
		}
	}
}

// TestPastIsBounded has a server whose history doesn't end.
func TestPastIsBounded(t *testing.T) {
	pages := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		pages++
		fmt.Fprintf(w, `{"data":[%s{"action":"create","version":%d,"by":"pk"}],"meta":{"cursor":"c%d"}}`, strings.Repeat(`{"action":"tags"},`, 99), pages, pages)
	}))
	defer s.Close()
	client, err := hub.New(s.URL, "pk", "sk")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	h, err := (&planner{Client: client}).past(t.Context(), "b")
	if err != nil || !h.known || len(h.changes) != maxPast || pages != maxPast/100 {
		t.Errorf("%d changes of %d pages, %v", len(h.changes), pages, err)
	}
	if h.madeBy("pk") != 1 || h.madeBy("other") != 0 {
		t.Errorf("made by pk: %d, by another: %d", h.madeBy("pk"), h.madeBy("other"))
	}
}

// TestExpectOfManyLabels: a server takes a hundred, latest among them.
func TestExpectOfManyLabels(t *testing.T) {
	ch := &change{latest: 7}
	for i := range 100 {
		ch.labels = append(ch.labels, move{fmt.Sprint("l", i), i})
	}
	if e := ch.expect(); len(e) != maxExpected || e["latest"] != 7 || e["l98"] != 98 {
		t.Errorf("%d: %v", len(e), e)
	}
	s := hubServer(t)
	labels := make([]string, len(ch.labels))
	for i := range labels {
		labels[i] = ch.labels[i].label
	}
	prompt(t, s, map[string]any{"name": "b", "prompt": "one"})
	dir := t.TempDir()
	path := file(t, dir, "b.md", "---\nname: b\nlabels: ["+strings.Join(labels, ", ")+"]\n---\none")
	contains(t, did(t, "prompts", "push", "--dir", dir), "version 1 of b gets l0, l1, ")
	replaceIn(t, path, "one", "two")
	contains(t, did(t, "prompts", "push", "--dir", dir), "version 2 of b gets l0 from version 1, l1 from version 1, ")
}

// TestPushSaysTheNumberThatWasMade where numbers of deleted versions are passed over.
func TestPushSaysTheNumberThatWasMade(t *testing.T) {
	s := hubServer(t)
	dir := t.TempDir()
	for range 3 {
		prompt(t, s, map[string]any{"name": "b", "prompt": "one"})
	}
	did(t, "prompts", "rm", "b", "--only-version", "3")
	did(t, "prompts", "pull", "--dir", dir, "b")
	replaceIn(t, dir+"/b.md", "one", "two")
	contains(t, did(t, "prompts", "push", "--dir", dir), "Pushed b.md: version 4 of b")
	replaceIn(t, dir+"/b.md", "version: 4", "version: 4")
}
