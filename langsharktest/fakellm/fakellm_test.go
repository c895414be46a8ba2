package fakellm

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// client keeps no connection, so that no goroutine is left.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// start serves a provider for the length of the test.
func start(t *testing.T, opts ...Option) *Provider {
	t.Helper()
	p := New(opts...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func post(t *testing.T, p *Provider, path, body string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.BaseURL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

func decodeAs[T any](t *testing.T, body string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

const hello = `{"model":"gpt-4o","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":[{"type":"text","text":"안녕"}]}]`

func TestAnswer(t *testing.T) {
	p := start(t)
	resp, body, err := post(t, p, "/chat/completions", hello+`}`)
	if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("X-Request-Id") == "" {
		t.Fatalf("%v %v", err, resp)
	}
	c := decodeAs[completion](t, body)
	if *c.Choices[0].Message.Content != "You said: 안녕" || *c.Choices[0].FinishReason != "stop" || c.Model != "gpt-4o-2024-08-06" {
		t.Errorf("got %s", body)
	}
	u := c.Usage
	if u.PromptTokens == 0 || u.CompletionTokens == 0 || u.TotalTokens != u.PromptTokens+u.CompletionTokens {
		t.Errorf("usage %+v", u)
	}
	if got := p.Requests(); len(got) != 1 || got[0].LastUser() != "안녕" || got[0].System() != "Be kind." {
		t.Errorf("kept %+v", got)
	}
}

func TestScript(t *testing.T) {
	p := start(t, WithReplies(Reply{Text: "one"}, Reply{ToolCalls: []ToolCall{{Name: "f", Arguments: `{"a":1}`}}}),
		WithResponder(func(_ context.Context, r *Request) Reply { return Reply{Text: strings.Repeat("x", r.Choice+1)} }))
	_, body, _ := post(t, p, "/chat/completions", hello+`}`)
	if !strings.Contains(body, `"one"`) {
		t.Errorf("first: %s", body)
	}
	_, body, _ = post(t, p, "/chat/completions", hello+`}`)
	c := decodeAs[completion](t, body)
	if m := c.Choices[0].Message; m.Content != nil || m.ToolCalls[0].Function.Arguments != `{"a":1}` || *c.Choices[0].FinishReason != "tool_calls" {
		t.Errorf("second: %s", body)
	}
	_, body, _ = post(t, p, "/chat/completions", hello+`,"n":3}`)
	if c := decodeAs[completion](t, body); len(c.Choices) != 3 || *c.Choices[2].Message.Content != "xxx" {
		t.Errorf("third: %s", body)
	}
}

// events returns the data of a stream's events.
func events(t *testing.T, body string) (out []string) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(body))
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			out = append(out, data)
		}
	}
	return out
}

func TestStream(t *testing.T) {
	var moments []int
	p := start(t, WithReplies(Reply{Text: "It arrives tomorrow.", Reasoning: "hm, well", ToolCalls: []ToolCall{{Name: "f", Arguments: `{"text":"한국어로 된 긴 문장"}`}}}),
		WithPause(func(_ context.Context, m Moment) { moments = append(moments, m.Chunk) }))
	resp, body, err := post(t, p, "/chat/completions", hello+`,"stream":true,"stream_options":{"include_usage":true}}`)
	if err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("%v %v", err, resp.Header)
	}
	var text, reasoning, args, finish string
	var u *usage
	all := events(t, body)
	for _, e := range all[:len(all)-1] {
		c := decodeAs[completion](t, e)
		if c.Usage != nil {
			u = c.Usage
			if len(c.Choices) != 0 {
				t.Error("the usage has choices beside it")
			}
			continue
		}
		d := c.Choices[0].Delta
		if d.Content != nil {
			text += *d.Content
		}
		reasoning += d.ReasoningContent
		for _, tc := range d.ToolCalls {
			args += tc.Function.Arguments
		}
		if f := c.Choices[0].FinishReason; f != nil {
			finish = *f
		}
	}
	if text != "It arrives tomorrow." || reasoning != "hm, well" || args != `{"text":"한국어로 된 긴 문장"}` || finish != "tool_calls" {
		t.Errorf("%q %q %q %q", text, reasoning, args, finish)
	}
	if u == nil || u.CompletionTokensDetails.ReasoningTokens == 0 || all[len(all)-1] != "[DONE]" {
		t.Errorf("usage %+v, last %q", u, all[len(all)-1])
	}
	if len(moments) < 6 || moments[0] != 0 || moments[1] != 1 {
		t.Errorf("moments %v", moments)
	}

	_, body, _ = post(t, p, "/chat/completions", hello+`,"stream":true}`)
	if strings.Contains(body, `"usage"`) {
		t.Error("usage in a stream that didn't ask for it")
	}
}

func TestStreamFailures(t *testing.T) {
	p := start(t, WithReplies(
		Reply{Text: "a b c d", BreakAfter: 2},
		Reply{Text: "a b c d", Err: ServerError(), ErrAfter: 2},
		Reply{Text: "a b", NoDone: true},
		Reply{Text: "never seen", BreakAfter: -1},
	))
	const ask = hello + `,"stream":true}`
	_, body, err := post(t, p, "/chat/completions", ask)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(body, `"b "`) || strings.Contains(body, `"c "`) {
		t.Errorf("broken: %v, %s", err, body)
	}
	_, body, err = post(t, p, "/chat/completions", ask)
	all := events(t, body)
	if last := all[len(all)-1]; err != nil || !strings.HasPrefix(last, `{"error":{`) || !strings.Contains(body, `"b "`) || strings.Contains(body, `"c "`) {
		t.Errorf("error within: %v, %s", err, body)
	}
	_, body, _ = post(t, p, "/chat/completions", ask)
	if strings.Contains(body, "[DONE]") || !strings.Contains(body, `"stop"`) {
		t.Errorf("without mark: %s", body)
	}
	_, body, err = post(t, p, "/chat/completions", ask)
	if err == nil || strings.Contains(body, "never") {
		t.Errorf("cut at once: %v, %s", err, body)
	}
}

