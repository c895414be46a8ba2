package llmwire

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestDetectOthers(t *testing.T) {
	const vertex = "us-central1-aiplatform.googleapis.com"
	for _, tt := range []struct {
		host, path          string
		provider, operation string
		kind                Kind
	}{
		{"api.anthropic.com", "/v1/messages", "anthropic", "chat", Generation},
		{"127.0.0.1:8080", "/proxy/v1/messages", "anthropic", "chat", Generation},
		{"api.anthropic.com", "/v1/messages/count_tokens", "anthropic", "count_tokens", Management},
		{"api.anthropic.com", "/v1/complete", "anthropic", "text_completion", Generation},
		{"forms.example.com", "/v1/complete", "", "", 0},
		{"api.anthropic.com", "/v1/messages/batches", "", "", 0},
		{"api.deepseek.com", "/anthropic/v1/messages", "deepseek", "chat", Generation},
		{vertex, "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict", "gcp.vertex_ai", "chat", Generation},
		{vertex, "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5:streamRawPredict", "gcp.vertex_ai", "chat", Generation},
		{vertex, "/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict", "gcp.vertex_ai", "count_tokens", Management},
		{vertex, "/v1/projects/p/locations/l/publishers/anthropic/models/claude:predict", "", "", 0},
		{"bedrock-runtime.us-east-1.amazonaws.com", "/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/invoke", "aws.bedrock", "chat", Generation},
		{"bedrock-runtime.us-east-1.amazonaws.com", "/model/amazon.titan/invoke", "", "", 0},
		{"bedrock-mantle.us-east-1.api.aws", "/anthropic/v1/messages", "aws.bedrock", "chat", Generation},

		{"generativelanguage.googleapis.com", "/v1beta/models/gemini-2.5-pro:generateContent", "gcp.gemini", "generate_content", Generation},
		{"generativelanguage.googleapis.com", "/v1beta/tunedModels/mine-1:streamGenerateContent", "gcp.gemini", "generate_content", Generation},
		{"generativelanguage.googleapis.com", "/v1beta/models/gemini-embedding-001:embedContent", "gcp.gemini", "embeddings", Embedding},
		{"generativelanguage.googleapis.com", "/v1beta/models/gemini-embedding-001:batchEmbedContents", "gcp.gemini", "embeddings", Embedding},
		{"generativelanguage.googleapis.com", "/v1beta/models/gemini-2.5-pro:countTokens", "gcp.gemini", "count_tokens", Management},
		{"generativelanguage.googleapis.com", "/v1beta/models/imagen-4.0-generate-001:predict", "gcp.gemini", "image_generation", Generation},
		{"127.0.0.1:1", "/v1beta/models/gemini-2.5-pro:generateContent", "gcp.gemini", "generate_content", Generation},
		{"127.0.0.1:1", "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:generateContent", "gcp.vertex_ai", "generate_content", Generation},
		{vertex, "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:streamGenerateContent", "gcp.vertex_ai", "generate_content", Generation},
		{"aiplatform.googleapis.com", "/v1/publishers/google/models/gemini-2.5-pro:generateContent", "gcp.vertex_ai", "generate_content", Generation},
		{vertex, "/v1/projects/p/locations/l/endpoints/77:generateContent", "gcp.vertex_ai", "generate_content", Generation},
		{vertex, "/v1/projects/p/locations/l/publishers/google/models/text-embedding-005:predict", "gcp.vertex_ai", "embeddings", Embedding},
		{vertex, "/v1/projects/p/locations/l/endpoints/77:predict", "", "", 0},
		{"generativelanguage.googleapis.com", "/v1beta/models/gemini-2.5-pro:batchGenerateContent", "", "", 0},
		{"generativelanguage.googleapis.com", "/v1beta/models/:generateContent", "", "", 0},
		{"generativelanguage.googleapis.com", "/v1beta/files/x:generateContent", "", "", 0},

		{"localhost:11434", "/api/chat", "ollama", "chat", Generation},
		{"ollama.com", "/api/generate", "ollama", "text_completion", Generation},
		{"localhost:11434", "/api/embed", "ollama", "embeddings", Embedding},
		{"localhost:11434", "/api/embeddings", "ollama", "embeddings", Embedding},
		{"localhost:11434", "/api/chats", "", "", 0},
		{"localhost:11434", "/api/chat/1", "", "", 0},
	} {
		provider, operation, kind := "", "", Kind(0)
		if e, ok := Detect("POST", tt.host, tt.path); ok {
			provider, operation, kind = e.Provider(), e.Operation(), e.Kind()
		}
		if provider != tt.provider || operation != tt.operation || kind != tt.kind {
			t.Errorf("%s%s: %q %q %d, want %q %q %d", tt.host, tt.path, provider, operation, kind, tt.provider, tt.operation, tt.kind)
		}
		if _, ok := Detect("GET", tt.host, tt.path); ok {
			t.Errorf("GET %s", tt.path)
		}
	}
}

