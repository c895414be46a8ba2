package llmwire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const (
	messageStart = "event: message_start\n" + `data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],` +
		`"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":100,` +
		`"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":3},"output_tokens":1,"service_tier":"standard"}}}` + "\n\n"
	messageStop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
	ping        = "event: ping\ndata: {\"type\": \"ping\"}\n\n"
)

func blockStart(index int, block string) string {
	return fmt.Sprintf("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":%d,\"content_block\":%s}\n\n", index, block)
}

func blockDelta(index int, delta string) string {
	return fmt.Sprintf("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":%d,\"delta\":%s}\n\n", index, delta)
}

func blockStop(index int) string {
	return fmt.Sprintf("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":%d}\n\n", index)
}

func messageDelta(reason, usage string) string {
	return `data: {"type":"message_delta","delta":{"stop_reason":"` + reason + `","stop_sequence":null},"usage":` + usage + "}\n\n"
}

func anthropicEndpoint(t *testing.T) Endpoint {
	t.Helper()
	return endpoint(t, "api.anthropic.com", "/v1/messages")
}

func TestMessagesRequest(t *testing.T) {
	e := anthropicEndpoint(t)
	got := e.ParseRequest("", []byte(`{"model":"claude-sonnet-4-5","max_tokens":1024,"messages":[{"role":"user","content":"환불 <b>"}],"stream":true,
		"temperature":0.5,"stop_sequences":["END"],"thinking":{"type":"enabled","budget_tokens":1024},"metadata":{"user_id":"u"},"top_k":null}`), false)
	want := Request{
		Model: "claude-sonnet-4-5", Stream: true, Input: json.RawMessage(`[{"role":"user","content":"환불 <b>"}]`),
		Parameters: map[string]any{
			"max_tokens": json.Number("1024"), "temperature": json.Number("0.5"), "stop_sequences": []string{"END"},
			"thinking": `{"type":"enabled","budget_tokens":1024}`, "metadata": `{"user_id":"u"}`,
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	got = e.ParseRequest("", []byte(`{"system":[{"type":"text","text":"s"}],"messages":[],"tools":[{"name":"f"}],"mcp_servers":[],"tool_choice":{"type":"auto"}}`), false)
	if string(got.Input) != `{"system":[{"type":"text","text":"s"}],"messages":[],"tools":[{"name":"f"}],"mcp_servers":[]}` || got.Parameters["tool_choice"] != `{"type":"auto"}` {
		t.Errorf("got %s, %v", got.Input, got.Parameters)
	}
	cut := e.ParseRequest("", []byte(`{"model":"claude","system":"s","messages":[{"role":"user","content":"long tex`), true)
	if cut.Model != "claude" || !cut.Truncated || string(cut.Input) != `{"system":"s","messages":[{"role":"user","content":"long tex…[cut]"}]}` {
		t.Errorf("cut: %+v %s", cut, cut.Input)
	}
	oddRequests(t, e)
}

func TestMessagesRequestElsewhere(t *testing.T) {
	for path, want := range map[string]Request{
		"/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict": {Model: "claude-sonnet-4-5@20250929"},
		"/v1/projects/p/locations/l/publishers/anthropic/models/claude-opus-4-1:streamRawPredict":      {Model: "claude-opus-4-1", Stream: true},
		"/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/invoke":                                   {Model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0"},
	} {
		got := endpoint(t, "x", path).ParseRequest("", []byte(`{"anthropic_version":"v","messages":[]}`), false)
		if got.Model != want.Model || got.Stream != want.Stream {
			t.Errorf("%s: %q %v", path, got.Model, got.Stream)
		}
	}
}

func TestMessagesToolResults(t *testing.T) {
	got := anthropicEndpoint(t).ParseRequest("", []byte(`{"tools":[],"messages":[{"role":"user","content":"?"},{"role":"assistant","content":[]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"old","content":"0"}]},{"role":"assistant","content":[{"type":"tool_use","id":"a"}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"15 degrees"},{"type":"text","text":"and"},
		{"type":"tool_result","tool_use_id":"b","content":[{"type":"text","text":"no"}],"is_error":true},{"type":"tool_result","tool_use_id":"c"}]}]}`), false)
	want := []ToolResult{
		{ID: "a", Output: json.RawMessage(`"15 degrees"`)},
		{ID: "b", Output: json.RawMessage(`[{"type":"text","text":"no"}]`), Failed: true},
		{ID: "c"},
	}
	if !reflect.DeepEqual(got.ToolResults, want) {
		t.Errorf("got %+v", got.ToolResults)
	}
}

func TestMessagesAnswer(t *testing.T) {
	e := anthropicEndpoint(t)
	content := `[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"Hi"},{"type":"tool_use","id":"t1","name":"get","input":{"x":1}},` +
		`{"type":"tool_use","id":"t2","name":"put","input":{}},{"type":"server_tool_use","id":"t3","name":"web_search","input":{}}]`
	r := feed(t, e, 200, "application/json", &Request{}, `{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":`+content+`,
		"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":100,
		"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":3},"output_tokens":50,"output_tokens_details":{"thinking_tokens":20},
		"server_tool_use":{"web_search_requests":1,"web_fetch_requests":0},"service_tier":"priority","inference_geo":"us"}}`)
	want := Response{
		ID: "msg_1", Model: "claude-sonnet-4-5-20250929", Output: json.RawMessage(`{"role":"assistant","content":` + content + `}`),
		FinishReasons: []string{"tool_use"}, Complete: true,
		ToolCalls: []ToolCall{{"t1", "get", `{"x":1}`}, {"t2", "put", `{}`}},
		// Input: 10 beside the cache, 100 from it, 5 into it.
		Usage: &Usage{Input: 115, Output: 50, Total: 165, CachedInput: 100, CacheWrite: 5, Reasoning: 20},
		Attributes: map[string]any{
			"anthropic.usage.ephemeral_5m_input_tokens": int64(2), "anthropic.usage.ephemeral_1h_input_tokens": int64(3),
			"anthropic.usage.web_search_requests": int64(1), "anthropic.response.service_tier": "priority", "anthropic.response.inference_geo": "us",
		},
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}

	r = feed(t, e, 200, "application/json", &Request{}, `{"content":[],"stop_reason":"refusal","stop_sequence":"END","stop_details":{"type":"refusal","category":"cyber"},"usage":null}`)
	if string(r.Output) != `{"role":"assistant","content":[]}` || !slices.Equal(r.FinishReasons, []string{"refusal"}) || r.Usage != nil ||
		r.Attributes["anthropic.response.stop_sequence"] != "END" || r.Attributes["anthropic.response.stop_details.category"] != "cyber" {
		t.Errorf("refusal: %+v %s", r, r.Output)
	}
	r = feed(t, e, 200, "application/json", &Request{}, `{"content":[{"type":"text","text":"It brok`)
	if r.Complete || string(r.Output) != `{"role":"assistant","content":[{"type":"text","text":"It brok…[cut]"}]}` {
		t.Errorf("broken off: %v %s", r.Complete, r.Output)
	}
	r = feed(t, e, 200, "application/json", &Request{}, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`)
	if r.Err == nil || r.Err.Type != "overloaded_error" || r.Output != nil {
		t.Errorf("error in a 200: %+v", r)
	}
	for _, odd := range []string{`{"content":7,"role":[],"usage":[],"stop_reason":{}}`, `{"content":[1,null,{"type":3},[]]}`, `[]`, `null`, ``} {
		feed(t, e, 200, "application/json", &Request{}, odd)
	}
}

func TestMessagesStream(t *testing.T) {
	in := messageStart + blockStart(0, `{"type":"thinking","thinking":"","signature":""}`) + ping +
		blockDelta(0, `{"type":"thinking_delta","thinking":"Let me "}`) + blockDelta(0, `{"type":"thinking_delta","thinking":"see"}`) +
		blockDelta(0, `{"type":"signature_delta","signature":"Eq=="}`) + blockStop(0) +
		blockStart(1, `{"type":"redacted_thinking","data":"xyz"}`) + blockStop(1) +
		blockStart(2, `{"type":"text","text":""}`) + blockDelta(2, `{"type":"text_delta","text":"안녕"}`) + blockDelta(2, `{"type":"text_delta","text":"하세요\n"}`) +
		blockDelta(2, `{"type":"citations_delta","citation":{"type":"char_location","cited_text":"a"}}`) +
		blockDelta(2, `{"type":"citations_delta","citation":{"type":"char_location","cited_text":"b"}}`) + blockStop(2) +
		blockStart(3, `{"type":"tool_use","id":"t1","name":"get","input":{}}`) + blockStart(4, `{"type":"tool_use","id":"t2","name":"put","input":{}}`) +
		blockDelta(3, `{"type":"input_json_delta","partial_json":""}`) + blockDelta(3, `{"type":"input_json_delta","partial_json":"{\"city\": \"서"}`) +
		blockDelta(3, `{"type":"input_json_delta","partial_json":"울\"}"}`) + blockStop(3) + blockStop(4) +
		blockStart(5, `{"type":"web_search_tool_result","tool_use_id":"t3","content":[{"url":"u"}]}`) + blockStop(5) +
		messageDelta("tool_use", `{"input_tokens":12,"cache_read_input_tokens":100,"output_tokens":40,"server_tool_use":{"web_search_requests":2}}`) + messageStop
	want := Response{
		ID: "msg_1", Model: "claude-sonnet-4-5", FinishReasons: []string{"tool_use"}, Complete: true,
		Output: json.RawMessage(`{"role":"assistant","content":[{"type":"thinking","thinking":"Let me see","signature":"Eq=="},{"type":"redacted_thinking","data":"xyz"},` +
			`{"type":"text","text":"안녕하세요\n","citations":[{"type":"char_location","cited_text":"a"},{"type":"char_location","cited_text":"b"}]},` +
			`{"type":"tool_use","id":"t1","name":"get","input":{"city":"서울"}},{"type":"tool_use","id":"t2","name":"put","input":{}},` +
			`{"type":"web_search_tool_result","tool_use_id":"t3","content":[{"url":"u"}]}]}`),
		ToolCalls: []ToolCall{{"t1", "get", `{"city": "서울"}`}, {"t2", "put", `{}`}},
		// The end's 12 replace the beginning's 10; 100 from the cache, 5 into it as the beginning said.
		Usage: &Usage{Input: 117, Output: 40, Total: 157, CachedInput: 100, CacheWrite: 5},
		Attributes: map[string]any{
			"anthropic.usage.ephemeral_5m_input_tokens": int64(2), "anthropic.usage.ephemeral_1h_input_tokens": int64(3),
			"anthropic.usage.web_search_requests": int64(2), "anthropic.response.service_tier": "standard",
		},
	}
	e := anthropicEndpoint(t)
	if r := feed(t, e, 200, "text/event-stream; charset=utf-8", &Request{}, in); !reflect.DeepEqual(r, want) {
		t.Errorf("got  %+v\n%s\nwant %+v\n%s", r, r.Output, want, want.Output)
	}
	a := e.Answer(200, "", &Request{Stream: true})
	for _, part := range strings.SplitAfter(in, ":") {
		a.Feed([]byte(part))
	}
	if r := a.Close(); !reflect.DeepEqual(r, want) {
		t.Errorf("by colons: %+v", r)
	}
}

func TestMessagesStreamFirstToken(t *testing.T) {
	text, tool := blockStart(0, `{"type":"text","text":""}`), blockStart(0, `{"type":"tool_use","id":"t","name":"f","input":{}}`)
	for name, tt := range map[string]struct {
		events []string
		want   int
	}{
		"text":              {[]string{messageStart, ping, text, blockDelta(0, `{"type":"text_delta","text":""}`), blockDelta(0, `{"type":"text_delta","text":"a"}`)}, 5},
		"thinking":          {[]string{messageStart, blockStart(0, `{"type":"thinking","thinking":""}`), blockDelta(0, `{"type":"thinking_delta","thinking":"a"}`)}, 3},
		"redacted thinking": {[]string{messageStart, blockStart(0, `{"type":"redacted_thinking","data":"x"}`)}, 2},
		"a tool call":       {[]string{messageStart, tool}, 2},
		"text at once":      {[]string{messageStart, blockStart(0, `{"type":"text","text":"a"}`)}, 2},
		"a signature":       {[]string{messageStart, blockDelta(0, `{"type":"signature_delta","signature":"s"}`)}, 0},
		"nothing":           {[]string{messageStart, text, blockStop(0), messageDelta("end_turn", "{}"), messageStop}, 0},
	} {
		if got := started(anthropicEndpoint(t), "text/event-stream", tt.events...); got != tt.want {
			t.Errorf("%s: after %d, want %d", name, got, tt.want)
		}
	}
}

func TestMessagesStreamOdd(t *testing.T) {
	for name, tt := range map[string]struct {
		in, want string
	}{
		"no begin":                {blockDelta(0, `{"type":"text_delta","text":"a"}`), `[{"type":"text","text":"a"}]`},
		"no begin of a tool":      {blockDelta(0, `{"type":"input_json_delta","partial_json":"{}"}`), `[{"type":"tool_use","input":{}}]`},
		"no begin of a thought":   {blockDelta(0, `{"type":"thinking_delta","thinking":"a"}`), `[{"type":"thinking","thinking":"a"}]`},
		"the kind at the end":     {`data: {"delta":{"text":"a"},"index":0,"type":"content_block_delta"}` + "\n\n", `[{"type":"text","text":"a"}]`},
		"the event's name only":   {"event: content_block_delta\ndata: {\"index\":0,\"delta\":{\"text\":\"a\"}}\n\n", `[{"type":"text","text":"a"}]`},
		"out of order":            {blockStart(1, `{"type":"text","text":"b"}`) + blockStart(0, `{"type":"text","text":"a"}`), `[{"type":"text","text":"a"},{"type":"text","text":"b"}]`},
		"input that isn't JSON":   {blockStart(0, `{"type":"tool_use","id":"t","name":"f","input":{}}`) + blockDelta(0, `{"partial_json":"{\"a\":"}`), `[{"type":"tool_use","id":"t","name":"f","input":"{\"a\":"}]`},
		"input at the beginning":  {blockStart(0, `{"type":"tool_use","id":"t","name":"f","input":{"a":1}}`), `[{"type":"tool_use","id":"t","name":"f","input":{"a":1}}]`},
		"a citation to begin":     {blockStart(0, `{"type":"text","text":"","citations":[{"a":1}]}`) + blockDelta(0, `{"citation":{"b":2}}`), `[{"type":"text","text":"","citations":[{"a":1},{"b":2}]}]`},
		"a kind nobody knows":     {blockStart(0, `{"type":"hologram","input":5,"text":7,"data":[1, 2]}`), `[{"type":"hologram","input":5,"text":7,"data":[1,2]}]`},
		"a block that isn't JSON": {blockStart(0, `{"type":"text","text":tru}`), `[{"type":"text"}]`},
		"no block":                {blockStart(0, `null`), `[{"type":"text"}]`},
		"garbage between":         {"data: {oops\n\n<html>\n\n" + blockStart(0, `{"type":"text","text":"a"}`), `[{"type":"text","text":"a"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			r := feed(t, anthropicEndpoint(t), 200, "text/event-stream", &Request{}, messageStart+tt.in+messageStop)
			if string(r.Output) != `{"role":"assistant","content":`+tt.want+`}` || !r.Complete {
				t.Errorf("got %s, complete %v", r.Output, r.Complete)
			}
		})
	}
}

func TestMessagesStreamEnds(t *testing.T) {
	text := messageStart + blockStart(0, `{"type":"text","text":""}`) + blockDelta(0, `{"type":"text_delta","text":"a"}`)
	for name, tt := range map[string]struct {
		in       string
		complete bool
		err      string
	}{
		"stopped":       {text + blockStop(0) + messageDelta("end_turn", `{"output_tokens":2}`) + messageStop, true, ""},
		"no stop":       {text + messageDelta("end_turn", `{"output_tokens":2}`), false, ""},
		"broken off":    {text, false, ""},
		"nothing":       {"", false, ""},
		"error":         {text + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"},\"request_id\":\"req_1\"}\n\n", false, "overloaded_error"},
		"error at once": {"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"m\"}}\n\n" + messageStop, false, "api_error"},
	} {
		t.Run(name, func(t *testing.T) {
			r := feed(t, anthropicEndpoint(t), 200, "text/event-stream", &Request{}, tt.in)
			if r.Complete != tt.complete || (r.Err != nil) != (tt.err != "") || r.Err != nil && r.Err.Kind() != tt.err {
				t.Errorf("complete %v, error %+v", r.Complete, r.Err)
			}
			if strings.HasPrefix(tt.in, text) && string(r.Output) != `{"role":"assistant","content":[{"type":"text","text":"a"}]}` {
				t.Errorf("output %s", r.Output)
			}
		})
	}
}

func TestMessagesStreamUsage(t *testing.T) {
	start := `data: {"type":"message_start","message":{"usage":{"input_tokens":%s,"cache_read_input_tokens":null,"output_tokens":1}}}` + "\n\n"
	for name, tt := range map[string]struct {
		input, end string
		want       *Usage
	}{
		"only the output at the end": {"10", `{"output_tokens":7}`, &Usage{Input: 10, Output: 7, Total: 17}},
		// Some who offer the API tell the input in one place, and 0 in the other.
		"input at the end": {"0", `{"input_tokens":30,"cache_read_input_tokens":4,"output_tokens":7}`, &Usage{Input: 34, Output: 7, Total: 41, CachedInput: 4}},
		"0 at the end":     {"10", `{"input_tokens":0,"output_tokens":7}`, &Usage{Input: 10, Output: 7, Total: 17}},
		"null at the end":  {"10", `{"input_tokens":null,"output_tokens":7,"server_tool_use":null,"output_tokens_details":{"thinking_tokens":3}}`, &Usage{Input: 10, Output: 7, Total: 17, Reasoning: 3}},
		"none at the end":  {"10", `null`, &Usage{Input: 10, Output: 1, Total: 11}},
	} {
		r := feed(t, anthropicEndpoint(t), 200, "text/event-stream", &Request{}, fmt.Sprintf(start, tt.input)+messageDelta("end_turn", tt.end))
		if !reflect.DeepEqual(r.Usage, tt.want) {
			t.Errorf("%s: %+v", name, r.Usage)
		}
	}
}

func TestMessagesStreamBounded(t *testing.T) {
	a := newAnthropicStream()
	a.Feed([]byte(messageStart + blockStart(0, `{"type":"text","text":""}`)))
	for range 40 {
		a.Feed([]byte(blockDelta(0, `{"type":"text_delta","text":"`+strings.Repeat("한글 ", 10_000)+`"}`)))
	}
	a.Feed([]byte(blockStart(1, `{"type":"tool_use","id":"t","name":"f","input":{"a":1}}`) + messageDelta("end_turn", `{"output_tokens":9}`) + messageStop))
	r := a.Close()
	if !r.Truncated || !r.Complete || len(r.Output) > MaxCaptureBytes+300 || !json.Valid(r.Output) || r.Usage.Output != 9 {
		t.Errorf("truncated %v, complete %v, %d bytes, usage %+v", r.Truncated, r.Complete, len(r.Output), r.Usage)
	}
	if !slices.Equal(r.ToolCalls, []ToolCall{{"t", "f", ""}}) {
		t.Errorf("calls %+v", r.ToolCalls)
	}

	a = newAnthropicStream()
	for i := range 10_000 {
		a.Feed([]byte(blockStart(i, `{"type":"tool_use"}`)))
	}
	if r := a.Close(); !r.Truncated || len(a.blocks) != maxBlocks || len(r.ToolCalls) != maxToolCalls {
		t.Errorf("truncated %v, blocks %d, calls %d", r.Truncated, len(a.blocks), len(r.ToolCalls))
	}
}

func TestMessagesErrors(t *testing.T) {
	r := feed(t, anthropicEndpoint(t), 429, "application/json", &Request{}, `{"type":"error","error":{"type":"rate_limit_error","message":"slow down"},"request_id":"req_1"}`)
	if r.Err == nil || r.Err.Kind() != "rate_limit_error" || r.Err.Message != "slow down" || !strings.Contains(r.Err.Body, "req_1") {
		t.Errorf("got %+v", r.Err)
	}
}

func TestCountTokens(t *testing.T) {
	e := endpoint(t, "api.anthropic.com", "/v1/messages/count_tokens")
	req := e.ParseRequest("", []byte(`{"model":"claude","messages":[{"role":"user","content":"a"}]}`), false)
	if r := feed(t, e, 200, "application/json", &req, `{ "input_tokens": 14 }`); string(r.Output) != `{"input_tokens":14}` || r.Usage != nil || req.Model != "claude" {
		t.Errorf("got %+v %s", r, r.Output)
	}
}

func TestAnthropicComplete(t *testing.T) {
	e := endpoint(t, "api.anthropic.com", "/v1/complete")
	req := e.ParseRequest("", []byte(`{"model":"claude-2.1","prompt":"\n\nHuman: hi","max_tokens_to_sample":9}`), false)
	if string(req.Input) != `"\n\nHuman: hi"` || req.Parameters["max_tokens_to_sample"] != json.Number("9") {
		t.Errorf("request %+v", req)
	}
	r := feed(t, e, 200, "application/json", &req, `{"id":"c","completion":" Hello","stop_reason":"stop_sequence","stop":"\n\nHuman:","model":"claude-2.1"}`)
	if string(r.Output) != `" Hello"` || r.Model != "claude-2.1" || !slices.Equal(r.FinishReasons, []string{"stop_sequence"}) {
		t.Errorf("answer %+v", r)
	}
	stream := sse(`completion|{"type":"completion","id":"c","completion":" Hel","stop_reason":null}`, `ping|{}`, `completion|{"completion":"lo","stop_reason":"max_tokens"}`)
	if r = feed(t, e, 200, "text/event-stream", &req, stream); string(r.Output) != `" Hello"` || !r.Complete {
		t.Errorf("stream %+v", r)
	}
	if r = feed(t, e, 200, "text/event-stream", &req, sse(`error|{"error":{"type":"overloaded_error"}}`)); r.Complete || r.Err == nil {
		t.Errorf("error %+v", r)
	}
}

func FuzzAnthropic(f *testing.F) {
	f.Add([]byte(messageStart+blockStart(1, `{"type":"tool_use","id":"t","input":{}}`)+blockDelta(1, `{"partial_json":"{}"}`)+
		blockDelta(0, `{"text":"a","citation":{"a":1}}`)+messageDelta("end_turn", `{"output_tokens":1}`)+messageStop), uint8(7))
	f.Add([]byte(`{"content":[{"type":"text","text":"x"}],"stop_reason":"x","usage":{"input_tokens":1}}`), uint8(200))
	f.Add([]byte(`{"system":"s","messages":[{"role":"user","content":[{"type":"tool_result","content":[{}]}]}]}`), uint8(1))
	f.Add([]byte(sse(`{"completion":"a"}`, `{"error":{"type":"x"}}`)), uint8(2))
	fuzzWire(f, []Endpoint{anthropicMessages{}, anthropicComplete{}, anthropicCount{}}, "text/event-stream", "application/json")
}
