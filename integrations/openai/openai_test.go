package openai_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// fixture is a client of a fake provider, and what it records.
type fixture struct {
	*langsharktest.Recorder
	client   *openai.Client
	provider *fakellm.Provider
}

func newFixture(t *testing.T, replies ...fakellm.Reply) *fixture {
	t.Helper()
	p := fakellm.New(fakellm.WithReplies(replies...), fakellm.WithKey("sk-secret"))
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	config := openai.DefaultConfig("sk-secret")
	config.BaseURL = p.BaseURL()
	config.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	lsopenai.WrapConfig(&config)
	return &fixture{langsharktest.NewRecorder(t), openai.NewClientWithConfig(config), p}
}

func question(text string) openai.ChatCompletionRequest {
	return openai.ChatCompletionRequest{
		Model: "gpt-4o", MaxCompletionTokens: 300, Temperature: 0.5,
		Messages: []openai.ChatCompletionMessage{{Role: "system", Content: "Answer briefly."}, {Role: "user", Content: text}},
	}
}

// drain reads a stream to its end and returns its text.
func drain(t *testing.T, s *openai.ChatCompletionStream) (string, error) {
	t.Helper()
	defer s.Close()
	var b strings.Builder
	for {
		chunk, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
		for _, c := range chunk.Choices {
			b.WriteString(c.Delta.Content)
		}
	}
}

func TestChat(t *testing.T) {
	f := newFixture(t, fakellm.Reply{Text: "내일 도착합니다.", Usage: &fakellm.Usage{PromptTokens: 1500, CompletionTokens: 90, CachedTokens: 1408, ReasoningTokens: 64}})
	ctx, trace := langshark.StartTrace(f.Context(), "turn")
	resp, err := f.client.CreateChatCompletion(ctx, question("언제 와요?"))
	trace.End()
	if err != nil || resp.Choices[0].Message.Content != "내일 도착합니다." || resp.Header().Get("X-Request-Id") == "" {
		t.Fatalf("%v %+v", err, resp)
	}
	o := f.RequireObservation("chat gpt-4o")
	u := o.Generation.Usage
	if o.Generation.Model != "gpt-4o-2024-08-06" || u == nil || u.InputTokens != 1500 || u.CachedInputTokens != 1408 || u.ReasoningTokens != 64 || u.OutputTokens != 90 {
		t.Errorf("model %s, usage %+v", o.Generation.Model, u)
	}
	if o.ParentID != trace.ObservationID() || o.TraceID != trace.ID() {
		t.Error("not below the trace's root")
	}
	for key, want := range map[string]string{"max_completion_tokens": "300", "temperature": "0.5"} {
		if got := langsharktest.Parameter(o, key); got != want {
			t.Errorf("%s: %s", key, got)
		}
	}
	for key, want := range map[string]string{"gen_ai.request.model": `"gpt-4o"`, "gen_ai.response.finish_reasons": `["stop"]`, "gen_ai.response.id": `"` + resp.ID + `"`} {
		if got := langsharktest.Metadata(o, key); got != want {
			t.Errorf("%s: %s", key, got)
		}
	}
	var message openai.ChatCompletionMessage
	if err := json.Unmarshal([]byte(langsharktest.JSON(o.Output)), &message); err != nil || message.Content != "내일 도착합니다." || message.Role != "assistant" {
		t.Errorf("output %s", langsharktest.JSON(o.Output))
	}
	for _, name := range []string{"Traceparent", "Baggage", "Tracestate"} {
		if v := f.provider.Requests()[0].Header.Get(name); v != "" {
			t.Errorf("the provider got %s: %s", name, v)
		}
	}
}