// endpoint returns the endpoint of a path on a host.
func endpoint(t *testing.T, host, path string) Endpoint {
	t.Helper()
	e, ok := Detect("POST", host, path)
	if !ok {
		t.Fatalf("%s%s is no endpoint", host, path)
	}
	return e
}

// oddRequests must be read without a panic and with a valid input, if any.
func oddRequests(t *testing.T, e Endpoint) {
	t.Helper()
	for _, body := range []string{
		"", "null", "[]", `"x"`, "{", "\x00\xff", `{"model":7,"messages":5,"contents":5,"prompt":{},"stream":"yes"}`,
		`{"messages":[1,[],"x",{"role":7,"content":[1,{"type":"tool_result","content":null}]}]}`,
		`{"contents":[1,[],"x",{"role":7,"parts":[1,{"functionResponse":3},{"functionResponse":{"response":[]}}]}]}`,
		`{"messages":[{"role":"user","content":"long tex`,
		`{"contents":[{"role":"user","parts":[{"text":"long tex`,
	} {
		for _, cut := range []bool{false, true} {
			if r := e.ParseRequest("", []byte(body), cut); len(r.Input) > 0 && !json.Valid(r.Input) {
				t.Errorf("%q: input %s", body, r.Input)
			}
		}
	}
}

// started returns how many of the events it takes until the answer has begun; 0 if it never does.
func started(e Endpoint, contentType string, events ...string) int {
	a := e.Answer(200, contentType, &Request{Stream: true})
	for i, event := range events {
		if a.Feed([]byte(event)); a.Started() {
			return i + 1
		}
	}
	return 0
}

// fuzzWire feeds anything to the endpoints, in one piece and in several.
func fuzzWire(f *testing.F, endpoints []Endpoint, contentTypes ...string) {
	f.Helper()
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		for _, e := range endpoints {
			req := e.ParseRequest("", in, size%2 == 0)
			if len(req.Input) > 0 && !json.Valid(req.Input) {
				t.Errorf("%T: input %q", e, req.Input)
			}
			for _, result := range req.ToolResults {
				if len(result.Output) > 0 && !json.Valid(result.Output) {
					t.Errorf("%T: result %q", e, result.Output)
				}
			}
			req.Vectors = size%3 == 0
			for _, contentType := range contentTypes {
				whole, parts := e.Answer(200, contentType, &req), e.Answer(200, contentType, &req)
				whole.Feed(in)
				for part := range slices.Chunk(in, int(size)+1) {
					parts.Feed(part)
				}
				a, b := whole.Close(), parts.Close()
				if !reflect.DeepEqual(a, b) {
					t.Errorf("%T: whole %+v\nparts %+v", e, a, b)
				}
				if len(a.Output) > 0 && !json.Valid(a.Output) {
					t.Errorf("%T: output %q", e, a.Output)
				}
			}
		}
	})
}

