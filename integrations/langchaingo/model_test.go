package langchaingo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/llms"
	buffer "github.com/tmc/langchaingo/memory"
	"github.com/tmc/langchaingo/schema"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/memory"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

func question(text string) []llms.MessageContent {
	return []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeSystem, "Answer briefly."), llms.TextParts(llms.ChatMessageTypeHuman, text)}
}

func TestModel(t *testing.T) {
	f := newFixture(t, fakellm.Reply{Text: "내일 도착합니다.", Usage: &fakellm.Usage{PromptTokens: 1500, CompletionTokens: 90, CachedTokens: 1408, ReasoningTokens: 64}})
	model := lslangchaingo.WrapModel(f.llm)
	ctx, trace := langshark.StartTrace(f.Context(), "turn")
	resp, err := model.GenerateContent(ctx, question("언제 와요?"), llms.WithTemperature(0), llms.WithMaxTokens(300), llms.WithStopWords([]string{"END"}))
	trace.End()
	if err != nil || resp.Choices[0].Content != "내일 도착합니다." {
		t.Fatalf("%+v, %v", resp, err)
	}
	f.requireTree(t, "span turn\n  generation chat gpt-4o-mini")
	o := f.RequireObservation("chat gpt-4o-mini")
	if o.Generation.Model != "gpt-4o-mini" || !o.Generation.CompletionStart.IsZero() {
		t.Errorf("model %q, first token %v", o.Generation.Model, o.Generation.CompletionStart)
	}
	u := o.Generation.Usage
	if u == nil || u.InputTokens != 1500 || u.CachedInputTokens != 1408 || u.OutputTokens != 90 || u.ReasoningTokens != 64 {
		t.Errorf("usage %+v", u)
	}
	for key, want := range map[string]string{"temperature": "0", "max_tokens": "300", "stop": `["END"]`, "top_p": "", "stream": ""} {
		if got := langsharktest.Parameter(o, key); got != want {
			t.Errorf("%s: %s", key, got)
		}
	}
	requireMetadata(t, o, map[string]string{"gen_ai.provider.name": `"openai"`, "gen_ai.request.model": `"gpt-4o-mini"`, "gen_ai.response.finish_reasons": `["stop"]`})
	requireJSON(t, "input", o.Input, `[{"role":"system","content":"Answer briefly."},{"role":"user","content":"언제 와요?"}]`)
	requireJSON(t, "output", o.Output, `{"role":"assistant","content":"내일 도착합니다."}`)
}

func TestModelOfTheCall(t *testing.T) {
	f := newFixture(t, says("Hi.", "Ho.")...)
	model := lslangchaingo.WrapModel(f.llm)
	if _, err := model.GenerateContent(f.Context(), question("?"), llms.WithModel("gpt-4o")); err != nil {
		t.Fatal(err)
	}
	if text, err := model.Call(f.Context(), "Hello?"); err != nil || text != "Ho." { //nolint:staticcheck // it is still there
		t.Fatal(text, err)
	}
	f.requireTree(t, "generation chat gpt-4o\ngeneration chat gpt-4o-mini")
	if o := f.RequireObservation("chat gpt-4o-mini"); o.Generation.Usage == nil {
		t.Error("Call has no usage")
	}
}

func TestStream(t *testing.T) {
	for _, kind := range []string{"text", "reasoning", "both"} {
		f := newFixture(t, fakellm.Reply{Text: "It arrives tomorrow.", Reasoning: "Let me look."})
		model := lslangchaingo.WrapModel(f.llm)
		var text, thought strings.Builder
		var opts []llms.CallOption
		if kind != "reasoning" {
			opts = append(opts, llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error { text.Write(chunk); return nil }))
		}
		if kind != "text" {
			opts = append(opts, llms.WithStreamingReasoningFunc(func(_ context.Context, r, _ []byte) error { thought.Write(r); return nil }))
		}
		resp, err := model.GenerateContent(f.Context(), question("When?"), opts...)
		if err != nil || resp.Choices[0].Content != "It arrives tomorrow." {
			t.Fatalf("%s: %+v, %v", kind, resp, err)
		}
		if kind != "reasoning" && text.String() != "It arrives tomorrow." || kind != "text" && thought.String() != "Let me look." {
			t.Errorf("%s: the application heard %q, %q", kind, text.String(), thought.String())
		}
		o := f.RequireObservation("chat gpt-4o-mini")
		g := o.Generation
		if g.CompletionStart.Before(o.Start) || g.CompletionStart.After(o.End) || g.Usage == nil || langsharktest.Parameter(o, "stream") != "true" {
			t.Errorf("%s: first token %v of %v to %v, usage %+v", kind, g.CompletionStart, o.Start, o.End, g.Usage)
		}
		requireJSON(t, kind, o.Output, `{"role":"assistant","content":"It arrives tomorrow.","reasoning_content":"Let me look."}`)
	}
}

