package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

const twoSpans = `{"batch":[
	{"id":"a","type":"span-create","timestamp":"2026-01-02T03:04:05Z","body":{"id":"a","traceId":"t"}},
	{"id":"b","type":"span-create","timestamp":"2026-01-02T03:04:06Z","body":{"id":"b","traceId":"t"}}]}`

// TestFullIsNotTriedOneByOne gives the whole batch back: it was once taken for a batch that one bad event spoils.
func TestFullIsNotTriedOneByOne(t *testing.T) {
	for _, e := range []error{store.ErrFull, store.ErrBusy} {
		r := &recorder{err: fmt.Errorf("langshark: %w", e)}
		result, err := New(r, slog.New(slog.DiscardHandler)).Ingest(t.Context(), Access{ProjectID: "p"}, []byte(twoSpans))
		if !errors.Is(err, e) || result != nil || len(r.batches) != 1 {
			t.Errorf("%v: %+v, %v after %d writes", e, result, err, len(r.batches))
		}
	}
}

// filling takes no batch of several, and of single events as many as errs says.
type filling struct {
	store.Store
	errs []error
}

func (f *filling) Write(_ context.Context, b *store.Batch) error {
	if b.Len() > 1 {
		return errors.New("one of them is bad")
	}
	err := f.errs[0]
	f.errs = f.errs[1:]
	return err
}

func (f *filling) Observations(context.Context, string, store.ObservationQuery) (store.ObservationPage, error) {
	return store.ObservationPage{}, nil
}

// TestFailuresOfSingleEvents have a status that SDKs try again.
func TestFailuresOfSingleEvents(t *testing.T) {
	for e, status := range map[error]int{
		store.ErrFull: http.StatusInsufficientStorage, store.ErrBusy: http.StatusTooManyRequests,
		store.ErrClosed: http.StatusServiceUnavailable, errors.New("bad"): http.StatusInternalServerError,
	} {
		g := New(&filling{errs: []error{nil, e}}, slog.New(slog.DiscardHandler))
		result, err := g.Ingest(t.Context(), Access{ProjectID: "p"}, []byte(twoSpans))
		if err != nil || len(result.Successes) != 1 || len(result.Errors) != 1 || result.Errors[0].ID != "b" || result.Errors[0].Status != status || result.Errors[0].Error == "" {
			t.Errorf("%v: %+v, %v", e, result, err)
		}
		if c := g.Counts(KindObservation); c != (Counts{Accepted: 1}) {
			t.Errorf("%v: counted %+v", e, c)
		}
	}
}

// TestCounts counts what was stored and what never will be, not what comes again.
func TestCounts(t *testing.T) {
	r := &recorder{err: store.ErrFull}
	g := New(r, slog.New(slog.DiscardHandler))
	body := []byte(`{"batch":[
		{"id":"a","type":"span-create","timestamp":"2026-01-02T03:04:05Z","body":{"id":"a","traceId":"t"}},
		{"id":"b","type":"span-create","timestamp":"2026-01-02T03:04:05Z","body":{"id":"b","traceId":1}},
		{"id":"c","type":"observation-update","timestamp":"2026-01-02T03:04:05Z","body":{"id":"none","type":"SPAN"}},
		{"id":"d","type":"trace-create","timestamp":"2026-01-02T03:04:05Z","body":{"id":"t"}},
		{"id":"e","type":"score-create","timestamp":"2026-01-02T03:04:05Z","body":{}},
		{"id":"f","type":"sdk-log","timestamp":"2026-01-02T03:04:05Z","body":{"log":"x"}},
		{"id":"g","type":"nothing-we-know","timestamp":"2026-01-02T03:04:05Z","body":{}},
		{}]}`)
	records := []exporter.Record{
		{EventID: "1", Trace: &exporter.Trace{ID: "t"}},
		{EventID: "2", Trace: &exporter.Trace{}},
		{EventID: "3", Observation: &exporter.Observation{ID: "o", TraceID: "t", Attributes: &exporter.Attributes{}}},
		{EventID: "4"},
	}
	both := func() {
		t.Helper()
		_, err := g.Ingest(t.Context(), Access{ProjectID: "p"}, body)
		var partial *exporter.PartialError
		exportErr := g.Exporter("p").Export(t.Context(), records)
		if (err != nil) != (r.err != nil) || errors.As(exportErr, &partial) != (r.err == nil) {
			t.Fatal(err, exportErr)
		}
	}
	both()
	for _, k := range Kinds() {
		if c := g.Counts(k); c != (Counts{}) {
			t.Errorf("%v: counted %+v of a store that is full", k, c)
		}
	}
	r.err = nil
	both()
	for k, want := range map[Kind]Counts{KindTrace: {2, 1}, KindObservation: {2, 2}, KindScore: {0, 1}, KindLog: {1, 0}, KindUnknown: {0, 3}} {
		if c := g.Counts(k); c != want {
			t.Errorf("%v: counted %+v, want %+v", k, c, want)
		}
	}
}
