package sdktest

import (
	"context"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

func anthropicClient(p place) anthropic.Client {
	return anthropic.NewClient(option.WithoutEnvironmentDefaults(), option.WithAPIKey("test"), option.WithBaseURL(p.url),
		option.WithHTTPClient(p.http), option.WithMaxRetries(p.repeats))
}

func anthropicWays() (all []way) {
	for name, stream := range map[string]bool{"anthropic": false, "anthropic-stream": true} {
		all = append(all, way{name: name, host: "http://api.anthropic.com", streams: stream, repeats: true, start: func(p place) talk {
			return &claude{client: anthropicClient(p), question: p.question, stream: stream}
		}})
	}
	return all
}

// claude asks by messages.
type claude struct {
	client   anthropic.Client
	question string
	stream   bool
	messages []anthropic.MessageParam
}

func (a *claude) tell(calls []call, results []string) {
	var blocks []anthropic.ContentBlockParamUnion
	for i, c := range calls {
		blocks = append(blocks, anthropic.NewToolResultBlock(c.id, results[i], false))
	}
	a.messages = append(a.messages, anthropic.NewUserMessage(blocks...))
}

func (a *claude) params() anthropic.MessageNewParams {
	if a.messages == nil {
		a.messages = []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(a.question))}
	}
	return anthropic.MessageNewParams{
		Model: "claude-sonnet-4-5", MaxTokens: 2000, Messages: a.messages,
		System:   []anthropic.TextBlockParam{{Text: "Be kind."}},
		Thinking: anthropic.ThinkingConfigParamOfEnabled(1024),
		Tools:    []anthropic.ToolUnionParam{anthropic.ToolUnionParamOfTool(anthropic.ToolInputSchemaParam{Properties: map[string]any{"id": map[string]any{"type": "string"}}}, "order_status")},
	}
}

func (a *claude) ask(ctx context.Context) (calls []call, _ error) {
	var answer anthropic.Message
	if !a.stream {
		got, err := a.client.Messages.New(ctx, a.params())
		if err != nil {
			return nil, err
		}
		answer = *got
	} else {
		s := a.client.Messages.NewStreaming(ctx, a.params())
		defer s.Close()
		for s.Next() {
			if err := answer.Accumulate(s.Current()); err != nil {
				return nil, err
			}
		}
		if err := s.Err(); err != nil {
			return nil, err
		}
	}
	a.messages = append(a.messages, answer.ToParam())
	for _, block := range answer.Content {
		if t, ok := block.AsAny().(anthropic.ToolUseBlock); ok {
			calls = append(calls, call{t.ID, t.Name, string(t.Input)})
		}
	}
	return calls, nil
}
