package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/vectorstores"
)

// store is a vector store in memory. The library has none; take any of those that it has.
type store struct {
	embeddings.Embedder

	docs    []schema.Document
	vectors [][]float32
}

// AddDocuments embeds the documents and keeps them.
func (s *store) AddDocuments(ctx context.Context, docs []schema.Document, _ ...vectorstores.Option) ([]string, error) {
	texts, ids := make([]string, len(docs)), make([]string, len(docs))
	for i, d := range docs {
		texts[i] = d.PageContent
	}
	vectors, err := s.EmbedDocuments(ctx, texts)
	if err != nil {
		return nil, err
	}
	s.docs, s.vectors = append(s.docs, docs...), append(s.vectors, vectors...)
	return ids, nil
}

// SimilaritySearch finds the n documents that are nearest to the query.
func (s *store) SimilaritySearch(ctx context.Context, query string, n int, _ ...vectorstores.Option) ([]schema.Document, error) {
	q, err := s.EmbedQuery(ctx, query)
	if err != nil {
		return nil, err
	}
	found := slices.Clone(s.docs)
	for i, v := range s.vectors {
		for k := range v {
			found[i].Score += v[k] * q[k]
		}
	}
	slices.SortFunc(found, func(a, b schema.Document) int { return cmp.Compare(b.Score, a.Score) })
	return found[:min(n, len(found))], nil
}
