package apitest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// scenario is what happens to one conversation.
type scenario struct {
	replies []fakellm.Reply
	streams bool // it is about streams only
	retry   bool // the application repeats what failed, in a call scope
}

var scenarios = map[string]scenario{
	"success": {replies: []fakellm.Reply{{Text: "내일 도착합니다."}}},
	"tool-call": {replies: []fakellm.Reply{
		{ToolCalls: []fakellm.ToolCall{{ID: "call_1", Name: "order_status", Arguments: `{"id":"A-1"}`}}},
		{Text: "It arrives tomorrow."},
	}},
	"parallel-tool-calls": {replies: []fakellm.Reply{
		{ToolCalls: []fakellm.ToolCall{{ID: "call_1", Name: "weather", Arguments: `{"city":"서울"}`}, {ID: "call_2", Name: "weather", Arguments: `{"city":"부산"}`}}},
		{ToolCalls: []fakellm.ToolCall{{ID: "call_3", Name: "order_status", Arguments: `{"id":"A-1"}`}}},
		{Text: "Take an umbrella to 부산."},
	}},
	"reasoning":               {replies: []fakellm.Reply{{Reasoning: "They ask about a parcel. ", Text: "Tomorrow.", ReasoningTokens: 120}}},
	"refusal":                 {replies: []fakellm.Reply{{Refusal: "I can't help with that."}}},
	"length":                  {replies: []fakellm.Reply{{Text: "It arrives", FinishReason: "length"}}},
	"cached":                  {replies: []fakellm.Reply{{Text: "Yes.", Usage: &fakellm.Usage{PromptTokens: 2048, CompletionTokens: 3, CachedTokens: 1920}}}},
	"bad-request":             {replies: []fakellm.Reply{{Err: fakellm.ContextTooLong()}}},
	"rate-limit-then-success": {retry: true, replies: []fakellm.Reply{{Err: fakellm.RateLimited(time.Second)}, {Text: "Tomorrow."}}},
	"server-error":            {replies: []fakellm.Reply{{Err: fakellm.ServerError()}}},
	"error-page":              {replies: []fakellm.Reply{{Err: &fakellm.Error{Status: 502, Body: "<html><head><title>502 Bad Gateway</title></head></html>"}}}},
	"truncated":               {replies: []fakellm.Reply{{Text: "It arrives tomorrow morning.", BreakAfter: 2}}},
	"no-end-mark":             {streams: true, replies: []fakellm.Reply{{Text: "It arrives tomorrow.", NoDone: true}}},
	"error-in-stream":         {streams: true, replies: []fakellm.Reply{{Text: "It arrives tomorrow.", Err: fakellm.ServerError(), ErrAfter: 2}}},
	"slow":                    {streams: true, replies: []fakellm.Reply{{Text: "It arrives tomorrow morning."}}},
}

// call is a function that the model asks for.
type call struct{ id, name, arguments string }

// asker is one of the library's ways to have a conversation.
type asker interface {
	// ask asks with what has been said so far, and returns what the model asks for.
	ask(ctx context.Context, c *openai.Client) ([]call, error)
	// tell adds the result of a call.
	tell(c call, result string)
}

type chat struct {
	stream, usage bool
	messages      []openai.ChatCompletionMessage
}

func (a *chat) tell(c call, result string) {
	a.messages = append(a.messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleTool, ToolCallID: c.id, Content: result})
}

func (a *chat) ask(ctx context.Context, c *openai.Client) ([]call, error) {
	if a.messages == nil {
		a.messages = []openai.ChatCompletionMessage{{Role: "system", Content: "Be kind."}, {Role: "user", Content: "내 소포는 어디에 있나요?"}}
	}
	req := openai.ChatCompletionRequest{
		Model: "gpt-4o", Messages: a.messages, Temperature: 0.2,
		Tools: []openai.Tool{{Type: "function", Function: &openai.FunctionDefinition{Name: "order_status"}}},
	}
	var answer openai.ChatCompletionMessage
	if !a.stream {
		resp, err := c.CreateChatCompletion(ctx, req)
		if err != nil {
			return nil, err
		}
		answer = resp.Choices[0].Message
	} else {
		if a.usage {
			req.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
		}
		s, err := c.CreateChatCompletionStream(ctx, req)
		if err != nil {
			return nil, err
		}
		defer s.Close()
		if answer, err = gather(s); err != nil {
			return nil, err
		}
	}
	a.messages = append(a.messages, answer)
	var calls []call
	for _, t := range answer.ToolCalls {
		calls = append(calls, call{t.ID, t.Function.Name, t.Function.Arguments})
	}
	return calls, nil
}

// gather puts a stream's pieces together.
func gather(s *openai.ChatCompletionStream) (m openai.ChatCompletionMessage, _ error) {
	m.Role = "assistant"
	for {
		chunk, err := s.Recv()
		switch {
		case err != nil && err.Error() == "EOF":
			return m, nil
		case err != nil:
			return m, err
		}
		for _, choice := range chunk.Choices {
			m.Content += choice.Delta.Content
			for _, t := range choice.Delta.ToolCalls {
				if i := *t.Index; i < len(m.ToolCalls) {
					m.ToolCalls[i].Function.Arguments += t.Function.Arguments
				} else {
					m.ToolCalls = append(m.ToolCalls, openai.ToolCall{ID: t.ID, Type: t.Type, Function: t.Function})
				}
			}
		}
	}
}

