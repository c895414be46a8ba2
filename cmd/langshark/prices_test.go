package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPrices imports a table while a server runs, and has history priced by it.
func TestPrices(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := start(t, 1, "--addr", "127.0.0.1:0", "--data", data, "--open", "--init-project-public-key", "pk", "--init-project-secret-key", "sk")
	generation := func(id string, usage map[string]any) map[string]any {
		return map[string]any{"id": "e" + id, "type": "generation-create", "timestamp": "2026-03-01T00:00:00Z", "body": map[string]any{
			"id": id, "traceId": "t", "startTime": "2026-03-01T00:00:00Z", "model": "house-llm", "usage": usage,
		}}
	}
	post(t, s.url, "pk", "sk", generation("a", map[string]any{"input": 1000, "output": 100}), generation("b", map[string]any{"input": 1, "totalCost": 0.5}))
	cost := func(id string) any {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/api/public/observations/"+id, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("pk", "sk")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var o map[string]any
		if err := json.NewDecoder(res.Body).Decode(&o); err != nil {
			t.Fatal(err)
		}
		return o["calculatedTotalCost"]
	}
	if got := cost("a"); got != nil {
		t.Fatalf("a model that nobody knows costs %v", got)
	}
	table := filepath.Join(t.TempDir(), "table.json")
	if err := os.WriteFile(table, []byte(`{"house-llm":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6},"odd":{"input_cost_per_token":-1}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := command(t, "prices", "import", table, "--data", data)
	if code != 0 || !strings.Contains(stdout, "Imported the prices of 1 models from a table of litellm.\n1 were left out:\n  odd: ") {
		t.Fatalf("import: %d %s%s", code, stdout, stderr)
	}
	if got := cost("a"); got != nil {
		t.Errorf("priced before anybody asked: %v", got)
	}
	code, stdout, stderr = command(t, "prices", "reprice", "--data", data, "--to", "2026-02-01")
	if code != 0 || !strings.Contains(stdout, "0 model calls seen, 0 have") {
		t.Errorf("reprice of before: %d %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = command(t, "prices", "reprice", "--data", data, "--from", "2026-02-01")
	if code != 0 || !strings.Contains(stdout, "2 model calls seen, 2 have other figures now.") {
		t.Errorf("reprice: %d %s%s", code, stdout, stderr)
	}
	if got := cost("a"); got != 0.0012 {
		t.Errorf("costs %v, want 0.0012", got)
	}
	if got := cost("b"); got != 0.5 {
		t.Errorf("costs %v, want what was reported", got)
	}
	for args, want := range map[string]string{
		"prices import /nowhere/at/all":           "no such file",
		"prices import " + data + "/prices.csv.x": "no such file",
		"prices import x --from yesterday":        "--from",
		"prices reprice --from yesterday":         "--from",
		"prices reprice --to yesterday":           "--to",
		"prices reprice --project nobody":         "nobody",
	} {
		if code, _, stderr := command(t, append(strings.Fields(args), "--data", data)...); code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d %s", args, code, stderr)
		}
	}
	fewer := filepath.Join(t.TempDir(), "fewer.json")
	if err := os.WriteFile(fewer, []byte(`{"gpt-5":{"input_cost_per_token":1.25e-6,"output_cost_per_token":1e-5},"gpt-4o":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ := command(t, "prices", "import", fewer, "--data", data); code != 0 || !strings.Contains(stdout, "1 keep buckets or tiers") || !strings.Contains(stdout, "1 hold since the price of their model last changed") ||
		!strings.Contains(stdout, "1 lose buckets or tiers, as the table has other prices and says less:\n  gpt-4o\n") {
		t.Errorf("a table that says less: %d %s", code, stdout)
	}
	if code, stdout, _ := command(t, "prices", "import", fewer, "--from", "2026-06-01", "--data", data); code != 0 || strings.Contains(stdout, "hold since") {
		t.Errorf("from a day: %d %s", code, stdout)
	}
	if table, err := os.ReadFile(filepath.Join(data, "prices.csv")); err != nil || strings.Count(string(table), ",2026-06-01,") != 2 {
		t.Errorf("from a day: %v\n%s", err, table)
	}
	empty := filepath.Join(t.TempDir(), "empty.json")
	if err := os.WriteFile(empty, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "prices", "import", empty, "--data", data); code != 1 || !strings.Contains(stderr, "give such a JSON or CSV file") {
		t.Errorf("an empty table: %d %s", code, stderr)
	}
	stop(t, s)
}
