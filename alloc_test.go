package langshark_test

import (
	"context"
	"testing"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/testkit"
)

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

func benchClient(tb testing.TB) *langshark.Client {
	tb.Helper()
	c, err := langshark.New(langshark.Config{Exporter: &sink{export: func(context.Context, []exporter.Record) error { return nil }}, QueueBytes: 1 << 30})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Shutdown(context.Background()) })
	return c
}

func unsampledClient(tb testing.TB) *langshark.Client {
	tb.Helper()
	c, err := langshark.New(langshark.Config{Exporter: &sink{export: func(context.Context, []exporter.Record) error { return nil }}, SampleRate: langshark.SampleRate(0)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Shutdown(context.Background()) })
	return c
}

func TestAllocations(t *testing.T) {
	if raceEnabled {
		testkit.Skip(t, "the race detector allocates")
	}
	c, off := benchClient(t), unsampledClient(t)
	ctx, root := c.StartSpan(t.Context(), "root")
	defer root.End()
	fn := func(context.Context, []message) (message, error) { return chatOutput, nil }
	bare, whole := langshark.Observe("f", fn, langshark.WithoutInput(), langshark.WithoutOutput()), langshark.Observe("f", fn)
	unsampled, _ := off.StartSpan(context.Background(), "root")
	for name, b := range map[string]struct {
		budget float64
		run    func()
	}{
		"span below a trace":        {1, func() { _, s := langshark.StartSpan(ctx, "s"); s.End() }},
		"disabled":                  {0, func() { _, s := langshark.StartSpan(context.Background(), "s"); s.SetInput("x"); s.End() }},
		"below an unsampled root":   {0, func() { _, s := langshark.StartSpan(unsampled, "s"); s.SetInput("x"); s.End() }},
		"chat of five observations": {8, func() { chat(c) }},
		"a wrapped call, captured":  {3, func() { _, _ = whole(ctx, chatInput) }},
		"a wrapped call, bare":      {1, func() { _, _ = bare(ctx, chatInput) }},
		"unsampled root":            {1, func() { _, s := off.StartSpan(context.Background(), "s"); s.End() }},
	} {
		const n = 500
		perRun := testing.AllocsPerRun(20, func() {
			for range n {
				b.run()
			}
			_ = c.Flush(ctx) // so that the worker's part is counted, and the pools are full again
		})
		if got := perRun / n; got > b.budget+0.15 {
			t.Errorf("%s: %v allocations, at most %v are allowed", name, got, b.budget)
		}
	}
}

func BenchmarkSpan(b *testing.B) {
	c := benchClient(b)
	ctx, root := c.StartSpan(b.Context(), "root")
	defer root.End()
	b.ReportAllocs()
	for b.Loop() {
		_, s := langshark.StartSpan(ctx, "span")
		s.End()
	}
}

// BenchmarkTrace is the trace of the README: five observations, a chat of 1.5 KB.
func BenchmarkTrace(b *testing.B) {
	c := benchClient(b)
	b.ReportAllocs()
	for b.Loop() {
		chat(c)
	}
}

var (
	chatInput  = []message{{"system", text(600)}, {"user", text(400)}}
	chatOutput = message{"assistant", text(500)}
)

func chat(c *langshark.Client) {
	ctx, tr := c.StartTrace(context.Background(), "chat")
	ctx2, s := langshark.StartSpan(ctx, "retrieve")
	_, s2 := langshark.StartSpan(ctx2, "embed")
	s2.End()
	s.End()
	_, g := langshark.StartGeneration(ctx, "generate")
	g.SetModel("gpt-4o")
	g.SetInput(chatInput)
	g.SetOutput(chatOutput)
	g.SetUsage(langshark.Usage{InputTokens: 300, OutputTokens: 120})
	g.End()
	_, s3 := langshark.StartSpan(ctx, "parse")
	s3.End()
	tr.End()
}

func BenchmarkDisabled(b *testing.B) {
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_, s := langshark.StartSpan(ctx, "span")
		s.End()
	}
}

func BenchmarkUnsampledRoot(b *testing.B) {
	c := unsampledClient(b)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_, s := c.StartSpan(ctx, "span")
		s.End()
	}
}

func BenchmarkObserve(b *testing.B) {
	c := benchClient(b)
	ctx, root := c.StartSpan(b.Context(), "root")
	defer root.End()
	in := []message{{"system", text(600)}, {"user", text(300)}}
	fn := func(context.Context, []message) (message, error) { return message{"assistant", "fine"}, nil }
	for name, f := range map[string]func(context.Context, []message) (message, error){
		"capture":   langshark.Observe("f", fn),
		"nocapture": langshark.Observe("f", fn, langshark.WithoutInput(), langshark.WithoutOutput()),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = f(ctx, in)
			}
		})
	}
}

func text(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "the quick brown fox jumps over the lazy dog "[i%44]
	}
	return string(b)
}
