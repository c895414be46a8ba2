package langchaingo_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/cache"
	"github.com/tmc/langchaingo/llms/openai"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/integrations/llmhttp"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// asksForWeather is a reply with three calls of one tool, and what the application answers them.
func asksForWeather() (fakellm.Reply, []llms.MessageContent) {
	reply := fakellm.Reply{}
	asked := llms.MessageContent{Role: llms.ChatMessageTypeAI}
	var results []llms.MessageContent
	for _, c := range [][2]string{{"call_1", "서울"}, {"call_2", "부산"}, {"call_3", "제주"}} {
		reply.ToolCalls = append(reply.ToolCalls, fakellm.ToolCall{ID: c[0], Name: "weather", Arguments: c[1]})
		asked.Parts = append(asked.Parts, llms.ToolCall{ID: c[0], Type: "function", FunctionCall: &llms.FunctionCall{Name: "weather", Arguments: c[1]}})
		results = append(results, llms.MessageContent{Role: llms.ChatMessageTypeTool, Parts: []llms.ContentPart{llms.ToolCallResponse{ToolCallID: c[0], Name: "weather", Content: "맑음"}}})
	}
	return reply, append([]llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, "?"), asked}, results...)
}

// weather is a tool.
type weather struct{}

func (weather) Name() string                                 { return "weather" }
func (weather) Description() string                          { return "Tells the weather." }
func (weather) Call(context.Context, string) (string, error) { return "맑음", nil }

func toolsOf(rec *langsharktest.Recorder) (all []*exporter.Observation) {
	for _, o := range rec.Observations() {
		if o.Kind == langshark.KindTool {
			all = append(all, o)
		}
	}
	return all
}

// Outside of an executor a tool finds the call that it runs for: by hand by its
// id, wrapped by its input, in whatever order they run, and else by its name.
func TestToolsOutsideOfAnExecutor(t *testing.T) {
	reply, messages := asksForWeather()
	f := newFixture(t, reply, fakellm.Reply{Text: "Fine."}, fakellm.Reply{Text: "Fine."})
	model := lslangchaingo.WrapModel(f.llm)
	ctx, root := langshark.StartTrace(f.Context(), "turn")
	if _, err := model.GenerateContent(ctx, question("?")); err != nil {
		t.Fatal(err)
	}
	if _, err := lslangchaingo.WrapTool(weather{}).Call(ctx, "제주"); err != nil {
		t.Fatal(err)
	}
	_, span := llmhttp.StartTool(ctx, llmhttp.ToolCall{ID: "call_2", Name: "weather", Arguments: "부산"})
	span.End()
	observe := langshark.Observe("weather", func(context.Context, string) (string, error) { return "맑음", nil }, langshark.WithKind(langshark.KindTool))
	if _, err := observe(ctx, "서울"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the history is sent again and again
		if _, err := model.GenerateContent(ctx, messages); err != nil {
			t.Fatal(err)
		}
	}
	root.End()
	all := toolsOf(f.Recorder)
	if len(all) != 3 {
		t.Fatalf("recorded:\n%s", f.Tree())
	}
	asking := f.Observations()[1]
	for i, call := range []string{`"call_3"`, `"call_2"`, `"call_1"`} {
		requireMetadata(t, all[i], map[string]string{"gen_ai.tool.call.id": call, "langshark.generation_id": `"` + asking.ID + `"`, "langshark.inferred": ""})
	}
}

