package langchaingo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tmc/langchaingo/agents"
	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/tools"

	langshark "github.com/langshark/langshark-go"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/langsharktest"
)

// inner is everything that can be wrapped. It keeps what it is given.
type inner struct {
	mu   sync.Mutex
	got  []string
	fate fate
}

// fate is how the calls of an inner end.
type fate struct {
	err    error
	none   bool // no result
	panics any
	exits  bool
}

var errFate = fmt.Errorf("the backend: %w", io.ErrUnexpectedEOF)

var fates = map[string]fate{
	"success":             {},
	"nothing":             {none: true},
	"error":               {none: true, err: errFate},
	"result and error":    {err: errFate},
	"cancelled":           {none: true, err: fmt.Errorf("asked: %w", context.Canceled)},
	"panic with text":     {panics: "out of tokens"},
	"panic with an error": {panics: errFate},
	"panic with nil map":  {panics: map[string]int(nil)},
	"exit":                {exits: true},
}

func (i *inner) note(ctx context.Context, method string, args ...any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.got = append(i.got, fmt.Sprintf("%s of %v: %#v", method, ctx.Value(ownerKey{}), args))
}

func end[T any](i *inner, result T) (none T, _ error) {
	switch f := i.fate; {
	case f.exits:
		runtime.Goexit()
	case f.panics != nil:
		panic(f.panics)
	case f.none:
		return none, f.err
	}
	return result, i.fate.err
}

type ownerKey struct{}

func (i *inner) GenerateContent(ctx context.Context, m []llms.MessageContent, opts ...llms.CallOption) (*llms.ContentResponse, error) {
	o := llms.CallOptions{Model: "default", N: 1}
	for _, opt := range opts {
		opt(&o)
	}
	stream, reasoning := o.StreamingFunc, o.StreamingReasoningFunc
	o.StreamingFunc, o.StreamingReasoningFunc = nil, nil
	i.note(ctx, "GenerateContent", m, o, stream != nil, reasoning != nil)
	for _, chunk := range []string{"", "It ", `[{"type":"function"}]`, "arrives."} {
		if stream != nil {
			if err := stream(ctx, []byte(chunk)); err != nil {
				return nil, fmt.Errorf("stream: %w", err)
			}
		}
		if reasoning != nil {
			if err := reasoning(ctx, []byte("hm"), []byte(chunk)); err != nil {
				return nil, fmt.Errorf("stream: %w", err)
			}
		}
	}
	return end(i, &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: "It arrives.", StopReason: "stop", ToolCalls: []llms.ToolCall{{ID: "1"}}, GenerationInfo: map[string]any{"PromptTokens": "many"}}, nil}})
}

func (i *inner) Call(ctx context.Context, prompt string, opts ...llms.CallOption) (string, error) {
	o := llms.CallOptions{}
	for _, opt := range opts {
		opt(&o)
	}
	i.note(ctx, "Call", prompt, o.Temperature, o.StreamingFunc != nil)
	if o.StreamingFunc != nil {
		if err := o.StreamingFunc(ctx, []byte("chunk")); err != nil {
			return "", err
		}
	}
	return end(i, "said")
}

func (i *inner) SupportsReasoning() bool {
	i.note(context.Background(), "SupportsReasoning")
	return true
}

func (i *inner) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	i.note(ctx, "EmbedDocuments", texts)
	return end(i, [][]float32{{1, 2}, nil})
}

func (i *inner) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	i.note(ctx, "EmbedQuery", text)
	return end(i, []float32{1, 2})
}

func (i *inner) GetRelevantDocuments(ctx context.Context, query string) ([]schema.Document, error) {
	i.note(ctx, "GetRelevantDocuments", query)
	return end(i, []schema.Document{{PageContent: "a", Score: 0.5, Metadata: map[string]any{"f": func() {}}}, {}})
}

// innerTool, innerChain and innerMemory are for methods that have the same name.
type innerTool struct{ *inner }

func (i innerTool) Name() string        { return "tool" }
func (i innerTool) Description() string { return "a tool" }
func (i innerTool) Call(ctx context.Context, in string) (string, error) {
	i.note(ctx, "tool", in)
	return end(i.inner, "used")
}