func TestStreamThatTheApplicationBreaksOff(t *testing.T) {
	f := newFixture(t, fakellm.Reply{Chunks: []string{"It ", "arrives ", "tomorrow."}})
	enough := errors.New("enough")
	n := 0
	_, err := lslangchaingo.WrapModel(f.llm).GenerateContent(f.Context(), question("When?"), llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
		if len(chunk) > 0 { // the library hands on the role's chunk too
			n++
		}
		if n == 2 {
			return enough
		}
		return nil
	}))
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
	o := f.RequireObservation("chat gpt-4o-mini")
	if o.Level != langshark.LevelError {
		t.Errorf("level %v", o.Level)
	}
	requireJSON(t, "output", o.Output, `{"role":"assistant","content":"It arrives "}`)
}

func TestToolCalls(t *testing.T) {
	f := newFixture(t, fakellm.Reply{ToolCalls: []fakellm.ToolCall{{ID: "call_1", Name: "weather", Arguments: `{"city":"서울"}`}, {ID: "call_2", Name: "clock", Arguments: `{}`}}}, fakellm.Reply{Text: "Sunny."})
	model := lslangchaingo.WrapModel(f.llm)
	tools := llms.WithTools([]llms.Tool{{Type: "function", Function: &llms.FunctionDefinition{Name: "weather", Parameters: map[string]any{"type": "object"}}}})
	messages := question("Weather?")
	resp, err := model.GenerateContent(f.Context(), messages, tools)
	if err != nil || len(resp.Choices[0].ToolCalls) != 2 {
		t.Fatalf("%+v, %v", resp, err)
	}
	asked := llms.MessageContent{Role: llms.ChatMessageTypeAI}
	for _, c := range resp.Choices[0].ToolCalls {
		asked.Parts = append(asked.Parts, c)
	}
	messages = append(messages, asked,
		llms.MessageContent{Role: llms.ChatMessageTypeTool, Parts: []llms.ContentPart{llms.ToolCallResponse{ToolCallID: "call_1", Name: "weather", Content: "sunny"}}},
		llms.MessageContent{Role: llms.ChatMessageTypeTool, Parts: []llms.ContentPart{llms.ToolCallResponse{ToolCallID: "call_2", Name: "clock", Content: "noon"}}})
	if _, err := model.GenerateContent(f.Context(), messages); err != nil {
		t.Fatal(err)
	}
	const calls = `"tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"서울\"}"}},{"id":"call_2","type":"function","function":{"name":"clock","arguments":"{}"}}]`
	all := f.Observations()
	if got := langsharktest.JSON(all[0].Input); !strings.HasPrefix(got, `{"messages":[`) || !strings.Contains(got, `"tools":[{"type":"function","function":{"name":"weather"`) {
		t.Errorf("input %s", got)
	}
	requireJSON(t, "output", all[0].Output, `{"role":"assistant","content":null,`+calls+`}`)
	requireJSON(t, "second input", all[1].Input, `[{"role":"system","content":"Answer briefly."},{"role":"user","content":"Weather?"},{"role":"assistant","content":null,`+calls+
		`},{"role":"tool","content":"sunny","name":"weather","tool_call_id":"call_1"},{"role":"tool","content":"noon","name":"clock","tool_call_id":"call_2"}]`)
}

// TestUnchanged compares what the application gets with and without the wrapper.
func TestUnchanged(t *testing.T) {
	replies := []fakellm.Reply{
		{Text: "Fine."},
		{Err: fakellm.ContextTooLong()},
		{Err: fakellm.RateLimited(0)},
		{Err: fakellm.ServerError()},
		{Err: &fakellm.Error{Status: 502, Body: "<html>bad gateway</html>"}},
		{Reasoning: "Hm.", Text: "Yes."},
	}
	for i, reply := range replies {
		for _, stream := range []bool{false, true} {
			var opts []llms.CallOption
			if stream {
				opts = append(opts, llms.WithStreamingFunc(func(context.Context, []byte) error { return nil }))
			}
			f := newFixture(t, reply, reply)
			plain, plainErr := f.llm.GenerateContent(f.Context(), question("?"), opts...)
			traced, err := lslangchaingo.WrapModel(f.llm).GenerateContent(f.Context(), question("?"), opts...)
			if fmt.Sprint(err) != fmt.Sprint(plainErr) || reflect.TypeOf(err) != reflect.TypeOf(plainErr) || !reflect.DeepEqual(plain, traced) {
				t.Errorf("%d: %v, %v; want %v, %v", i, traced, err, plain, plainErr)
			}
			o := f.RequireObservation("chat gpt-4o-mini")
			if (err != nil) != (o.Level == langshark.LevelError) || err != nil && o.StatusMessage != err.Error() {
				t.Errorf("%d: level %v, %q; %v", i, o.Level, o.StatusMessage, err)
			}
		}
	}
}

