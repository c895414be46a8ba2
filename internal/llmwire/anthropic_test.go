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
