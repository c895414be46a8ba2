// Rag-langchaingo answers from documents with tmc/langchaingo: an embedder, a
// vector store in memory and the library's retrieval chain, all of them wrapped,
// so that the trace has the question, the documents that were found with their
// scores, and what the model made of them.
//
//	go run ./examples/rag-langchaingo
//
// It talks to a fake provider in the same process.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/llms/openai"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/vectorstores"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/console"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	recorder, err := langshark.New(langshark.Config{Exporter: console.New(os.Stdout)})
	if err != nil {
		return err
	}
	langshark.SetDefault(recorder)
	provider := fakellm.New(fakellm.WithReplies(fakellm.Reply{Text: "Yes, refunds are possible within 14 days."}))
	if err := provider.Start(); err != nil {
		return err
	}
	defer provider.Close()
	llm, err := openai.New(openai.WithToken("no key is needed"), openai.WithBaseURL(provider.BaseURL()),
		openai.WithModel("gpt-4o"), openai.WithEmbeddingModel("text-embedding-3-small"))
	if err != nil {
		return err
	}
	embedder, err := embeddings.NewEmbedder(llm)
	if err != nil {
		return err
	}

	shop := &store{Embedder: lslangchaingo.WrapEmbedder(embedder)}
	if _, err := shop.AddDocuments(ctx, []schema.Document{
		{PageContent: "Refunds are possible within 14 days.", Metadata: map[string]any{"id": "refunds"}},
		{PageContent: "Parcels are shipped from 부산.", Metadata: map[string]any{"id": "shipping"}},
		{PageContent: "The help desk opens at nine.", Metadata: map[string]any{"id": "hours"}},
	}); err != nil {
		return err
	}
	retriever := lslangchaingo.WrapRetriever(vectorstores.ToRetriever(shop, 2))
	qa := lslangchaingo.WrapChain(chains.NewRetrievalQAFromLLM(lslangchaingo.WrapModel(llm), retriever))
	answer, err := chains.Run(ctx, qa, "Are refunds possible?")
	if err != nil {
		return err
	}
	fmt.Println(answer)
	return recorder.Shutdown(ctx)
}
