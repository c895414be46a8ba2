package langchaingo_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tmc/langchaingo/agents"
	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/memory"
	"github.com/tmc/langchaingo/prompts"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/tools"
	"github.com/tmc/langchaingo/tools/sqldatabase"

	langshark "github.com/langshark/langshark-go"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

func llmChain(m llms.Model, template, out string, in ...string) *chains.LLMChain {
	c := chains.NewLLMChain(m, prompts.NewPromptTemplate(template, in))
	c.OutputKey = out
	return c
}

func TestLLMChain(t *testing.T) {
	f := newFixture(t, says("Oslo.")...)
	chain := lslangchaingo.WrapChain(llmChain(lslangchaingo.WrapModel(f.llm), "Capital of {{.country}}?", "text", "country"))
	got, err := chains.Run(f.Context(), chain, "Norway", chains.WithTemperature(0.3))
	if err != nil || got != "Oslo." {
		t.Fatal(got, err)
	}
	f.requireTree(t, "chain LLMChain\n  generation chat gpt-4o-mini")
	o := f.RequireObservation("LLMChain")
	requireJSON(t, "input", o.Input, `{"country":"Norway"}`)
	requireJSON(t, "output", o.Output, `{"text":"Oslo."}`)
	if got := langsharktest.Parameter(f.RequireObservation("chat gpt-4o-mini"), "temperature"); got != "0.3" {
		t.Errorf("temperature %s", got)
	}
}

func TestLLMChainThatFails(t *testing.T) {
	f := newFixture(t, fakellm.Reply{Err: fakellm.RateLimited(0)})
	chain := lslangchaingo.WrapChain(llmChain(lslangchaingo.WrapModel(f.llm), "Capital of {{.country}}?", "text", "country"))
	_, err := chains.Run(f.Context(), chain, "Norway")
	if err == nil {
		t.Fatal("no error")
	}
	f.requireTree(t, "chain LLMChain [ERROR] "+err.Error()+"\n  generation chat gpt-4o-mini [ERROR] "+err.Error())
}

