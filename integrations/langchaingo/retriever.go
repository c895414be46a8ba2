package langchaingo

import (
	"context"

	"github.com/tmc/langchaingo/schema"

	langshark "github.com/langshark/langshark-go"
)

// WrapRetriever returns r with each call recorded as a retriever: the query, and
// the documents with id, score, content and metadata.
func WrapRetriever(r schema.Retriever, opts ...Option) schema.Retriever {
	if isNil(r) {
		return r
	}
	if _, ok := r.(*retriever); ok {
		return r
	}
	return &retriever{r, newOptions(opts), typeName(r)}
}

type retriever struct {
	inner   schema.Retriever
	options *options
	name    string
}

// document is how one is recorded. ID is that of its metadata, if there is one.
type document struct {
	ID       any            `json:"id,omitempty"`
	Score    float32        `json:"score"`
	Content  string         `json:"content"`
	Metadata map[string]any `json:"metadata,omitempty"`
}

func documentsOf(docs []schema.Document) []document {
	all := make([]document, len(docs))
	for i, d := range docs {
		all[i] = document{Score: d.Score, Content: d.PageContent, Metadata: d.Metadata}
		for _, key := range []string{"id", "_id", "ID", "doc_id", "document_id", "source"} {
			if id, ok := d.Metadata[key]; ok {
				all[i].ID = id
				break
			}
		}
	}
	return all
}

// GetRelevantDocuments records the call of the wrapped retriever.
func (r *retriever) GetRelevantDocuments(ctx context.Context, query string) ([]schema.Document, error) {
	client := r.options.recorder(ctx)
	if client == nil {
		return r.inner.GetRelevantDocuments(ctx, query)
	}
	below, span := r.options.start(ctx, client, langshark.KindRetriever, r.name)
	r.options.input(span, query)
	return observed(span, func(docs []schema.Document) {
		if docs != nil && !r.options.noOutput {
			span.SetOutput(documentsOf(docs))
		}
	}, func() ([]schema.Document, error) { return r.inner.GetRelevantDocuments(below, query) })
}