func TestObjects(t *testing.T) {
	for in, want := range map[string][]string{
		`{"a":1}` + "\n" + `{"b":"}"}` + "\n":    {`{"a":1}`, `{"b":"}"}`},
		`[{"a":[{}]},` + "\r\n" + ` {"b":2}]`:    {`{"a":[{}]}`, `{"b":2}`},
		`{"a":1}{"b":2}`:                         {`{"a":1}`, `{"b":2}`},
		`{"a":"\\\"}{\\"}{"b":"\\\\\""}`:         {`{"a":"\\\"}{\\"}`, `{"b":"\\\\\""}`},
		`"x",7,null{"a":1}]]}`:                   {`{"a":1}`},
		`{"a":1},{"b":`:                          {`{"a":1}`},
		"":                                       nil,
		"[{\"a\":\n{\"b\":\"" + `\\` + "\"}}\n]": {"{\"a\":\n{\"b\":\"" + `\\` + "\"}}"},
	} {
		for size := 1; size <= len(in); size++ {
			var got []string
			d := objects{onObject: func(data []byte) { got = append(got, string(data)) }}
			for part := range slices.Chunk([]byte(in), size) {
				d.Feed(part)
			}
			if !slices.Equal(got, want) || d.skipped != 0 {
				t.Errorf("%q by %d: %q, skipped %d", in, size, got, d.skipped)
			}
		}
	}
}

func TestObjectsLines(t *testing.T) {
	in := "{\"a\":{\"b\n{\"c\":1}\n\n{\"d\"\n\"\n{\"e\":\"\\\n{\"\":2}"
	for size := 1; size <= len(in); size++ {
		var got []string
		d := objects{lines: true, onObject: func(data []byte) { got = append(got, string(data)) }}
		for part := range slices.Chunk([]byte(in), size) {
			d.Feed(part)
		}
		if want := []string{`{"c":1}`, `{"":2}`}; !slices.Equal(got, want) || d.skipped != 3 {
			t.Errorf("by %d: %q, skipped %d", size, got, d.skipped)
		}
	}
}

func TestObjectsBounded(t *testing.T) {
	long := `{"a":"` + strings.Repeat("x", maxEventBytes) + `"}`
	for _, size := range []int{len(long), 1000, 1 << 16} {
		var got []string
		d := objects{onObject: func(data []byte) { got = append(got, string(data)) }}
		for part := range slices.Chunk([]byte("["+long+`,{"b":1}]`), size) {
			d.Feed(part)
			if cap(d.kept) > 3*maxEventBytes {
				t.Fatalf("%d bytes are kept", cap(d.kept))
			}
		}
		if !slices.Equal(got, []string{`{"b":1}`}) || d.skipped != 1 || d.broken() {
			t.Errorf("by %d: %d objects, skipped %d", size, len(got), d.skipped)
		}
	}
	for in, broken := range map[string]bool{"": false, "[": true, "[]": false, "{": true, "{}": false, `[{"a":1},`: true, `[{"a":1}]`: false} {
		d := objects{onObject: func([]byte) {}}
		d.Feed([]byte(in))
		if d.broken() != broken {
			t.Errorf("%q: broken %v", in, d.broken())
		}
	}
}

// What nests deeper than a decoder goes must not make the whole invalid.
func TestDeepValues(t *testing.T) {
	deep := strings.Repeat("[", 9999) + strings.Repeat("]", 9999)
	for _, in := range []string{
		blockStart(0, `{"type":"x","data":`+deep+`}`), blockDelta(0, `{"partial_json":"`+deep+`"}`), blockDelta(0, `{"citation":`+deep+`}`),
	} {
		feed(t, anthropicMessages{}, 200, "text/event-stream", &Request{}, in+messageStop)
	}
	feed(t, geminiGenerate{stream: true}, 200, "text/event-stream", &Request{}, events(parts(`{"functionCall":{"name":"f","args":`+deep+`}}`)))
	feed(t, ollama{"chat", &ollamaChatShape}, 200, ndjson, &Request{}, ollamaLine(`{"tool_calls":[`+deep+`]}`))
}