func TestOptions(t *testing.T) {
	f := newFixture(t, says("a", "b")...)
	model := lslangchaingo.WrapModel(f.llm, lslangchaingo.WithName("answer"), lslangchaingo.WithModelName("mine"), lslangchaingo.WithoutInput(), lslangchaingo.WithoutOutput(), lslangchaingo.WithClient(f.Client), nil)
	if _, err := model.GenerateContent(t.Context(), question("?")); err != nil {
		t.Fatal(err)
	}
	o := f.RequireObservation("answer")
	if o.Generation.Model != "mine" || langsharktest.JSON(o.Input) != "" || langsharktest.JSON(o.Output) != "" {
		t.Errorf("%q, %s, %s", o.Generation.Model, langsharktest.JSON(o.Input), langsharktest.JSON(o.Output))
	}
	if again := lslangchaingo.WrapModel(model); again != model {
		t.Error("wrapped twice")
	}
	if lslangchaingo.WrapModel(nil) != nil {
		t.Error("nil became something")
	}
	if _, ok := model.(llms.ReasoningModel); !ok {
		t.Error("not a ReasoningModel any more")
	}
}

// answering is a model that gives one response.
type answering struct {
	response *llms.ContentResponse
	fail     func()
}

func (a answering) GenerateContent(context.Context, []llms.MessageContent, ...llms.CallOption) (*llms.ContentResponse, error) {
	if a.fail != nil {
		a.fail()
	}
	return a.response, nil
}

func (a answering) Call(context.Context, string, ...llms.CallOption) (string, error) {
	return "called", nil
}

func TestUsageOfProviders(t *testing.T) {
	type sdkUsage struct{ PromptTokens, TotalTokens, CompletionTokens int }
	for name, c := range map[string]struct {
		info map[string]any
		want langshark.Usage
	}{
		"openai":    {map[string]any{"PromptTokens": 10, "CompletionTokens": 5, "TotalTokens": 15, "PromptCachedTokens": 4, "PromptAudioTokens": 2, "CompletionAudioTokens": 1, "CompletionReasoningTokens": 3}, langshark.Usage{InputTokens: 10, OutputTokens: 5, TotalTokens: 15, CachedInputTokens: 4, InputAudioTokens: 2, OutputAudioTokens: 1, ReasoningTokens: 3}},
		"anthropic": {map[string]any{"InputTokens": 10, "OutputTokens": 5, "CacheReadInputTokens": 100, "CacheCreationInputTokens": 7}, langshark.Usage{InputTokens: 117, OutputTokens: 5, CachedInputTokens: 100, CacheWriteTokens: 7}},
		"google":    {map[string]any{"PromptTokens": int32(10), "CompletionTokens": int32(5), "TotalTokens": int32(19), "input_tokens": int32(10), "CachedTokens": int32(6)}, langshark.Usage{InputTokens: 10, OutputTokens: 5, TotalTokens: 19, CachedInputTokens: 6}},
		"vertex":    {map[string]any{"input_tokens": int32(10), "output_tokens": int32(5), "total_tokens": int32(15)}, langshark.Usage{InputTokens: 10, OutputTokens: 5, TotalTokens: 15}},
		"ollama":    {map[string]any{"PromptTokens": 10, "CompletionTokens": 5, "TotalTokens": 15, "CachedTokens": 8, "CacheHit": true}, langshark.Usage{InputTokens: 10, OutputTokens: 5, TotalTokens: 15}},
		"bedrock":   {map[string]any{"input_tokens": 10, "output_tokens": 5}, langshark.Usage{InputTokens: 10, OutputTokens: 5}},
		"mistral":   {map[string]any{"usage": sdkUsage{10, 15, 5}, "model": "mistral-small"}, langshark.Usage{InputTokens: 10, OutputTokens: 5, TotalTokens: 15}},
	} {
		rec := langsharktest.NewRecorder(t)
		m := lslangchaingo.WrapModel(answering{response: &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: "a", GenerationInfo: c.info}}}})
		if _, err := m.GenerateContent(rec.Context(), nil); err != nil {
			t.Fatal(err)
		}
		g := rec.RequireObservation("chat").Generation
		if g.Usage == nil || !reflect.DeepEqual(*g.Usage, c.want) {
			t.Errorf("%s: %+v, want %+v", name, g.Usage, c.want)
		}
		if name == "mistral" && g.Model != "mistral-small" {
			t.Errorf("model %q", g.Model)
		}
	}
}