type innerChain struct{ *inner }

func (i innerChain) Call(ctx context.Context, in map[string]any, opts ...chains.ChainCallOption) (map[string]any, error) {
	o := llms.CallOptions{}
	for _, opt := range chains.GetLLMCallOptions(opts...) {
		opt(&o)
	}
	i.note(ctx, "chain", in["in"], len(in), len(opts), o.MaxTokens)
	return end(i.inner, map[string]any{"out": make(chan int), "docs": []schema.Document{{PageContent: "a"}}})
}
func (i innerChain) GetMemory() schema.Memory { return innerMemory(i) }
func (i innerChain) GetInputKeys() []string   { return []string{"in"} }
func (i innerChain) GetOutputKeys() []string  { return []string{"out"} }

type innerMemory struct{ *inner }

func (i innerMemory) GetMemoryKey(ctx context.Context) string {
	i.note(ctx, "GetMemoryKey")
	return "history"
}

func (i innerMemory) MemoryVariables(ctx context.Context) []string {
	i.note(ctx, "MemoryVariables")
	return []string{"history"}
}

func (i innerMemory) LoadMemoryVariables(ctx context.Context, in map[string]any) (map[string]any, error) {
	i.note(ctx, "LoadMemoryVariables", in)
	return end(i.inner, map[string]any{"history": "a"})
}

func (i innerMemory) SaveContext(ctx context.Context, in, out map[string]any) error {
	i.note(ctx, "SaveContext", in, out)
	_, err := end(i.inner, 0)
	return err
}

func (i innerMemory) Clear(ctx context.Context) error {
	i.note(ctx, "Clear")
	_, err := end(i.inner, 0)
	return err
}

// innerAgent plans two calls of a tool, then whatever its fate is.
type innerAgent struct {
	*inner
	tools []tools.Tool
}

func (i innerAgent) Plan(ctx context.Context, before []schema.AgentStep, in map[string]string, opts ...chains.ChainCallOption) ([]schema.AgentAction, *schema.AgentFinish, error) {
	i.note(ctx, "Plan", before, in, len(opts))
	if len(before) == 0 {
		return []schema.AgentAction{{Tool: "TOOL", ToolInput: "a\nObservation:", Log: "Thought: a", ToolID: "1"}, {Tool: "missing"}}, nil, nil
	}
	f, err := end(i.inner, &schema.AgentFinish{ReturnValues: map[string]any{"output": "done"}})
	return nil, f, err
}
func (i innerAgent) GetInputKeys() []string  { return []string{"in"} }
func (i innerAgent) GetOutputKeys() []string { return []string{"output"} }
func (i innerAgent) GetTools() []tools.Tool  { return i.tools }

// result is all that comes of a call.
type result struct {
	value, panicked any
	err             error
	exited          bool
}