func TestStream(t *testing.T) {
	for _, usage := range []bool{false, true} {
		f := newFixture(t, fakellm.Reply{Text: "It arrives tomorrow morning."})
		req := question("When?")
		if usage {
			req.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
		}
		s, err := f.client.CreateChatCompletionStream(f.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := drain(t, s); err != nil || text != "It arrives tomorrow morning." {
			t.Errorf("%q, %v", text, err)
		}
		o := f.RequireObservation("chat gpt-4o")
		g := o.Generation
		if (g.Usage != nil) != usage || g.CompletionStart.Before(o.Start) || g.CompletionStart.After(o.End) {
			t.Errorf("usage %+v, first token %v of %v to %v", g.Usage, g.CompletionStart, o.Start, o.End)
		}
		if got := langsharktest.JSON(o.Output); got != `{"role":"assistant","content":"It arrives tomorrow morning."}` {
			t.Errorf("output %s", got)
		}
		if got := langsharktest.Metadata(o, "langshark.stream.end"); got != `"complete"` || o.Level != langshark.LevelDefault {
			t.Errorf("ended %s, %v", got, o.Level)
		}
	}
}

func TestTools(t *testing.T) {
	calls := []fakellm.ToolCall{{ID: "call_1", Name: "order_status", Arguments: `{"order":"A-1042"}`}, {ID: "call_2", Name: "weather", Arguments: `{"city":"서울"}`}}
	f := newFixture(t, fakellm.Reply{ToolCalls: calls}, fakellm.Reply{ToolCalls: calls})
	req := question("Where is A-1042?")
	for _, name := range []string{"order_status", "weather"} {
		req.Tools = append(req.Tools, openai.Tool{Type: "function", Function: &openai.FunctionDefinition{Name: name, Parameters: map[string]any{"type": "object"}}})
	}
	if _, err := f.client.CreateChatCompletion(f.Context(), req); err != nil {
		t.Fatal(err)
	}
	s, err := f.client.CreateChatCompletionStream(f.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := drain(t, s); err != nil {
		t.Fatal(err)
	}
	all := f.Observations()
	if len(all) != 2 {
		t.Fatalf("recorded:\n%s", f.Tree())
	}
	for i, o := range all {
		var m openai.ChatCompletionMessage
		if err := json.Unmarshal([]byte(langsharktest.JSON(o.Output)), &m); err != nil || len(m.ToolCalls) != 2 ||
			m.ToolCalls[0].ID != "call_1" || m.ToolCalls[1].Function.Name != "weather" || m.ToolCalls[1].Function.Arguments != `{"city":"서울"}` {
			t.Errorf("%d: output %s", i, langsharktest.JSON(o.Output))
		}
		var in struct {
			Messages []openai.ChatCompletionMessage
			Tools    []openai.Tool
		}
		if err := json.Unmarshal([]byte(langsharktest.JSON(o.Input)), &in); err != nil || len(in.Messages) != 2 || len(in.Tools) != 2 {
			t.Errorf("%d: input %s", i, langsharktest.JSON(o.Input))
		}
		if got := langsharktest.Metadata(o, "gen_ai.response.finish_reasons"); got != `["tool_calls"]` {
			t.Errorf("%d: %s", i, got)
		}
	}
	if all[1].Generation.CompletionStart.IsZero() {
		t.Error("a tool call is a first token")
	}
}

func TestChoices(t *testing.T) {
	f := newFixture(t, fakellm.Reply{Text: "one"}, fakellm.Reply{Text: "two words"})
	req := question("?")
	req.N = 2
	s, err := f.client.CreateChatCompletionStream(f.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := drain(t, s); err != nil {
		t.Fatal(err)
	}
	o := f.RequireObservation("chat gpt-4o")
	if got := langsharktest.JSON(o.Output); got != `[{"role":"assistant","content":"one"},{"role":"assistant","content":"two words"}]` {
		t.Errorf("output %s", got)
	}
}

func TestProviderErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		err    *fakellm.Error
		status int
		kind   string
	}{
		"400": {fakellm.ContextTooLong(), 400, `"context_length_exceeded"`},
		"401": {&fakellm.Error{Status: 401, Type: "invalid_request_error", Code: "invalid_api_key", Message: "Incorrect API key provided."}, 401, `"invalid_api_key"`},
		"429": {fakellm.RateLimited(2 * time.Second), 429, `"rate_limit_exceeded"`},
		"500": {fakellm.ServerError(), 500, `"server_error"`},
	} {
		for _, streaming := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				f := newFixture(t, fakellm.Reply{Err: tt.err})
				var err error
				if streaming {
					_, err = f.client.CreateChatCompletionStream(f.Context(), question("?"))
				} else {
					_, err = f.client.CreateChatCompletion(f.Context(), question("?"))
				}
				var api *openai.APIError
				if !errors.As(err, &api) || api.HTTPStatusCode != tt.status || api.Message != tt.err.Message {
					t.Fatalf("the application got %v", err)
				}
				o := f.RequireObservation("chat gpt-4o")
				if o.Level != langshark.LevelError || !strings.Contains(o.StatusMessage, name) || !strings.Contains(o.StatusMessage, tt.err.Message) {
					t.Errorf("level %v, status %q", o.Level, o.StatusMessage)
				}
				if got := langsharktest.Metadata(o, "error.type"); got != tt.kind {
					t.Errorf("type %s", got)
				}
				if !strings.Contains(langsharktest.JSON(o.Output), tt.err.Message) {
					t.Errorf("body %s", langsharktest.JSON(o.Output))
				}
			})
		}
	}
}

