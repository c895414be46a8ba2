// Tools is function calling with go-openai: the model asks for three calls at
// once, they run at the same time, and each is recorded with the generation that
// asked for it.
//
//	go run ./examples/tools
//
// It talks to a fake provider in the same process.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sync"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/console"
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	recorder, err := langshark.New(langshark.Config{Exporter: console.New(os.Stdout)})
	if err != nil {
		return err
	}
	langshark.SetDefault(recorder)
	provider := fakellm.New(fakellm.WithReplies(fakellm.Reply{ToolCalls: []fakellm.ToolCall{
		{Name: "weather", Arguments: `{"city":"서울"}`}, {Name: "weather", Arguments: `{"city":"부산"}`}, {Name: "weather", Arguments: `{"city":"달"}`},
	}}, fakellm.Reply{Text: "서울은 맑고 부산에는 비가 옵니다."}))
	if err := provider.Start(); err != nil {
		return err
	}
	defer provider.Close()
	config := openai.DefaultConfig("no key is needed")
	config.BaseURL = provider.BaseURL()
	lsopenai.WrapConfig(&config)
	client := openai.NewClientWithConfig(config)

	ctx, trace := langshark.StartTrace(ctx, "forecast")
	request := openai.ChatCompletionRequest{Model: "gpt-4o", Messages: []openai.ChatCompletionMessage{{Role: "user", Content: "서울, 부산, 달의 날씨는?"}}}
	request.Tools = []openai.Tool{{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{Name: "weather"}}}
	for {
		resp, err := client.CreateChatCompletion(ctx, request)
		if err != nil {
			return err
		}
		answer := resp.Choices[0].Message
		if len(answer.ToolCalls) == 0 {
			fmt.Println(answer.Content)
			trace.End()
			return recorder.Shutdown(ctx)
		}
		results := make([]openai.ChatCompletionMessage, len(answer.ToolCalls))
		var wg sync.WaitGroup
		for i, call := range answer.ToolCalls {
			wg.Go(func() { results[i] = weather(ctx, call) })
		}
		wg.Wait()
		request.Messages = append(append(request.Messages, answer), results...)
	}
}