// methods are those of all wrappers: each is called of the plain value, or the wrapped one.
var methods = map[string]func(ctx context.Context, i *inner, wrapped bool, h callbacks.Handler) (any, error){
	"Model.GenerateContent": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		return model(i, wrapped).GenerateContent(ctx, question("?"), llms.WithTemperature(0), llms.WithTools([]llms.Tool{{Type: "function"}}), llms.WithMetadata(map[string]any{"k": 1}))
	},
	"Model.GenerateContent without anything": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		return model(i, wrapped).GenerateContent(ctx, nil)
	},
	"Model.GenerateContent, streams": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		var heard []string
		r, err := model(i, wrapped).GenerateContent(ctx, question("?"),
			llms.WithStreamingFunc(func(ctx context.Context, chunk []byte) error {
				heard = append(heard, fmt.Sprint(ctx.Value(ownerKey{}), string(chunk)))
				return nil
			}),
			llms.WithStreamingReasoningFunc(func(ctx context.Context, thought, chunk []byte) error {
				heard = append(heard, fmt.Sprint(ctx.Value(ownerKey{}), string(thought), string(chunk)))
				return nil
			}))
		return []any{r, heard}, err
	},
	"Model.GenerateContent, a stream that is broken off": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		return model(i, wrapped).GenerateContent(ctx, question("?"), llms.WithStreamingFunc(func(context.Context, []byte) error { return errFate }))
	},
	"Model.GenerateContent, a stream whose function panics": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		return model(i, wrapped).GenerateContent(ctx, question("?"), llms.WithStreamingFunc(func(context.Context, []byte) error { panic(errFate) }))
	},
	"Model.GenerateContent, an option that panics": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		return model(i, wrapped).GenerateContent(ctx, question("?"), func(*llms.CallOptions) { panic(errFate) })
	},
	"Model.Call": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		return model(i, wrapped).Call(ctx, "?", llms.WithTemperature(0.5), llms.WithStreamingFunc(func(context.Context, []byte) error { return nil })) //nolint:staticcheck // it is still there
	},
	"ReasoningModel.SupportsReasoning": func(_ context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		return model(i, wrapped).(llms.ReasoningModel).SupportsReasoning(), nil
	},
	"Embedder.EmbedDocuments": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		return pick[embeddings.Embedder](wrapped, i, lslangchaingo.WrapEmbedder(i)).EmbedDocuments(ctx, []string{"a", "b"})
	},
	"Embedder.EmbedQuery": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		return pick[embeddings.Embedder](wrapped, i, lslangchaingo.WrapEmbedder(i)).EmbedQuery(ctx, "a")
	},
	"Retriever.GetRelevantDocuments": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		docs, err := pick[schema.Retriever](wrapped, i, lslangchaingo.WrapRetriever(i)).GetRelevantDocuments(ctx, "?")
		for k := range docs {
			docs[k].Metadata = nil // a func is equal to nothing
		}
		return docs, err
	},
	"Tool": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		t := pick[tools.Tool](wrapped, innerTool{i}, lslangchaingo.WrapTool(innerTool{i}))
		out, err := t.Call(ctx, `{"q":1}`)
		return []string{t.Name(), t.Description(), out}, err
	},
	"Chain": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		c := pick[chains.Chain](wrapped, innerChain{i}, lslangchaingo.WrapChain(innerChain{i}))
		out, err := c.Call(ctx, map[string]any{"in": 1, "docs": []schema.Document{{}}}, chains.WithMaxTokens(7))
		delete(out, "out")
		_, haver := c.(callbacks.HandlerHaver)
		return []any{out, c.GetInputKeys(), c.GetOutputKeys(), c.GetMemory(), haver || !wrapped}, err
	},
	"Memory": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		m := pick[schema.Memory](wrapped, innerMemory{i}, lslangchaingo.WrapMemory(innerMemory{i}))
		out, err := m.LoadMemoryVariables(ctx, map[string]any{"in": 1})
		return []any{out, m.GetMemoryKey(ctx), m.MemoryVariables(ctx)}, err
	},
	"Memory.SaveContext": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		return nil, pick[schema.Memory](wrapped, innerMemory{i}, lslangchaingo.WrapMemory(innerMemory{i})).SaveContext(ctx, map[string]any{"in": 1}, nil)
	},
	"Memory.Clear": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		return nil, pick[schema.Memory](wrapped, innerMemory{i}, lslangchaingo.WrapMemory(innerMemory{i})).Clear(ctx)
	},
	"Executor whose agent has this fate": func(ctx context.Context, i *inner, wrapped bool, h callbacks.Handler) (any, error) {
		return run(ctx, wrapped, innerAgent{i, []tools.Tool{innerTool{&inner{}}}}, h)
	},
	"Executor whose tool has this fate": func(ctx context.Context, i *inner, wrapped bool, h callbacks.Handler) (any, error) {
		return run(ctx, wrapped, innerAgent{&inner{}, []tools.Tool{innerTool{i}}}, h)
	},
	"Executor of a chain": func(ctx context.Context, i *inner, wrapped bool, _ callbacks.Handler) (any, error) {
		c := pick[chains.Chain](wrapped, innerChain{i}, lslangchaingo.WrapExecutor(innerChain{i}))
		out, err := c.Call(ctx, map[string]any{"in": 1}, chains.WithMaxTokens(7))
		delete(out, "out")
		return []any{out, c.GetInputKeys(), c.GetOutputKeys(), c.GetMemory()}, err
	},
}

