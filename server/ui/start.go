//go:build !noui

package ui

const startCode = `package main

import (
	"context"
	"fmt"

	"github.com/langshark/langshark-go"
)

func main() {
	ctx := context.Background()
	client, err := langshark.New(langshark.Config{})
	if err != nil {
		panic(err)
	}
	defer client.Shutdown(ctx)
	langshark.SetDefault(client)

	answer := langshark.Observe("answer", func(ctx context.Context, question string) (string, error) {
		return "Hello, " + question, nil
	})
	fmt.Println(answer(ctx, "world"))
}
`

// snippets are what to paste to send the first trace.
func (h *handler) snippets(q *request) (env, code string) {
	env = "export LANGSHARK_HOST=" + h.PublicURL(q.Request) +
		"\nexport LANGSHARK_PUBLIC_KEY=pk-lf-…" +
		"\nexport LANGSHARK_SECRET_KEY=sk-lf-…"
	return env, startCode
}
