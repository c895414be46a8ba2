package sdktest

import (
	"context"
	"net/url"

	"github.com/ollama/ollama/api"
)

func ollamaClient(p place) *api.Client {
	base, err := url.Parse(p.url)
	if err != nil {
		panic(err)
	}
	return api.NewClient(base, p.http)
}

func ollamaWays() (all []way) {
	for name, stream := range map[string]bool{"ollama-chat": false, "ollama-chat-stream": true} {
		all = append(all, way{name: name, host: "http://ollama.local:11434", streams: stream, start: func(p place) talk {
			return &ollamaChat{client: ollamaClient(p), question: p.question, stream: stream}
		}})
	}
	for name, stream := range map[string]bool{"ollama-generate": false, "ollama-generate-stream": true} {
		all = append(all, way{name: name, host: "http://ollama.local:11434", streams: stream, noTools: true, start: func(p place) talk {
			return &ollamaGenerate{client: ollamaClient(p), question: p.question, stream: stream}
		}})
	}
	return all
}

// ollamaChat asks by /api/chat.
type ollamaChat struct {
	client   *api.Client
	question string
	stream   bool
	messages []api.Message
}

func (a *ollamaChat) tell(calls []call, results []string) {
	for i, c := range calls {
		a.messages = append(a.messages, api.Message{Role: "tool", Content: results[i], ToolName: c.name, ToolCallID: c.id})
	}
}

func (a *ollamaChat) params() *api.ChatRequest {
	if a.messages == nil {
		a.messages = []api.Message{{Role: "system", Content: "Be kind."}, {Role: "user", Content: a.question}}
	}
	properties := api.NewToolPropertiesMap()
	properties.Set("id", api.ToolProperty{Type: api.PropertyType{"string"}})
	return &api.ChatRequest{
		Model: "qwen3:8b", Messages: a.messages, Stream: &a.stream, Options: map[string]any{"temperature": 0.2, "num_predict": 500}, Think: &api.ThinkValue{Value: true},
		Tools: api.Tools{{Type: "function", Function: api.ToolFunction{Name: "order_status", Parameters: api.ToolFunctionParameters{Type: "object", Properties: properties}}}},
	}
}

func (a *ollamaChat) ask(ctx context.Context) (calls []call, _ error) {
	answer := api.Message{Role: "assistant"}
	err := a.client.Chat(ctx, a.params(), func(r api.ChatResponse) error {
		answer.Content += r.Message.Content
		answer.Thinking += r.Message.Thinking
		answer.ToolCalls = append(answer.ToolCalls, r.Message.ToolCalls...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.messages = append(a.messages, answer)
	for _, t := range answer.ToolCalls {
		calls = append(calls, call{t.ID, t.Function.Name, t.Function.Arguments.String()})
	}
	return calls, nil
}

// ollamaGenerate asks by /api/generate.
type ollamaGenerate struct {
	client   *api.Client
	question string
	stream   bool
}

func (a *ollamaGenerate) tell([]call, []string) {}

func (a *ollamaGenerate) params() *api.GenerateRequest {
	return &api.GenerateRequest{Model: "qwen3:8b", System: "Be kind.", Prompt: a.question, Stream: &a.stream, Options: map[string]any{"temperature": 0.2}, Think: &api.ThinkValue{Value: true}}
}

func (a *ollamaGenerate) ask(ctx context.Context) ([]call, error) {
	return nil, a.client.Generate(ctx, a.params(), func(api.GenerateResponse) error { return nil })
}
