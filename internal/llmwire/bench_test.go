package llmwire

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// streams are long streams of each wire, for the benchmarks.
var streams = map[string]struct {
	answer func() Accumulator
	first  string // what comes once
	piece  string // what comes again and again, with a place for a word
}{
	"openai chat": {
		func() Accumulator { return newChatStream() },
		chunk(`{"role":"assistant","content":""}`),
		`data: {"id":"c1","object":"chat.completion.chunk","created":1767000000,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" word%d"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x7k"}` + "\n\n",
	},
	"openai chat of no type": {
		func() Accumulator { return openAIChat{}.Answer(200, "", &Request{}) },
		chunk(`{"role":"assistant","content":""}`),
		chunk(`{"content":" word%d"}`),
	},
	"openai completions": {
		func() Accumulator { return openAICompletion{}.Answer(200, "text/event-stream", &Request{}) },
		"",
		`data: {"id":"cmpl-1","object":"text_completion","created":1767000000,"choices":[{"text":" word%d","index":0,"logprobs":null,"finish_reason":null}],"model":"gpt-3.5-turbo-instruct"}` + "\n\n",
	},
	"openai responses": {
		func() Accumulator { return newResponsesStream() },
		sse(`response.output_item.added|{"type":"response.output_item.added","output_index":0,"item":{"type":"message"}}`),
		"event: response.output_text.delta\ndata: " + `{"type":"response.output_text.delta","sequence_number":7,"item_id":"msg_67ccd2bf17f0819081ff3bb2cf6508e60bb6a6b452d3795b","output_index":0,"content_index":0,"delta":" word%d","logprobs":[],"obfuscation":"x7k"}` + "\n\n",
	},
	"anthropic text": {
		func() Accumulator { return newAnthropicStream() },
		messageStart + blockStart(0, `{"type":"text","text":""}`),
		"event: content_block_delta\n" + `data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" word%d"}}` + "\n\n",
	},
	"anthropic tool": {
		func() Accumulator { return newAnthropicStream() },
		messageStart + blockStart(0, `{"type":"text","text":""}`) + blockStart(1, `{"type":"tool_use","id":"t","name":"f","input":{}}`),
		"event: content_block_delta\n" + `data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":\"word%d\"}"}}` + "\n\n",
	},
	"gemini events": {
		func() Accumulator { return newGeminiStream(true) },
		"",
		"data: " + geminiPiece + "\r\n\r\n",
	},
	"gemini array": {
		func() Accumulator { return newGeminiStream(false) },
		"[",
		geminiPiece + "\r\n,",
	},
	"ollama chat": {
		func() Accumulator { return newOllamaStream() },
		"",
		`{"model":"qwen3:8b","created_at":"2026-01-01T00:00:00.000000001Z","message":{"role":"assistant","content":" word%d"},"done":false}` + "\n",
	},
	"ollama generate": {
		func() Accumulator { return newOllamaStream() },
		"",
		`{"model":"qwen3:8b","created_at":"2026-01-01T00:00:00.000000001Z","response":" word%d","done":false}` + "\n",
	},
}

const geminiPiece = `{"candidates": [{"content": {"parts": [{"text": " word%d"}],"role": "model"},"index": 0}],` +
	`"usageMetadata": {"promptTokenCount": 12,"candidatesTokenCount": 30,"totalTokenCount": 142,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 12}],` +
	`"thoughtsTokenCount": 100},"modelVersion": "gemini-2.5-flash","responseId": "r-1"}`

// BenchmarkStreamChunk takes one event of a stream that goes on.
func BenchmarkStreamChunk(b *testing.B) {
	for name, s := range streams {
		b.Run(name, func(b *testing.B) {
			a := s.answer()
			a.Feed([]byte(s.first))
			piece := fmt.Appendf(nil, s.piece, 7)
			b.SetBytes(int64(len(piece)))
			b.ReportAllocs()
			for b.Loop() {
				a.Feed(piece)
			}
		})
	}
}

// TestStreamChunkAllocates holds the steady state to nothing but the text's own growth.
func TestStreamChunkAllocates(t *testing.T) {
	for name, s := range streams {
		t.Run(name, func(t *testing.T) {
			a := s.answer()
			a.Feed([]byte(s.first))
			piece := fmt.Appendf(nil, s.piece, 7)
			for range 600 { // so that the text has grown
				a.Feed(piece)
			}
			if n := testing.AllocsPerRun(100, func() { a.Feed(piece) }); n != 0 {
				t.Errorf("%v allocations a chunk", n)
			}
			if r := a.Close(); strings.Count(string(r.Output), "word7") < 700 {
				t.Errorf("not all was kept: %.200s", r.Output)
			}
		})
	}
}

// BenchmarkAnswer reads an answer in one piece, and BenchmarkRequest a conversation.
func BenchmarkAnswer(b *testing.B) {
	in := []byte(`{"id":"chatcmpl-1","object":"chat.completion","created":1767000000,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"` +
		strings.Repeat("Your parcel arrives tomorrow. ", 40) + `","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130,` +
		`"prompt_tokens_details":{"cached_tokens":64,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":12,"audio_tokens":0}},"service_tier":"default","system_fingerprint":"fp_9"}`)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		a := openAIChat{}.Answer(200, "application/json", &Request{})
		a.Feed(in)
		_ = a.Close()
	}
}

func BenchmarkRequest(b *testing.B) {
	message := `{"role":"user","content":"` + strings.Repeat("Where is my parcel? ", 20) + `"}`
	in := []byte(`{"model":"gpt-4o","messages":[` + message + strings.Repeat(","+message, 9) + `],"temperature":0.2,"max_tokens":300}`)
	in = bytes.TrimSpace(in)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		_ = openAIChat{}.ParseRequest("", in, false)
	}
}
