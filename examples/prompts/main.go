// Prompts is an application whose prompt is managed in the hub, and changed and rolled back while it runs.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/console"
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
	"github.com/langshark/langshark-go/server"
)

// answer is what an application needs: the prompt in production, its messages and config as a request, the call.
func answer(ctx context.Context, client *openai.Client, question string) (string, error) {
	prompt, err := langshark.GetPrompt(ctx, "support/answer", langshark.WithFallback("Answer briefly: {{question}}"))
	if err != nil {
		return "", err
	}
	ctx, request, err := lsopenai.ChatRequest(ctx, prompt, langshark.Vars{"question": question})
	if err != nil {
		return "", err
	}
	response, err := client.CreateChatCompletion(ctx, request)
	if err != nil {
		return "", err
	}
	return response.Choices[0].Message.Content, nil
}

func main() {
	ctx := context.Background()
	srv := must(server.New(server.Config{})) // elsewhere: langshark serve
	defer srv.Shutdown(ctx)                  //nolint:errcheck // it keeps nothing
	recorder := must(langshark.New(langshark.Config{Exporter: console.New(os.Stdout), Prompts: srv.Prompts("")}))
	defer recorder.Shutdown(ctx) //nolint:errcheck // it prints
	langshark.SetDefault(recorder)
	provider := fakellm.New(fakellm.WithResponder(func(_ context.Context, r *fakellm.Request) fakellm.Reply {
		return fakellm.Reply{Text: "Tomorrow. (" + r.LastUser() + ")"}
	}))
	defer provider.Close()
	config := openai.DefaultConfig("no key is needed")
	must(0, provider.Start())
	config.BaseURL = provider.BaseURL()
	lsopenai.WrapConfig(&config)
	client := openai.NewClientWithConfig(config)
	key := must(srv.AddKey(ctx, ""))
	for _, change := range []struct{ reads, path, body string }{ // what people do in the dashboard
		{"Be brief.", "v2/prompts", `{"name":"support/answer","labels":["production"],"prompt":"Be brief. {{question}}","config":{"model":"gpt-4o-mini"}}`},
		{"Be kind.", "v2/prompts", `{"name":"support/answer","labels":["production"],"prompt":"Be kind. {{question}}","config":{"model":"gpt-4o"}}`},
		{"Be brief.", "prompt-rollback", `{"name":"support/answer"}`},
	} {
		request := must(http.NewRequestWithContext(ctx, http.MethodPost, "/api/public/"+change.path, strings.NewReader(change.body)))
		request.SetBasicAuth(key.PublicKey, key.SecretKey)
		request.Header.Set("Content-Type", "application/json")
		srv.Handler().ServeHTTP(httptest.NewRecorder(), request)
		for !strings.HasPrefix(must(langshark.GetPrompt(ctx, "support/answer")).Text(), change.reads) { // within a second it does
			<-time.After(time.Millisecond)
		}
		fmt.Println(must(answer(ctx, client, "When does it arrive?")))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
