package apitest

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tmc/langchaingo/llms"

	langshark "github.com/langshark/langshark-go"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/integrations/llmhttp"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// scenario is what happens to one conversation.
type scenario struct {
	replies []fakellm.Reply
	streams bool // it is about streams only
	tools   bool // it is about tools
	retry   bool // the application repeats what failed
}

var scenarios = map[string]scenario{
	"success": {replies: []fakellm.Reply{{Text: "내일 도착합니다."}}},
	"tool-call": {tools: true, replies: []fakellm.Reply{
		{Text: "I look.", ToolCalls: []fakellm.ToolCall{{ID: "call_1", Name: "order_status", Arguments: `{"id":"A-1"}`}}},
		{Text: "It arrives tomorrow."},
	}},
	"parallel-tool-calls": {tools: true, replies: []fakellm.Reply{
		{ToolCalls: []fakellm.ToolCall{{ID: "call_1", Name: "weather", Arguments: `{"city":"서울"}`}, {ID: "call_2", Name: "weather", Arguments: `{"city":"부산"}`}, {ID: "call_3", Name: "clock"}}},
		{ToolCalls: []fakellm.ToolCall{{ID: "call_4", Name: "order_status", Arguments: `{"id":"A-1"}`}}},
		{Text: "Take an umbrella to 부산."},
	}},
	"reasoning":               {replies: []fakellm.Reply{{Reasoning: "They ask about a parcel. ", Text: "Tomorrow.", ReasoningTokens: 120}}},
	"refusal":                 {replies: []fakellm.Reply{{Refusal: "I can't help with that."}}},
	"length":                  {replies: []fakellm.Reply{{Text: "It arrives", FinishReason: "length"}}},
	"cached":                  {replies: []fakellm.Reply{{Text: "Yes.", Usage: &fakellm.Usage{PromptTokens: 2048, CompletionTokens: 3, CachedTokens: 1920, CacheWriteTokens: 64}}}},
	"bad-request":             {replies: []fakellm.Reply{{Err: fakellm.ContextTooLong()}}},
	"rate-limit-then-success": {retry: true, replies: []fakellm.Reply{{Err: fakellm.RateLimited(time.Second)}, {Text: "Tomorrow."}}},
	"server-error":            {replies: []fakellm.Reply{{Err: fakellm.ServerError()}}},
	"error-page":              {replies: []fakellm.Reply{{Err: &fakellm.Error{Status: http.StatusBadGateway, Body: "<html><head><title>502 Bad Gateway</title></head></html>"}}}},
	"truncated":               {replies: []fakellm.Reply{{Text: "It arrives tomorrow morning.", BreakAfter: 2}}},
	"truncated-tool-call":     {streams: true, tools: true, replies: []fakellm.Reply{{ToolCalls: []fakellm.ToolCall{{ID: "call_1", Name: "weather", Arguments: `{"city":"서울","days":3}`}}, BreakAfter: 2}}},
	"no-end-mark":             {streams: true, replies: []fakellm.Reply{{Text: "It arrives tomorrow.", NoDone: true}}},
	"error-in-stream":         {streams: true, replies: []fakellm.Reply{{Text: "It arrives tomorrow.", Err: fakellm.ServerError(), ErrAfter: 2}}},
	"slow":                    {streams: true, replies: []fakellm.Reply{{Text: "It arrives tomorrow morning."}}},
}

// Each scenario through each of the library's clients, the whole recorded tree compared with a file.
func TestScenarios(t *testing.T) {
	for provider, c := range clients {
		for _, stream := range []bool{false, true} {
			dir := provider
			if stream {
				dir += "-stream"
			}
			for name, s := range scenarios {
				if s.streams && !stream || s.tools && c.noTools {
					continue
				}
				t.Run(dir+"/"+name, func(t *testing.T) {
					if c.repeats {
						t.Parallel() // half a second of waiting in the library
					}
					rec := langsharktest.NewRecorder(t)
					talk := &conversation{rec: rec, name: name, scenario: s, stream: stream, one: provider == "anthropic"}
					talk.run(t, &c)
					langsharktest.RequireTree(t, rec, "testdata/scenarios/"+dir+"/"+name+".tree",
						langsharktest.Replace(`(googleapi: Error \d+):.*`, "$1: …")) // newer versions of Google's library have the message
				})
			}
		}
	}
}

// conversation is one that plays a scenario.
type conversation struct {
	rec    *langsharktest.Recorder
	name   string
	stream bool
	one    bool // the client takes one call of a tool a message
	scenario

	model    llms.Model
	messages []llms.MessageContent
	options  []llms.CallOption
	heard    strings.Builder
}

