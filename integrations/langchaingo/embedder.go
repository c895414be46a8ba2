package langchaingo

import (
	"context"

	"github.com/tmc/langchaingo/embeddings"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
)

// WrapEmbedder returns e with each call recorded as an embedding: the texts, how
// many vectors came and of what length, not the vectors unless [WithVectors] is
// given.
func WrapEmbedder(e embeddings.Embedder, opts ...Option) embeddings.Embedder {
	if isNil(e) {
		return e
	}
	if _, ok := e.(*embedder); ok {
		return e
	}
	w := &embedder{e, newOptions(opts)}
	if w.options.model == "" {
		w.options.model = fieldOf(e, "EmbeddingModel", "embeddingModel", "DefaultEmbeddingModel")
	}
	return w
}

type embedder struct {
	inner   embeddings.Embedder
	options *options
}

// vectors is the recorded output.
type vectors struct {
	Count      int `json:"count"`
	Dimensions int `json:"dimensions"`
}

// EmbedDocuments records the call of the wrapped embedder.
func (e *embedder) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	ctx, g := e.begin(ctx, texts)
	if g == nil {
		return e.inner.EmbedDocuments(ctx, texts)
	}
	return observed(handle(embeddingCall{g, ctx}), func(v [][]float32) {
		if len(v) > 0 {
			e.came(g, vectors{len(v), len(v[0])}, v)
		}
	}, func() ([][]float32, error) { return e.inner.EmbedDocuments(ctx, texts) })
}

// EmbedQuery records the call of the wrapped embedder.
func (e *embedder) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	ctx, g := e.begin(ctx, text)
	if g == nil {
		return e.inner.EmbedQuery(ctx, text)
	}
	return observed(handle(embeddingCall{g, ctx}), func(v []float32) {
		if len(v) > 0 {
			e.came(g, vectors{1, len(v)}, v)
		}
	}, func() ([]float32, error) { return e.inner.EmbedQuery(ctx, text) })
}

// came records the vectors.
func (e *embedder) came(g *langshark.Generation, counts vectors, all any) {
	g.SetMetadata("langshark.embeddings.count", counts.Count)
	g.SetMetadata("gen_ai.embeddings.dimension.count", counts.Dimensions)
	if e.options.vectors {
		e.options.output(g, all)
	} else {
		e.options.output(g, counts)
	}
}

func (e *embedder) begin(ctx context.Context, in any) (context.Context, *langshark.Generation) {
	client := e.options.recorder(ctx)
	if client == nil {
		return ctx, nil
	}
	name := "embeddings"
	if e.options.model != "" {
		name += " " + e.options.model
	}
	below, g := client.StartEmbedding(ctx, e.options.named(name), langshark.WithCapture(e.options.capture))
	if g == nil {
		return below, nil
	}
	g.SetMetadata("gen_ai.operation.name", "embeddings")
	if e.options.model != "" {
		g.SetModel(e.options.model)
	}
	e.options.input(g, in)
	return covered(llmhttp.ContextWithRecording(below, false), langshark.KindEmbedding), g
}

// embeddingCall is the handle of a call's observation.
type embeddingCall struct {
	*langshark.Generation

	ctx context.Context //nolint:containedctx // that may cancel the call
}

// SetError takes the end of the application's context for no failure of the model.
func (c embeddingCall) SetError(err error) {
	c.Generation.SetError(err)
	if isCancelled(c.ctx, err) {
		c.SetLevel(langshark.LevelWarning)
	}
}
