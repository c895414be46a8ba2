// Package exportertest checks that an exporter keeps the contract of
// [exporter.Exporter].
package exportertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/langshark/langshark-go/exporter"
)

// Subject is an exporter under test.
type Subject struct {
	Exporter exporter.Exporter
	// Arrived returns the event ids of all records that have been accepted, in any order.
	// Nil skips the checks that need it.
	Arrived func() []string
	// Check, if set, looks at what arrived of the records that Records returns. It is called
	// after their memory was overwritten.
	Check func(t *testing.T)
}

// Run checks what makes returns, once for each check. Exporters that take
// batches from several pipelines at once are run in parallel by the race detector.
func Run(t *testing.T, makes func(t *testing.T) Subject) {
	t.Helper()
	t.Run("accepts every kind of record", func(t *testing.T) {
		s := makes(t)
		want := export(t, s, Records())
		arrived(t, s, want)
	})
	t.Run("keeps nothing of the records' memory", func(t *testing.T) {
		s := makes(t)
		records, poison := borrowed()
		if err := s.Exporter.Export(t.Context(), records); err != nil {
			t.Fatal(err)
		}
		want := eventIDs(Records())
		poison()
		arrived(t, s, want)
		if s.Check != nil {
			s.Check(t)
		}
	})
	t.Run("takes files while it exports", func(t *testing.T) {
		s := makes(t)
		u, ok := s.Exporter.(exporter.MediaUploader)
		if !ok || !u.AcceptsMedia() {
			return
		}
		m := exporter.NewMedia("image/png", []byte("\x89PNG"))
		m.TraceID, m.Field = "0af7651916cd43dd8448eb211c80319c", "input"
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				var partial *exporter.PartialError
				if err := u.UploadMedia(t.Context(), m); err != nil && (!errors.As(err, &partial) || !partial.Failed[0].Unsupported) {
					t.Errorf("UploadMedia: %v", err)
				}
			})
		}
		export(t, s, Records())
		wg.Wait()
	})
	t.Run("an empty batch is no error", func(t *testing.T) {
		if err := makes(t).Exporter.Export(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("an ended context delivers nothing", func(t *testing.T) {
		s := makes(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Exporter.Export(ctx, Records()); err == nil {
			t.Error("Export with an ended context says that it delivered")
		}
		arrived(t, s, nil)
	})
	t.Run("the records are not changed", func(t *testing.T) {
		s := makes(t)
		records := Records()
		before := fmt.Sprintf("%+v", texts(records))
		_ = s.Exporter.Export(t.Context(), records)
		if after := fmt.Sprintf("%+v", texts(records)); after != before {
			t.Errorf("changed:\n%s\n%s", before, after)
		}
	})
	t.Run("Shutdown twice", func(t *testing.T) {
		s := makes(t)
		export(t, s, Records()[:1])
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if err := s.Exporter.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			cancel()
		}
	})
}

func export(t *testing.T, s Subject, records []exporter.Record) []string {
	t.Helper()
	if err := s.Exporter.Export(t.Context(), records); err != nil {
		t.Fatalf("Export: %v", err)
	}
	return eventIDs(records)
}

func arrived(t *testing.T, s Subject, want []string) {
	t.Helper()
	if f, ok := s.Exporter.(exporter.Flusher); ok {
		if err := f.Flush(t.Context()); err != nil {
			t.Fatalf("Flush: %v", err)
		}
	}
	if s.Arrived == nil {
		return
	}
	got := s.Arrived()
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("arrived: %q\nwant: %q", got, want)
	}
}

func eventIDs(records []exporter.Record) []string {
	ids := make([]string, len(records))
	for i := range records {
		ids[i] = records[i].EventID
	}
	return ids
}

// Records returns one record of every kind, whole.
func Records() []exporter.Record {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	public := true
	attributes := exporter.Attributes{
		TraceName: "support", UserID: "kim", SessionID: "s-17", Environment: "test", Release: "r1", Version: "v1",
		Tags: []string{"a", "b"}, Metadata: []exporter.KeyValue{{Key: "plan", Value: exporter.Text("pro")}}, Public: &public,
	}
	const trace, root = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	records := []exporter.Record{{
		Trace: &exporter.Trace{ID: trace, Start: at, Attributes: attributes, Input: exporter.Text("안녕"), Output: exporter.JSON([]byte(`{"ok":true}`))},
	}}
	for kind := exporter.KindSpan; kind <= exporter.KindGuardrail; kind++ {
		o := &exporter.Observation{
			ID: fmt.Sprintf("00000000000000%02x", int(kind)+1), TraceID: trace, ParentID: root, Kind: kind, Name: kind.String(),
			Start: at, End: at.Add(time.Second), Level: exporter.LevelWarning, StatusMessage: "slow", Version: "v2",
			Input: exporter.JSON([]byte(`[{"role":"user","content":"hi"}]`)), Output: exporter.Text("hello"),
			Metadata: []exporter.KeyValue{{Key: "k", Value: exporter.JSON([]byte(`{"n":1}`))}}, Attributes: &attributes,
		}
		if kind == exporter.KindSpan {
			o.ID, o.ParentID = root, ""
		}
		if kind.IsGeneration() {
			o.Generation = &exporter.Generation{
				Model: "gpt-4o", Parameters: []exporter.KeyValue{{Key: "temperature", Value: exporter.JSON([]byte(`0.5`))}},
				Usage:           &exporter.Usage{InputTokens: 100, OutputTokens: 20, CachedInputTokens: 60, ReasoningTokens: 5},
				Cost:            &exporter.Cost{Input: exporter.USD(0.001), Output: exporter.USD(0.002)},
				CompletionStart: at.Add(300 * time.Millisecond), PromptName: "greet", PromptVersion: 3,
			}
		}
		records = append(records, exporter.Record{Observation: o})
	}
	records = append(records,
		exporter.Record{Op: exporter.OpUpdate, Observation: &exporter.Observation{ID: root, TraceID: trace, Name: "root", Start: at, End: at.Add(time.Second), Attributes: &attributes}},
		exporter.Record{Score: &exporter.Score{ID: "s1", TraceID: trace, Name: "quality", Type: exporter.ScoreNumeric, Number: 0.5, Comment: "fair"}},
		exporter.Record{Score: &exporter.Score{ID: "s2", TraceID: trace, ObservationID: root, Name: "tone", Type: exporter.ScoreCategorical, Text: "kind"}},
		exporter.Record{Score: &exporter.Score{ID: "s3", TraceID: trace, Name: "solved", Type: exporter.ScoreBoolean, Number: 1}},
	)
	for i := range records {
		records[i].EventID = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		records[i].Time = at.Add(time.Duration(i) * time.Millisecond)
	}
	return records
}

// texts is what of the records must not change.
func texts(records []exporter.Record) []string {
	var all []string
	for i := range records {
		r := records[i].Clone()
		all = append(all, r.EventID)
		if o := r.Observation; o != nil {
			all = append(all, o.ID, o.Name, string(o.Input.AppendJSON(nil)), string(o.Output.AppendJSON(nil)))
			for _, kv := range o.Metadata {
				all = append(all, kv.Key, string(kv.Value.AppendJSON(nil)))
			}
		}
		if t := r.Trace; t != nil {
			all = append(all, t.ID, string(t.Input.AppendJSON(nil)), string(t.Output.AppendJSON(nil)))
		}
	}
	return all
}

// borrowed returns records whose strings and bytes lie in memory that poison
// overwrites, as the client's pooled memory does.
func borrowed() (records []exporter.Record, poison func()) {
	var memory [][]byte
	lend := func(s string) string {
		if s == "" {
			return ""
		}
		b := []byte(strings.Clone(s))
		memory = append(memory, b)
		return unsafe.String(&b[0], len(b))
	}
	value := func(v exporter.Value) exporter.Value {
		if s, ok := v.AsText(); ok {
			return exporter.Text(lend(s))
		}
		if raw := v.RawJSON(); raw != nil {
			b := slices.Clone(raw)
			memory = append(memory, b)
			return exporter.JSON(b)
		}
		return v
	}
	records = Records()
	for i := range records {
		r := &records[i]
		if o := r.Observation; o != nil {
			o.ID, o.TraceID, o.ParentID = lend(o.ID), lend(o.TraceID), lend(o.ParentID)
			o.Input, o.Output = value(o.Input), value(o.Output)
			for j := range o.Metadata {
				o.Metadata[j].Value = value(o.Metadata[j].Value)
			}
		}
		if tr := r.Trace; tr != nil {
			tr.ID = lend(tr.ID)
			tr.Input, tr.Output = value(tr.Input), value(tr.Output)
		}
	}
	return records, func() {
		for _, b := range memory {
			for i := range b {
				b[i] = '#'
			}
		}
	}
}
