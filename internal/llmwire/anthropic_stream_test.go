package llmwire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

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
