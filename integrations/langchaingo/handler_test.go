package langchaingo_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tmc/langchaingo/agents"
	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/prompts"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/tools"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

func TestHandler(t *testing.T) {
	f := newFixture(t, says(askClock, "Thought: And the sum.\nAction: calculator\nAction Input: 40+2", answered)...)
	h := lslangchaingo.NewHandler()
	f.llm.CallbacksHandler = h
	agent := agents.NewOneShotAgent(f.llm, []tools.Tool{clock{}, tools.Calculator{CallbacksHandler: h}}, agents.WithCallbacksHandler(h))
	got, err := chains.Run(f.Context(), agents.NewExecutor(agent, agents.WithCallbacksHandler(h)), "What time is it?")
	if err != nil || got != "It is noon." {
		t.Fatal(got, err)
	}
	const plan = "\n  chain chain\n    generation chat\n  event agent "
	// The clock's own event has nothing to stand below.
	f.requireTree(t, "chain chain"+plan+"action"+plan+"action\n  tool calculator"+plan+"finish\nevent ticked")
	for _, o := range f.Observations() {
		if langsharktest.Metadata(o, "langshark.unfinished") != "" {
			t.Errorf("%s is unfinished", o.Name)
		}
		if o.Kind == langshark.KindGeneration && (o.Generation.Usage == nil || o.Generation.CompletionStart.IsZero()) {
			t.Errorf("usage %+v, first token %v", o.Generation.Usage, o.Generation.CompletionStart)
		}
		if o.Kind == langshark.KindTool {
			requireJSON(t, "tool input", o.Input, `"40+2"`)
			requireJSON(t, "tool output", o.Output, `"42"`)
		}
	}
}

func TestHandlerOfACallThatFails(t *testing.T) {
	f := newFixture(t, fakellm.Reply{Err: fakellm.RateLimited(0)})
	h := lslangchaingo.NewHandler()
	f.llm.CallbacksHandler = h
	chain := chains.NewLLMChain(f.llm, prompts.NewPromptTemplate("{{.x}}", []string{"x"}), chains.WithCallback(h))
	_, err := chains.Run(f.Context(), chain, "?")
	if err == nil {
		t.Fatal("no error")
	}
	// OpenAI's client tells no error; the chain does.
	f.requireTree(t, "chain chain [ERROR] "+err.Error()+"\n  generation chat [ERROR] "+err.Error())
}

func TestHandlerBesideWrappers(t *testing.T) {
	f := newFixture(t, says("A.")...)
	h := lslangchaingo.NewHandler()
	f.llm.CallbacksHandler = h
	chain := chains.NewLLMChain(lslangchaingo.WrapModel(f.llm), prompts.NewPromptTemplate("{{.x}}", []string{"x"}), chains.WithCallback(h))
	if _, err := chains.Run(f.Context(), lslangchaingo.WrapChain(chain), "?"); err != nil {
		t.Fatal(err)
	}
	f.requireTree(t, "chain LLMChain\n  generation chat gpt-4o-mini")
}

// TestHandlerForgetsWhatNeverEnds begins calls whose end is never told, half of
// them each on a goroutine of its own, as in a server. Nobody closes the handler.
func TestHandlerForgetsWhatNeverEnds(t *testing.T) {
	const calls = 100_000
	var mu sync.Mutex
	times := make([]int, calls) // that a call is there as unfinished, with its input
	client, err := langshark.New(langshark.Config{Exporter: counting(func(o *exporter.Observation) {
		mu.Lock()
		defer mu.Unlock()
		var n int
		_, number, _ := strings.Cut(langsharktest.JSON(o.Input), "call ")
		if _, err := fmt.Sscanf(number, "%d never ends", &n); err == nil && langsharktest.Metadata(o, "langshark.unfinished") == "true" {
			times[n]++
		}
	})})
	if err != nil {
		t.Fatal(err)
	}
	h := lslangchaingo.NewHandler()
	ctx := langshark.ContextWithClient(t.Context(), client)
	heap := func() uint64 {
		if err := client.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	begin := func(n int) {
		h.HandleLLMGenerateContentStart(ctx, []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, fmt.Sprintf("call %d never ends", n))})
	}
	run := func(from, to int) {
		for n := from; n < to; n += 200 {
			for i := range 100 {
				begin(n + i)
			}
			var wg sync.WaitGroup
			for i := range 100 {
				wg.Go(func() { begin(n + 100 + i) })
			}
			wg.Wait()
			if err := client.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	run(0, calls/10)
	before := heap()
	run(calls/10, calls)
	if after := heap(); after > before+2<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
	if err := client.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	for n, k := range times { // the newest, which were open until then, among them
		if k != 1 {
			t.Fatalf("call %d of %d is there %d times", n, calls, k)
		}
	}
	h.Close()
}

// counting is an exporter that looks at observations and keeps nothing.
type counting func(*exporter.Observation)

func (c counting) Export(_ context.Context, records []exporter.Record) error {
	for _, r := range records {
		if r.Observation != nil {
			c(r.Observation)
		}
	}
	return nil
}

func (counting) Shutdown(context.Context) error { return nil }

func TestHandlerForgetsWhatIsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := langsharktest.NewRecorder(t)
		h := lslangchaingo.NewHandler()
		h.HandleChainStart(rec.Context(), map[string]any{"n": 1})
		time.Sleep(lslangchaingo.MaxAge + time.Second) //nolint:forbidigo // of the bubble
		h.HandleChainStart(rec.Context(), map[string]any{"n": 2})
		all := rec.Observations()
		if len(all) != 1 || langsharktest.JSON(all[0].Input) != `{"n":1}` || langsharktest.Metadata(all[0], "langshark.unfinished") != "true" {
			t.Errorf("recorded:\n%s", rec.Tree())
		}
		h.Close()
	})
}

