// Chat is a conversation with go-openai of three turns: each is a trace of the
// same session and user. The second meets a rate limit, and is asked again.
// The provider is a fake one in the same process.
//
//	go run ./examples/chat
package main

import (
	"context"
	"errors"
	"fmt"
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
	provider := fakellm.New(fakellm.WithReplies(
		fakellm.Reply{Text: "안녕하세요, 민지 님. 주문 번호를 알려 주세요."},
		fakellm.Reply{Err: fakellm.RateLimited(0)},
		fakellm.Reply{Text: "A-1042는 내일 오후 두 시에 도착합니다."},
		fakellm.Reply{Text: "네, 문 앞에 두겠습니다."},
	))
	if err := provider.Start(); err != nil {
		return err
	}
	defer provider.Close()
	config := openai.DefaultConfig("no key is needed")
	config.BaseURL = provider.BaseURL()
	lsopenai.WrapConfig(&config) // the one line that records
	client := openai.NewClientWithConfig(config)

	history := []openai.ChatCompletionMessage{{Role: openai.ChatMessageRoleSystem, Content: "You are the help desk of a shop."}}
	for _, text := range []string{"안녕하세요, 민지예요.", "A-1042요. 언제 와요?", "문 앞에 놓아 주세요."} {
		history = append(history, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleUser, Content: text})
		turn, trace := langshark.StartTrace(ctx, "turn", langshark.WithSession("chat-17"), langshark.WithUser("minji"), langshark.WithInput(text))
		answer, err := ask(turn, client, history)
		if err != nil {
			return err
		}
		trace.SetOutput(answer.Content)
		trace.End()
		fmt.Printf("> %s\n%s\n", text, answer.Content)
		history = append(history, answer)
	}
	return recorder.Shutdown(ctx)
}

// ask repeats what the provider was too busy for; the attempts are one generation.
func ask(ctx context.Context, client *openai.Client, history []openai.ChatCompletionMessage) (openai.ChatCompletionMessage, error) {
	ctx, end := lsopenai.WithCall(ctx)
	defer end()
	for {
		resp, err := client.CreateChatCompletion(ctx, openai.ChatCompletionRequest{Model: "gpt-4o", Messages: history})
		if err == nil {
			return resp.Choices[0].Message, nil
		}
		if busy := (*openai.APIError)(nil); !errors.As(err, &busy) || busy.HTTPStatusCode != 429 {
			return openai.ChatCompletionMessage{}, err
		} // a real application waits, and gives up at some time
	}
}
