package chatset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
	"github.com/langshark/langshark-go/server/transfer/filter"
)

var epoch = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// opened is a store with 300 traces of a generation, a span and an embedding each; every tenth
// generation has no output, every third trace a score.
func opened(t *testing.T) store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), sqlite.Options{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p", CreatedAt: epoch}); err != nil {
		t.Fatal(err)
	}
	b := &store.Batch{ProjectID: "p"}
	for i := range 300 {
		at := epoch.Add(time.Duration(i) * time.Minute)
		stamp := store.NewStamp(at, false, "e")
		trace := fmt.Sprint("t", i)
		b.Traces = append(b.Traces, store.TraceWrite{Stamp: stamp, ID: trace, Timestamp: at, UserID: []string{"kim", "lee"}[i%2]})
		output := json.RawMessage(`"answer"`)
		if i%10 == 9 {
			output = nil
		}
		input := json.RawMessage(fmt.Sprintf(`"question %d"`, i%100)) // each three times
		b.Observations = append(b.Observations,
			store.ObservationWrite{Stamp: stamp, ID: trace + "-g", TraceID: trace, Kind: exporter.KindGeneration, Name: "chat", Model: "m", Start: at, Input: input, Output: output},
			store.ObservationWrite{Stamp: stamp, ID: trace + "-s", TraceID: trace, Kind: exporter.KindSpan, Start: at, Input: input, Output: output},
			store.ObservationWrite{Stamp: stamp, ID: trace + "-e", TraceID: trace, Kind: exporter.KindEmbedding, Start: at, Input: input})
		if i%3 == 0 {
			good := float64(i%2) / 2
			b.Scores = append(b.Scores, store.ScoreWrite{Stamp: stamp, ID: trace + "-c", TraceID: trace, Name: "good", Type: exporter.ScoreNumeric, Number: &good, Timestamp: at},
				store.ScoreWrite{Stamp: stamp, ID: trace + "-d", TraceID: trace, ObservationID: trace + "-s", Name: "other", Type: exporter.ScoreCategorical, Text: "x", Timestamp: at},
				store.ScoreWrite{Stamp: stamp, ID: trace + "-b", TraceID: trace, ObservationID: trace + "-g", Name: "ok", Type: exporter.ScoreBoolean, Number: &good, Text: "False", Timestamp: at})
		}
	}
	if err := s.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return s
}

func exported(t *testing.T, s store.Store, opts Options) (Result, string) {
	t.Helper()
	var b bytes.Buffer
	if opts.Sets == nil {
		opts.Sets = []Set{{Share: 1, W: &b}}
	}
	r, err := Export(t.Context(), s, "p", opts)
	if err != nil {
		t.Fatal(err)
	}
	sum := r.Written + r.Duplicates
	for _, n := range r.Skipped {
		sum += n
	}
	if sum != r.Selected {
		t.Errorf("%+v: %d of %d are accounted for", r, sum, r.Selected)
	}
	return r, b.String()
}

func TestExport(t *testing.T) {
	s := opened(t)
	for text, want := range map[string][4]int64{ // read, selected, written, without output
		"":                               {300, 300, 270, 30},
		"kind = generation":              {300, 300, 270, 30},
		"kind = span and user = kim":     {150, 150, 150, 0},
		"user = lee":                     {150, 150, 120, 30},
		"score.good >= 0.5":              {300, 50, 40, 10},
		"score.other = x":                {300, 0, 0, 0}, // of the span
		"score.ok = false and model = m": {300, 100, 90, 10},
		"start < 2026-05-04T03:12:01Z":   {10, 10, 9, 1},
		"name = nothing":                 {0, 0, 0, 0},
		"tokens > 5 or metadata.x = 1":   {300, 0, 0, 0},
	} {
		f, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		r, out := exported(t, s, Options{Filter: f})
		if got := [4]int64{r.Read, r.Selected, r.Written, r.Skipped[NoOutput]}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		if strings.Count(out, "\n") != int(r.Written) {
			t.Errorf("%s: %d lines", text, strings.Count(out, "\n"))
		}
	}
	r, out := exported(t, s, Options{From: epoch.Add(3 * time.Minute), To: epoch.Add(5 * time.Minute), Metadata: true})
	want := `{"messages":[{"role":"user","content":"question 3"},{"role":"assistant","content":"answer"}],"metadata":{"traceId":"t3","observationId":"t3-g","name":"chat","model":"m","startTime":"2026-05-04T03:05:01Z","scores":{"good":0.5,"ok":false}}}
{"messages":[{"role":"user","content":"question 4"},{"role":"assistant","content":"answer"}],"metadata":{"traceId":"t4","observationId":"t4-g","name":"chat","model":"m","startTime":"2026-05-04T03:06:01Z"}}
`
	if out != want || r.Written != 2 {
		t.Errorf("got %s", out)
	}
	if r, _ := exported(t, s, Options{Dedupe: true}); r.Written != 90 || r.Duplicates != 180 {
		t.Errorf("%+v", r)
	}
	if _, err := Export(t.Context(), s, "nobody", Options{Sets: []Set{{Share: 1}}}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown project: %v", err)
	}
	if _, err := Export(t.Context(), s, "p", Options{}); err == nil {
		t.Error("nothing to write to is no error")
	}
}

// TestSplit divides by trace, always in the same way, in about the shares that were asked for.
func TestSplit(t *testing.T) {
	s := opened(t)
	divide := func(seed int64) (train, test string) {
		sets, err := ParseSets("train=0.8, test=0.2")
		if err != nil {
			t.Fatal(err)
		}
		var a, b bytes.Buffer
		sets[0].W, sets[1].W = &a, &b
		r, _ := exported(t, s, Options{Sets: sets, Seed: seed, Metadata: true})
		if share := float64(r.Sets[0]) / float64(r.Written); math.Abs(share-0.8) > 0.08 || r.Sets[0]+r.Sets[1] != r.Written {
			t.Errorf("seed %d: %v of %d", seed, r.Sets, r.Written)
		}
		return a.String(), b.String()
	}
	train, test := divide(1)
	if again, _ := divide(1); again != train {
		t.Error("the same seed divides in another way")
	}
	if other, _ := divide(2); other == train {
		t.Error("another seed divides in the same way")
	}
	for line := range strings.Lines(test) {
		var l Line
		if err := json.Unmarshal([]byte(line), &l); err != nil || strings.Contains(train, l.Metadata.TraceID+`"`) {
			t.Errorf("%v, in both: %s", err, line)
		}
	}
	for text, want := range map[string]string{
		"train": "is not a share", "a=2": "is not a share", "a=x": "is not a share", "a=0": "is not a share", "a=NaN": "is not a share", "a=0.5": "add up to 0.5", "a=0.5,a=0.5": "two sets", "a/b=1": "file's name", "=1": "file's name", "a=0.7,b=0.7": "add up to 1.4",
	} {
		if _, err := ParseSets(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