func pick[T any](wrapped bool, plain, traced T) T {
	if wrapped {
		return traced
	}
	return plain
}

func model(i *inner, wrapped bool) llms.Model {
	return pick[llms.Model](wrapped, i, lslangchaingo.WrapModel(i))
}

func run(ctx context.Context, wrapped bool, a agents.Agent, h callbacks.Handler) (any, error) {
	executor := agents.NewExecutor(a, agents.WithReturnIntermediateSteps(), agents.WithMaxIterations(3), agents.WithCallbacksHandler(h))
	c := pick[chains.Chain](wrapped, executor, lslangchaingo.WrapExecutor(executor))
	out, err := c.Call(ctx, map[string]any{"in": "?"}, chains.WithMaxTokens(7))
	return []any{out, c.GetInputKeys(), c.GetOutputKeys()}, err
}

// outcome calls a method on a goroutine of its own.
func outcome(call func() (any, error)) (r result) {
	done := make(chan struct{})
	r.exited = true
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				r.panicked, r.exited = p, false
			}
		}()
		v, err := call()
		r.value, r.err, r.exited = v, err, false
	}()
	<-done
	return r
}

func sameError(a, b error) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error() && reflect.TypeOf(a) == reflect.TypeOf(b) &&
		errors.Is(a, io.ErrUnexpectedEOF) == errors.Is(b, io.ErrUnexpectedEOF) && errors.Is(a, context.Canceled) == errors.Is(b, context.Canceled) && errors.Is(a, errFate) == errors.Is(b, errFate))
}

// Each method of each wrapper, however the call ends, with and without a client,
// and beside a Handler: results, errors, panics and what the wrapped value is
// given are the same.
func TestTransparent(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	none := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.SampleRate = langshark.SampleRate(0) })
	for where, start := range map[string]func() context.Context{
		"recorded": rec.Context,
		"in a trace": func() context.Context {
			ctx, _ := langshark.StartTrace(rec.Context(), "test")
			return ctx
		},
		"not sampled":      none.Context,
		"without a client": t.Context,
	} {
		for name, method := range methods {
			for how, f := range fates {
				for _, handler := range []callbacks.Handler{nil, lslangchaingo.NewHandler()} {
					ctx := context.WithValue(start(), ownerKey{}, "me")
					var got [2]*inner
					var out [2]result
					for k := range got {
						got[k] = &inner{fate: f}
						out[k] = outcome(func() (any, error) { return method(ctx, got[k], k == 1, handler) })
					}
					what := fmt.Sprintf("%s, %s, %s, handler %v", where, name, how, handler != nil)
					// The memory of a chain is the inner itself.
					if a, b := fmt.Sprintf("%#v", shown(out[0].value)), fmt.Sprintf("%#v", shown(out[1].value)); a != b {
						t.Errorf("%s: with us\n%s\nwithout\n%s", what, b, a)
					}
					if !sameError(out[0].err, out[1].err) || out[0].exited != out[1].exited || fmt.Sprintf("%#v", out[0].panicked) != fmt.Sprintf("%#v", out[1].panicked) {
						t.Errorf("%s: with us %v, panic %v, exit %v; without %v, panic %v, exit %v", what, out[1].err, out[1].panicked, out[1].exited, out[0].err, out[0].panicked, out[0].exited)
					}
					if a, b := strings.Join(got[0].got, "\n"), strings.Join(got[1].got, "\n"); a != b {
						t.Errorf("%s: the inner was given\n%s\nwithout us\n%s", what, b, a)
					}
				}
			}
		}
	}
	if len(none.Observations()) > 0 || len(rec.Observations()) < len(methods)*len(fates) {
		t.Errorf("%d and %d observations", len(none.Observations()), len(rec.Observations()))
	}
}

