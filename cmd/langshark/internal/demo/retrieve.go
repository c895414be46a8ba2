package demo

import (
	"context"
	"fmt"
	"slices"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
)

const embeddingModel = openai.SmallEmbedding3

// index finds the articles near a question.
type index struct {
	client  *openai.Client
	vectors [][]float32 // of helpCenter
}

// hit is an article that was found.
type hit struct {
	article
	Score float32 `json:"score"`
}

func newIndex(ctx context.Context, client *openai.Client) (*index, error) {
	texts := make([]string, len(helpCenter))
	for i, a := range helpCenter {
		texts[i] = a.Title + "\n" + a.Text
	}
	ctx = llmhttp.ContextWithRecording(ctx, false) // of the program's start, which isn't what is shown
	resp, err := client.CreateEmbeddings(ctx, openai.EmbeddingRequestStrings{Model: embeddingModel, Input: texts})
	if err != nil {
		return nil, fmt.Errorf("embed the help center: %w", err)
	}
	if len(resp.Data) != len(texts) {
		return nil, fmt.Errorf("embed the help center: got %d vectors for %d articles", len(resp.Data), len(texts))
	}
	x := &index{client: client, vectors: make([][]float32, len(texts))}
	for i, e := range resp.Data {
		x.vectors[i] = e.Embedding
	}
	return x, nil
}

// search returns the two articles that fit best.
func (x *index) search(ctx context.Context, question string) (_ []hit, err error) {
	ctx, span := langshark.StartObservation(ctx, langshark.KindRetriever, "search-help-center", langshark.WithInput(question))
	defer span.End()
	ctx, step := enter(ctx, langshark.KindRetriever, "search-help-center")
	defer func() { span.SetError(err); step.failed(err) }()

	vector, err := x.embed(ctx, question)
	if err != nil {
		return nil, err
	}
	hits := make([]hit, len(helpCenter))
	for i, a := range helpCenter {
		hits[i] = hit{a, dot(vector, x.vectors[i])}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		if a.Score > b.Score {
			return -1
		}
		return 1
	})
	hits = hits[:2]
	span.SetOutput(hits)
	return hits, nil
}

// embed names the call, which the wrapped client records.
func (x *index) embed(ctx context.Context, text string) (_ []float32, err error) {
	_, step := enter(ctx, langshark.KindEmbedding, "embed-question")
	defer func() { step.failed(err) }()

	ctx = lsopenai.ContextWithGeneration(ctx, "embed-question")
	resp, err := x.client.CreateEmbeddings(ctx, openai.EmbeddingRequestStrings{Model: embeddingModel, Input: []string{text}})
	if err != nil {
		return nil, err
	}
	if len(resp.Data) != 1 {
		return nil, fmt.Errorf("got %d vectors for one text", len(resp.Data))
	}
	return resp.Data[0].Embedding, nil
}

func dot(a, b []float32) (sum float32) {
	for i := range min(len(a), len(b)) {
		sum += a[i] * b[i]
	}
	return sum
}