func TestStreamBreaks(t *testing.T) {
	t.Run("connection", func(t *testing.T) {
		f := newFixture(t, fakellm.Reply{Text: "one two three four", BreakAfter: 2})
		s, err := f.client.CreateChatCompletionStream(f.Context(), question("?"))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := drain(t, s); err == nil || text != "one two " {
			t.Errorf("the application got %q, %v", text, err)
		}
		f.requireEnd(t, "error", langshark.LevelError, "one two ")
	})
	t.Run("provider's error", func(t *testing.T) {
		f := newFixture(t, fakellm.Reply{Text: "one two three four", Err: fakellm.ServerError(), ErrAfter: 2})
		s, err := f.client.CreateChatCompletionStream(f.Context(), question("?"))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := drain(t, s); err == nil || text != "one two " {
			t.Errorf("the application got %q, %v", text, err)
		}
		f.requireEnd(t, "error", langshark.LevelError, "one two ")
	})
	t.Run("context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := fakellm.New(fakellm.WithReplies(fakellm.Reply{Text: "one two three"}), fakellm.WithPause(func(ctx context.Context, m fakellm.Moment) {
			if m.Chunk == 2 {
				<-ctx.Done() // the client goes while it waits for the second
			}
		}))
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		config := openai.DefaultConfig("k")
		config.BaseURL = p.BaseURL()
		lsopenai.WrapConfig(&config)
		f := &fixture{Recorder: langsharktest.NewRecorder(t)}
		s, err := openai.NewClientWithConfig(config).CreateChatCompletionStream(langshark.ContextWithClient(ctx, f.Client), question("?"))
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for text == "" {
			chunk, err := s.Recv()
			if err != nil {
				t.Fatal(err)
			}
			text = chunk.Choices[0].Delta.Content
		}
		cancel()
		if _, err := s.Recv(); !errors.Is(err, context.Canceled) {
			t.Errorf("the application got %v", err)
		}
		_ = s.Close()
		f.requireEnd(t, "cancelled", langshark.LevelWarning, "one ")
	})
	t.Run("closed", func(t *testing.T) {
		f := newFixture(t, fakellm.Reply{Chunks: []string{"one ", strings.Repeat("x", 1<<20), "two"}})
		s, err := f.client.CreateChatCompletionStream(f.Context(), question("?"))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := s.Recv(); err != nil {
				t.Fatal(err)
			}
		}
		_ = s.Close()
		f.requireEnd(t, "closed_early", langshark.LevelDefault, "one ")
	})
}