// shown gives values a form that has no addresses.
func shown(v any) any {
	switch v := v.(type) {
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = shown(v[i])
		}
		return all
	case *llms.ContentResponse:
		if v == nil {
			return nil
		}
		var all []string
		for _, c := range v.Choices {
			all = append(all, fmt.Sprintf("%+v", c))
		}
		return all
	case schema.Memory:
		return fmt.Sprintf("%T", v)
	}
	return v
}

// A hundred conversations at a time through one of each wrapped value, streamed, beside one Handler.
func TestParallelSharing(t *testing.T) {
	const conversations = 100
	f := newFixture(t)
	h := lslangchaingo.NewHandler()
	f.llm.CallbacksHandler = h
	model := lslangchaingo.WrapModel(f.llm)
	chain := lslangchaingo.WrapChain(llmChain(model, "Echo {{.in}}", "text", "in"))
	unwrapped := llmChain(f.llm, "Echo {{.in}}", "text", "in")
	unwrapped.CallbacksHandler = h
	tool := lslangchaingo.WrapTool(echo{})
	agent := agents.NewOneShotAgent(scripted{model}, []tools.Tool{echo{}})
	executor := lslangchaingo.WrapExecutor(agents.NewExecutor(agent, agents.WithCallbacksHandler(h)))
	var wg sync.WaitGroup
	for i := range conversations {
		wg.Go(func() {
			ctx, root := langshark.StartTrace(f.Context(), fmt.Sprint("turn ", i))
			defer root.End()
			text := fmt.Sprintf("<%d>", i)
			for name, c := range map[string]chains.Chain{"chain": chain, "unwrapped": unwrapped, "executor": executor} {
				var heard strings.Builder
				out, err := chains.Run(ctx, c, text, chains.WithStreamingFunc(func(_ context.Context, chunk []byte) error { heard.Write(chunk); return nil }))
				if err != nil || !strings.Contains(out, text) || name != "executor" && heard.String() != out {
					t.Errorf("%s %d: %q, heard %q, %v", name, i, out, heard.String(), err)
				}
			}
			if out, err := tool.Call(ctx, text); err != nil || out != text {
				t.Errorf("%d: %q, %v", i, out, err)
			}
		})
	}
	wg.Wait()
	h.Close()
	texts, generations := map[string]string{}, 0 // by trace
	for _, o := range f.Observations() {
		if g := o.Generation; g != nil {
			if generations++; g.CompletionStart.IsZero() && o.Name != "chat" || g.Usage == nil {
				t.Errorf("%s: first token %v, usage %v", o.Name, g.CompletionStart, g.Usage)
			}
		}
		for _, v := range []string{langsharktest.JSON(o.Input), langsharktest.JSON(o.Output)} {
			for part := range strings.SplitSeq(v, "<") {
				n, _, ok := strings.Cut(part, ">")
				if !ok || strings.Trim(n, "0123456789") != "" {
					continue
				}
				if was := texts[o.TraceID]; was != "" && was != n {
					t.Fatalf("%s of conversation %s has %s", o.Name, was, v)
				}
				texts[o.TraceID] = n
			}
		}
	}
	if len(texts) != conversations || generations != 4*conversations { // the executor asks twice
		t.Errorf("%d traces, %d generations", len(texts), generations)
	}
}

// echo is a tool that repeats.
type echo struct{}

func (echo) Name() string                                        { return "echo" }
func (echo) Description() string                                 { return "Repeats." }
func (echo) Call(_ context.Context, text string) (string, error) { return text, nil }

// scripted is a model of an agent: it asks for the tool, then answers with what it said.
type scripted struct{ llms.Model }

func (s scripted) GenerateContent(ctx context.Context, m []llms.MessageContent, opts ...llms.CallOption) (*llms.ContentResponse, error) {
	r, err := s.Model.GenerateContent(ctx, m, opts...)
	if err != nil {
		return nil, err
	}
	_, text, _ := strings.Cut(r.Choices[0].Content, "<")
	text, _, _ = strings.Cut(text, ">")
	text = "<" + text + ">"
	if strings.Contains(r.Choices[0].Content, "\nObservation: "+text) {
		return &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: "Final Answer: " + text}}}, nil
	}
	return &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: "Thought: so.\nAction: echo\nAction Input: " + text}}}, nil
}
