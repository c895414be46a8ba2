package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// keeper takes writes and knows some observations.
type keeper struct {
	store.Store
	known   []string
	batches []*store.Batch
}

func (k *keeper) Write(_ context.Context, b *store.Batch) error {
	k.batches = append(k.batches, b)
	return nil
}

func (k *keeper) Observations(_ context.Context, _ string, q store.ObservationQuery) (page store.ObservationPage, err error) {
	for _, id := range q.IDs {
		if slices.Contains(k.known, id) {
			page.Observations = append(page.Observations, store.Observation{ID: id})
		}
	}
	return page, nil
}

// configs refuses scores by the id of their config, and remembers what was given.
type configs struct{ given exporter.ScoreType }

func (c *configs) CheckScore(_ context.Context, _ string, w *store.ScoreWrite, given exporter.ScoreType) error {
	c.given = given
	switch w.ConfigID {
	case "none":
		return fmt.Errorf("no such config: %w", store.ErrNotFound)
	case "strict":
		return &RequestError{Message: "does not fit"}
	case "broken":
		return errors.New("the store is broken")
	}
	w.Text = "completed"
	return nil
}

func TestSingleObservation(t *testing.T) {
	k := &keeper{known: []string{"o"}}
	g := New(k, slog.New(slog.DiscardHandler))
	id, err := g.Observation(t.Context(), "p", exporter.KindGeneration, "", []byte(`{"id":"g","traceId":"t","prompt":["hi"],"completion":"yo","usage":{"promptTokens":3},"name":null}`))
	if err != nil || id != "g" {
		t.Fatal(id, err)
	}
	w := k.batches[0].Observations[0]
	if w.Kind != exporter.KindGeneration || w.Update || string(w.Input) != `["hi"]` || string(w.Output) != `"yo"` || w.Usage.Input != 3 || w.EventID == "" {
		t.Errorf("a generation: %+v", w)
	}
	if id, err := g.Observation(t.Context(), "p", exporter.KindSpan, "", []byte(`{}`)); err != nil || id == "" || k.batches[1].Observations[0].ID != id {
		t.Errorf("without an id: %q, %v", id, err)
	}
	id, err = g.Observation(t.Context(), "p", exporter.KindSpan, "spanId", []byte(`{"spanId":"o","id":"other","output":1}`))
	if w := k.batches[2].Observations[0]; err != nil || id != "o" || !w.Update || string(w.Output) != `1` {
		t.Errorf("an update: %q, %+v, %v", id, w, err)
	}
	_, err = g.Observation(t.Context(), "p", exporter.KindSpan, "spanId", []byte(`{"spanId":"none"}`))
	if missing, ok := errors.AsType[*MissingError](err); !ok || missing.ID != "none" {
		t.Errorf("an update of nothing: %v", err)
	}
	for body, field := range map[string]string{`{"id":"x"}`: "spanId", `{"spanId":"o","level":"X"}`: "level", `[]`: "", `{"spanId":5}`: "spanId"} {
		_, err := g.Observation(t.Context(), "p", exporter.KindSpan, "spanId", []byte(body))
		fields, ok := IsInvalid(err)
		if !ok || field != "" && fields[0].Path[0] != field {
			t.Errorf("%s: %v, want an error of %q", body, err, field)
		}
	}
	if len(k.batches) != 3 {
		t.Errorf("%d writes, want 3", len(k.batches))
	}
}

func TestSingleScore(t *testing.T) {
	k, c := &keeper{}, &configs{}
	g := New(k, slog.New(slog.DiscardHandler))
	g.CheckScoresBy(c)
	id, err := g.Score(t.Context(), "p", []byte(`{"traceId":"t","name":"n","value":1,"dataType":"BOOLEAN","configId":"c"}`))
	if err != nil || id == "" || k.batches[0].Scores[0].Text != "completed" || c.given != exporter.ScoreBoolean {
		t.Errorf("%q, %v, given %q", id, err, c.given)
	}
	if _, err := g.Score(t.Context(), "p", []byte(`{"traceId":"t","name":"n","value":1,"configId":"none"}`)); !errors.Is(err, store.ErrNotFound) || c.given != "" {
		t.Errorf("no config: %v, given %q", err, c.given)
	}
	if _, err := g.Score(t.Context(), "p", []byte(`{"name":"n"}`)); err == nil {
		t.Error("a score of nothing is accepted")
	}
	if len(k.batches) != 1 {
		t.Errorf("%d writes, want 1", len(k.batches))
	}
}

// TestScoresOfABatch leaves out those that don't fit their config, and only those.
func TestScoresOfABatch(t *testing.T) {
	k := &keeper{}
	g := New(k, slog.New(slog.DiscardHandler))
	g.CheckScoresBy(&configs{})
	score := func(id, config string) string {
		return `{"id":"` + id + `","type":"score-create","timestamp":"2026-01-02T03:04:05Z","body":{"traceId":"t","name":"n","value":1,"configId":"` + config + `"}}`
	}
	result, err := g.Ingest(t.Context(), Access{ProjectID: "p"}, []byte(`{"batch":[`+score("a", "c")+","+score("b", "strict")+","+score("c", "none")+","+score("d", "")+`]}`))
	if err != nil || len(result.Successes) != 2 || len(result.Errors) != 2 || result.Errors[0].Status != 400 || result.Errors[1].Status != 404 || len(k.batches[0].Scores) != 2 {
		t.Fatalf("%+v, %v", result, err)
	}
	if n := g.Counts(KindScore); n.Accepted != 2 || n.Rejected != 2 {
		t.Errorf("counts %+v", n)
	}
	if _, err := g.Ingest(t.Context(), Access{ProjectID: "p"}, []byte(`{"batch":[`+score("a", "broken")+`]}`)); err == nil {
		t.Error("a store that is broken is no error")
	}
}

// FuzzSingle has no body make a panic, or a write without an id.
func FuzzSingle(f *testing.F) {
	for _, seed := range []string{`{}`, `{"spanId":"o","prompt":{"a":1}}`, `{"id":1,"usage":{"promptTokens":-1}}`, `{"traceId":"t","name":"n","value":"x"}`, `[{}]`, `{"id":"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		k := &keeper{known: []string{"o"}}
		g := New(k, slog.New(slog.DiscardHandler))
		_, _ = g.Observation(t.Context(), "p", exporter.KindGeneration, "", body)
		_, _ = g.Observation(t.Context(), "p", exporter.KindSpan, "spanId", body)
		_, _ = g.Score(t.Context(), "p", body)
		for _, b := range k.batches {
			if len(b.Observations) > 0 && b.Observations[0].ID == "" || len(b.Scores) > 0 && b.Scores[0].ID == "" {
				t.Errorf("%s: %+v", body, b)
			}
		}
	})
}
