package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

// costDifferences are those of group 05, by the name of the pair.
var costDifferences = map[string]struct {
	why   string
	apply func(*answer)
}{
	"claude-3-opus no usage (get)": {"Anthropic's tokenizer isn't published for this model: nothing is counted, and an unknown cost is null", onID("c4", func(o map[string]any) {
		o["calculatedInputCost"], o["calculatedOutputCost"], o["calculatedTotalCost"] = nil, nil, nil
		o["promptTokens"], o["completionTokens"], o["totalTokens"] = 0.0, 0.0, 0.0
		o["usage"] = map[string]any{"unit": "TOKENS", "input": 0.0, "output": 0.0, "total": 0.0}
	})},
	"negative tokens": {"less than no tokens can't be used", func(a *answer) {
		a.Body = map[string]any{"successes": []any{}, "errors": []any{map[string]any{"id": "ev-59", "status": 400.0, "message": "Invalid request data", "error": "<text>"}}}
	}},
	"negative tokens (get)": {"nothing was stored", func(a *answer) {
		a.Status, a.Body = 404, map[string]any{"message": "Observation not found within authorized project", "error": "LangfuseNotFoundError"}
	}},
	"get c31": {"a link to a prompt is kept as it was sent: the prompt may come yet", onID("c31", func(o map[string]any) {
		o["promptName"], o["promptVersion"] = "nope", 1.0
	})},
	"get c1": {"what was reported is not overwritten by a guess", onID("c1", func(o map[string]any) {
		o["calculatedOutputCost"], o["calculatedTotalCost"] = 0.0075, 0.0125
		o["completionTokens"], o["totalTokens"] = 500.0, 1500.0
		o["usage"] = map[string]any{"unit": "TOKENS", "input": 1000.0, "output": 500.0, "total": 1500.0}
	})},
	"get c32 after model delete": {"what a call cost, and by which price, is settled when it is written", onID("c32", func(o map[string]any) { o["outputPrice"] = 0.002 })},
}

// TestGoldenCost replays what was recorded of costs. The models that the
// recording makes by the API are put into the store here.
func TestGoldenCost(t *testing.T) {
	pairs := goldenFile(t, "05")
	var documents store.Documents
	srv := newServer(t, server.WithStore(server.Config{}, func(s store.Store) store.Store {
		documents = s
		return s
	}))
	p, err := srv.AddProject(t.Context(), refProject)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.SetKey(t.Context(), p.ID, refPublic, refSecret); err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv.Handler())
	defer ts.Close()
	change := func(f func(store.DocumentTx) error) {
		t.Helper()
		if err := documents.ChangeDocuments(t.Context(), p.ID, f); err != nil {
			t.Fatal(err)
		}
	}
	used, n := map[string]bool{}, 0
	for i, pair := range pairs {
		if strings.HasPrefix(pair.Request.Path, "/api/public/models") {
			switch {
			case pair.Request.Method == http.MethodPost && pair.Response.Status == http.StatusOK:
				var m cost.Model
				if err := json.Unmarshal(pair.Request.Body, &m); err != nil {
					t.Fatal(err)
				}
				if err := m.Validate(); err != nil {
					t.Errorf("%s: %v", pair.Name, err)
				}
				n++
				change(func(tx store.DocumentTx) error {
					return tx.Put(store.Document{Kind: cost.ModelKind, ID: fmt.Sprintf("cm%023d", n), Name: m.ModelName, Data: pair.Request.Body})
				})
			case pair.Name == "delete model":
				change(func(tx store.DocumentTx) error { return tx.Delete(cost.ModelKind, fmt.Sprintf("cm%023d", 1)) })
			}
			continue
		}
		got := pair.replay(t, ts.URL)
		got.Body = textsAside(normal(got.Body, ""))
		want := meant("05", &pair, 0)
		if d, ok := costDifferences[pair.Name]; ok {
			d.apply(&want)
			used[pair.Name] = true
		}
		compareAnswers(t, fmt.Sprintf("05 #%d %s", i, pair.Name), want, got)
	}
	for name, d := range costDifferences {
		if !used[name] {
			t.Errorf("no pair is %q, which differs because %s", name, d.why)
		}
	}
}