func TestSequentialChain(t *testing.T) {
	f := newFixture(t, says("A whale.", "Swim!")...)
	model := lslangchaingo.WrapModel(f.llm)
	first := lslangchaingo.WrapChain(llmChain(model, "Animal of {{.place}}?", "animal", "place"), lslangchaingo.WithName("animal"))
	second := lslangchaingo.WrapChain(llmChain(model, "Slogan of {{.animal}}?", "slogan", "animal"), lslangchaingo.WithName("slogan"))
	sequence, err := chains.NewSequentialChain([]chains.Chain{first, second}, []string{"place"}, []string{"slogan"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := chains.Run(f.Context(), lslangchaingo.WrapChain(sequence), "the sea")
	if err != nil || got != "Swim!" {
		t.Fatal(got, err)
	}
	f.requireTree(t, `
chain SequentialChain
  chain animal
    generation chat gpt-4o-mini
  chain slogan
    generation chat gpt-4o-mini`)
}

func TestMapReduce(t *testing.T) {
	f := newFixture(t)
	model := lslangchaingo.WrapModel(f.llm)
	got, err := chains.Call(f.Context(), lslangchaingo.WrapChain(chains.LoadMapReduceQA(model)), map[string]any{
		"question": "Why?", "input_documents": []schema.Document{{PageContent: "one"}, {PageContent: "two"}, {PageContent: "three"}},
	})
	if err != nil || got["text"] == "" {
		t.Fatal(got, err)
	}
	f.requireTree(t, "chain MapReduceDocuments\n"+strings.Repeat("  generation chat gpt-4o-mini\n", 4))
}

// shelf is a retriever in memory, by the embeddings of the fake provider.
type shelf struct {
	embedder embeddings.Embedder
	docs     []schema.Document
}

var errEmptyShelf = errors.New("nothing on the shelf")

func (s *shelf) GetRelevantDocuments(ctx context.Context, query string) ([]schema.Document, error) {
	if len(s.docs) == 0 {
		return nil, errEmptyShelf
	}
	texts := make([]string, len(s.docs))
	for i, d := range s.docs {
		texts[i] = d.PageContent
	}
	vectors, err := s.embedder.EmbedDocuments(ctx, texts)
	if err != nil {
		return nil, err
	}
	q, err := s.embedder.EmbedQuery(ctx, query)
	if err != nil {
		return nil, err
	}
	best := 0
	for i, v := range vectors {
		s.docs[i].Score = 0
		for j := range v {
			s.docs[i].Score += v[j] * q[j]
		}
		if s.docs[i].Score > s.docs[best].Score {
			best = i
		}
	}
	return s.docs[best : best+1], nil
}

func TestRetrievalQA(t *testing.T) {
	f := newFixture(t, says("Within 14 days.")...)
	plain, err := embeddings.NewEmbedder(f.llm)
	if err != nil {
		t.Fatal(err)
	}
	retriever := lslangchaingo.WrapRetriever(&shelf{
		lslangchaingo.WrapEmbedder(plain),
		[]schema.Document{
			{PageContent: "Refunds are possible within 14 days.", Metadata: map[string]any{"id": "refunds"}},
			{PageContent: "We ship by sea.", Metadata: map[string]any{"id": "shipping"}},
		},
	})
	qa := lslangchaingo.WrapChain(chains.NewRetrievalQAFromLLM(lslangchaingo.WrapModel(f.llm), retriever))
	got, err := chains.Run(f.Context(), qa, "Are refunds possible?")
	if err != nil || got != "Within 14 days." {
		t.Fatal(got, err)
	}
	f.requireTree(t, `
chain RetrievalQA
  retriever shelf
    embedding embeddings text-embedding-3-small
    embedding embeddings text-embedding-3-small
  generation chat gpt-4o-mini`)
	o := f.RequireObservation("shelf")
	requireJSON(t, "query", o.Input, `"Are refunds possible?"`)
	out := langsharktest.JSON(o.Output)
	if !strings.HasPrefix(out, `[{"id":"refunds","score":0.`) || !strings.HasSuffix(out, `"content":"Refunds are possible within 14 days.","metadata":{"id":"refunds"}}]`) {
		t.Errorf("documents %s", out)
	}
	for i, want := range []string{`{"count":2,"dimensions":`, `{"count":1,"dimensions":`} {
		e := f.Observations()[2+i]
		if got := langsharktest.JSON(e.Output); e.Kind != langshark.KindEmbedding || !strings.HasPrefix(got, want) || e.Generation.Model != "text-embedding-3-small" {
			t.Errorf("%v of %s: %s", e.Kind, e.Generation.Model, got)
		}
	}
}

// books is a database of one table.
type books struct{}

func (books) Dialect() string                              { return "sqlite" }
func (books) TableNames(context.Context) ([]string, error) { return []string{"books"}, nil }

func (books) TableInfo(context.Context, string) (string, error) {
	return "CREATE TABLE books (title)", nil
}
func (books) Close() error { return nil }
func (books) Query(context.Context, string, ...any) ([]string, [][]string, error) {
	return []string{"count"}, [][]string{{"7"}}, nil
}

func TestSQLChain(t *testing.T) {
	f := newFixture(t, says("SELECT count(*) FROM books", "Answer: Seven.")...)
	database, err := sqldatabase.NewSQLDatabase(books{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	chain := lslangchaingo.WrapChain(chains.NewSQLDatabaseChain(lslangchaingo.WrapModel(f.llm), 5, database))
	got, err := chains.Run(f.Context(), chain, "How many books?")
	if err != nil || got != "Seven." {
		t.Fatal(got, err)
	}
	f.requireTree(t, "chain SQLDatabaseChain\n  generation chat gpt-4o-mini\n  generation chat gpt-4o-mini")
}

func TestRetrieverThatFails(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	_, err := lslangchaingo.WrapRetriever(&shelf{}).GetRelevantDocuments(rec.Context(), "?")
	if err != errEmptyShelf { //nolint:errorlint // the very same
		t.Fatal(err)
	}
	if o := rec.RequireObservation("shelf"); o.Level != langshark.LevelError {
		t.Error(o.Level)
	}
}

func TestConversation(t *testing.T) {
	f := newFixture(t, says("Hello Ada.", "Ada.")...)
	buffer := lslangchaingo.WrapMemory(memory.NewConversationBuffer())
	chain := lslangchaingo.WrapChain(chains.NewConversation(lslangchaingo.WrapModel(f.llm), buffer))
	ctx, trace := langshark.StartTrace(f.Context(), "talk")
	for _, text := range []string{"I am Ada.", "Who am I?"} {
		if _, err := chains.Run(ctx, chain, text); err != nil {
			t.Fatal(err)
		}
	}
	trace.End()
	const turn = `
  span memory load
  chain LLMChain
    generation chat gpt-4o-mini
  span memory save`
	f.requireTree(t, "span talk"+turn+turn)
	all := f.Observations()
	requireJSON(t, "loaded", all[5].Output, `{"history":"Human: I am Ada.\nAI: Hello Ada."}`)
	requireJSON(t, "saved", all[4].Input, `{"inputs":{"input":"I am Ada."},"outputs":{"text":"Hello Ada."}}`)
	requireJSON(t, "input", all[6].Input, `{"history":"Human: I am Ada.\nAI: Hello Ada.","input":"Who am I?"}`)
}

func TestMemoryAloneMakesNoTrace(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	m := lslangchaingo.WrapMemory(memory.NewConversationBuffer())
	if err := m.SaveContext(rec.Context(), map[string]any{"a": "1"}, map[string]any{"b": "2"}); err != nil {
		t.Fatal(err)
	}
	if n := len(rec.Observations()); n != 0 {
		t.Errorf("%d recorded", n)
	}
}

// clock is a custom tool; the library's callbacks never hear of one.
type clock struct{ err error }

func (clock) Name() string        { return "clock" }
func (clock) Description() string { return "Tells the time." }
func (c clock) Call(ctx context.Context, _ string) (string, error) {
	langshark.RecordEvent(ctx, "ticked")
	return "noon", c.err
}

const (
	askClock = "Thought: I need the time.\nAction: clock\nAction Input: Seoul"
	answered = "Thought: I know it now.\nFinal Answer: It is noon."
)

func TestOneShotAgent(t *testing.T) {
	f := newFixture(t, says(askClock, "Thought: And the sum.\nAction: calculator\nAction Input: 40+2", answered)...)
	agent := agents.NewOneShotAgent(lslangchaingo.WrapModel(f.llm), []tools.Tool{clock{}, tools.Calculator{}})
	plain := agents.NewExecutor(agent)
	executor := lslangchaingo.WrapExecutor(plain)
	got, err := chains.Run(f.Context(), executor, "What time is it?")
	if err != nil || got != "It is noon." {
		t.Fatal(got, err)
	}
	f.requireTree(t, `
agent Executor
  chain plan
    generation chat gpt-4o-mini
  tool clock
    event ticked
  chain plan
    generation chat gpt-4o-mini
  tool calculator
  chain plan
    generation chat gpt-4o-mini`)
	o := f.RequireObservation("Executor")
	requireJSON(t, "output", o.Output, `{"intermediateSteps":[{"thought":"I need the time.","tool":"clock","input":"Seoul","observation":"noon"},{"thought":"And the sum.","tool":"calculator","input":"40+2","observation":"42"}],"output":"It is noon."}`)
	tool := f.RequireObservation("clock")
	requireJSON(t, "tool input", tool.Input, `"Seoul"`)
	requireJSON(t, "tool output", tool.Output, `"noon"`)
	all := f.Observations()
	requireMetadata(t, tool, map[string]string{"langshark.generation_id": `"` + all[2].ID + `"`, "gen_ai.tool.call.id": ""})
	requireJSON(t, "last plan", all[len(all)-2].Output, `{"thought":"I know it now.","finish":{"output":"It is noon."}}`)
	if plain.Agent != agents.Agent(agent) {
		t.Error("the application's executor was changed")
	}
}

func TestAgentWhoseToolFails(t *testing.T) {
	f := newFixture(t, says(askClock)...)
	stopped := errors.New("the clock has stopped")
	agent := agents.NewOneShotAgent(lslangchaingo.WrapModel(f.llm), []tools.Tool{clock{stopped}})
	_, err := chains.Run(f.Context(), lslangchaingo.WrapExecutor(agents.NewExecutor(agent), lslangchaingo.WithName("helper")), "What time is it?")
	if err != stopped { //nolint:errorlint // the very same
		t.Fatal(err)
	}
	f.requireTree(t, `
agent helper [ERROR] the clock has stopped
  chain plan
    generation chat gpt-4o-mini
  tool clock [ERROR] the clock has stopped
    event ticked`)
}

func TestAgentThatDoesNotFinish(t *testing.T) {
	f := newFixture(t, says(askClock, askClock)...)
	agent := agents.NewOneShotAgent(lslangchaingo.WrapModel(f.llm), []tools.Tool{clock{}})
	_, err := chains.Run(f.Context(), lslangchaingo.WrapExecutor(agents.NewExecutor(agent, agents.WithMaxIterations(2))), "?")
	if !errors.Is(err, agents.ErrNotFinished) {
		t.Fatal(err)
	}
	const one = `{"thought":"I need the time.","tool":"clock","input":"Seoul","observation":"noon"}`
	requireJSON(t, "output", f.RequireObservation("Executor").Output, `{"intermediateSteps":[`+one+","+one+"]}")
}

func TestFunctionsAgent(t *testing.T) {
	f := newFixture(t, fakellm.Reply{ToolCalls: []fakellm.ToolCall{{ID: "call_7", Name: "clock", Arguments: `{"__arg1":"Seoul"}`}}}, fakellm.Reply{Text: "Noon."})
	agent := agents.NewOpenAIFunctionsAgent(lslangchaingo.WrapModel(f.llm), []tools.Tool{clock{}})
	got, err := chains.Run(f.Context(), lslangchaingo.WrapExecutor(agents.NewExecutor(agent)), "What time is it?")
	if err != nil || got != "Noon." {
		t.Fatal(got, err)
	}
	requireMetadata(t, f.RequireObservation("clock"), map[string]string{"gen_ai.tool.call.id": `"call_7"`})
	f.requireTree(t, `
agent Executor
  chain plan
    generation chat gpt-4o-mini
  tool clock
    event ticked
  chain plan
    generation chat gpt-4o-mini`)
}

// TestCaptureNone guards against content in other places than input and output.
func TestCaptureNone(t *testing.T) {
	f := newFixture(t, says(askClock, answered)...)
	none := lslangchaingo.WithCapture(langshark.CaptureNone)
	agent := agents.NewOneShotAgent(lslangchaingo.WrapModel(f.llm, none), []tools.Tool{clock{}})
	executor := lslangchaingo.WrapExecutor(agents.NewExecutor(agent), none)
	if _, err := chains.Run(f.Context(), executor, "What time is it?"); err != nil {
		t.Fatal(err)
	}
	if n := len(f.Observations()); n != 7 {
		t.Fatalf("recorded:\n%s", f.Tree())
	}
	for _, o := range f.Observations() {
		all := langsharktest.JSON(o.Input) + langsharktest.JSON(o.Output) + o.StatusMessage
		for _, m := range o.Metadata {
			all += langsharktest.JSON(m.Value)
		}
		for _, content := range []string{"time", "noon", "Seoul"} {
			if strings.Contains(all, content) {
				t.Errorf("%s has %s", o.Name, all)
			}
		}
	}
}
