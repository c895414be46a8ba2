package openai_test

import (
	"context"
	"fmt"
	"os"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/memory"
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

func ExampleWrapConfig() {
	provider := fakellm.New(fakellm.WithReplies(fakellm.Reply{Text: "Tomorrow."}))
	if err := provider.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer provider.Close()
	records := memory.New()
	recorder, err := langshark.New(langshark.Config{Exporter: records})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	ctx := langshark.ContextWithClient(context.Background(), recorder)

	config := openai.DefaultConfig("a key")
	config.BaseURL = provider.BaseURL()
	lsopenai.WrapConfig(&config)
	client := openai.NewClientWithConfig(config)

	_, err = client.CreateChatCompletion(ctx, openai.ChatCompletionRequest{
		Model:    "gpt-4o-mini",
		Messages: []openai.ChatCompletionMessage{{Role: "user", Content: "When does it arrive?"}},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	if err := recorder.Shutdown(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	generation := records.Observations()[0]
	fmt.Println(generation.Name, "answered by", generation.Generation.Model)
	// Output: chat gpt-4o-mini answered by gpt-4o-mini-2024-07-18
}
