// Quickstart records one trace by hand and prints it as a tree.
//
//	go run ./examples/quickstart
//
// With LANGSHARK_PUBLIC_KEY, LANGSHARK_SECRET_KEY and LANGSHARK_HOST set it
// sends the trace to that server instead.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/console"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	var config langshark.Config // the zero Config reads everything from the environment
	if os.Getenv("LANGSHARK_PUBLIC_KEY") == "" {
		config.Exporter = console.New(os.Stdout)
	}
	client, err := langshark.New(config)
	if err != nil {
		return err
	}
	langshark.SetDefault(client)

	fmt.Println(answer(ctx, "Where is my parcel?"))

	// Shutdown sends what is queued. It returns an error if something could not be delivered.
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return client.Shutdown(ctx)
}

func answer(ctx context.Context, question string) string {
	// The first observation of a call makes a trace. The context that comes
	// back is what makes later observations children of this one.
	ctx, trace := langshark.StartTrace(ctx, "support",
		langshark.WithUser("minji"), langshark.WithSession("chat-17"), langshark.WithTags("delivery"))
	defer trace.End()
	trace.SetInput(question)

	status := lookUp(ctx, "A-1042")

	// A generation is a call of a model. See examples/streaming for clients
	// that are recorded without a line of this.
	ctx, generation := langshark.StartGeneration(ctx, "answer", langshark.WithModel("gpt-4o"))
	generation.SetInput([]langshark.Message{{Role: "user", Content: question + " " + status}})
	text := "It arrives tomorrow."
	generation.SetOutput(text)
	generation.SetUsage(langshark.Usage{InputTokens: 412, OutputTokens: 6, CachedInputTokens: 256})
	generation.End()

	// Scores judge what was recorded, now or later.
	if err := langshark.RecordScore(ctx, "thumbs-up", langshark.Boolean(true)); err != nil {
		log.Print(err)
	}
	trace.SetOutput(text)
	return text
}

func lookUp(ctx context.Context, order string) string {
	_, span := langshark.StartObservation(ctx, langshark.KindTool, "order-status", langshark.WithInput(order))
	defer span.End()
	span.SetOutput("in transit")
	return "in transit"
}