func (f *fixture) requireEnd(t *testing.T, end string, level langshark.Level, text string) {
	t.Helper()
	o := f.RequireObservation("chat gpt-4o")
	if got := langsharktest.Metadata(o, "langshark.stream.end"); got != `"`+end+`"` || o.Level != level || o.StatusMessage == "" {
		t.Errorf("ended %s, %v, %q", got, o.Level, o.StatusMessage)
	}
	if got := langsharktest.JSON(o.Output); !strings.Contains(got, `"content":"`+text) {
		t.Errorf("output %s", got)
	}
}

func TestOtherEndpoints(t *testing.T) {
	f := newFixture(t)
	if _, err := f.client.CreateEmbeddings(f.Context(), openai.EmbeddingRequestStrings{Model: openai.SmallEmbedding3, Input: []string{"a", "b"}}); err != nil {
		t.Error(err)
	}
	if _, err := f.client.ListModels(f.Context()); err != nil { // begins no trace
		t.Error(err)
	}
	ctx, root := langshark.StartTrace(f.Context(), "job")
	if list, err := f.client.ListModels(ctx); err != nil || len(list.Models) == 0 {
		t.Error(err)
	}
	root.End()
	const want = "embedding embeddings text-embedding-3-small\nspan job\n  span GET /models\n"
	if got := f.Tree(); got != want {
		t.Errorf("recorded:\n%s", got)
	}
}

func TestCallScopeAndNames(t *testing.T) {
	f := newFixture(t, fakellm.Reply{Err: fakellm.ServerError()}, fakellm.Reply{Text: "there"})
	ctx := lsopenai.ContextWithGeneration(f.Context(), "answer", langshark.WithPromptVersion("support", 2))
	ctx, end := lsopenai.WithCall(ctx)
	for range 2 {
		_, _ = f.client.CreateChatCompletion(ctx, question("?")) // the first fails
	}
	end()
	o := f.RequireObservation("answer")
	if o.Generation.PromptName != "support" || langsharktest.Metadata(o, "langshark.attempts") == "" || o.Level != langshark.LevelDefault {
		t.Errorf("recorded:\n%s", f.Tree())
	}
}

// countingDoer is a client of the user's own.
type countingDoer struct {
	inner http.Client
	calls int
}

func (d *countingDoer) Do(req *http.Request) (*http.Response, error) {
	d.calls++
	return d.inner.Do(req)
}

func TestWrapConfigKeepsTheClient(t *testing.T) {
	original := &http.Client{Timeout: 7 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
	config := openai.DefaultConfig("k")
	config.HTTPClient = original
	lsopenai.WrapConfig(&config)
	wrapped, ok := config.HTTPClient.(*http.Client)
	if !ok || wrapped == original || wrapped.Timeout != 7*time.Second || wrapped.CheckRedirect == nil || original.Transport != nil {
		t.Errorf("wrapped %+v, original %+v", wrapped, original)
	}
	transport := wrapped.Transport
	lsopenai.WrapConfig(&config)
	if again, ok := config.HTTPClient.(*http.Client); !ok || again.Transport != transport {
		t.Error("wrapped twice")
	}

	p := fakellm.New()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	own := &countingDoer{inner: http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	rec := langsharktest.NewRecorder(t)
	for _, client := range []openai.HTTPDoer{own, nil, (*http.Client)(nil)} {
		config = openai.DefaultConfig("k")
		config.BaseURL, config.HTTPClient = p.BaseURL(), client
		lsopenai.WrapConfig(&config, lsopenai.WithClient(rec.Client))
		lsopenai.WrapConfig(&config, lsopenai.WithClient(rec.Client))
		if _, err := openai.NewClientWithConfig(config).CreateChatCompletion(t.Context(), question("hi")); err != nil {
			t.Fatal(err)
		}
		rec.RequireObservation("chat gpt-4o")
		rec.Reset()
	}
	if own.calls != 1 {
		t.Errorf("the user's client was called %d times", own.calls)
	}
}
