package transfer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
	"github.com/langshark/langshark-go/server/transfer"
	"github.com/langshark/langshark-go/server/transfer/filter"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const project = "p"

var epoch = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// open makes a store with the project.
func open(tb testing.TB) store.Store {
	tb.Helper()
	s, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "x.db"), sqlite.Options{Ephemeral: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := s.CreateProject(tb.Context(), store.Project{ID: project, Name: "the project", CreatedAt: epoch}); err != nil {
		tb.Fatal(err)
	}
	return s
}

func write(tb testing.TB, s store.Store, b *store.Batch) {
	tb.Helper()
	b.ProjectID = project
	if err := s.Write(tb.Context(), b); err != nil {
		tb.Fatal(err)
	}
}

func export(tb testing.TB, s store.Store, opts transfer.ExportOptions) string {
	tb.Helper()
	var b bytes.Buffer
	opts.Now = func() time.Time { return epoch }
	if _, err := transfer.Export(tb.Context(), s, project, &b, opts); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

var stamps = regexp.MustCompile(`,"(created|updated)At":"[^"]*"`)

// unstamped is an export without what an import can't keep, in the order of the
// lines: scores of the same time may change places.
func unstamped(text string) string {
	lines := strings.SplitAfter(stamps.ReplaceAllString(text, ""), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// dice makes random rows.
type dice struct{ *rand.Rand }

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

func (d dice) text() string {
	return pick(d, "", "", "plain", "안녕하세요", `quote " and \ back`, "<&>\u2028\n\t", strings.Repeat("x", d.IntN(300)), "🦈")
}

func (d dice) raw() json.RawMessage {
	return json.RawMessage(pick(d, "", "", `"text"`, `{"a":[1,2,{"b":null}],"c":1.50}`, "[\n 1,\r\n 2 ]", `0`, `false`, `""`, `{}`, `"<b>&é🦈"`,
		`{"big":12345678901234567890.123}`, `"`+strings.Repeat("y", d.IntN(2000))+`"`))
}

func (d dice) object() json.RawMessage {
	return json.RawMessage(pick(d, "", `{"k":"v","n":{"x":1}}`, `{"z":1,"a":2}`, `"a text"`, `[1]`))
}

func (d dice) time() time.Time {
	if d.IntN(6) == 0 {
		return time.Time{}
	}
	return epoch.Add(time.Duration(d.IntN(1e9)) * time.Microsecond)
}

func (d dice) stamp(i int) store.Stamp {
	return store.NewStamp(epoch.Add(time.Duration(d.IntN(1e6))*time.Millisecond), d.IntN(2) == 0, fmt.Sprint("e", i))
}

func (d dice) amount() *exporter.NanoUSD {
	if d.IntN(3) == 0 {
		return nil
	}
	n := exporter.NanoUSD(d.Int64N(1e12) - 1e6)
	return &n
}

// fill writes a random project, several writes to some rows.
func fill(tb testing.TB, s store.Store, d dice, writes int) {
	tb.Helper()
	b := &store.Batch{}
	yes := true
	for i := range writes {
		id := func(kind string) string { return fmt.Sprint(kind, d.IntN(writes/4+1)) }
		switch d.IntN(6) {
		case 0, 1:
			w := store.TraceWrite{
				Stamp: d.stamp(i), ID: id("t"), Timestamp: d.time(), Name: d.text(), UserID: d.text(), SessionID: d.text(), Environment: pick(d, "", "prod"),
				Release: d.text(), Version: d.text(), Tags: pick(d, nil, []string{"a", "b"}, []string{"태그"}), Metadata: d.object(), Input: d.raw(), Output: d.raw(),
			}
			if d.IntN(3) == 0 {
				w.Public = &yes
			}
			b.Traces = append(b.Traces, w)
		case 5:
			number := float64(d.IntN(100)) / 8
			w := store.ScoreWrite{
				Stamp: d.stamp(i), ID: id("s"), TraceID: pick(d, id("t"), id("t"), id("nowhere"), ""), Name: "n" + d.text(), Type: exporter.ScoreNumeric,
				Number: &number, Comment: d.text(), Source: pick(d, "API", "EVAL"), ConfigID: d.text(), QueueID: d.text(), Environment: pick(d, "", "prod"), Metadata: d.object(), Timestamp: d.time(),
			}
			if w.TraceID == "" || d.IntN(5) == 0 {
				w.SessionID, w.DatasetRunID = pick(d, "session", ""), "run"
				if w.SessionID != "" {
					w.DatasetRunID = ""
				}
			}
			if d.IntN(3) == 0 {
				w.Type, w.Number, w.Text = pick(d, exporter.ScoreCategorical, store.ScoreText, store.ScoreCorrection), nil, "good"
			}
			b.Scores = append(b.Scores, w)
		default:
			level := pick(d, exporter.LevelDefault, exporter.LevelDebug, exporter.LevelError)
			w := store.ObservationWrite{
				Stamp: d.stamp(i), ID: id("o"), TraceID: pick(d, id("t"), id("t"), id("lone"), ""), ParentID: pick(d, "", id("o")), Kind: exporter.Kind(d.IntN(10)), Name: d.text(),
				Environment: pick(d, "", "dev"), Start: d.time(), Level: &level, StatusMessage: d.text(), Version: d.text(), Metadata: d.object(),
				Input: d.raw(), Output: d.raw(), Model: d.text(), ModelParameters: pick(d, nil, json.RawMessage(`{"temperature":0.5}`)), CompletionStart: d.time(),
			}
			if w.Kind != exporter.KindEvent {
				w.End = d.time()
			}
			if d.IntN(3) == 0 {
				w.PromptName, w.PromptVersion = "prompt", 1+d.IntN(9)
			}
			if d.IntN(2) == 0 {
				w.Usage = &store.Usage{Unit: pick(d, "", "TOKENS"), Input: d.Int64N(1000), Output: d.Int64N(1000), Total: d.Int64N(2000), Details: pick(d, nil, map[string]int64{"input": 5, "a b": 6})}
				w.Cost = &store.Cost{Input: d.amount(), Output: d.amount(), Total: d.amount(), Details: pick(d, nil, map[string]exporter.NanoUSD{"output": -5, "input": 7})}
			}
			b.Observations = append(b.Observations, w)
		}
		if b.Len() > 50 {
			write(tb, s, b)
			b = &store.Batch{}
		}
	}
	write(tb, s, b)
}

// TestRoundTrip exports random projects, imports them elsewhere, twice, and exports again.
func TestRoundTrip(t *testing.T) {
	seeds := uint64(8)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		d := dice{rand.New(rand.NewPCG(seed, 1))}
		a, b := open(t), open(t)
		fill(t, a, d, 60+int(seed)*150)
		first := export(t, a, transfer.ExportOptions{})
		if again := export(t, a, transfer.ExportOptions{}); again != first {
			t.Fatalf("seed %d: two exports differ:\n%s", seed, testkit.Diff(first, again))
		}
		var result transfer.ImportResult
		for range 2 {
			var err error
			if result, err = transfer.Import(t.Context(), b, project, strings.NewReader(first), transfer.ImportOptions{}); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		second := export(t, b, transfer.ExportOptions{})
		if diff := testkit.Diff(unstamped(first), unstamped(second)); diff != "" {
			t.Fatalf("seed %d:\n%s", seed, diff)
		}
		if n := strings.Count(first, "\n") - 2; int(result.Total()) != n || n < 20 {
			t.Errorf("seed %d: %s imported of %d lines", seed, result.Counts, n)
		}
		for line := range strings.Lines(first) {
			if !json.Valid([]byte(line)) {
				t.Fatalf("not JSON: %s", line)
			}
		}
	}
}

// TestImportTwiceChangesNothing looks at updatedAt, which a write that changes something moves.
func TestImportTwiceChangesNothing(t *testing.T) {
	a, b := open(t), open(t)
	fill(t, a, dice{rand.New(rand.NewPCG(3, 4))}, 200)
	text := export(t, a, transfer.ExportOptions{})
	var exports [2]string
	for i := range exports {
		if _, err := transfer.Import(t.Context(), b, project, strings.NewReader(text), transfer.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		exports[i] = export(t, b, transfer.ExportOptions{})
	}
	if diff := testkit.Diff(exports[0], exports[1]); diff != "" {
		t.Error(diff)
	}
}

// TestImportLeavesNewer writes a newer name before the import.
func TestImportLeavesNewer(t *testing.T) {
	a, b := open(t), open(t)
	write(t, a, &store.Batch{Traces: []store.TraceWrite{{Stamp: store.NewStamp(epoch, false, "e"), ID: "t", Name: "old", Version: "1"}}})
	write(t, b, &store.Batch{Traces: []store.TraceWrite{{Stamp: store.NewStamp(time.Now().Add(time.Hour), false, "e"), ID: "t", Name: "new"}}})
	if _, err := transfer.Import(t.Context(), b, project, strings.NewReader(export(t, a, transfer.ExportOptions{})), transfer.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	got, err := b.Trace(t.Context(), project, "t")
	if err != nil || got.Name != "new" || got.Version != "1" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestImportOfWhatWasDeleted counts what stays deleted, and brings it back when told to.
func TestImportOfWhatWasDeleted(t *testing.T) {
	s := open(t)
	fill(t, s, dice{rand.New(rand.NewPCG(5, 6))}, 200)
	text := export(t, s, transfer.ExportOptions{})
	page, err := s.Traces(t.Context(), project, store.TraceQuery{Page: store.Page{Limit: 3}})
	if err != nil || len(page.Traces) != 3 {
		t.Fatalf("%d traces, %v", len(page.Traces), err)
	}
	var b store.Batch
	for _, trace := range page.Traces {
		b.Deletes = append(b.Deletes, store.Delete{Stamp: store.NewStamp(time.Now(), true, "d"), Thing: store.ThingTrace, ID: trace.ID, Stored: true})
	}
	write(t, s, &b)
	without := export(t, s, transfer.ExportOptions{})
	load := func(opts transfer.ImportOptions) transfer.ImportResult {
		t.Helper()
		r, err := transfer.Import(t.Context(), s, project, strings.NewReader(text), opts)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := load(transfer.ImportOptions{})
	// What was given to a trace before it was given to another went with it; the file doesn't know of the first.
	if after := export(t, s, transfer.ExportOptions{}); r.Dropped < 3 || rows(text)-rows(after) != int(r.Dropped) {
		t.Errorf("%+v, from %d rows to %d of %d", r, rows(without), rows(after), rows(text))
	}
	if r = load(transfer.ImportOptions{Revive: true}); r.Dropped != 0 || rows(export(t, s, transfer.ExportOptions{})) != rows(text) {
		t.Errorf("brought back: %+v", r)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// rows is how many lines an export has.
func rows(text string) int { return strings.Count(text, "\n") }

func TestExportRangeAndFilter(t *testing.T) {
	s := open(t)
	b := &store.Batch{}
	for i := range 6 {
		id := fmt.Sprint(i)
		at := epoch.Add(time.Duration(i) * time.Hour)
		b.Traces = append(b.Traces, store.TraceWrite{Stamp: store.NewStamp(at, false, "t"), ID: id, Timestamp: at, UserID: []string{"kim", "lee"}[i%2]})
		b.Observations = append(b.Observations, store.ObservationWrite{Stamp: store.NewStamp(at, false, "o"), ID: "o" + id, TraceID: id, Name: "step " + id, Start: at})
		score := float64(i)
		b.Scores = append(b.Scores, store.ScoreWrite{Stamp: store.NewStamp(at, false, "s"), ID: "s" + id, TraceID: id, Name: "n", Type: exporter.ScoreNumeric, Number: &score, Timestamp: at})
	}
	write(t, s, b)
	ids := func(text string) (ids []string) {
		for line := range strings.Lines(text) {
			var r struct{ Type, ID string }
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			if r.ID != "" {
				ids = append(ids, r.ID)
			}
		}
		return ids
	}
	if got := ids(export(t, s, transfer.ExportOptions{From: epoch.Add(time.Hour), To: epoch.Add(3 * time.Hour)})); fmt.Sprint(got) != "[1 o1 s1 2 o2 s2]" {
		t.Errorf("by time: %v", got)
	}
	for text, want := range map[string]string{
		`score.n >= 4`:                     "[4 o4 s4 5 o5 s5]",
		`user = kim and score.n > 0`:       "[2 o2 s2 4 o4 s4]",
		`name = "step 3" or name ~ "P 0"`:  "[0 o0 s0 3 o3 s3]",
		`kind = generation`:                "[]",
		`start < 2026-05-04 and user=nope`: "[]",
	} {
		f, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(export(t, s, transfer.ExportOptions{Filter: f})); fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
}

// sample is a small export.
func sample(t *testing.T) []string {
	t.Helper()
	s := open(t)
	b := &store.Batch{}
	for i := range 3 {
		b.Traces = append(b.Traces, store.TraceWrite{Stamp: store.NewStamp(epoch, false, "e"), ID: fmt.Sprint("t", i), Timestamp: epoch.Add(time.Duration(i) * time.Second)})
	}
	write(t, s, b)
	return strings.SplitAfter(strings.TrimSuffix(export(t, s, transfer.ExportOptions{}), "\n"), "\n")
}

// TestBadLines name the line, the field and what to do.
func TestBadLines(t *testing.T) {
	lines := sample(t)
	for bad, want := range map[string]string{
		`{"type":"trace","id":""}`:   "line 3: id: missing",
		`{"type":"trace","id":"x"}`:  "line 3: updatedAt: missing",
		`{"type":"trace","id":5}`:    "line 3: id: number can't be a string",
		`{"type":"prompt","id":"x"}`: `line 3: type: there is no "prompt" in version 1`,
		`{"id":"x"}`:                 "line 3: type: missing",
		`{"type":"tra`:               "line 3: no JSON object",
		`[1]`:                        "line 3: no JSON object",
		`{"type":"trace","id":"x","updatedAt":"yesterday"}`:                                                                                `line 3: updatedAt: "yesterday" is no date`,
		`{"type":"trace","id":"x","tags":["a",1],"updatedAt":"2026-01-01T00:00:00Z"}`:                                                      "line 3: tags",
		`{"type":"trace","id":"` + strings.Repeat("x", 801) + `","updatedAt":"2026-01-01T00:00:00Z"}`:                                      "line 3: id: must have at most 800",
		`{"type":"trace","id":"x","updatedAt":"2026-01-01T00:00:00Z","input":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`: "line 3: input: nested deeper",
		`{"type":"observation","id":"x","updatedAt":"2026-01-01T00:00:00Z","kind":"span"}`:                                                 "line 3: traceId: missing",
		`{"type":"observation","id":"x","traceId":"t","updatedAt":"2026-01-01T00:00:00Z","kind":"SPAN"}`:                                   `line 3: kind: there is no kind "SPAN"`,
		`{"type":"observation","id":"x","traceId":"t","updatedAt":"2026-01-01T00:00:00Z","kind":"span","level":"loud"}`:                    `line 3: level: must be`,
		`{"type":"observation","id":"x","traceId":"t","updatedAt":"2026-01-01T00:00:00Z","kind":"span","usage":{"input":-1}}`:              "line 3: usage.input: must be from 0",
		`{"type":"observation","id":"x","traceId":"t","updatedAt":"2026-01-01T00:00:00Z","kind":"span","cost":{"total":0.5}}`:              "line 3: cost.total: number 0.5 can't be a whole number",
		`{"type":"observation","id":"x","traceId":"t","updatedAt":"2026-01-01T00:00:00Z","kind":"span","promptName":"p"}`:                  "line 3: promptVersion",
		`{"type":"score","id":"x","updatedAt":"2026-01-01T00:00:00Z","name":"n","traceId":"t","dataType":"NUMERIC"}`:                       "line 3: value: missing",
		`{"type":"score","id":"x","updatedAt":"2026-01-01T00:00:00Z","name":"n","traceId":"t","dataType":"STARS","value":5}`:               "line 3: dataType: must be",
		`{"type":"score","id":"x","updatedAt":"2026-01-01T00:00:00Z","name":"n","dataType":"NUMERIC","value":5}`:                           "line 3: traceId: missing, or a sessionId or datasetRunId",
		`{"type":"score","id":"x","updatedAt":"2026-01-01T00:00:00Z","traceId":"t","dataType":"NUMERIC","value":5}`:                        "line 3: name: missing",
		`{"type":"score","id":"x","updatedAt":"2026-01-01T00:00:00Z","name":"n","traceId":"t","dataType":"CATEGORICAL"}`:                   "line 3: stringValue: missing",
	} {
		text := lines[0] + lines[1] + bad + "\n" + lines[2] + lines[3] + lines[4]
		s := open(t)
		_, err := transfer.Import(t.Context(), s, project, strings.NewReader(text), transfer.ImportOptions{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %s", bad, err, want)
		}
		if page, err := s.Traces(t.Context(), project, store.TraceQuery{}); err != nil || len(page.Traces) != 0 {
			t.Errorf("%.60s: %d traces were written, %v", bad, len(page.Traces), err)
		}
		result, err := transfer.Import(t.Context(), s, project, strings.NewReader(text), transfer.ImportOptions{SkipBad: true})
		if err == nil || !strings.Contains(err.Error(), "lines are missing or came twice") { // the bad line is one too many
			t.Errorf("%.60s, left out: %v", bad, err)
		}
		if result.Bad != 1 || len(result.BadLines) != 1 || result.BadLines[0].Line != 3 || result.Traces != 3 {
			t.Errorf("%.60s, left out: %+v", bad, result)
		}
	}
	damaged := lines[0] + lines[1] + strings.Replace(lines[2], `"type":"trace"`, `"type":"trance"`, 1) + lines[3] + lines[4]
	if result, err := transfer.Import(t.Context(), open(t), project, strings.NewReader(damaged), transfer.ImportOptions{SkipBad: true}); err != nil || result.Bad != 1 || result.Traces != 2 {
		t.Errorf("a damaged line: %+v, %v", result, err)
	}
}

// TestDamagedFiles are noticed.
func TestDamagedFiles(t *testing.T) {
	lines := sample(t)
	whole := strings.Join(lines, "")
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "the file is empty"},
		"no header":      {strings.Join(lines[1:], ""), "expected the header"},
		"another format": {`{"type":"header","format":"x","formatVersion":1}`, "no export of langshark"},
		"a later format": {strings.Replace(whole, `"formatVersion":1`, `"formatVersion":2`, 1), "use a newer langshark"},
		"no trailer":     {strings.Join(lines[:4], ""), "cut off after line 4"},
		"cut in line 1":  {whole[:20], "cut off in its first line"},
		"cut in a line":  {whole[:len(whole)-30], "cut off after line 4"},
		"a line missing": {lines[0] + lines[1] + lines[3] + lines[4], "lines are missing or came twice"},
		"a line twice":   {lines[0] + lines[1] + lines[1] + lines[2] + lines[3] + lines[4], "lines are missing or came twice"},
	} {
		_, err := transfer.Import(t.Context(), open(t), project, strings.NewReader(c.text), transfer.ImportOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := transfer.Import(t.Context(), open(t), "nobody", strings.NewReader(whole), transfer.ImportOptions{}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown project: %v", err)
	}
	if _, err := transfer.Export(t.Context(), open(t), "nobody", io.Discard, transfer.ExportOptions{}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown project: %v", err)
	}
}

func TestCompression(t *testing.T) {
	whole := strings.Join(sample(t), "")
	for name, want := range map[string]transfer.Compression{"a.jsonl": transfer.Plain, "a.jsonl.gz": transfer.Gzip, "A.ZST": transfer.Zstd} {
		c := transfer.CompressionOf(name)
		if c != want {
			t.Errorf("%s: %q", name, c)
		}
		var b bytes.Buffer
		z, err := transfer.Compress(&b, c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(z, whole); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if result, err := transfer.Import(t.Context(), open(t), project, bytes.NewReader(b.Bytes()), transfer.ImportOptions{}); err != nil || result.Traces != 3 {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
		if _, err := transfer.Import(t.Context(), open(t), project, bytes.NewReader(b.Bytes()[:b.Len()-9]), transfer.ImportOptions{}); err == nil {
			t.Errorf("%s: a cut file is not noticed", name)
		}
	}
	if _, err := transfer.Compress(io.Discard, "lz4"); err == nil {
		t.Error("lz4 is taken")
	}
}

// faulty is a store whose writes fail now and then, or for good after some.
type faulty struct {
	store.Store
	writes, breakAt int
	always          error
}

func (f *faulty) Write(ctx context.Context, b *store.Batch) error {
	f.writes++
	switch {
	case f.always != nil:
		return f.always
	case f.breakAt > 0 && f.writes >= f.breakAt:
		return errors.New("the power is gone")
	case f.writes%3 == 1:
		return fmt.Errorf("wrapped: %w", store.ErrBusy)
	case f.writes%3 == 2:
		return fmt.Errorf("wrapped: %w", store.ErrFull)
	}
	if b.Len() > 256 {
		return fmt.Errorf("a batch of %d", b.Len())
	}
	return f.Store.Write(ctx, b)
}

// TestBusyStore is waited for; a store that stays full is given up.
func TestBusyStore(t *testing.T) {
	a, b := open(t), open(t)
	fill(t, a, dice{rand.New(rand.NewPCG(9, 9))}, 900)
	text := export(t, a, transfer.ExportOptions{})
	waits := 0
	if _, err := transfer.Import(t.Context(), &faulty{Store: b}, project, strings.NewReader(text), transfer.ImportOptions{Waiting: func(error) { waits++ }}); err != nil || waits < 2 {
		t.Fatalf("%d waits, %v", waits, err)
	}
	if diff := testkit.Diff(unstamped(text), unstamped(export(t, b, transfer.ExportOptions{}))); diff != "" {
		t.Error(diff)
	}
	_, err := transfer.Import(t.Context(), &faulty{Store: b, always: store.ErrFull}, project, strings.NewReader(text), transfer.ImportOptions{Patience: 100 * time.Millisecond})
	if !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), "gave up") {
		t.Errorf("a full store: %v", err)
	}
}

// TestResume breaks an import again and again, and goes on each time.
func TestResume(t *testing.T) {
	a, b := open(t), open(t)
	fill(t, a, dice{rand.New(rand.NewPCG(5, 5))}, 3000)
	text := export(t, a, transfer.ExportOptions{})
	opts := transfer.ImportOptions{State: filepath.Join(t.TempDir(), "state.json"), Resume: true}
	var result transfer.ImportResult
	var err error
	runs := 0
	for ; runs < 50; runs++ {
		f := &faulty{Store: b, breakAt: 7}
		before := result.Line
		if result, err = transfer.Import(t.Context(), f, project, strings.NewReader(text), opts); err == nil {
			break
		}
		if result.Line <= before || !strings.Contains(err.Error(), "the power is gone") {
			t.Fatalf("run %d: at line %d after %d: %v", runs, result.Line, before, err)
		}
	}
	if err != nil || runs < 2 || result.Resumed == 0 || int(result.Total()) != strings.Count(text, "\n")-2 {
		t.Fatalf("%d runs, %+v, %v", runs, result, err)
	}
	if diff := testkit.Diff(unstamped(text), unstamped(export(t, b, transfer.ExportOptions{}))); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(opts.State); !os.IsNotExist(err) {
		t.Errorf("the state is still there: %v", err)
	}
}

// TestStateOfAnother is refused.
func TestStateOfAnother(t *testing.T) {
	lines := sample(t)
	path := filepath.Join(t.TempDir(), "state.json")
	s := open(t)
	if _, err := transfer.Import(t.Context(), s, project, strings.NewReader(strings.Join(lines[:3], "")), transfer.ImportOptions{State: path}); err == nil {
		t.Fatal("a cut file is not noticed")
	}
	other := strings.Replace(strings.Join(lines, ""), "2026-05-04", "2026-05-05", 1)
	if _, err := transfer.Import(t.Context(), s, project, strings.NewReader(other), transfer.ImportOptions{State: path, Resume: true}); err == nil || !strings.Contains(err.Error(), "of another import") {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := transfer.Import(t.Context(), s, project, strings.NewReader(other), transfer.ImportOptions{State: path, Resume: true}); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("%v", err)
	}
}

// TestCancelled ends at once, with a state.
func TestCancelled(t *testing.T) {
	a, b := open(t), open(t)
	fill(t, a, dice{rand.New(rand.NewPCG(6, 6))}, 2000)
	ctx, cancel := context.WithCancel(t.Context())
	path := filepath.Join(t.TempDir(), "state.json")
	result, err := transfer.Import(ctx, b, project, strings.NewReader(export(t, a, transfer.ExportOptions{})), transfer.ImportOptions{State: path, Progress: func(transfer.ImportResult) { cancel() }})
	if !errors.Is(err, context.Canceled) || result.Total() == 0 || result.Total() > 600 {
		t.Errorf("%+v, %v", result, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
