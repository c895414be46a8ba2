// Streaming records go-openai's streams: each word is passed on when it comes,
// and the generation knows when the first one came and what all of it cost.
//
//	go run ./examples/streaming
//
// It talks to a fake provider in the same process. For a real one, take the
// four lines about it away and give DefaultConfig a key.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

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

	provider := fakellm.New(fakellm.WithReplies(fakellm.Reply{Text: "내일 오후 두 시에 도착합니다."}))
	if err := provider.Start(); err != nil {
		return err
	}
	defer provider.Close()

	config := openai.DefaultConfig("no key is needed")
	config.BaseURL = provider.BaseURL()
	// The one line that records. Without the option, the provider tells no usage of
	// a stream; the chunk that it comes in is kept from the application.
	lsopenai.WrapConfig(&config, lsopenai.WithStreamUsage())
	client := openai.NewClientWithConfig(config)

	stream, err := client.CreateChatCompletionStream(ctx, openai.ChatCompletionRequest{
		Model:    "gpt-4o",
		Messages: []openai.ChatCompletionMessage{{Role: openai.ChatMessageRoleUser, Content: "언제 도착해요?"}},
	})
	if err != nil {
		return err
	}
	defer stream.Close() //nolint:errcheck // closing early is recorded as such
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for _, choice := range chunk.Choices {
			fmt.Print(choice.Delta.Content)
		}
	}
	fmt.Println()
	return recorder.Shutdown(ctx)
}
