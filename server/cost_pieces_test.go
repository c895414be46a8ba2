package server_test

import (
	"fmt"
	"strconv"
	"testing"
)

// TestUsageComesInPieces: what an update says of a usage joins what there was, by the API as
// in sums. Each cost is worked out beside it, from dollars for a million tokens.
func TestUsageComesInPieces(t *testing.T) {
	ts := reference(t)
	do := func(method, path, body string) map[string]any {
		t.Helper()
		p := pair{Name: path}
		p.Request.Method, p.Request.Path, p.Request.Body = method, path, []byte(body)
		a := p.replay(t, ts.URL)
		got, ok := a.Body.(map[string]any)
		if !ok || a.Status >= 300 {
			t.Fatalf("%s %s %s: %+v", method, path, body, a)
		}
		return got
	}
	events := 0
	write := func(second int, kind, body string) {
		t.Helper()
		events++
		at := fmt.Sprintf("2026-06-01T00:00:%02d.000Z", second)
		got := do("POST", "/api/public/ingestion", `{"batch":[{"id":"e`+strconv.Itoa(events)+`","type":"generation-`+kind+`","timestamp":"`+at+`","body":`+body+`}]}`)
		if errors, _ := got["errors"].([]any); len(errors) > 0 {
			t.Fatalf("%s: %v", body, errors)
		}
	}
	const call = `"traceId":"pieces","startTime":"2026-06-01T00:00:00Z","input":"one two three","output":"four five"`
	for _, c := range []struct {
		id, model            string
		pieces               []string
		input, output, total float64
		cost                 float64
	}{
		{"halves", "gpt-4o", []string{`"usage":{"input":1000}`, `"usage":{"output":10}`}, 1000, 10, 1010, 0.0026}, // 1000 × 2.5 + 10 × 10
		{"totals", "gpt-4o", []string{`"usage":{"input":1000,"total":1000}`, `"usage":{"output":10,"total":1010}`}, 1000, 10, 1010, 0.0026},
		{
			"stream", "claude-haiku-4-5-20251001",
			[]string{`"usageDetails":{"input_tokens":1000,"cache_read_input_tokens":500,"output_tokens":1}`, `"usageDetails":{"output_tokens":50}`},
			1500, 50, 1550, 0.0013, // 1000 × 1 + 500 × 0.1 + 50 × 5 = 1000 + 50 + 250
		},
		{"names", "gpt-4o", []string{`"usage":{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010}`}, 1000, 10, 1010, 0.0026},
		{
			"claude", "claude-haiku-4-5-20251001",
			[]string{`"usage":{"input_tokens":1000,"cache_read_input_tokens":500,"output_tokens":50}`},
			1500, 50, 1550, 0.0013,
		},
		{"again", "gpt-4o", []string{`"usage":{"input":7,"output":7}`, `"usage":{"input":1000,"output":10}`}, 1000, 10, 1010, 0.0026},
	} {
		write(1, "create", `{"id":"`+c.id+`","model":"`+c.model+`",`+call+`,`+c.pieces[0]+`}`)
		for i, piece := range c.pieces[1:] {
			write(2+i, "update", `{"id":"`+c.id+`",`+piece+`}`)
		}
		o := do("GET", "/api/public/observations/"+c.id, "")
		if o["promptTokens"] != c.input || o["completionTokens"] != c.output || o["totalTokens"] != c.total || o["calculatedTotalCost"] != c.cost {
			t.Errorf("%s: %v and %v tokens, %v in all, for %v", c.id, o["promptTokens"], o["completionTokens"], o["totalTokens"], o["calculatedTotalCost"])
		}
	}
	do("PATCH", "/api/public/generations", `{"generationId":"halves","usage":{"output":20}}`)
	if o := do("GET", "/api/public/observations/halves", ""); o["promptTokens"] != 1000.0 || o["calculatedTotalCost"] != 0.0027 { // 1000 × 2.5 + 20 × 10
		t.Errorf("patched: %v tokens, %v", o["promptTokens"], o["calculatedTotalCost"])
	}
	trace := do("GET", "/api/public/traces/pieces", "")
	if got, _ := trace["totalCost"].(float64); got < 0.0131-1e-9 || got > 0.0131+1e-9 { // 4 × 0.0026 + 2 × 0.0013, and 0.0001 for what was patched
		t.Errorf("the trace costs %v", got)
	}
}

// TestModelMended: a price is mended by putting the model again, or by one that begins later. One
// that begins alike and was made later isn't used, as recorded.
func TestModelMended(t *testing.T) {
	ts := reference(t)
	do := func(method, path, body string) map[string]any {
		t.Helper()
		p := pair{Name: path}
		p.Request.Method, p.Request.Path, p.Request.Body = method, path, []byte(body)
		got, ok := p.replay(t, ts.URL).Body.(map[string]any)
		if !ok {
			t.Fatalf("%s %s %s", method, path, body)
		}
		return got
	}
	const model = `"modelName":"house","matchPattern":"house","unit":"TOKENS"`
	id, _ := do("POST", "/api/public/models", `{`+model+`,"inputPrice":1}`)["id"].(string)
	for i, step := range []struct {
		method, path, body string
		want               float64
	}{
		{"POST", "/api/public/models", `{` + model + `,"inputPrice":2}`, 1},
		{"PUT", "/api/public/models/" + id, `{` + model + `,"inputPrice":3}`, 3},
		{"POST", "/api/public/models", `{` + model + `,"startDate":"2026-01-01","inputPrice":4}`, 4},
		{"POST", "/api/public/models", `{` + model + `,"startDate":"2026-01-02","inputPrice":5}`, 5},
	} {
		do(step.method, step.path, step.body)
		call := "h" + strconv.Itoa(i)
		do("POST", "/api/public/generations", `{"id":"`+call+`","traceId":"house","startTime":"2026-06-01T00:00:00Z","model":"house","usage":{"input":2}}`)
		if o := do("GET", "/api/public/observations/"+call, ""); o["calculatedTotalCost"] != 2*step.want {
			t.Errorf("after %s %s: %v, want %v", step.method, step.body, o["calculatedTotalCost"], 2*step.want)
		}
	}
}