type responses struct {
	stream bool
	input  []any
}

func (a *responses) tell(c call, result string) {
	a.input = append(a.input, openai.ResponseFunctionCallOutput{Type: "function_call_output", CallID: c.id, Output: result})
}

func (a *responses) ask(ctx context.Context, c *openai.Client) (calls []call, _ error) {
	if a.input == nil {
		a.input = []any{openai.ResponseInputMessage{Role: "user", Content: "내 소포는 어디에 있나요?"}}
	}
	req := openai.CreateResponseRequest{Model: "gpt-5", Instructions: "Be kind.", Input: a.input, Reasoning: &openai.ResponseReasoning{Effort: "low"}}
	var answer openai.CreateResponseResponse
	if !a.stream {
		var err error
		if answer, err = c.CreateResponse(ctx, req); err != nil {
			return nil, err
		}
	} else {
		s, err := c.CreateResponseStream(ctx, req)
		if err != nil {
			return nil, err
		}
		defer s.Close()
		for {
			e, err := s.Recv()
			if err != nil && err.Error() == "EOF" {
				break
			} else if err != nil {
				return nil, err
			}
			if e.Response != nil {
				answer = *e.Response
			}
		}
	}
	for _, item := range answer.Output {
		a.input = append(a.input, item)
		if m, ok := item.(map[string]any); ok && m["type"] == "function_call" {
			calls = append(calls, call{m["call_id"].(string), m["name"].(string), m["arguments"].(string)})
		}
	}
	return calls, nil
}

// Each scenario through each API, the whole recorded tree compared with a file.
func TestScenarios(t *testing.T) {
	for api, make := range map[string]func() asker{
		"chat":             func() asker { return &chat{} },
		"chat-stream":      func() asker { return &chat{stream: true, usage: true} },
		"responses":        func() asker { return &responses{} },
		"responses-stream": func() asker { return &responses{stream: true} },
	} {
		for name, s := range scenarios {
			if streamed := api == "chat-stream" || api == "responses-stream"; s.streams && !streamed {
				continue
			}
			t.Run(api+"/"+name, func(t *testing.T) {
				rec := langsharktest.NewRecorder(t)
				converse(t, rec, make(), name, &s)
				langsharktest.RequireTree(t, rec, "testdata/scenarios/"+api+"/"+name+".tree", langsharktest.IgnoreMetadata("http.response.header.x-request-id"),
					langsharktest.Replace(`"(start|duration_ms)": [^,}]+`, `"$1": "…"`))
			})
		}
	}
}

func converse(t *testing.T, rec *langsharktest.Recorder, a asker, name string, s *scenario) {
	t.Helper()
	opts := []fakellm.Option{fakellm.WithReplies(s.replies...)}
	if name == "slow" {
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
	config := openai.DefaultConfig("sk-test")
	config.BaseURL = p.BaseURL()
	config.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	lsopenai.WrapConfig(&config)
	client := openai.NewClientWithConfig(config)

	ctx, root := langshark.StartTrace(rec.Context(), "turn", langshark.WithInput("where?"))
	defer root.End()
	for range 5 {
		asked, end := ctx, func() {}
		if s.retry {
			asked, end = lsopenai.WithCall(ctx)
		}
		calls, err := a.ask(asked, client)
		if s.retry && err != nil {
			calls, err = a.ask(asked, client)
		}
		end()
		var api *openai.APIError
		if err != nil && name == "bad-request" && !errors.As(err, &api) {
			t.Errorf("the error is %T: %v", err, err)
		}
		if len(calls) == 0 {
			break
		}
		for _, c := range calls {
			result := "in delivery"
			if c.name == "order_status" { // one that the application records itself
				_, span := lsopenai.StartTool(ctx, openai.ToolCall{ID: c.id, Function: openai.FunctionCall{Name: c.name, Arguments: c.arguments}})
				span.SetOutput(result)
				span.End()
			}
			a.tell(c, result)
		}
	}
	if name == "slow" {
		for _, o := range rec.Observations() {
			if g := o.Generation; g != nil && (!g.CompletionStart.After(o.Start) || !g.CompletionStart.Before(o.End)) {
				t.Errorf("first token at %v of %v to %v", g.CompletionStart, o.Start, o.End)
			}
		}
	}
}

// Scenarios that nobody looks at are none.
func TestScenarioFilesAreUsed(t *testing.T) {
	files := treeFiles(t)
	for _, f := range files {
		if !slices.ContainsFunc([]string{"chat", "chat-stream", "responses", "responses-stream"}, func(api string) bool { return api == f.api }) {
			t.Errorf("%s is of no API", f.path)
		}
		if _, ok := scenarios[f.name]; !ok {
			t.Errorf("%s is of no scenario", f.path)
		}
	}
}
