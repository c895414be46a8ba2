package otlp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/semconv"
)

// spansOf returns the spans of a body in protobuf.
func spansOf(t *testing.T, body []byte) []any {
	t.Helper()
	resource := tree(t, body).(map[string]any)["resourceSpans"].([]any)[0].(map[string]any)
	return resource["scopeSpans"].([]any)[0].(map[string]any)["spans"].([]any)
}

// attributesOf returns those of the only span, each as its key and its values.
func attributesOf(t *testing.T, r exporter.Record) map[string][]any {
	t.Helper()
	spans := spansOf(t, body(t, newExporter(t, Config{}), []exporter.Record{r}))
	if len(spans) != 1 {
		t.Fatalf("%d spans", len(spans))
	}
	all := map[string][]any{}
	for _, a := range spans[0].(map[string]any)["attributes"].([]any) {
		key := a.(map[string]any)["key"].(string)
		all[key] = append(all[key], a.(map[string]any)["value"])
	}
	return all
}

// What an integration had said under a gen_ai name stood beside what was derived under the same.
func TestEveryAttributeIsThereOnce(t *testing.T) {
	r := special()[3]
	o := r.Observation
	number := func(key, n string) {
		o.Metadata = append(o.Metadata, exporter.KeyValue{Key: key, Value: exporter.JSON([]byte(n))})
	}
	o.Generation.PromptName, o.Generation.PromptVersion = "p", 1
	o.Generation.Usage = &exporter.Usage{InputTokens: 1, OutputTokens: 1, CachedInputTokens: 1, CacheWriteTokens: 1, ReasoningTokens: 1}
	o.Generation.CompletionStart = o.Start.Add(time.Second)
	o.Metadata = append(o.Metadata, exporter.KeyValue{Key: semconv.GenAIPromptName, Value: exporter.Text("mine")}, exporter.KeyValue{Key: semconv.GenAIResponseModel, Value: exporter.Text("answered-1")})
	for _, key := range []string{
		semconv.GenAIUsageInputTokens, semconv.GenAIUsageOutputTokens, semconv.GenAIUsageCacheReadTokens, semconv.GenAIUsageCacheWriteTokens, semconv.GenAIUsageReasoningTokens,
	} {
		number(key, "6")
		number(key, "7") // the last wins
	}
	number(semconv.GenAIResponseTimeToFirst, "9.5")
	got := attributesOf(t, r)
	for key, values := range got {
		if len(values) != 1 {
			t.Errorf("%s stands there %d times: %v", key, len(values), values)
		}
	}
	for key, want := range map[string]string{
		semconv.GenAIUsageInputTokens: "map[intValue:7]", semconv.GenAIUsageReasoningTokens: "map[intValue:7]", semconv.GenAIPromptName: "map[stringValue:mine]",
		semconv.GenAIResponseTimeToFirst: "map[doubleValue:9.5]", semconv.GenAIRequestModel: "map[stringValue:asked]", semconv.GenAIResponseModel: "map[stringValue:answered-1]",
		semconv.LangfuseObservationMetadata + semconv.GenAIPromptName: "map[stringValue:mine]",
	} {
		if len(got[key]) == 0 || fmt.Sprint(got[key][0]) != want {
			t.Errorf("%s is %v, not %s", key, got[key], want)
		}
	}
	for kind, key := range map[exporter.Kind]string{exporter.KindTool: semconv.GenAIToolName, exporter.KindAgent: semconv.GenAIAgentName} {
		o.Kind, o.Generation, o.Metadata = kind, nil, []exporter.KeyValue{{Key: key, Value: exporter.Text("mine")}}
		if got := attributesOf(t, r)[key]; fmt.Sprint(got) != "[map[stringValue:mine]]" {
			t.Errorf("%s is %v", key, got)
		}
	}
}