// What nobody records is made up of the results that are sent, once, unless the application doesn't want it.
func TestToolsAreInferred(t *testing.T) {
	for name, c := range map[string]struct {
		opts    []lslangchaingo.Option
		n       int
		content string
	}{
		"as it is":     {nil, 3, `"맑음"`},
		"without":      {[]lslangchaingo.Option{lslangchaingo.WithoutTools()}, 0, ""},
		"no input":     {[]lslangchaingo.Option{lslangchaingo.WithoutInput()}, 3, ""},
		"capture none": {[]lslangchaingo.Option{lslangchaingo.WithCapture(langshark.CaptureNone)}, 3, ""},
	} {
		reply, messages := asksForWeather()
		f := newFixture(t, reply, fakellm.Reply{Text: "Fine."}, fakellm.Reply{Text: "Fine."})
		model := lslangchaingo.WrapModel(f.llm, c.opts...)
		ctx, root := langshark.StartTrace(f.Context(), "turn")
		for _, m := range [][]llms.MessageContent{question("?"), messages, messages} {
			if _, err := model.GenerateContent(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
		root.End()
		all := toolsOf(f.Recorder)
		if len(all) != c.n {
			t.Errorf("%s: recorded:\n%s", name, f.Tree())
		}
		for _, o := range all {
			if got := langsharktest.JSON(o.Output); got != c.content || o.ParentID != root.ObservationID() {
				t.Errorf("%s: output %s below %s", name, got, o.ParentID)
			}
			requireMetadata(t, o, map[string]string{"langshark.inferred": "true", "langshark.generation_id": `"` + f.Observations()[1].ID + `"`})
		}
	}
}

// both is a fixture whose client's own transport records too.
func both(t *testing.T, replies ...fakellm.Reply) *fixture {
	t.Helper()
	f := newFixture(t, replies...)
	transport := llmhttp.NewTransport(&http.Transport{DisableKeepAlives: true})
	llm, err := openai.New(openai.WithToken("sk-secret"), openai.WithModel("gpt-4o-mini"), openai.WithEmbeddingModel("text-embedding-3-small"),
		openai.WithBaseURL(f.provider.BaseURL()), openai.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	f.llm = llm
	return f
}

// With a transport that records below a wrapper there is one generation for a
// call, and each call of a tool is linked to it once.
func TestBesideATransport(t *testing.T) {
	reply, messages := asksForWeather()
	f := both(t, reply, fakellm.Reply{Text: "Fine."}, fakellm.Reply{Text: "Inner."}, fakellm.Reply{Text: "Not wrapped."})
	model := lslangchaingo.WrapModel(f.llm)
	plain, err := embeddings.NewEmbedder(f.llm)
	if err != nil {
		t.Fatal(err)
	}
	embedder := lslangchaingo.WrapEmbedder(plain)
	ctx, root := langshark.StartTrace(f.Context(), "turn")
	if _, err := model.GenerateContent(ctx, question("?")); err != nil {
		t.Fatal(err)
	}
	if _, err := lslangchaingo.WrapTool(weather{}).Call(ctx, "부산"); err != nil {
		t.Fatal(err)
	}
	inner := false
	_, err = model.GenerateContent(ctx, messages, llms.WithStreamingFunc(func(ctx context.Context, chunk []byte) error {
		if !inner && len(chunk) > 0 { // what the application asks on its own is a call of its own
			inner = true
			_, err := f.llm.GenerateContent(ctx, question("inner?"))
			return err
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := embedder.EmbedQuery(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.llm.GenerateContent(ctx, question("not wrapped?")); err != nil {
		t.Fatal(err)
	}
	root.End()
	f.requireTree(t, `
span turn
  generation chat gpt-4o-mini
  tool weather
  tool weather
  tool weather
  generation chat gpt-4o-mini
    generation chat gpt-4o-mini
  embedding embeddings text-embedding-3-small
  generation chat gpt-4o-mini`)
	ids := map[string]bool{}
	for _, o := range toolsOf(f.Recorder) {
		ids[langsharktest.Metadata(o, "gen_ai.tool.call.id")] = true
	}
	if len(ids) != 3 {
		t.Errorf("calls %v", ids)
	}
}

// answers are those of a cache.
type answers map[string]*llms.ContentResponse

func (a answers) Get(_ context.Context, key string) *llms.ContentResponse { return a[key] }

func (a answers) Put(_ context.Context, key string, r *llms.ContentResponse) { a[key] = r }

// Of two wrappers around each other, as with a cache between them, both record,
// but a call of a tool is asked for once: by the inner, if it ran.
func TestWrapperInAWrapper(t *testing.T) {
	reply, _ := asksForWeather()
	f := newFixture(t, reply)
	model := lslangchaingo.WrapModel(cache.New(lslangchaingo.WrapModel(f.llm), answers{}))
	for _, want := range []string{"span turn\n  generation chat\n    generation chat gpt-4o-mini\n  tool weather\n  tool weather", "span turn\n  generation chat\n  tool weather\n  tool weather"} {
		ctx, root := langshark.StartTrace(f.Context(), "turn")
		if _, err := model.GenerateContent(ctx, question("?")); err != nil {
			t.Fatal(err)
		}
		for _, in := range []string{"서울", "서울"} { // once as asked; once more as one of the others
			if _, err := lslangchaingo.WrapTool(weather{}).Call(ctx, in); err != nil {
				t.Fatal(err)
			}
		}
		root.End()
		f.requireTree(t, want)
		all := toolsOf(f.Recorder)
		requireMetadata(t, all[0], map[string]string{"gen_ai.tool.call.id": `"call_1"`})
		requireMetadata(t, all[1], map[string]string{"gen_ai.tool.call.id": `"call_2"`})
		f.Reset()
	}
}

// A call that the application no longer wants has not failed.
func TestCancelled(t *testing.T) {
	p := fakellm.New(fakellm.WithPause(func(ctx context.Context, m fakellm.Moment) {
		if m.Chunk == 2 {
			<-ctx.Done()
		}
	}))
	f := newFixture(t)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	llm, err := openai.New(openai.WithToken("sk-secret"), openai.WithModel("gpt-4o"), openai.WithBaseURL(p.BaseURL()), openai.WithHTTPClient(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(f.Context())
	defer cancel(errors.New("the customer left"))
	_, err = lslangchaingo.WrapModel(llm).GenerateContent(ctx, question("?"), llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
		if len(chunk) > 0 {
			cancel(errors.New("the customer left"))
		}
		return nil
	}))
	o := f.RequireObservation("chat gpt-4o")
	// The library's client may take the end of the context for that of the answer.
	if o.Level != langshark.LevelWarning || err != nil && o.StatusMessage != err.Error() || err == nil && o.StatusMessage != "the customer left" {
		t.Errorf("%s %q, %v", o.Level, o.StatusMessage, err)
	}
	requireMetadata(t, o, map[string]string{"langshark.stream.end": `"cancelled"`})
	if got := langsharktest.JSON(o.Output); !strings.Contains(got, `"You `) {
		t.Errorf("output %s", got)
	}
}

func TestThinkingIsAParameter(t *testing.T) {
	f := newFixture(t, says("Hi.")...)
	if _, err := lslangchaingo.WrapModel(f.llm).GenerateContent(f.Context(), question("?"), llms.WithThinkingMode(llms.ThinkingModeHigh)); err != nil {
		t.Fatal(err)
	}
	if got := langsharktest.Parameter(f.RequireObservation("chat gpt-4o-mini"), "thinking"); !strings.Contains(got, `"mode":"high"`) {
		t.Errorf("thinking %s", got)
	}
}
