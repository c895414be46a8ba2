package langshark_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/memory"
)

// printing is an exporter that prints what matters, so that examples have an output.
type printing struct{}

func (printing) Export(_ context.Context, records []exporter.Record) error {
	for _, r := range records {
		switch {
		case r.Observation != nil:
			fmt.Printf("%s %q: %s -> %s\n", r.Observation.Kind, r.Observation.Name, r.Observation.Input.AppendJSON(nil), r.Observation.Output.AppendJSON(nil))
		case r.Trace != nil:
			fmt.Printf("trace %q of user %q, tags %v\n", r.Trace.Attributes.TraceName, r.Trace.Attributes.UserID, r.Trace.Attributes.Tags)
		case r.Score != nil:
			fmt.Printf("score %q = %v\n", r.Score.Name, r.Score.Number)
		}
	}
	return nil
}

func (printing) Shutdown(context.Context) error { return nil }

func exampleClient() (context.Context, *langshark.Client) {
	client, err := langshark.New(langshark.Config{Exporter: printing{}})
	if err != nil {
		log.Fatal(err)
	}
	return langshark.ContextWithClient(context.Background(), client), client
}

func ExampleStartTrace() {
	ctx, client := exampleClient()

	ctx, trace := langshark.StartTrace(ctx, "support", langshark.WithUser("minji"), langshark.WithTags("refund"))
	trace.SetInput("환불해 주세요")

	_, generation := langshark.StartGeneration(ctx, "chat", langshark.WithModel("gpt-4o"))
	generation.SetOutput("네, 도와드릴게요.")
	generation.SetUsage(langshark.Usage{InputTokens: 40, OutputTokens: 9})
	generation.End()

	trace.SetOutput("네, 도와드릴게요.")
	trace.End()
	_ = client.Shutdown(ctx)
	// Output:
	// generation "chat": null -> "네, 도와드릴게요."
	// span "support": "환불해 주세요" -> "네, 도와드릴게요."
	// trace "support" of user "minji", tags [refund]
}

func ExampleObserve() {
	ctx, client := exampleClient()

	search := langshark.Observe("search", func(_ context.Context, query string) ([]string, error) {
		return []string{"refunds.md", "delivery.md"}, nil
	}, langshark.WithKind(langshark.KindRetriever))

	documents, err := search(ctx, "refund")
	fmt.Println(documents, err)
	_ = client.Shutdown(ctx)
	// Output:
	// [refunds.md delivery.md] <nil>
	// retriever "search": "refund" -> ["refunds.md","delivery.md"]
	// trace "search" of user "", tags []
}

func ExampleWithTraceAttributes() {
	ctx, client := exampleClient()

	// Whatever starts below belongs to this user, however deep.
	ctx = langshark.WithTraceAttributes(ctx, langshark.WithUser("minji"))
	_, _ = langshark.Do(ctx, "job", func(context.Context) (int, error) { return 42, nil })
	_ = client.Shutdown(ctx)
	// Output:
	// span "job": null -> 42
	// trace "job" of user "minji", tags []
}

func ExampleRecordScore() {
	ctx, client := exampleClient()

	ctx, span := langshark.StartSpan(ctx, "answer")
	span.End()
	if err := langshark.RecordScore(ctx, "helpful", langshark.Boolean(true), langshark.WithComment("thumbs up")); err != nil {
		fmt.Println(err)
	}
	fmt.Println(langshark.RecordScore(context.Background(), "helpful", langshark.Numeric(1)) != nil)
	_ = client.Shutdown(ctx)
	// Output:
	// false
	// span "answer": null -> null
	// trace "answer" of user "", tags []
	// score "helpful" = 1
}

func ExampleConfig_mask() {
	mem := memory.New()
	client, err := langshark.New(langshark.Config{
		Exporter: mem,
		Mask: langshark.MaskFunc(func(t langshark.MaskText) (string, error) {
			if t.Key == "phone" {
				return "***", nil
			}
			return t.Text, nil
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	_, span := client.StartSpan(context.Background(), "order")
	span.SetInput(map[string]string{"item": "shoes", "phone": "010-1234-5678"})
	span.End()
	_ = client.Shutdown(context.Background())
	fmt.Fprintf(os.Stdout, "%s\n", mem.Observations()[0].Input.AppendJSON(nil))
	// Output: {"item":"shoes","phone":"***"}
}