func TestErrors(t *testing.T) {
	p := start(t, WithKey("sk-right"), WithReplies(Reply{Err: RateLimited(1500 * time.Millisecond)}, Reply{Err: ContextTooLong()}, Reply{Err: &Error{Body: "<html>"}}))
	do := func(key, method, path, body string) (*http.Response, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, p.BaseURL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp, string(b)
	}
	for _, tt := range []struct {
		key, method, path, body string
		status                  int
		want                    string
	}{
		{"sk-wrong", "POST", "/chat/completions", hello + "}", 401, "invalid_api_key"},
		{"sk-right", "POST", "/chat/completions", hello + "}", 429, "rate_limit_exceeded"},
		{"sk-right", "POST", "/chat/completions", hello + "}", 400, "context_length_exceeded"},
		{"sk-right", "POST", "/chat/completions", hello + "}", 500, "<html>"},
		{"sk-right", "POST", "/chat/completions", "{", 400, "could not parse"},
		{"sk-right", "POST", "/chat/completions", `{"messages":[{}]}`, 400, "model parameter"},
		{"sk-right", "POST", "/chat/completions", `{"model":"m"}`, 400, "'messages'"},
		{"sk-right", "POST", "/nowhere", "", 404, "Invalid URL"},
		{"sk-right", "GET", "/models", "", 200, "gpt-4o"},
	} {
		resp, body := do(tt.key, tt.method, tt.path, tt.body)
		if resp.StatusCode != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s %s %.30s: %d %s", tt.method, tt.path, tt.body, resp.StatusCode, body)
		}
		if tt.status == 429 && resp.Header.Get("Retry-After") != "2" {
			t.Errorf("Retry-After %q", resp.Header.Get("Retry-After"))
		}
	}
}

func TestEmbeddings(t *testing.T) {
	p := start(t)
	var answer struct {
		Data []struct{ Embedding []float64 }
	}
	_, body, _ := post(t, p, "/embeddings", `{"model":"text-embedding-3-small","input":["환불은 언제 되나요?","환불 규정: 환불은 7일 안에 됩니다","Where is my parcel?"]}`)
	if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Data) != 3 {
		t.Fatalf("%v %.200s", err, body)
	}
	dot := func(a, b []float64) (sum float64) {
		for i := range a {
			sum += a[i] * b[i]
		}
		return sum
	}
	refund, policy, parcel := answer.Data[0].Embedding, answer.Data[1].Embedding, answer.Data[2].Embedding
	if dot(refund, policy) < dot(refund, parcel)+0.1 {
		t.Errorf("near %.2f, far %.2f", dot(refund, policy), dot(refund, parcel))
	}
	if d := dot(refund, refund); d < 0.99 || d > 1.01 {
		t.Errorf("length %.3f", d)
	}
	if resp, _, _ := post(t, p, "/embeddings", `{"input":7}`); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", resp.StatusCode)
	}
	_, body, _ = post(t, p, "/embeddings", `{"input":"a","encoding_format":"base64","dimensions":8}`)
	if !strings.Contains(body, `"embedding":"`) {
		t.Errorf("base64: %s", body)
	}
}

func TestCache(t *testing.T) {
	p := start(t)
	long := `{"model":"gpt-4o","messages":[{"role":"system","content":"` + strings.Repeat("policy text ", 700) + `"},{"role":"user","content":"hi"}]}`
	for i, want := range []bool{false, true} {
		_, body, _ := post(t, p, "/chat/completions", long)
		u := decodeAs[completion](t, body).Usage
		if got := u.PromptTokensDetails.CachedTokens > 0; got != want || u.PromptTokensDetails.CachedTokens > u.PromptTokens {
			t.Errorf("request %d: %+v", i, u)
		}
	}
}

func TestCountTokens(t *testing.T) {
	for text, want := range map[string]int64{"": 0, "hi": 1, "internationalization": 5, "one two": 2, "안녕하세요": 4, "a, b!": 4} {
		if got := CountTokens(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestToolResult(t *testing.T) {
	req := decodeAs[Request](t, `{"tools":[{"function":{"name":"status"}}],"messages":[{"role":"user","content":"?"},
		{"role":"assistant","content":null,"tool_calls":[{"id":"c1","function":{"name":"status","arguments":"{}"}}]},
		{"role":"tool","tool_call_id":"c1","content":"shipped"}]}`)
	if got, ok := req.ToolResult("status"); !ok || got != "shipped" {
		t.Errorf("%q %v", got, ok)
	}
	if _, ok := req.ToolResult("other"); ok || !req.HasTool("status") || req.HasTool("other") {
		t.Error("tools are confused")
	}
	req.Messages = append(req.Messages, Message{Role: "user", Content: "again?"})
	if _, ok := req.ToolResult("status"); ok {
		t.Error("the result is that of an earlier turn")
	}
}

func TestStartClose(t *testing.T) {
	p := New()
	p.Close() // never started
	if p.BaseURL() != "" || p.URL() != "" {
		t.Error("has a URL")
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if p.Start() == nil {
		t.Error("started twice")
	}
	p.Close()
	p.Close()
}
