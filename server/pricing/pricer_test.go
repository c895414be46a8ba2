package pricing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

// shelf keeps documents of project p, and gives them two a page.
type shelf struct {
	store.Documents
	list  []store.Document
	reads int
	err   error
}

func (s *shelf) page(q store.DocumentQuery) (page store.DocumentPage) {
	at := len(q.After)
	end := min(at+2, len(s.list))
	page.Documents = s.list[at:end]
	if end < len(s.list) {
		page.Next = store.Cursor(strings.Repeat("x", end))
	}
	return page
}

func (s *shelf) put(id, data string) {
	s.list = append(s.list, store.Document{Kind: cost.ModelKind, ID: id, Data: json.RawMessage(data)})
}

// reader is a shelf as the pricer sees it.
type reader struct{ *shelf }

func (r reader) Documents(_ context.Context, projectID string, q store.DocumentQuery) (store.DocumentPage, error) {
	r.reads++
	if r.err != nil || projectID != "p" || q.Kind != cost.ModelKind || !q.Ascending {
		return store.DocumentPage{}, r.err
	}
	return r.page(q), nil
}

var began = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func generation(model string, usage *store.Usage) *store.ObservationWrite {
	return &store.ObservationWrite{Kind: exporter.KindGeneration, Model: model, Usage: usage}
}

func price(p *Pricer, project, model string) *store.Pricing {
	return p.Price(project, generation(model, &store.Usage{Input: 1000, Output: 100, Total: 1100}), began, nil, nil)
}