func TestAnthropicBlocksAreOneMessage(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	info := map[string]any{"InputTokens": 10, "OutputTokens": 5}
	thinking := map[string]any{"InputTokens": 10, "OutputTokens": 5, "ThinkingContent": "Hm."}
	m := lslangchaingo.WrapModel(answering{response: &llms.ContentResponse{Choices: []*llms.ContentChoice{
		{GenerationInfo: thinking, StopReason: "tool_use"},
		{Content: "I look.", GenerationInfo: info, StopReason: "tool_use"},
		{ToolCalls: []llms.ToolCall{{ID: "t1", FunctionCall: &llms.FunctionCall{Name: "look", Arguments: "{}"}}}, GenerationInfo: info, StopReason: "tool_use"},
	}}})
	if _, err := m.GenerateContent(rec.Context(), nil); err != nil {
		t.Fatal(err)
	}
	o := rec.RequireObservation("chat")
	requireJSON(t, "output", o.Output, `{"role":"assistant","content":"I look.","reasoning_content":"Hm.","tool_calls":[{"id":"t1","type":"function","function":{"name":"look","arguments":"{}"}}]}`)
	requireMetadata(t, o, map[string]string{"gen_ai.response.finish_reasons": `["tool_use"]`})
}

func TestPanicsGoOn(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	m := lslangchaingo.WrapModel(answering{fail: func() { panic("broken") }})
	func() {
		defer func() {
			if p := recover(); p != "broken" {
				t.Errorf("recovered %v", p)
			}
		}()
		_, _ = m.GenerateContent(rec.Context(), nil)
	}()
	if o := rec.RequireObservation("chat"); o.Level != langshark.LevelError || o.StatusMessage != "panic: broken" {
		t.Errorf("%v %q", o.Level, o.StatusMessage)
	}
}

func TestCallOfAnotherModel(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	if text, err := lslangchaingo.WrapModel(answering{}).Call(rec.Context(), "Hello?"); err != nil || text != "called" { //nolint:staticcheck // it is still there
		t.Fatal(text, err)
	}
	o := rec.RequireObservation("chat")
	requireJSON(t, "input", o.Input, `[{"role":"user","content":"Hello?"}]`)
	requireJSON(t, "output", o.Output, `{"role":"assistant","content":"called"}`)
}

func TestNothingWithoutAClient(t *testing.T) {
	resp := &llms.ContentResponse{}
	m := lslangchaingo.WrapModel(answering{response: resp})
	ctx := t.Context()
	if got, err := m.GenerateContent(ctx, nil); got != resp || err != nil {
		t.Fatal(got, err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = m.GenerateContent(ctx, nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestNotSampled guards against children of a trace that isn't sampled becoming traces of their own.
func TestNotSampled(t *testing.T) {
	records := memory.New()
	client, err := langshark.New(langshark.Config{Exporter: records, SampleRate: langshark.SampleRate(0.5)})
	if err != nil {
		t.Fatal(err)
	}
	ctx := langshark.ContextWithClient(t.Context(), client)
	h := lslangchaingo.NewHandler()
	m := lslangchaingo.WrapModel(answering{response: &llms.ContentResponse{}})
	e := lslangchaingo.WrapEmbedder(embedding(func(ctx context.Context) {
		for range 3 {
			_, _ = m.GenerateContent(ctx, nil)
		}
	}))
	r := lslangchaingo.WrapRetriever(retrieving(func(ctx context.Context) { _, _ = e.EmbedQuery(ctx, "?") }))
	const n = 100
	for range n {
		_, _ = r.GetRelevantDocuments(ctx, "?")
		h.HandleChainStart(ctx, nil)
		for range 3 {
			h.HandleLLMGenerateContentStart(ctx, nil)
			h.HandleLLMGenerateContentEnd(ctx, nil)
		}
		h.HandleChainEnd(ctx, nil)
	}
	if err := client.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	traces := map[string]int{}
	for _, o := range records.Observations() {
		traces[o.TraceID]++
	}
	if len(traces) == 0 || len(traces) > 3*n/2 {
		t.Errorf("%d traces of %d", len(traces), 2*n)
	}
	for id, n := range traces {
		if n < 4 {
			t.Errorf("trace %s has only %d observations", id, n)
		}
	}
}

type embedding func(context.Context)

func (e embedding) EmbedDocuments(context.Context, []string) ([][]float32, error) { return nil, nil }

func (e embedding) EmbedQuery(ctx context.Context, _ string) ([]float32, error) {
	e(ctx)
	return nil, nil
}

type retrieving func(context.Context)

func (r retrieving) GetRelevantDocuments(ctx context.Context, _ string) ([]schema.Document, error) {
	r(ctx)
	return nil, nil
}

func TestParallelStreams(t *testing.T) {
	f := newFixture(t)
	model := lslangchaingo.WrapModel(f.llm)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			ctx, trace := langshark.StartTrace(f.Context(), fmt.Sprint("turn ", i))
			defer trace.End()
			want := fmt.Sprintf("This is question %d of many.", i)
			var heard strings.Builder
			resp, err := model.GenerateContent(ctx, []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, want)},
				llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error { heard.Write(chunk); return nil }))
			if err != nil || !strings.Contains(heard.String(), want) || heard.String() != resp.Choices[0].Content {
				t.Errorf("%q, %v", heard.String(), err)
			}
		})
	}
	wg.Wait()
	for _, o := range f.Observations() {
		if o.Kind != langshark.KindGeneration {
			continue
		}
		in := langsharktest.JSON(o.Input)
		text := in[strings.Index(in, "This is"):strings.Index(in, "many.")]
		if !strings.Contains(langsharktest.JSON(o.Output), text) {
			t.Errorf("%s answered by %s", in, langsharktest.JSON(o.Output))
		}
	}
}

