package fakellm

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite testdata")

// fixed stops the provider's clock.
func fixed(p *Provider) { p.now = func() time.Time { return time.Unix(1760000000, 0).UTC() } }

// exchange is one request of a pinned conversation.
type exchange struct{ method, path, body string }

// pin compares the answers to requests, bytes and the headers that matter, with
// testdata/<name>.txt.
func pin(t *testing.T, name string, exchanges []exchange, opts ...Option) {
	t.Helper()
	p := start(t, append(opts, fixed)...)
	root := strings.TrimSuffix(p.BaseURL(), "/v1")
	var b strings.Builder
	for _, e := range exchanges {
		resp, body, err := send(t, e.method, root+e.path, "application/json", e.body, "Anthropic-Version", "2023-06-01")
		fmt.Fprintf(&b, "> %s %s %s\n< %d\n", e.method, e.path, e.body, resp.StatusCode)
		for _, h := range []string{"Content-Type", "Cache-Control", "Retry-After", "X-Request-Id", "Request-Id", "Openai-Version", "X-Extra"} {
			if v := resp.Header.Get(h); v != "" {
				fmt.Fprintf(&b, "< %s: %s\n", h, v)
			}
		}
		fmt.Fprintf(&b, "%s\n", strings.ReplaceAll(body, "\r\n", "\\r\n"))
		if err != nil {
			fmt.Fprintf(&b, "! %v\n", err)
		}
		b.WriteString("\n")
	}
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	have, old := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(have), len(old)) {
		var h, o string
		if i < len(have) {
			h = have[i]
		}
		if i < len(old) {
			o = old[i]
		}
		if h != o {
			t.Fatalf("%s:%d\nhave %s\nwant %s", file, i+1, h, o)
		}
	}
}

// send makes a request and reads what comes of the answer.
func send(t *testing.T, method, url, contentType, body string, headers ...string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

// everything is a script that goes through what a reply can be.
func everything() []Reply {
	calls := []ToolCall{{Name: "weather", Arguments: `{"city":"서울","unit":"celsius"}`}, {ID: "call_7", Name: "clock"}}
	return []Reply{
		{Text: "It arrives tomorrow.", Header: http.Header{"X-Extra": {"1"}}},
		{ToolCalls: calls},
		{Text: "It arrives.", Reasoning: "hm, well", ToolCalls: calls[:1], ReasoningTokens: 64},
		{Refusal: "I can't help with that."},
		{Chunks: []string{"a", "b"}, FinishReason: "length", Usage: &Usage{PromptTokens: 1500, CompletionTokens: 90, CachedTokens: 1408, ReasoningTokens: 64}, Model: "m-1"},
		{},
		{Err: RateLimited(1500 * time.Millisecond)},
		{Err: ServerError(), ErrAfter: 2, Text: "a b c d"},
		{Err: ContextTooLong()},
		{Text: "a b c d", BreakAfter: 2},
		{Text: "never", BreakAfter: -1},
		{Text: "a", BreakAfter: 5},
		{Text: "a b", NoDone: true},
	}
}

// TestChatBytes guards the wire of chat completions against any change.
func TestChatBytes(t *testing.T) {
	const path = "/v1/chat/completions"
	var all []exchange
	for _, end := range []string{`}`, `,"stream":true}`, `,"stream":true,"stream_options":{"include_usage":true}}`} {
		for range everything() {
			all = append(all, exchange{"POST", path, hello + end})
		}
	}
	all = append(all,
		exchange{"POST", path, hello + `,"n":2}`},
		exchange{"POST", path, hello + `,"n":2,"stream":true}`},
		exchange{"POST", path, `{`},
		exchange{"POST", path, `{"messages":[]}`},
		exchange{"POST", path, `{"model":"m"}`},
		exchange{"POST", path, hello + `,"n":-1}`},
		exchange{"POST", "/v1/nowhere", `{}`},
		exchange{"GET", "/v1/models", ``},
		exchange{"POST", "/v1/embeddings", `{"model":"text-embedding-3-small","input":["hi","안녕"],"dimensions":4}`},
		exchange{"POST", "/v1/embeddings", `{"model":"text-embedding-3-small","input":"hi","dimensions":4,"encoding_format":"base64"}`},
		exchange{"POST", "/v1/embeddings", `{"model":"text-embedding-3-small","input":7}`},
		exchange{"POST", "/v1/embeddings", `{`},
	)
	script := append(append(append(everything(), everything()...), everything()...),
		Reply{Text: "one two three", Reasoning: "hm"}, Reply{Text: "two"}, Reply{Text: "one two three"}, Reply{Text: "two", BreakAfter: 1})
	pin(t, "chat", all, WithReplies(script...))
}

// TestWireBytes shows, and guards, a reply with everything in it on each wire.
func TestWireBytes(t *testing.T) {
	all := []exchange{
		{"POST", claudePath, helloClaude + `}`},
		{"POST", claudePath, helloClaude + `,"stream":true}`},
		{"POST", "/v1/responses", helloResponses + `}`},
		{"POST", "/v1/responses", helloResponses + `,"stream":true}`},
		{"POST", geminiPath + "generateContent", helloGemini + `}`},
		{"POST", geminiSSE, helloGemini + `}`},
		{"POST", geminiPath + "streamGenerateContent", helloGemini + `}`},
		{"POST", vertexPath + "generateContent", helloGemini + `}`},
		{"POST", "/api/chat", helloOllama + `,"stream":false}`},
		{"POST", "/api/chat", helloOllama + `}`},
		{"POST", "/api/generate", `{"model":"llama3.2","prompt":"hi"}`},
		{"POST", azureChat, hello + `}`},
		{"POST", azureChat, hello + `,"stream":true}`},
		{"POST", "/v1/completions", `{"model":"m","prompt":"hi","stream":true}`},
		{"POST", "/v1/moderations", `{"input":"hi"}`},
	}
	script := make([]Reply, len(all))
	for i := range script {
		script[i] = parcel
	}
	pin(t, "wires", all, WithReplies(script...))
	for d := range hosts {
		pin(t, "dialect_"+string(d), []exchange{{"POST", chatPath, hello + `}`}, {"POST", chatPath, hello + `,"stream":true}`}}, WithDialect(d), WithReplies(parcel, parcel))
	}
}