// TestGoroutinesOnOneHandler runs them with the same context; each answer must
// stand with its own question.
func TestGoroutinesOnOneHandler(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	h := lslangchaingo.NewHandler()
	ctx := rec.Context()
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			text := fmt.Sprint("n", i)
			for range 10 {
				h.HandleChainStart(ctx, map[string]any{"in": text})
				h.HandleRetrieverStart(ctx, text)
				runtime.Gosched()
				if i%2 == 0 {
					h.HandleRetrieverEnd(ctx, text, []schema.Document{{PageContent: text}})
				}
				h.HandleLLMGenerateContentStart(ctx, []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, text)})
				runtime.Gosched()
				if i%3 == 0 {
					h.HandleLLMGenerateContentEnd(ctx, &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: text}}})
				}
				h.HandleChainEnd(ctx, map[string]any{"out": text})
			}
		})
	}
	wg.Wait()
	all := rec.Observations()
	if len(all) != 1500 {
		t.Fatalf("%d recorded", len(all))
	}
	in := map[string]string{}
	for _, o := range all {
		for i := range 50 {
			if strings.Contains(langsharktest.JSON(o.Input), fmt.Sprintf(`"n%d"`, i)) {
				in[o.ID] = fmt.Sprintf(`"n%d"`, i)
			}
		}
	}
	for _, o := range all {
		if out := langsharktest.JSON(o.Output); out != "" && !strings.Contains(out, in[o.ID]) {
			t.Errorf("%s of %s has output %s", o.Name, in[o.ID], out)
		}
		if o.Kind != langshark.KindChain && in[o.ParentID] != in[o.ID] {
			t.Errorf("%s of %s stands below %s", o.Name, in[o.ID], in[o.ParentID])
		}
	}
}

func TestHandlerToldOfErrors(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	h := lslangchaingo.NewHandler()
	ctx := rec.Context()
	failed := errors.New("failed")
	h.HandleToolStart(ctx, "2+")
	h.HandleLLMGenerateContentStart(ctx, question("?"))
	h.HandleStreamingFunc(ctx, []byte("a"))
	h.HandleLLMError(ctx, failed)
	h.HandleToolError(ctx, failed)
	h.HandleToolError(ctx, failed) // of nothing
	h.HandleLLMGenerateContentEnd(ctx, nil)
	h.HandleRetrieverEnd(ctx, "?", nil)
	if got, want := strings.TrimSpace(rec.Tree()), "tool tool [ERROR] failed\n  generation chat [ERROR] failed"; got != want {
		t.Errorf("recorded:\n%s", got)
	}
}

// TestHandlerOfMistral tells it what the library's Mistral client tells: the end
// with nothing, then the answer, or the error.
func TestHandlerOfMistral(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	h := lslangchaingo.NewHandler()
	ctx := rec.Context()
	for _, err := range []error{nil, errors.New("(HTTP Error 400)")} {
		h.HandleLLMGenerateContentStart(ctx, question("?"))
		h.HandleLLMGenerateContentEnd(ctx, nil)
		if err != nil {
			h.HandleLLMError(ctx, err)
		} else {
			h.HandleLLMGenerateContentEnd(ctx, &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: "Hi."}}})
		}
	}
	if got, want := strings.TrimSpace(rec.Tree()), "generation chat\ngeneration chat [ERROR] (HTTP Error 400)"; got != want {
		t.Errorf("recorded:\n%s", got)
	}
	requireJSON(t, "output", rec.Observations()[0].Output, `{"role":"assistant","content":"Hi."}`)
}
