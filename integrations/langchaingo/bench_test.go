package langchaingo_test

import (
	"context"
	"testing"

	"github.com/tmc/langchaingo/llms"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
)

// streaming is a model that brings its answer in chunks.
type streaming int

func (s streaming) GenerateContent(ctx context.Context, _ []llms.MessageContent, opts ...llms.CallOption) (*llms.ContentResponse, error) {
	var o llms.CallOptions
	for _, opt := range opts {
		opt(&o)
	}
	chunk := []byte("token ")
	for range s {
		if err := o.StreamingFunc(ctx, chunk); err != nil {
			return nil, err
		}
	}
	return &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: "done"}}}, nil
}

func (streaming) Call(context.Context, string, ...llms.CallOption) (string, error) { return "", nil }

func benchContext(b *testing.B) context.Context {
	b.Helper()
	client, err := langshark.New(langshark.Config{Exporter: counting(func(*exporter.Observation) {})})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Shutdown(context.Background()) })
	return langshark.ContextWithClient(b.Context(), client)
}

// BenchmarkModel is a call whose model costs nothing.
func BenchmarkModel(b *testing.B) {
	ctx := benchContext(b)
	m := lslangchaingo.WrapModel(answering{response: &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: "a", GenerationInfo: map[string]any{"PromptTokens": 9, "CompletionTokens": 3}}}}})
	messages := question("Where is my parcel?")
	b.ReportAllocs()
	for b.Loop() {
		_, _ = m.GenerateContent(ctx, messages, llms.WithTemperature(0.2))
	}
}

// BenchmarkChunk is one chunk of a long stream.
func BenchmarkChunk(b *testing.B) {
	ctx := benchContext(b)
	stream := llms.WithStreamingFunc(func(context.Context, []byte) error { return nil })
	b.ReportAllocs()
	for n := b.N; n > 0; n -= 10_000 {
		_, _ = lslangchaingo.WrapModel(streaming(min(n, 10_000))).GenerateContent(ctx, nil, stream)
	}
}

// BenchmarkHandler is a start and an end.
func BenchmarkHandler(b *testing.B) {
	ctx := benchContext(b)
	h := lslangchaingo.NewHandler()
	messages := question("Where is my parcel?")
	resp := &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: "a"}}}
	b.ReportAllocs()
	for b.Loop() {
		h.HandleLLMGenerateContentStart(ctx, messages)
		h.HandleLLMGenerateContentEnd(ctx, resp)
	}
}