func (c *conversation) run(t *testing.T, lib *client) {
	t.Helper()
	opts := []fakellm.Option{fakellm.WithReplies(c.replies...), fakellm.WithDialect(lib.dialect)}
	if c.name == "slow" {
		opts = append(opts, fakellm.WithPause(func(ctx context.Context, _ fakellm.Moment) {
			select {
			case <-ctx.Done():
			case <-time.After(3 * time.Millisecond): // slow is what it is about
			}
		}))
	}
	p := fakellm.New(opts...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	// The client's own transport records as well, if it isn't told that it need not.
	transport := llmhttp.NewTransport(&http.Transport{DisableKeepAlives: true})
	c.model = lslangchaingo.WrapModel(lib.make(t, p, transport))
	c.messages = []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeSystem, "Be kind."), llms.TextParts(llms.ChatMessageTypeHuman, "내 소포는 어디에 있나요?")}
	c.options = []llms.CallOption{llms.WithTemperature(0.2), llms.WithMaxTokens(500)}
	if c.tools {
		function := &llms.FunctionDefinition{Name: "order_status", Description: "Where a parcel is.", Parameters: map[string]any{"type": "object", "properties": map[string]any{}}}
		c.options = append(c.options, llms.WithTools([]llms.Tool{{Type: "function", Function: function}}))
	}
	if c.stream {
		c.options = append(c.options, llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error { c.heard.Write(chunk); return nil }),
			llms.WithStreamingReasoningFunc(func(context.Context, []byte, []byte) error { return nil }))
	}
	ctx, root := langshark.StartTrace(c.rec.Context(), "turn", langshark.WithInput("where?"))
	for range 5 {
		r, err := c.model.GenerateContent(ctx, c.messages, c.options...)
		if c.retry && err != nil {
			r, err = c.model.GenerateContent(ctx, c.messages, c.options...)
		}
		if err != nil || !c.act(ctx, t, r) {
			break
		}
	}
	root.End()
	for _, o := range c.rec.Observations() {
		if g := o.Generation; c.name == "slow" && g != nil && (!g.CompletionStart.After(o.Start) || !g.CompletionStart.Before(o.End)) {
			t.Errorf("first token at %v of %v to %v", g.CompletionStart, o.Start, o.End)
		}
	}
}

// tool is one of the application's that is wrapped.
type tool struct{}

func (tool) Name() string                                     { return "clock" }
func (tool) Description() string                              { return "Tells the time." }
func (tool) Call(_ context.Context, _ string) (string, error) { return "noon", nil }

// act runs the tools that the model asks for, and reports whether there are any.
func (c *conversation) act(ctx context.Context, t *testing.T, r *llms.ContentResponse) bool {
	t.Helper()
	var calls []llms.ToolCall
	for _, choice := range r.Choices {
		calls = append(calls, choice.ToolCalls...)
	}
	asked := llms.MessageContent{Role: llms.ChatMessageTypeAI}
	var results []llms.MessageContent
	for _, call := range calls {
		if asked.Parts = append(asked.Parts, call); c.one {
			c.messages = append(c.messages, asked)
			asked.Parts = nil
		}
		f, result := call.FunctionCall, "in delivery"
		switch {
		case f.Name == "order_status" && c.name == "tool-call": // found by its name
			status := langshark.Observe(f.Name, func(context.Context, string) (string, error) { return result, nil }, langshark.WithKind(langshark.KindTool))
			_, _ = status(ctx, "A-1")
		case f.Name == "order_status": // recorded by hand
			_, span := llmhttp.StartTool(ctx, llmhttp.ToolCall{ID: call.ID, Name: f.Name, Arguments: f.Arguments})
			span.SetOutput(result)
			span.End()
		case f.Name == "clock":
			var err error
			if result, err = lslangchaingo.WrapTool(tool{}).Call(ctx, f.Arguments); err != nil {
				t.Error(err)
			}
		default: // not recorded
		}
		results = append(results, llms.MessageContent{Role: llms.ChatMessageTypeTool, Parts: []llms.ContentPart{llms.ToolCallResponse{ToolCallID: call.ID, Name: f.Name, Content: result}}})
	}
	if len(asked.Parts) > 0 {
		c.messages = append(c.messages, asked)
	}
	c.messages = append(c.messages, results...)
	return len(calls) > 0
}

// Scenarios that nobody looks at are none.
func TestScenarioFilesAreUsed(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*/*.tree")
	if err != nil || len(files) < 5*2*8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if _, ok := clients[strings.TrimSuffix(filepath.Base(filepath.Dir(f)), "-stream")]; !ok {
			t.Errorf("%s is of no client", f)
		}
		if _, ok := scenarios[strings.TrimSuffix(filepath.Base(f), ".tree")]; !ok {
			t.Errorf("%s is of no scenario", f)
		}
	}
}