func TestPlainValuesHaveTheirOwnType(t *testing.T) {
	r := special()[0]
	for raw, want := range map[string]string{
		"7": "intValue:7", "-7": "intValue:-7", "1.5": "doubleValue:1.5", "1e3": "doubleValue:1000", "true": "boolValue:true", "false": "boolValue:false",
		"1e999": "stringValue:1e999", `["stop"]`: `stringValue:["stop"]`, "99999999999999999999": "doubleValue:1e+20", "null": "stringValue:null", `"x"`: "stringValue:x",
	} {
		r.Observation.Metadata = []exporter.KeyValue{{Key: "gen_ai.x", Value: exporter.JSON([]byte(raw))}}
		if raw == `"x"` {
			r.Observation.Metadata[0].Value = exporter.Text("x")
		}
		if got := fmt.Sprint(attributesOf(t, r)["gen_ai.x"]); got != "[map["+want+"]]" {
			t.Errorf("%s is %s", raw, got)
		}
	}
}

// One string that is not UTF-8 makes decoders refuse the whole body.
func TestEveryTextOfABodyIsUTF8(t *testing.T) {
	const bad = "a\xffb\xc0"
	kvs := func(key string) []exporter.KeyValue {
		return []exporter.KeyValue{{Key: key + bad, Value: exporter.Text(bad)}, {Key: key + "j" + bad, Value: exporter.JSON([]byte(`"` + bad + `"`))}, {Key: key + "n" + bad, Value: exporter.JSON([]byte("7"))}}
	}
	public := true
	attributes := &exporter.Attributes{
		TraceName: bad, UserID: bad, SessionID: bad, Environment: bad, Release: bad, Version: bad, Tags: []string{bad, "ok"}, Metadata: kvs("m"), Public: &public,
	}
	at := time.Now()
	records := []exporter.Record{
		{Time: at, Observation: &exporter.Observation{
			ID: bad, TraceID: bad, ParentID: bad, Kind: exporter.KindGeneration, Name: bad, Start: at, End: at, Level: exporter.LevelError, StatusMessage: bad, Version: bad,
			Input: exporter.Text(bad), Output: exporter.JSON([]byte(`"` + bad + `"`)), Metadata: append(kvs("k"), kvs("gen_ai.")...), Attributes: attributes,
			Generation: &exporter.Generation{
				Model: bad, Parameters: kvs("p"), PromptName: bad, PromptVersion: 1,
				Usage: &exporter.Usage{InputTokens: 1, Details: map[string]int64{bad: 1}}, Cost: &exporter.Cost{Details: map[string]exporter.NanoUSD{bad: 1}},
			},
		}},
		{Time: at, Observation: &exporter.Observation{ID: bad, TraceID: bad, Kind: exporter.KindTool, Name: bad, Start: at, End: at, Attributes: &exporter.Attributes{}}},
		{Time: at, Score: &exporter.Score{ID: bad, TraceID: bad, ObservationID: bad, Name: bad, Type: exporter.ScoreCategorical, Text: bad, Comment: bad, Environment: bad}},
	}
	for _, c := range []Conventions{AllConventions, Langfuse, GenAI, OpenInference} {
		e, err := New(Config{Endpoint: "http://127.0.0.1:1", Conventions: c, Resource: map[string]string{"r" + bad: bad}, SDKVersion: bad})
		if err != nil {
			t.Fatal(err)
		}
		b := body(t, e, records)
		n := requireUTF8(t, b)
		if spans := spansOf(t, b); len(spans) != 3 || n < 30 {
			t.Errorf("%d spans, %d texts", len(spans), n)
		}
	}
}

// textFields are texts by their path of field numbers in ExportTraceServiceRequest.
var textFields = map[string]bool{
	"1.1.1.1": true, "1.1.1.2.1": true, "1.2.1.1": true, "1.2.1.2": true, "1.2.2.5": true, "1.2.2.9.1": true, "1.2.2.9.2.1": true, "1.2.2.9.2.5.1.1": true,
	"1.2.2.15.2": true, "1.2.2.11.2": true, "1.2.2.11.3.1": true, "1.2.2.11.3.2.1": true,
}

