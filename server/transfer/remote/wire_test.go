package remote

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

func nano(n int64) *exporter.NanoUSD {
	v := exporter.NanoUSD(n)
	return &v
}

func decode(t *testing.T, text string) *row {
	t.Helper()
	var in row
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return &in
}

// TestUsageAndCost in the forms of versions 2 and 3, and odd ones.
func TestUsageAndCost(t *testing.T) {
	for name, c := range map[string]struct {
		in    string
		usage *store.Usage
		cost  *store.Cost
		note  string
	}{
		"none in version 2": {`{"unit":null,"promptTokens":0,"usage":{"unit":null,"input":0,"output":0,"total":0},"calculatedTotalCost":null}`, nil, nil, ""},
		"none in version 3": {`{"usage":{"input":0,"output":0,"total":0,"unit":null},"usageDetails":{},"costDetails":{},"calculatedTotalCost":null}`, nil, nil, ""},
		"version 2": {
			`{"usage":{"unit":"TOKENS","input":1000,"output":500,"total":1500},"calculatedInputCost":0.005,"calculatedOutputCost":7.5e-3,"calculatedTotalCost":0.0125}`,
			&store.Usage{Unit: "TOKENS", Input: 1000, Output: 500, Total: 1500}, &store.Cost{Input: nano(5e6), Output: nano(7.5e6), Total: nano(12.5e6)}, "",
		},
		"zero tokens": {`{"usage":{"unit":"TOKENS","input":0,"output":0,"total":0}}`, &store.Usage{Unit: "TOKENS"}, nil, ""},
		"version 3": {
			`{"usage":{"unit":"TOKENS","input":10,"output":5,"total":15},"usageDetails":{"input":4,"input_cached_tokens":6,"output":5,"total":15},"costDetails":{"input":0.1,"input_cached_tokens":0.01,"output":0.2,"total":0.31}}`,
			&store.Usage{Unit: "TOKENS", Input: 10, Output: 5, Total: 15, Details: map[string]int64{"input": 4, "input_cached_tokens": 6, "output": 5}},
			&store.Cost{Input: nano(1e8), Output: nano(2e8), Total: nano(31e7), Details: map[string]exporter.NanoUSD{"input": 1e8, "input_cached_tokens": 1e7, "output": 2e8}}, "",
		},
		"details alone": {
			`{"usageDetails":{"input":4,"input_cached":6,"output":5,"other":1},"costDetails":{"a":"0.1","b":0.2}}`,
			&store.Usage{Input: 10, Output: 5, Total: 16, Details: map[string]int64{"input": 4, "input_cached": 6, "output": 5, "other": 1}},
			&store.Cost{Total: nano(3e8), Details: map[string]exporter.NanoUSD{"a": 1e8, "b": 2e8}}, "",
		},
		"no drift":       {`{"calculatedTotalCost":0.1000000005}`, nil, &store.Cost{Total: nano(100_000_000)}, ""},
		"below zero":     {`{"usage":{"unit":"TOKENS","input":-5,"output":2,"total":-3}}`, &store.Usage{Unit: "TOKENS", Output: 2}, nil, noteCounts},
		"beyond doubles": {`{"usage":{"input":1e300,"output":0,"total":0}}`, &store.Usage{Input: 1 << 53}, nil, noteCounts},
		"a huge cost":    {`{"calculatedTotalCost":1e300}`, nil, nil, noteCosts},
		"odd types":      {`{"usage":{"input":"12","output":{"a":1},"total":null},"calculatedTotalCost":"x"}`, &store.Usage{Input: 12}, nil, ""},
	} {
		r := &reader{notes: map[string]int64{}}
		in := decode(t, c.in)
		if got := r.usage(in); !reflect.DeepEqual(got, c.usage) {
			t.Errorf("%s: usage %+v, want %+v", name, got, c.usage)
		}
		if got := r.cost(in); !reflect.DeepEqual(got, c.cost) {
			t.Errorf("%s: cost %+v, want %+v", name, got, c.cost)
		}
		if (c.note != "") != (r.notes[c.note] > 0) || c.note == "" && len(r.notes) > 0 {
			t.Errorf("%s: notes %v, want %q", name, r.notes, c.note)
		}
	}
}