func TestParts(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	m := lslangchaingo.WrapModel(answering{response: &llms.ContentResponse{Choices: []*llms.ContentChoice{nil, {Content: "a"}, {FuncCall: &llms.FunctionCall{Name: "f", Arguments: "{}"}}}}})
	_, err := m.GenerateContent(rec.Context(), []llms.MessageContent{
		{Role: llms.ChatMessageTypeHuman, Parts: []llms.ContentPart{
			llms.WithCacheControl(llms.TextPart("cached"), nil), llms.ImageURLPart("https://example.com/a.png"), llms.BinaryPart("image/png", []byte("png")), nil,
		}},
		{Role: llms.ChatMessageTypeGeneric},
	})
	if err != nil {
		t.Fatal(err)
	}
	o := rec.RequireObservation("chat")
	in := langsharktest.JSON(o.Input)
	if !strings.HasPrefix(in, `[{"role":"user","content":[{"type":"text","text":"cached"},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}},{"type":"image_url","image_url":{"url":"@@@langfuseMedia:type=image/png|id=`) ||
		!strings.HasSuffix(in, `},{"role":"user","content":""}]`) {
		t.Errorf("input %s", in)
	}
	requireJSON(t, "output", o.Output, `[{"role":"assistant","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"","type":"function","function":{"name":"f","arguments":"{}"}}]}]`)
}

func TestNilContext(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	client := lslangchaingo.WithClient(rec.Client)
	var ctx context.Context
	_, _ = lslangchaingo.WrapModel(answering{response: &llms.ContentResponse{}}, client).GenerateContent(ctx, nil)
	_, _ = lslangchaingo.WrapTool(clock{}, client).Call(ctx, "")
	_ = lslangchaingo.WrapMemory(buffer.NewSimple(), client).Clear(ctx)
	h := lslangchaingo.NewHandler(client)
	h.HandleChainStart(ctx, nil)
	h.HandleAgentFinish(ctx, schema.AgentFinish{})
	h.HandleChainEnd(ctx, nil)
	if n := len(rec.Observations()); n != 3 { // chat, clock, ticked
		t.Errorf("recorded:\n%s", rec.Tree())
	}
}

func TestEmbedderWithVectors(t *testing.T) {
	f := newFixture(t)
	plain, err := embeddings.NewEmbedder(f.llm)
	if err != nil {
		t.Fatal(err)
	}
	e := lslangchaingo.WrapEmbedder(plain, lslangchaingo.WithVectors())
	got, err := e.EmbedQuery(f.Context(), "환불")
	if err != nil {
		t.Fatal(err)
	}
	o := f.RequireObservation("embeddings text-embedding-3-small")
	want, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if langsharktest.JSON(o.Output) != string(want) || langsharktest.Metadata(o, "gen_ai.embeddings.dimension.count") != "256" || langsharktest.Metadata(o, "langshark.embeddings.count") != "1" {
		t.Errorf("recorded %.100s, %v", langsharktest.JSON(o.Output), o.Metadata)
	}
}
