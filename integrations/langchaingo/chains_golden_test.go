package langchaingo_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/tmc/langchaingo/agents"
	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/memory"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/tools"
	"github.com/tmc/langchaingo/tools/sqldatabase"
	"github.com/tmc/langchaingo/vectorstores"

	langshark "github.com/langshark/langshark-go"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// store is the library's kind of vector store, in memory: its embedder makes the vectors, its retriever asks it.
type store struct {
	embedder embeddings.Embedder
	mu       sync.Mutex
	docs     []schema.Document
	vectors  [][]float32
}

func (s *store) AddDocuments(ctx context.Context, docs []schema.Document, _ ...vectorstores.Option) ([]string, error) {
	texts := make([]string, len(docs))
	for i, d := range docs {
		texts[i] = d.PageContent
	}
	vectors, err := s.embedder.EmbedDocuments(ctx, texts)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.docs, s.vectors = append(s.docs, docs...), append(s.vectors, vectors...)
	return make([]string, len(docs)), nil
}

func (s *store) SimilaritySearch(ctx context.Context, query string, n int, _ ...vectorstores.Option) ([]schema.Document, error) {
	q, err := s.embedder.EmbedQuery(ctx, query)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := slices.Clone(s.docs)
	for i, v := range s.vectors {
		found[i].Score = 0
		for k := range v {
			found[i].Score += v[k] * q[k]
		}
	}
	slices.SortStableFunc(found, func(a, b schema.Document) int {
		if a.Score > b.Score {
			return -1
		}
		return 1
	})
	return found[:min(n, len(found))], nil
}

// parts are what the application has, wrapped or with a handler.
type parts struct {
	model    llms.Model
	embedder embeddings.Embedder
	handler  callbacks.Handler // nil if all is wrapped
}

func (p *parts) chain(c chains.Chain) chains.Chain {
	switch c := c.(type) {
	case *chains.LLMChain:
		if p.handler != nil {
			c.CallbacksHandler = p.handler
			return c
		}
	}
	if p.handler != nil {
		return c
	}
	return lslangchaingo.WrapChain(c)
}

func (p *parts) retriever(s vectorstores.VectorStore) schema.Retriever {
	r := vectorstores.ToRetriever(s, 2)
	if p.handler != nil {
		r.CallbacksHandler = p.handler
		return r
	}
	return lslangchaingo.WrapRetriever(r)
}

func (p *parts) memory(m schema.Memory) schema.Memory {
	if p.handler != nil {
		return m
	}
	return lslangchaingo.WrapMemory(m)
}

func (p *parts) agent(a agents.Agent) chains.Chain {
	x := agents.NewExecutor(a)
	if p.handler != nil {
		x.CallbacksHandler = p.handler
		return x
	}
	return lslangchaingo.WrapExecutor(x)
}