// requireUTF8 counts the texts.
func requireUTF8(t *testing.T, b []byte) int {
	t.Helper()
	n := 0
	var walk func(path string, b []byte)
	walk = func(path string, b []byte) {
		if textFields[path] {
			if n++; !utf8.Valid(b) {
				t.Errorf("field %s is %q", path, b)
			}
			return
		}
		if path == "1.2.2.1" || path == "1.2.2.2" || path == "1.2.2.4" {
			return // ids
		}
		m, err := decode(b)
		if err != nil {
			t.Fatalf("field %s: %v", path, err)
		}
		for number, values := range m {
			for _, v := range values {
				if part, ok := v.([]byte); ok {
					walk(strings.TrimPrefix(fmt.Sprint(path, ".", number), "."), part)
				}
			}
		}
	}
	walk("", b)
	return n
}

func TestALargeAttributeArrivesWhole(t *testing.T) {
	r := special()[0]
	r.Observation.Input = exporter.Text(strings.Repeat("안녕", 350_000)) // 2.1 MB
	got := attributesOf(t, r)[semconv.LangfuseObservationInput][0].(map[string]any)["stringValue"].(string)
	if text, _ := r.Observation.Input.AsText(); got != text {
		t.Errorf("%d of %d bytes", len(got), len(text))
	}
}

// Lengths take four bytes; beyond what they can say the body was garbage.
func TestASpanThatIsTooLargeForProtobufFailsAlone(t *testing.T) {
	var s server
	e := start(t, &s, false)
	e.limit = 5000
	records := []exporter.Record{special()[0], special()[3], special()[0], special()[3]}
	for _, i := range []int{0, 2} {
		o := *records[i].Observation
		o.Input = exporter.Text(strings.Repeat("x", 5000))
		records[i].Observation = &o
	}
	e.cfg.MaxBodyBytes = 4000
	err := e.Export(t.Context(), records)
	var partial *exporter.PartialError
	if !errors.As(err, &partial) || len(partial.Failed) != 2 || partial.Failed[0].Index != 0 || partial.Failed[1].Index != 2 || partial.Failed[0].Retry {
		t.Fatalf("%v", err)
	}
	if len(s.spans) != 2 {
		t.Errorf("%d spans arrived", len(s.spans))
	}
	if !strings.Contains(err.Error(), "at most") {
		t.Error(err)
	}
	var w protobuf
	at := w.open(0x12)
	w.b = append(w.b, make([]byte, 1<<20)...)
	w.close(at)
	if m, err := decode(w.b); err != nil || len(m[2][0].([]byte)) != 1<<20 {
		t.Error(err)
	}
}

// Records of observations that ran when their process died were taken as announcements, and lost.
func TestWhatRanWhenItsProcessDiedIsSent(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	record := func(id string, orphan bool, end time.Time) exporter.Record {
		o := &exporter.Observation{ID: id, TraceID: "0af7651916cd43dd8448eb211c80319c", Name: id, Start: at, End: end, Attributes: &exporter.Attributes{}}
		return exporter.Record{Time: at.Add(time.Second), Orphan: orphan, Observation: o}
	}
	records := []exporter.Record{
		record("b7ad6b7169203331", false, time.Time{}), // runs in this process
		record("b7ad6b7169203332", true, time.Time{}),
		record("b7ad6b7169203333", true, time.Time{}), // its end was spooled too
		record("b7ad6b7169203333", true, at.Add(time.Minute)),
	}
	spans := spansOf(t, body(t, newExporter(t, Config{}), records))
	var got []string
	for _, s := range spans {
		span := s.(map[string]any)
		got = append(got, fmt.Sprint(span["name"], " until ", span["endTimeUnixNano"], " unfinished ", strings.Contains(fmt.Sprint(span["attributes"]), semconv.LangSharkUnfinished)))
	}
	want := []string{
		fmt.Sprint("b7ad6b7169203332 until ", at.Add(time.Second).UnixNano(), " unfinished true"),
		fmt.Sprint("b7ad6b7169203333 until ", at.Add(time.Minute).UnixNano(), " unfinished false"),
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
