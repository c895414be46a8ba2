package langshark

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/exporter/memory"
)

// onePrompt is a source of one text, whatever is asked for.
type onePrompt struct{ text string }

func (o onePrompt) FetchPrompt(_ context.Context, r PromptRequest) (PromptResponse, error) {
	b, err := json.Marshal(map[string]any{"name": r.Name, "version": max(r.Version, 1), "prompt": o.text})
	return PromptResponse{Body: b}, err
}

func promptClient(tb testing.TB) *Client {
	tb.Helper()
	c, err := New(Config{Exporter: memory.New(), Prompts: onePrompt{"Hello {{name}}"}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Shutdown(context.Background()) })
	return c
}

func BenchmarkPrompt(b *testing.B) {
	c := promptClient(b)
	ctx := b.Context()
	label := strings.Repeat("staging", 1)
	for name, get := range map[string]func(){
		"production": func() { _, _ = c.Prompt(ctx, "support/answer") },
		"label":      func() { _, _ = c.Prompt(ctx, "support/answer", AtLabel(label)) },
		"version":    func() { _, _ = c.Prompt(ctx, "support/answer", AtVersion(3)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				get()
			}
		})
	}
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_, _ = c.Prompt(ctx, "support/answer")
			}
		})
	})
	b.Run("handle", func(b *testing.B) {
		h, err := c.WatchPrompt(ctx, "support/answer")
		if err != nil {
			b.Fatal(err)
		}
		defer h.Close()
		b.ReportAllocs()
		for b.Loop() {
			if h.Prompt() == nil {
				b.Fatal("nil")
			}
		}
	})
}

// compileCase is a text of 2 KB with five variables.
func compileCase(tb testing.TB) (*Prompt, Vars) {
	tb.Helper()
	part := strings.Repeat("You answer politely, and only from what you were given. ", 6)[:330]
	p := textPrompt(tb, part+"{{user}}"+part+"{{question}}"+part+"{{context}}"+part+"{{language}}"+part+"{{tone}}"+part)
	return p, Vars{"user": "Ann", "question": strings.Repeat("q", 40), "context": strings.Repeat("c", 60), "language": "Korean", "tone": "kind"}
}

// BenchmarkCompile has copying as much as its ratio.
func BenchmarkCompile(b *testing.B) {
	p, vars := compileCase(b)
	want, err := p.Compile(vars)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("compile", func(b *testing.B) {
		b.SetBytes(int64(len(want)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Compile(vars); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("memcpy", func(b *testing.B) {
		b.SetBytes(int64(len(want)))
		b.ReportAllocs()
		for b.Loop() {
			_ = strings.Clone(want)
		}
	})
}

func TestPromptAllocations(t *testing.T) {
	c := promptClient(t)
	ctx, label := t.Context(), strings.Repeat("staging", 1)
	h, err := c.WatchPrompt(ctx, "support/answer")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	p, vars := compileCase(t)
	for name, b := range map[string]struct {
		want float64
		run  func()
	}{
		"production": {0, func() { _, _ = c.Prompt(ctx, "support/answer") }},
		"label":      {0, func() { _, _ = c.Prompt(ctx, "support/answer", AtLabel(label)) }},
		"version":    {0, func() { _, _ = c.Prompt(ctx, "support/answer", AtVersion(300)) }},
		"fallback":   {0, func() { _, _ = c.Prompt(ctx, "support/answer", WithFallback(label)) }},
		"handle":     {0, func() { _ = h.Prompt() }},
		"compile":    {1, func() { _, _ = p.Compile(vars) }},
	} {
		if got := testing.AllocsPerRun(100, b.run); got != b.want {
			t.Errorf("%s: %v allocations, not %v", name, got, b.want)
		}
	}
}