// applications are what people build with the library.
var applications = map[string]struct {
	replies []fakellm.Reply
	run     func(ctx context.Context, p *parts) (string, error)
}{
	"llm-chain": {says("Oslo."), func(ctx context.Context, p *parts) (string, error) {
		return chains.Run(ctx, p.chain(llmChain(p.model, "Capital of {{.country}}?", "text", "country")), "Norway", chains.WithTemperature(0.3))
	}},
	"sequential-chain": {says("A whale.", "Swim!"), func(ctx context.Context, p *parts) (string, error) {
		first, second := llmChain(p.model, "Animal of {{.place}}?", "animal", "place"), llmChain(p.model, "Slogan of {{.animal}}?", "slogan", "animal")
		sequence, err := chains.NewSequentialChain([]chains.Chain{p.chain(first), p.chain(second)}, []string{"place"}, []string{"slogan"})
		if err != nil {
			return "", err
		}
		return chains.Run(ctx, p.chain(sequence), "the sea")
	}},
	"map-reduce": {says("One is one.", "One is one.", "One is one.", "All is one."), func(ctx context.Context, p *parts) (string, error) {
		out, err := chains.Call(ctx, p.chain(chains.LoadMapReduceQA(p.model)), map[string]any{
			"question": "Why?", "input_documents": []schema.Document{{PageContent: "one"}, {PageContent: "two"}, {PageContent: "three"}},
		})
		return fmt.Sprint(out["text"]), err
	}},
	"retrieval-qa": {says("Within 14 days."), func(ctx context.Context, p *parts) (string, error) {
		s := &store{embedder: p.embedder}
		if _, err := s.AddDocuments(ctx, []schema.Document{
			{PageContent: "Refunds are possible within 14 days.", Metadata: map[string]any{"id": "refunds", "page": 3}},
			{PageContent: "We ship by sea.", Metadata: map[string]any{"source": "shipping.md"}},
			{PageContent: "The shop is in 부산."},
		}); err != nil {
			return "", err
		}
		return chains.Run(ctx, p.chain(chains.NewRetrievalQAFromLLM(p.model, p.retriever(s))), "Are refunds possible?")
	}},
	"conversation": {says("Hello Ada.", "Ada."), func(ctx context.Context, p *parts) (out string, err error) {
		c := chains.NewConversation(p.model, p.memory(memory.NewConversationBuffer()))
		for _, text := range []string{"I am Ada.", "Who am I?"} {
			if out, err = chains.Run(ctx, p.chain(&c), text); err != nil {
				return "", err
			}
		}
		return out, nil
	}},
	"conversational-retrieval-qa": {says("Within 14 days.", "Are refunds possible in July?", "Yes."), func(ctx context.Context, p *parts) (out string, err error) {
		s := &store{embedder: p.embedder}
		if _, err := s.AddDocuments(ctx, []schema.Document{{PageContent: "Refunds are possible within 14 days."}}); err != nil {
			return "", err
		}
		history := memory.NewConversationBuffer(memory.WithReturnMessages(true), memory.WithOutputKey("text"), memory.WithInputKey("question"), memory.WithMemoryKey("chat_history"))
		c := p.chain(chains.NewConversationalRetrievalQAFromLLM(p.model, p.retriever(s), p.memory(history)))
		for _, text := range []string{"Are refunds possible?", "And in July?"} {
			if out, err = chains.Run(ctx, c, text); err != nil {
				return "", err
			}
		}
		return out, nil
	}},
	"sql-chain": {says("SELECT count(*) FROM books", "Answer: Seven."), func(ctx context.Context, p *parts) (string, error) {
		database, err := sqldatabase.NewSQLDatabase(books{}, nil)
		if err != nil {
			return "", err
		}
		return chains.Run(ctx, p.chain(chains.NewSQLDatabaseChain(p.model, 5, database)), "How many books?")
	}},
	"one-shot-agent": {says(askClock, "Thought: And the sum.\nAction: CALCULATOR\nAction Input: 40+2", "Action: diary\nAction Input: today", answered), func(ctx context.Context, p *parts) (string, error) {
		all := []tools.Tool{clock{}, tools.Calculator{CallbacksHandler: p.handler}}
		return chains.Run(ctx, p.agent(agents.NewOneShotAgent(p.model, all, agents.WithCallbacksHandler(p.handler))), "What time is it?")
	}},
	"functions-agent": {
		[]fakellm.Reply{
			{ToolCalls: []fakellm.ToolCall{{ID: "call_1", Name: "clock", Arguments: `{"__arg1":"Busan"}`}, {ID: "call_2", Name: "clock", Arguments: `{"__arg1":"Seoul"}`}, {ID: "call_3", Name: "calculator", Arguments: `{"__arg1":"40+2"}`}}},
			{ToolCalls: []fakellm.ToolCall{{ID: "call_4", Name: "clock", Arguments: `{"__arg1":"Busan"}`}}},
			{Text: "Noon."},
		},
		func(ctx context.Context, p *parts) (string, error) {
			all := []tools.Tool{clock{}, tools.Calculator{CallbacksHandler: p.handler}}
			return chains.Run(ctx, p.agent(agents.NewOpenAIFunctionsAgent(p.model, all, agents.WithCallbacksHandler(p.handler))), "What time is it?")
		},
	},
	"agent-whose-tool-fails": {says(askClock), func(ctx context.Context, p *parts) (string, error) {
		_, err := chains.Run(ctx, p.agent(agents.NewOneShotAgent(p.model, []tools.Tool{clock{errFate}}, agents.WithCallbacksHandler(p.handler))), "What time is it?")
		if err == nil {
			return "", fmt.Errorf("no error")
		}
		return "", nil
	}},
}

// Real chains and agents, the whole recorded tree compared with a file: wrapped,
// and with one handler, which all of them share at the same time.
func TestApplications(t *testing.T) {
	h := lslangchaingo.NewHandler()
	for name, app := range applications {
		for _, way := range []string{"wrapped", "handler"} {
			t.Run(way+"/"+name, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, app.replies...)
				plain, err := embeddings.NewEmbedder(f.llm)
				if err != nil {
					t.Fatal(err)
				}
				p := &parts{model: f.llm, embedder: plain, handler: h}
				if way == "wrapped" {
					p = &parts{model: lslangchaingo.WrapModel(f.llm), embedder: lslangchaingo.WrapEmbedder(plain)}
				} else {
					f.llm.CallbacksHandler = h
				}
				ctx, root := langshark.StartTrace(f.Context(), name)
				out, err := app.run(ctx, p)
				if err != nil {
					t.Error(err)
				}
				root.SetOutput(out)
				root.End()
				opts := []langsharktest.TreeOption{langsharktest.Replace(`"score": [\d.e-]+`, `"score": "…"`)}
				if name == "map-reduce" {
					opts = append(opts, langsharktest.SortSiblings())
				}
				langsharktest.RequireTree(t, f.Recorder, "testdata/applications/"+way+"/"+name+".tree", opts...)
			})
		}
	}
}