// TestOwnModels: those of a project come first, in their order, and are read again when they change.
func TestOwnModels(t *testing.T) {
	c, s := &clock{began}, &shelf{}
	var logged bytes.Buffer
	p := New(Config{Now: c.now, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	p.Prepare(t.Context(), "p") // nobody has said where they are
	p.Read(reader{s})
	s.put("one", `{"modelName":"a","matchPattern":"(?i)^(gpt-4o|mine)$","inputPrice":0.001,"outputPrice":0.002}`)
	s.put("bad", `{"modelName":"b","matchPattern":"["}`)
	s.put("two", `{"modelName":"a again","matchPattern":"mine","inputPrice":0.003}`)
	s.put("old", `{"modelName":"c","matchPattern":"dated","startDate":"2020-01-01","inputPrice":1}`)
	s.put("new", `{"modelName":"c","matchPattern":"dated","startDate":"2026-01-01","inputPrice":2}`)
	if r := price(p, "p", "mine"); r != nil {
		t.Errorf("before they are read: %+v", r)
	}
	p.Prepare(t.Context(), "p")
	for model, want := range map[string]string{"mine": "one", "GPT-4o": "one", "dated": "new", "gpt-4o-mini": "clyrjp56f0000t0mzapoocd7u"} {
		if r := price(p, "p", model); r == nil || r.ModelID != want {
			t.Errorf("%s: %+v, want %s", model, r, want)
		}
	}
	if r := price(p, "p", "mine"); *r.Cost.Input != 1e9 || *r.Cost.Output != 2e8 || *r.Cost.Total != 12e8 || r.Cost.Details != nil || r.Prices[cost.Input] != 1e9 || r.Unit != "TOKENS" {
		t.Errorf("%+v: %v", r, r.Cost)
	}
	p.Prepare(t.Context(), "other")
	if r := price(p, "other", "mine"); r != nil {
		t.Errorf("another project has it too: %+v", r)
	}
	if !strings.Contains(logged.String(), "matchPattern") {
		t.Errorf("nobody says that a model can't be used: %s", logged.String())
	}
	reads := s.reads
	s.list = s.list[2:]
	p.Prepare(t.Context(), "p")
	if s.reads != reads {
		t.Error("read again though nothing has changed")
	}
	p.Changed("p")
	p.Prepare(t.Context(), "p")
	if r := price(p, "p", "mine"); r == nil || r.ModelID != "two" || r.Cost.Total != nil || r.Cost.Output != nil {
		t.Errorf("after the change: %+v", r)
	}
	s.list = nil // by another process
	c.at = c.at.Add(refreshAfter)
	s.err = errors.New("busy")
	p.Prepare(t.Context(), "p")
	if r := price(p, "p", "mine"); r == nil {
		t.Error("what can't be read is forgotten")
	}
	s.err = nil
	c.at = c.at.Add(refreshAfter)
	p.Prepare(t.Context(), "p")
	if r := price(p, "p", "mine"); r != nil {
		t.Errorf("after a while: %+v", r)
	}
}

// TestImportedFile comes after the project's own and before what comes along.
func TestImportedFile(t *testing.T) {
	c := &clock{began}
	path := filepath.Join(t.TempDir(), FileName)
	p := New(Config{File: path, Now: c.now, Logger: slog.New(slog.DiscardHandler)})
	p.Prepare(t.Context(), "p")
	if r := price(p, "p", "gpt-4o"); r.ModelID != "ls-gpt-4o-2024-10-02" {
		t.Errorf("without a file: %+v", r)
	}
	const table = `{"gpt-4o":{"litellm_provider":"openai","input_cost_per_token":1e-6,"output_cost_per_token":2e-6},"odd":{"input_cost_per_token":-1}}`
	got, err := p.Import([]byte(table), time.Time{})
	if err != nil || got.Format != "litellm" || got.Models != 1 || len(got.Skipped) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if r := price(p, "p", "gpt-4o"); r.ModelID != "litellm:gpt-4o" || *r.Cost.Total != 1_200_000 {
		t.Errorf("imported: %+v", r)
	}
	other := New(Config{File: path, Now: c.now, Logger: slog.New(slog.DiscardHandler)})
	other.Prepare(t.Context(), "p")
	if r := price(other, "p", "gpt-4o"); r.ModelID != "litellm:gpt-4o" {
		t.Errorf("in another process: %+v", r)
	}
	if got.Kept != 0 || len(got.Less) != 1 || got.Less[0] != "gpt-4o" {
		t.Errorf("it has other prices, and no tiers: %+v", got)
	}
	if _, err := p.Import([]byte("[]"), time.Time{}); err == nil {
		t.Error("what is no table was imported")
	}
	if r := price(p, "p", "gpt-4o"); r.ModelID != "litellm:gpt-4o" {
		t.Errorf("after a bad import: %+v", r)
	}
	if err := os.WriteFile(path, []byte("not,a,table\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.at = c.at.Add(refreshAfter)
	p.Prepare(t.Context(), "p")
	if r := price(p, "p", "gpt-4o"); r.ModelID != "litellm:gpt-4o" {
		t.Errorf("a file that can't be read: %+v", r)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c.at = c.at.Add(refreshAfter)
	p.Prepare(t.Context(), "p")
	if r := price(p, "p", "gpt-4o"); r.ModelID != "ls-gpt-4o-2024-10-02" {
		t.Errorf("removed: %+v", r)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := New(Config{}).Import([]byte(table), time.Time{}); err == nil {
		t.Error("imported to nowhere")
	}
}

// TestImportLeavesHistory: a table of today's prices doesn't change what a call cost then, and a
// day that is given is when all of it begins to hold.
func TestImportLeavesHistory(t *testing.T) {
	now := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	p := New(Config{File: filepath.Join(t.TempDir(), FileName), Now: func() time.Time { return now }})
	costs := func(model, day string) int64 {
		t.Helper()
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		r := p.Price("p", generation(model, &store.Usage{Input: 1000, Output: 100, Total: 1100}), at, nil, nil)
		if r == nil || r.Cost == nil {
			return -1
		}
		return int64(*r.Cost.Total)
	}
	const table = `{"gpt-4o":{"input_cost_per_token":3e-6,"output_cost_per_token":1e-5},"o3":{"input_cost_per_token":2e-6,"output_cost_per_token":8e-6},
		"house":{"input_cost_per_token":1e-6,"output_cost_per_token":1e-6}}`
	got, err := p.Import([]byte(table), time.Time{})
	if err != nil || got.Since != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, c := range []struct {
		model, day string
		want       int64
	}{
		{"gpt-4o", "2024-05-20", 6_500_000}, // 1000 × 5 + 100 × 15, as then
		{"gpt-4o", "2024-10-02", 4_000_000}, // 1000 × 3 + 100 × 10, by the table that was imported
		{"o3", "2025-05-20", 14_000_000},    // 1000 × 10 + 100 × 40
		{"o3", "2025-06-10", 2_800_000},     // 1000 × 2 + 100 × 8
		{"house", "2024-05-20", 1_100_000},  // nobody else knows it
	} {
		if got := costs(c.model, c.day); got != c.want {
			t.Errorf("%s of %s costs %d, want %d", c.model, c.day, got, c.want)
		}
	}
	if got, err = p.Import([]byte(table), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)); err != nil || got.Since != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, c := range []struct {
		model, day string
		want       int64
	}{
		{"gpt-4o", "2024-05-20", 6_500_000},
		{"gpt-4o", "2026-05-31", 3_500_000}, // 1000 × 2.5 + 100 × 10, by the table that comes along
		{"gpt-4o", "2026-06-01", 4_000_000},
		{"house", "2026-05-31", -1},
		{"house", "2026-06-01", 1_100_000},
	} {
		if got := costs(c.model, c.day); got != c.want {
			t.Errorf("from June 2026: %s of %s costs %d, want %d", c.model, c.day, got, c.want)
		}
	}
}

// TestImportKeeps what a table doesn't speak of, but for one in our own format.
func TestImportKeeps(t *testing.T) {
	p := New(Config{File: filepath.Join(t.TempDir(), FileName), Now: func() time.Time { return began }})
	o := generation("gpt-5", &store.Usage{Input: 1000, Output: 100, Total: 1100})
	o.ModelParameters = json.RawMessage(`{"service_tier":"priority"}`)
	got, err := p.Import([]byte(`{"gpt-5":{"litellm_provider":"openai","input_cost_per_token":1.25e-6,"output_cost_per_token":1e-5}}`), time.Time{})
	if err != nil || got.Kept != 1 || len(got.Less) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if r := p.Price("p", o, began, nil, nil); r.Tier != "priority" || *r.Cost.Total != 4_500_000 || r.ModelID != "litellm:gpt-5" { // 1000 × 2.5 + 100 × 20
		t.Errorf("%+v", r)
	}
	got, err = p.Import([]byte("id,model,match,input,output,source\nown,gpt-5,gpt-5,1.25,10,me\n"), time.Time{})
	if err != nil || got.Kept != 0 || len(got.Less) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if r := p.Price("p", o, began, nil, nil); r.Tier != "" || *r.Cost.Total != 2_250_000 {
		t.Errorf("%+v", r)
	}
}

// changing says how often it was read, and gives that as a price.
type changing struct {
	store.Documents
	reads *atomic.Int64
}

func (c changing) page() (page store.DocumentPage) {
	data := fmt.Sprintf(`{"modelName":"m","matchPattern":"mine","inputPrice":%de-9}`, c.reads.Add(1))
	page.Documents = []store.Document{{Kind: cost.ModelKind, ID: "d", Data: json.RawMessage(data)}}
	return page
}

// changingReader is such as the pricer sees it.
type changingReader struct{ changing }

func (r changingReader) Documents(context.Context, string, store.DocumentQuery) (store.DocumentPage, error) {
	return r.page(), nil
}

// TestChangesMeet: whoever prepares after a change prices by what was read after
// it, while others read, change and price.
func TestChangesMeet(t *testing.T) {
	c := changing{reads: new(atomic.Int64)}
	p := New(Config{Now: func() time.Time { return began }})
	p.Read(changingReader{c})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				before := c.reads.Load()
				p.Changed("p")
				p.Prepare(t.Context(), "p")
				r := price(p, "p", "mine")
				if r == nil || int64(r.Prices[cost.Input])/1000 <= before {
					t.Errorf("priced by %+v after %d reads", r, before)
					return
				}
			}
		})
	}
	wg.Wait()
}
