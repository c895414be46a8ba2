package sdktest

import (
	"context"
	"errors"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/azure"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

func openAIClient(p place) openai.Client {
	return openai.NewClient(option.WithAPIKey("sk-test"), option.WithBaseURL(p.url+"/v1"), option.WithHTTPClient(p.http), option.WithMaxRetries(p.repeats))
}

func azureClient(p place) openai.Client {
	return openai.NewClient(azure.WithEndpoint(p.url, "2024-10-21"), azure.WithAPIKey("test"), option.WithHTTPClient(p.http), option.WithMaxRetries(p.repeats))
}

const (
	openAIHost = "http://api.openai.com"
	azureHost  = "https://shop.openai.azure.com" // by TLS alone: the SDK insists on it
)

func openAIWays() []way {
	chat := func(client func(place) openai.Client, stream bool) func(place) talk {
		return func(p place) talk {
			return &openAIChat{client: client(p), question: p.question, model: "gpt-4o", stream: stream, usage: true}
		}
	}
	answer := func(client func(place) openai.Client, stream bool) func(place) talk {
		return func(p place) talk { return &openAIResponses{client: client(p), question: p.question, stream: stream} }
	}
	return []way{
		{name: "openai-chat", host: openAIHost, repeats: true, start: chat(openAIClient, false)},
		{name: "openai-chat-stream", host: openAIHost, repeats: true, streams: true, start: chat(openAIClient, true)},
		{name: "openai-responses", host: openAIHost, repeats: true, start: answer(openAIClient, false)},
		{name: "openai-responses-stream", host: openAIHost, repeats: true, streams: true, start: answer(openAIClient, true)},
		{name: "azure-chat", host: azureHost, repeats: true, start: chat(azureClient, false)},
		{name: "azure-chat-stream", host: azureHost, repeats: true, streams: true, start: chat(azureClient, true)},
	}
}

// dialectWays are the hosts that have OpenAI's API with changes.
func dialectWays() (all []way) {
	for _, d := range []struct {
		dialect     fakellm.Dialect
		host, model string
	}{
		{fakellm.DeepSeek, "api.deepseek.com", "deepseek-reasoner"},
		{fakellm.OpenRouter, "openrouter.ai", "anthropic/claude-sonnet-4.5"},
		{fakellm.Groq, "api.groq.com", "qwen/qwen3-32b"},
		{fakellm.Mistral, "api.mistral.ai", "magistral-medium-latest"},
		{fakellm.XAI, "api.x.ai", "grok-4"},
		{fakellm.VLLM, "vllm.local:8000", "Qwen/Qwen3-8B"},
		{fakellm.Upstage, "api.upstage.ai", "solar-pro2"},
	} {
		for _, stream := range []bool{false, true} {
			name := string(d.dialect)
			if stream {
				name += "-stream"
			}
			all = append(all, way{name: name, host: "http://" + d.host, streams: stream, dialect: d.dialect, repeats: true, start: func(p place) talk {
				return &openAIChat{client: openAIClient(p), question: p.question, model: d.model, stream: stream, usage: d.dialect != fakellm.Mistral}
			}})
		}
	}
	return all
}

// openAIChat asks by chat completions.
type openAIChat struct {
	client        openai.Client
	question      string
	model         string
	stream, usage bool
	messages      []openai.ChatCompletionMessageParamUnion
}

func (a *openAIChat) tell(calls []call, results []string) {
	for i, c := range calls {
		a.messages = append(a.messages, openai.ToolMessage(results[i], c.id))
	}
}

func (a *openAIChat) params() openai.ChatCompletionNewParams {
	if a.messages == nil {
		a.messages = []openai.ChatCompletionMessageParamUnion{openai.SystemMessage("Be kind."), openai.UserMessage(a.question)}
	}
	params := openai.ChatCompletionNewParams{
		Model: a.model, Messages: a.messages, Temperature: openai.Float(0.2), MaxCompletionTokens: openai.Int(500),
		Tools: []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
			Name: "order_status", Parameters: shared.FunctionParameters{"type": "object", "properties": map[string]any{"id": map[string]any{"type": "string"}}},
		})},
	}
	if a.stream && a.usage {
		params.StreamOptions.IncludeUsage = openai.Bool(true)
	}
	return params
}

func (a *openAIChat) ask(ctx context.Context) (calls []call, _ error) {
	var answer openai.ChatCompletion
	if !a.stream {
		got, err := a.client.Chat.Completions.New(ctx, a.params())
		if err != nil {
			return nil, err
		}
		answer = *got
	} else {
		s := a.client.Chat.Completions.NewStreaming(ctx, a.params())
		defer s.Close()
		var acc openai.ChatCompletionAccumulator
		for s.Next() {
			acc.AddChunk(s.Current())
		}
		if err := s.Err(); err != nil {
			return nil, err
		}
		answer = acc.ChatCompletion
	}
	if len(answer.Choices) == 0 {
		return nil, errors.New("no choices")
	}
	message := answer.Choices[0].Message
	a.messages = append(a.messages, message.ToParam())
	for _, t := range message.ToolCalls {
		calls = append(calls, call{t.ID, t.Function.Name, t.Function.Arguments})
	}
	return calls, nil
}

// openAIResponses asks by the Responses API.
type openAIResponses struct {
	client   openai.Client
	question string
	stream   bool
	input    responses.ResponseInputParam
}

func (a *openAIResponses) tell(calls []call, results []string) {
	for i, c := range calls {
		item := responses.ResponseInputItemParamOfFunctionCallOutput(results[i])
		item.OfFunctionCallOutput.CallID = openai.String(c.id)
		a.input = append(a.input, item)
	}
}

func (a *openAIResponses) params() responses.ResponseNewParams {
	if a.input == nil {
		a.input = responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage(a.question, responses.EasyInputMessageRoleUser)}
	}
	return responses.ResponseNewParams{
		Model: "gpt-5", Instructions: openai.String("Be kind."), MaxOutputTokens: openai.Int(500),
		Input:     responses.ResponseNewParamsInputUnion{OfInputItemList: a.input},
		Reasoning: shared.ReasoningParam{Effort: shared.ReasoningEffortLow},
		Tools:     []responses.ToolUnionParam{responses.ToolParamOfFunction("order_status", map[string]any{"type": "object"}, true)},
	}
}

func (a *openAIResponses) ask(ctx context.Context) (calls []call, _ error) {
	var answer responses.Response
	if !a.stream {
		got, err := a.client.Responses.New(ctx, a.params())
		if err != nil {
			return nil, err
		}
		answer = *got
	} else {
		s := a.client.Responses.NewStreaming(ctx, a.params())
		defer s.Close()
		for s.Next() {
			if e := s.Current(); e.Type == "response.completed" || e.Type == "response.incomplete" {
				answer = e.Response
			}
		}
		if err := s.Err(); err != nil {
			return nil, err
		}
	}
	for _, item := range answer.Output {
		if item.Type == "function_call" {
			f := item.AsFunctionCall()
			a.input = append(a.input, responses.ResponseInputItemParamOfFunctionCall(f.Arguments, f.CallID, f.Name))
			calls = append(calls, call{f.CallID, f.Name, f.Arguments})
		}
	}
	return calls, nil
}