// TestKinds that are not known here become spans that say what they were.
func TestKinds(t *testing.T) {
	for metadata, want := range map[string]string{
		`null`: `{"langshark.kind":"ROBOT"}`, `{}`: `{"langshark.kind":"ROBOT"}`, ` { "a" : 1 }`: `{"langshark.kind":"ROBOT","a" : 1 }`,
		`"text"`: `{"langshark.kind":"ROBOT","value":"text"}`, `[1]`: `{"langshark.kind":"ROBOT","value":[1]}`,
	} {
		r := &reader{notes: map[string]int64{}}
		w, err := r.observation(decode(t, `{"id":"o","traceId":"t","type":"ROBOT","metadata":`+metadata+`,"startTime":"2026-01-01T00:00:00Z"}`))
		if err != nil || w.Kind != exporter.KindSpan || string(w.Metadata) != want || r.notes[noteKind] != 1 || !json.Valid(w.Metadata) {
			t.Errorf("%s: %s %v %v", metadata, w.Metadata, r.notes, err)
		}
	}
	r := &reader{notes: map[string]int64{}}
	if w, err := r.observation(decode(t, `{"id":"o","type":"AGENT","modelParameters":"{\"a\":1}"}`)); err != nil || w.Kind != exporter.KindAgent || len(r.notes) != 0 || string(w.ModelParameters) != `{"a":1}` {
		t.Errorf("%+v %v %v", w, r.notes, err)
	}
	if w, err := r.observation(decode(t, `{"id":"o","type":"SPAN","modelParameters":[1]}`)); err != nil || w.ModelParameters != nil || r.notes[noteParameters] != 1 {
		t.Errorf("%+v %v %v", w, r.notes, err)
	}
}

func TestScores(t *testing.T) {
	for in, want := range map[string]string{
		`"dataType":"NUMERIC","value":0.5,"stringValue":null`:  "NUMERIC 0.5 ",
		`"dataType":"BOOLEAN","value":1`:                       "BOOLEAN 1 True",
		`"dataType":"BOOLEAN","value":0,"stringValue":"False"`: "BOOLEAN 0 False",
		`"dataType":"CATEGORICAL","value":0,"stringValue":"a"`: "CATEGORICAL 0 a",
		`"dataType":"CATEGORICAL","value":"b"`:                 "CATEGORICAL - b",
		`"dataType":"TEXT","stringValue":"long"`:               "CATEGORICAL - long",
		`"value":3`:                                            "NUMERIC 3 ",
		`"dataType":"NUMERIC"`:                                 "without a value",
		`"dataType":"BOOLEAN"`:                                 "without a value",
		`"dataType":"TEXT","value":0`:                          "without a value",
		`"dataType":"CATEGORICAL"`:                             "without a value",
	} {
		r := &reader{notes: map[string]int64{}}
		w, err := r.score(decode(t, `{"id":"s","traceId":"t","name":"n",`+in+`}`))
		got := string(w.Type) + " - " + w.Text
		if w.Number != nil {
			b, _ := json.Marshal(w.Number)
			got = strings.Replace(got, "-", string(b), 1)
		}
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// FuzzRow reads any row. What it makes must be fit for the store.
func FuzzRow(f *testing.F) {
	f.Add([]byte(`{"id":"t","timestamp":"2026-01-01T00:00:00Z","tags":["a"],"metadata":{"a":1},"input":"x"}`))
	f.Add([]byte(`{"id":"o","type":"ROBOT","metadata":{ },"usageDetails":{"input":1},"costDetails":{"total":0.1},"modelParameters":"{}"}`))
	f.Add([]byte(`{"id":"s","name":"n","traceId":"t","dataType":"TEXT","value":"x"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var in row
		if json.Unmarshal(text, &in) != nil {
			return
		}
		r := &reader{notes: map[string]int64{}}
		check := func(raws ...json.RawMessage) {
			for _, raw := range raws {
				if len(raw) > 0 && (!json.Valid(raw) || string(raw) == "null") {
					t.Errorf("%s: made %s", text, raw)
				}
			}
		}
		if w, err := r.trace(&in); err == nil {
			check(w.Metadata, w.Input, w.Output)
		}
		if w, err := r.observation(&in); err == nil {
			check(w.Metadata, w.Input, w.Output, w.ModelParameters)
			if u := w.Usage; u != nil && (u.Input < 0 || u.Total < 0 || u.Total > 1<<53) {
				t.Errorf("%s: %+v", text, u)
			}
		}
		if w, err := r.score(&in); err == nil && (w.Name == "" || w.Number == nil && w.Text == "") {
			t.Errorf("%s: %+v", text, w)
		}
	})
}

// TestCutTimes counts rows of a server whose times may have been finer than what came.
func TestCutTimes(t *testing.T) {
	for _, c := range []struct {
		finer bool
		text  string
		want  int64
	}{
		{true, `{"id":"o","startTime":"2026-01-01T00:00:00.123Z","endTime":"2026-01-01T00:00:00.124Z"}`, 1},
		{true, `{"id":"o","startTime":"2026-01-01T00:00:00.123Z","endTime":"2026-01-01T00:00:00.124001Z"}`, 0},
		{true, `{"id":"o","createdAt":"2026-01-01T00:00:00.123Z"}`, 0},
		{false, `{"id":"o","startTime":"2026-01-01T00:00:00.123Z"}`, 0},
	} {
		var in row
		if err := json.Unmarshal([]byte(c.text), &in); err != nil {
			t.Fatal(err)
		}
		r := &reader{notes: map[string]int64{}, finer: c.finer}
		if _, err := r.observation(&in); err != nil || r.notes[noteTimes] != c.want {
			t.Errorf("%s: %v, %v", c.text, r.notes, err)
		}
	}
}
