package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// recorder is a store that keeps the batches it is given.
type recorder struct {
	store.Store
	batches []store.Batch
	err     error
}

func (r *recorder) Write(_ context.Context, b *store.Batch) error {
	r.batches = append(r.batches, *b)
	return r.err
}

func (r *recorder) Observations(context.Context, string, store.ObservationQuery) (store.ObservationPage, error) {
	return store.ObservationPage{}, nil
}

func ingest(t *testing.T, body string) (*Result, *recorder, error) {
	t.Helper()
	r := &recorder{}
	result, err := New(r, slog.New(slog.DiscardHandler)).Ingest(t.Context(), Access{ProjectID: "p"}, []byte(body))
	return result, r, err
}

// one wraps a body into a batch of one event.
func one(kind, body string) string {
	return `{"batch":[{"id":"e","type":"` + kind + `","timestamp":"2026-01-02T03:04:05.000000006Z","body":` + body + `}]}`
}

func TestTraceFields(t *testing.T) {
	_, r, err := ingest(t, one("trace-create", ` { "id" : "t\u00e9" , "timestamp":"2026-01-02T05:04:05+02:00","name":"n\n\u0000","userId":"u","sessionId":"s","environment":"LANGFUSE_-Langfuse-Prod",
		"release":"r","version":"v","public":true,"tags":["a","b"],"metadata":{"k":[1, 2]},"input":"x\u0000y\\u0000","output":null,"unknown":{}} `))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	yes := true
	want := store.TraceWrite{
		Stamp: store.NewStamp(at.Add(6), false, "e"), ID: "té", Timestamp: at, Name: "n\n", UserID: "u", SessionID: "s", Environment: "prod", Release: "r", Version: "v",
		Public: &yes, Tags: []string{"a", "b"}, Metadata: json.RawMessage(`{"k":[1, 2]}`), Input: json.RawMessage(`"xy\\u0000"`),
	}
	if got := r.batches[0].Traces[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestMessages says of each error which field it is in.
func TestMessages(t *testing.T) {
	for body, want := range map[string]string{
		one("trace-create", `{"id":1,"tags":["a",2],"public":"yes","timestamp":"2026"}`): `body.id: expected string, received number; body.tags.1: expected string, received number; body.public: expected boolean, received string; body.timestamp: "2026" is no date and time with a zone, as 2024-09-01T00:00:00.000Z is`,

		one("trace-create", `{"id":""}`):                                          `body.id: must not be empty`,
		one("trace-create", `{"id":"a\rb"}`):                                      `body.id: must not contain a carriage return`,
		one("span-create", `{}`):                                                  `body.id: required`,
		one("span-create", `{"id":"s","level":"INFO"}`):                           `body.level: must be one of DEBUG, DEFAULT, WARNING, ERROR, received "INFO"`,
		one("generation-create", `{"id":"g","usage":{"input":1.5,"unit":"FOO"}}`): `body.usage.input: expected integer, received "1.5"; body.usage.unit: must be one of TOKENS, CHARACTERS, MILLISECONDS, SECONDS, IMAGES, REQUESTS, received "FOO"`,

		one("generation-create", `{"id":"g","usage":{"input":9007199254740993,"output":-1,"total":1e300,"inputCost":1000001,"totalCost":-1e7}}`): `body.usage.input: must be at most 9007199254740992; body.usage.output: must not be negative; body.usage.total: must be at most 9007199254740992; body.usage.inputCost: must be within ±1000000 dollars; body.usage.totalCost: must be within ±1000000 dollars`,
		one("generation-create", `{"id":"g","usage":{"input":9223372036854775807},"costDetails":{"x":1e12}}`):                                    `body.costDetails.x: must be within ±1000000 dollars; body.usage.input: must be at most 9007199254740992`,
		one("generation-create", `{"id":"g","promptName":"p"}`):                                                                                  `body: promptName and promptVersion, which begins at 1, must be given together`,
		one("generation-create", `{"id":"g","modelParameters":[]}`):                                                                              `body.modelParameters: expected object, received array`,
		one("observation-create", `{"id":"g"}`):                                                                                                  `body.type: required`,
		one("score-create", `{"traceId":"t","name":"n","value":2,"dataType":"BOOLEAN"}`):                                                         `body.value: must be 0 or 1 for data type BOOLEAN`,
		one("score-create", `{"traceId":"t","name":"n","value":{}}`):                                                                             `body.value: expected number or string, received object`,
		one("score-create", `{"traceId":"t","name":"n","value":"x","dataType":"NUMERIC"}`):                                                       `body.value: must be a number for data type NUMERIC`,
		one("score-create", `{"name":"n","value":1}`):                                                                                            `body.traceId: required, or a sessionId or datasetRunId`,
		one("sdk-log", `{}`): `body.log: required`,
		one("foo", `{}`):     `type: there is no event of type "foo"`,
		`{"batch":[[]]}`:     `expected object, received array`,
		`{"batch":[{}]}`:     `id: required; timestamp: required; type: required; body: required`,
	} {
		result, _, err := ingest(t, body)
		if err != nil || len(result.Errors) != 1 || result.Errors[0].Error != want || result.Errors[0].Status != 400 {
			t.Errorf("%s\ngot  %+v, %v\nwant %s", body, result, err, want)
		}
	}
	for body, want := range map[string]string{`{}`: "batch: required", `[]`: "expected object, received array", `{"batch":{}}`: "batch: expected array, received object"} {
		_, _, err := ingest(t, body)
		if invalid, ok := IsInvalid(err); !ok || invalid.Error() != want {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
	for _, body := range []string{``, `{bad`, `{"batch":[]} x`, "\xff"} {
		if _, _, err := ingest(t, body); !errors.Is(err, ErrNotJSON) {
			t.Errorf("%q: %v, want ErrNotJSON", body, err)
		}
	}
}

// TestOrder answers creates before updates, each by time.
func TestOrder(t *testing.T) {
	result, _, err := ingest(t, `{"batch":[
		{"id":"u2","type":"span-update","timestamp":"2026-01-01T00:00:02Z","body":{"id":"s"}},
		{"id":"u1","type":"generation-update","timestamp":"2026-01-01T00:00:01Z","body":{"id":"g"}},
		{"id":"c9","type":"span-create","timestamp":"2026-01-01T00:00:09Z","body":{"id":"s"}},
		{"id":"gone","type":"observation-update","timestamp":"2026-01-01T00:00:09Z","body":{"id":"none","type":"SPAN"}},
		{"id":"there","type":"observation-update","timestamp":"2026-01-01T00:00:09Z","body":{"id":"s","type":"SPAN"}},
		{"id":"c1","type":"trace-create","timestamp":"2026-01-01T00:00:01Z","body":{}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range result.Successes {
		ids = append(ids, s.ID)
	}
	if got := strings.Join(ids, " "); got != "c1 c9 u1 u2 there" {
		t.Errorf("successes %s", got)
	}
	if len(result.Errors) != 1 || result.Errors[0].ID != "gone" || result.Errors[0].Status != 404 {
		t.Errorf("errors %+v", result.Errors)
	}
}

// TestSameIDTwice makes the same trace of the same event, however often it comes.
func TestSameIDTwice(t *testing.T) {
	_, a, errA := ingest(t, one("trace-create", `{}`))
	_, b, errB := ingest(t, one("trace-create", `{}`))
	if errA != nil || errB != nil || a.batches[0].Traces[0].ID == "" || a.batches[0].Traces[0].ID != b.batches[0].Traces[0].ID {
		t.Errorf("%+v, %+v, %v, %v", a.batches, b.batches, errA, errB)
	}
}

func TestUsage(t *testing.T) {
	n := func(dollars float64) *exporter.NanoUSD { v := exporter.USD(dollars); return &v }
	const sides, total = store.UsageInput | store.UsageOutput, store.UsageTotal
	for body, want := range map[string]store.ObservationWrite{
		`"usage":{"input":3,"output":4}`:             {Usage: &store.Usage{Input: 3, Output: 4, Total: 7, Derived: total}},
		`"usage":{"total":10,"unit":"CHARACTERS"}`:   {Usage: &store.Usage{Unit: "CHARACTERS", Total: 10, Derived: sides}},
		`"usage":{"input":10,"output":10,"total":5}`: {Usage: &store.Usage{Input: 10, Output: 10, Total: 5}},
		`"usage":{"input":99,"promptTokens":10}`:     {Usage: &store.Usage{Unit: "TOKENS", Input: 10, Total: 10, Derived: store.UsageOutput | total}},
		// A provider's own names. Before, they were dropped, and the text was counted in their place.
		`"usage":{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010}`:                      {Usage: &store.Usage{Input: 1000, Output: 10, Total: 1010, Derived: sides, Details: map[string]int64{"input": 1000, "output": 10}}},
		`"usage":{"input_tokens":9,"cache_read_input_tokens":4,"output_tokens":2,"unit":"TOKENS"}`:       {Usage: &store.Usage{Unit: "TOKENS", Input: 13, Output: 2, Total: 15, Derived: sides | total, Details: map[string]int64{"input": 9, "input_cached_tokens": 4, "output": 2}}},
		`"usage":{"prompt_tokens":5,"totalCost":1}`:                                                      {Usage: &store.Usage{Input: 5, Total: 5, Derived: sides | total, Details: map[string]int64{"input": 5}}, Cost: &store.Cost{Total: n(1)}},
		`"usage":{"prompt_tokens":5},"usageDetails":{"input":6}`:                                         {Usage: &store.Usage{Input: 6, Total: 6, Derived: sides | total, Details: map[string]int64{"input": 6}}},
		`"usage":{"queries":5,"elapsed":1.5}`:                                                            {},
		`"usage":{}`:                                                                                     {},
		`"usage":null,"usageDetails":null,"costDetails":null`:                                            {},
		`"usage":{"input":0,"output":0}`:                                                                 {Usage: &store.Usage{Derived: total}},
		`"usage":{"inputCost":0.1}`:                                                                      {Cost: &store.Cost{Input: n(0.1), Total: n(0.1)}},
		`"usage":{"inputCost":0.1,"outputCost":0.2,"totalCost":0.35}`:                                    {Cost: &store.Cost{Input: n(0.1), Output: n(0.2), Total: n(0.35)}},
		`"usage":{"totalCost":0}`:                                                                        {Cost: &store.Cost{Total: n(0)}},
		`"usage":{"totalCost":9},"costDetails":{"input":0.5,"tool":0.25}`:                                {Cost: &store.Cost{Input: n(0.5), Total: n(0.75), Details: map[string]exporter.NanoUSD{"input": *n(0.5), "tool": *n(0.25)}}},
		`"usageDetails":{"input":10,"input_cached_tokens":5,"output":"7"}`:                               {Usage: &store.Usage{Input: 15, Output: 7, Total: 22, Derived: sides | total, Details: map[string]int64{"input": 10, "input_cached_tokens": 5, "output": 7}}},
		`"usage":{"input":15},"usageDetails":{"input":10,"cached":5}`:                                    {Usage: &store.Usage{Input: 15, Total: 15, Details: map[string]int64{"input": 10, "cached": 5}, Derived: store.UsageOutput | total}},
		`"usageDetails":{"input_tokens":9,"output_tokens":2,"input_tokens_details":{"cached_tokens":4}}`: {Usage: &store.Usage{Input: 9, Output: 2, Total: 11, Derived: sides | total, Details: map[string]int64{"input": 5, "input_cached_tokens": 4, "output": 2}}},
		`"usage":{"input":9007199254740992,"output":9007199254740992}`:                                   {Usage: &store.Usage{Input: maxCount, Output: maxCount, Total: maxCount, Derived: total}},
		`"usageDetails":{"input":9007199254740992,"input_b":9007199254740992}`:                           {Usage: &store.Usage{Input: maxCount, Total: maxCount, Derived: sides | total, Details: map[string]int64{"input": maxCount, "input_b": maxCount}}},
		`"costDetails":{"a":1e6,"b":1e6}`:                                                                {Cost: &store.Cost{Total: n(1e6), Details: map[string]exporter.NanoUSD{"a": *n(1e6), "b": *n(1e6)}}},
		`"usageDetails":{"input_tokens":9,"cache_read_input_tokens":4,"output_tokens":2,"server_tool_use":{"web_search_requests":1}}`: {Usage: &store.Usage{Input: 13, Output: 2, Total: 15, Derived: sides | total, Details: map[string]int64{"input": 9, "input_cached_tokens": 4, "output": 2, "web_search_queries": 1}}},
		`"usageDetails":{"input":9,"cache_read_input_tokens":4,"reasoning_tokens":2}`:                                                 {Usage: &store.Usage{Input: 13, Output: 2, Total: 15, Derived: sides | total, Details: map[string]int64{"input": 9, "cache_read_input_tokens": 4, "reasoning_tokens": 2}}},
		`"usageDetails":{"x":1.5,"queue_time":0.03,"is_byok":true}`:                                                                   {},
		`"usageDetails":{"input":2006,"input_cached_tokens":1920,"output":300,"total":2306}`:                                          {Usage: &store.Usage{Input: 2006, Output: 300, Total: 2306, Derived: sides, Details: map[string]int64{"input": 86, "input_cached_tokens": 1920, "output": 300}}},
	} {
		_, r, err := ingest(t, one("generation-create", `{"id":"g",`+body+`}`))
		if err != nil || len(r.batches[0].Observations) != 1 {
			t.Errorf("%s: %v, %+v", body, err, r.batches)
			continue
		}
		got := r.batches[0].Observations[0]
		if !reflect.DeepEqual(got.Usage, want.Usage) || !reflect.DeepEqual(got.Cost, want.Cost) {
			t.Errorf("%s: usage %+v, cost %+v", body, got.Usage, got.Cost)
		}
	}
}

// TestWrongCounts: a count that is none is an error of its event that names it, as in usage.
func TestWrongCounts(t *testing.T) {
	for body, want := range map[string]string{
		`"usageDetails":{"input":-1,"output":5}`:                                          "body.usageDetails.input: must be a whole number from 0 to 9007199254740992",
		`"usageDetails":{"input":5,"output":1.5}`:                                         "body.usageDetails.output: ",
		`"usageDetails":{"input":9007199254740993}`:                                       "body.usageDetails.input: ",
		`"usageDetails":{"input":true}`:                                                   "body.usageDetails.input: ",
		`"usageDetails":{"prompt_tokens":5,"prompt_tokens_details":{"cached_tokens":-1}}`: "body.usageDetails.prompt_tokens_details.cached_tokens: ",
		`"usage":{"prompt_tokens":-1,"completion_tokens":2}`:                              "body.usage.prompt_tokens: must be a whole number",
		`"usage":{"input":-1}`:                                                            "body.usage.input: ",
		`"costDetails":{"total":1e30}`:                                                    "body.costDetails.total: must be within",
	} {
		res, r, err := ingest(t, one("generation-create", `{"id":"g",`+body+`}`))
		if err != nil || len(res.Errors) != 1 || !strings.Contains(fmt.Sprint(res.Errors[0]), want) || len(r.batches[0].Observations) > 0 {
			t.Errorf("%s: %v, %+v, want %s", body, err, res, want)
		}
	}
}

// TestManyWrongCounts: an answer names some of them.
func TestManyWrongCounts(t *testing.T) {
	var counts []string
	for i := range 1000 {
		counts = append(counts, fmt.Sprintf(`"input_%d":-1`, i))
	}
	res, _, err := ingest(t, one("generation-create", `{"id":"g","usageDetails":{`+strings.Join(counts, ",")+`}}`))
	if err != nil || len(res.Errors) != 1 || strings.Count(fmt.Sprint(res.Errors[0]), "whole number") != maxNamed {
		t.Errorf("%v, %d errors", err, len(res.Errors))
	}
}

// TestServiceTier keeps the tier that a usage names where it is priced by.
func TestServiceTier(t *testing.T) {
	for body, want := range map[string]string{
		`"usageDetails":{"input_tokens":1,"service_tier":"batch"}`:                                              `{"service_tier":"batch"}`,
		`"metadata":{"a":1},"usageDetails":{"input_tokens":1,"service_tier":"batch"}`:                           `{"a":1,"service_tier":"batch"}`,
		`"metadata":{"service_tier":"flex"},"usageDetails":{"input_tokens":1,"service_tier":"batch"}`:           `{"service_tier":"flex"}`,
		`"metadata":"text","usageDetails":{"input_tokens":1,"service_tier":"batch"}`:                            `"text"`,
		`"usageDetails":{"input_tokens":1,"service_tier":"standard"}`:                                           ``,
		`"modelParameters":{"service_tier":"auto"},"usageDetails":{"input_tokens":1,"service_tier":"standard"}`: `{"service_tier":"standard"}`,
	} {
		_, r, err := ingest(t, one("generation-create", `{"id":"g",`+body+`}`))
		if err != nil || len(r.batches[0].Observations) != 1 || string(r.batches[0].Observations[0].Metadata) != want {
			t.Errorf("%s: %v, %+v, want %s", body, err, r.batches, want)
		}
	}
}

// TestExportErrors turns what the store says into what the pipeline knows.
func TestExportErrors(t *testing.T) {
	good := exporter.Record{EventID: "e", Trace: &exporter.Trace{ID: "t"}}
	r := &recorder{}
	err := NewExporter(r, "p").Export(t.Context(), []exporter.Record{
		good,
		{EventID: "x", Trace: &exporter.Trace{}},
		{EventID: "y"},
		{Trace: &exporter.Trace{ID: "t"}},
		{EventID: "z", Score: &exporter.Score{ID: "s", Name: "n"}},
	})
	var partial *exporter.PartialError
	if !errors.As(err, &partial) || len(partial.Failed) != 4 || partial.Failed[0].Index != 1 || partial.Failed[0].Retry || len(r.batches[0].Traces) != 1 {
		t.Errorf("%v, %+v", err, r.batches)
	}
	r.err = store.ErrBusy
	var busy *exporter.APIError
	if err := NewExporter(r, "p").Export(t.Context(), []exporter.Record{good}); !errors.As(err, &busy) || busy.StatusCode != http.StatusTooManyRequests || busy.RetryAfter <= 0 {
		t.Errorf("busy: %v", err)
	}
	r.err = fmt.Errorf("langshark: %w", store.ErrFull)
	var full *exporter.APIError
	if err := NewExporter(r, "p").Export(t.Context(), []exporter.Record{good}); !errors.As(err, &full) || full.StatusCode != http.StatusInsufficientStorage || full.RetryAfter != RetryAfterFull {
		t.Errorf("full: %v", err)
	}
}

// TestRecordsInRange brings the counts and costs of records into range, and refuses scores that are no number.
func TestRecordsInRange(t *testing.T) {
	r := &recorder{}
	score := func(v float64) exporter.Record {
		return exporter.Record{EventID: "s", Score: &exporter.Score{ID: "s", TraceID: "t", Name: "n", Number: v}}
	}
	err := NewExporter(r, "p").Export(t.Context(), []exporter.Record{
		{EventID: "g", Observation: &exporter.Observation{ID: "g", TraceID: "t", Kind: exporter.KindGeneration, Generation: &exporter.Generation{
			Usage: &exporter.Usage{InputTokens: math.MaxInt64, OutputTokens: math.MaxInt64, CachedInputTokens: math.MinInt64, Details: map[string]int64{"x": -1}},
			Cost:  &exporter.Cost{Input: math.MaxInt64, Output: math.MaxInt64, Details: map[string]exporter.NanoUSD{"x": math.MinInt64}},
		}}},
		score(math.NaN()), score(math.Inf(1)), score(math.Inf(-1)), score(0.5),
	})
	var partial *exporter.PartialError
	if !errors.As(err, &partial) || len(partial.Failed) != 3 || partial.Failed[0].Index != 1 || len(r.batches[0].Scores) != 1 {
		t.Errorf("%v, %+v", err, r.batches)
	}
	o := r.batches[0].Observations[0]
	most := exporter.USD(1e6)
	zero := exporter.NanoUSD(0)
	if want := (&store.Usage{Unit: "TOKENS", Input: maxCount, Output: maxCount, Total: maxCount, Details: map[string]int64{"input": maxCount, "output": maxCount, "x": 0}}); !reflect.DeepEqual(o.Usage, want) {
		t.Errorf("usage %+v", o.Usage)
	}
	if want := (&store.Cost{Input: &most, Output: &most, Total: &zero, Details: map[string]exporter.NanoUSD{"input": most, "output": most, "x": -most}}); !reflect.DeepEqual(o.Cost, want) {
		t.Errorf("cost %+v", o.Cost)
	}
}

// picky is a store that refuses what holds a trace of the name bad.
type picky struct {
	recorder
	bad string
}

func (p *picky) Write(ctx context.Context, b *store.Batch) error {
	for _, w := range b.Traces {
		if w.Name == p.bad {
			return errors.New("can't write this")
		}
	}
	return p.recorder.Write(ctx, b)
}

// TestStoreRefusesOne stores the others of a batch.
func TestStoreRefusesOne(t *testing.T) {
	body := `{"batch":[{"id":"a","type":"trace-create","timestamp":"2026-01-02T03:04:05Z","body":{"name":"x"}},{"id":"b","type":"trace-create","timestamp":"2026-01-02T03:04:05Z","body":{"name":"y"}}]}`
	p := &picky{bad: "x"}
	result, err := New(p, slog.New(slog.DiscardHandler)).Ingest(t.Context(), Access{ProjectID: "p"}, []byte(body))
	if err != nil || len(result.Successes) != 1 || result.Successes[0].ID != "b" || len(result.Errors) != 1 || result.Errors[0].ID != "a" || result.Errors[0].Status != 500 {
		t.Errorf("%+v, %v", result, err)
	}
	r := &recorder{err: errors.New("disk full")}
	if _, err := New(r, slog.New(slog.DiscardHandler)).Ingest(t.Context(), Access{ProjectID: "p"}, []byte(body)); err == nil {
		t.Error("no error, and nothing stored")
	}
	r = &recorder{err: store.ErrBusy}
	if _, err := New(r, slog.New(slog.DiscardHandler)).Ingest(t.Context(), Access{ProjectID: "p"}, []byte(body)); !errors.Is(err, store.ErrBusy) || len(r.batches) != 1 {
		t.Errorf("busy: %v, %d tries", err, len(r.batches))
	}
}

// FuzzDecodeEvents decodes anything: it must not panic, answer every event, and
// write only what the stores can hold.
func FuzzDecodeEvents(f *testing.F) {
	for _, seed := range []string{
		`{"batch":[]}`, `{`, `{"batch":[null,1,"x",{}]}`, `{"batch":[{"id":"a","batch":[]}],"batch":[{"id":"\ud800"}]}`,
		one("trace-create", `{"id":"t","metadata":{"a":[{"b":null}]},"input":"\u0000\\u0000\"}","tags":["x"]}`),
		one("generation-create", `{"id":"g","usage":{"input":1e3},"usageDetails":{"prompt_tokens":1,"prompt_tokens_details":{"a":1}},"costDetails":{"x":1e-12}}`),
		one("score-create", `{"traceId":"t","name":"n","value":1e400}`),
		one("span-create", `{"id":"s\u0000","traceId":"t\u0000","name":"\u0000"}`),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := &recorder{}
		result, err := New(r, slog.New(slog.DiscardHandler)).Ingest(t.Context(), Access{ProjectID: "p"}, body)
		if err != nil {
			if len(r.batches) > 0 {
				t.Fatal("an error, and yet something was written")
			}
			return
		}
		var sent struct{ Batch []json.RawMessage }
		if err := json.Unmarshal(body, &sent); err == nil && json.Valid(body) && len(result.Successes)+len(result.Errors) < len(sent.Batch) {
			t.Fatalf("%d of %d events answered", len(result.Successes)+len(result.Errors), len(sent.Batch))
		}
		for _, b := range r.batches {
			for _, w := range b.Traces {
				check(t, w.ID, w.Metadata, w.Input, w.Output)
			}
			for _, w := range b.Observations {
				check(t, w.ID, w.Metadata, w.Input, w.Output, w.ModelParameters)
			}
			for _, w := range b.Scores {
				check(t, w.ID, w.Metadata)
			}
		}
	})
}

func check(t *testing.T, id string, values ...json.RawMessage) {
	t.Helper()
	if id == "" || utf8.RuneCountInString(id) > maxIDChars || strings.ContainsRune(id, 0) {
		t.Fatalf("id %q", id)
	}
	for _, v := range values {
		if len(v) > 0 && (!json.Valid(v) || depth(v) > MaxDepth) {
			t.Fatalf("value %q", v)
		}
	}
}

func TestLongAndOddFields(t *testing.T) {
	hangul := strings.Repeat("가", maxIDChars)
	for name, c := range map[string]struct {
		body string
		want string // in the error; empty for none
	}{
		"800 characters, not bytes": {`{"id":"` + hangul + `"}`, ""},
		"801 characters":            {`{"id":"` + hangul + `가"}`, "body.id: must have at most 800 characters"},
		"a long session":            {`{"id":"t","sessionId":"` + hangul + `가"}`, "body.sessionId"},
		"a return in a session":     {`{"id":"t","sessionId":"a\rb"}`, "body.sessionId"},
		"the year 10000 in UTC":     {`{"id":"t","timestamp":"9999-12-31T23:59:59-14:00"}`, "body.timestamp"},
		"the year 1":                {`{"id":"t","timestamp":"0001-01-01T00:00:00Z"}`, "body.timestamp"},
	} {
		inner := &checker{path: []string{"body"}}
		readTrace(inner, json.RawMessage(c.body))
		if got := inner.errors.Error(); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	w := readTrace(&checker{}, json.RawMessage(`{"id":"t","name":"`+strings.Repeat("가", 5000)+`"}`))
	if n := utf8.RuneCountInString(w.Name); n != maxLabelChars || !strings.HasSuffix(w.Name, "…") {
		t.Errorf("a name of %d characters", n)
	}
}

// TestSameMillisecond has a client that counts in milliseconds write one thing several times within one of them.
func TestSameMillisecond(t *testing.T) {
	update := func(id, of, output string) string {
		return `{"id":"` + id + `","type":"span-update","timestamp":"2026-01-02T03:04:05.006Z","body":{"id":"` + of + `","output":"` + output + `"}}`
	}
	_, r, err := ingest(t, `{"batch":[`+update("z", "s", "first")+`,`+update("m", "other", "x")+`,`+update("a", "s", "second")+`,`+update("b", "s", "third")+`]}`)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC).UnixNano()
	for i, want := range []int64{at, at, at + 1, at + 2} {
		if got := r.batches[0].Observations[i]; got.Time != want {
			t.Errorf("%s of %s has the time %d, want %d", got.Output, got.ID, got.Time, want)
		}
	}
}
