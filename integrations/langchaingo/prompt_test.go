package langchaingo_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/llms"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/memory"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/langsharktest"
)

// hub answers with one prompt.
type hub string

func (h hub) FetchPrompt(context.Context, langshark.PromptRequest) (langshark.PromptResponse, error) {
	return langshark.PromptResponse{Body: []byte(h)}, nil
}

func promptOf(t *testing.T, body string) *langshark.Prompt {
	t.Helper()
	c, err := langshark.New(langshark.Config{Exporter: memory.New(), Prompts: hub(body)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Shutdown(t.Context()) })
	p, err := c.Prompt(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sayer answers with what it was asked.
type sayer struct{ asked *[]llms.MessageContent }

func (s sayer) GenerateContent(_ context.Context, messages []llms.MessageContent, _ ...llms.CallOption) (*llms.ContentResponse, error) {
	*s.asked = messages
	return &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: "done"}}}, nil
}

func (s sayer) Call(ctx context.Context, prompt string, options ...llms.CallOption) (string, error) {
	return llms.GenerateFromSinglePrompt(ctx, s, prompt, options...)
}

func TestPromptTemplateInAChain(t *testing.T) {
	r := langsharktest.NewRecorder(t)
	p := promptOf(t, `{"name":"joke","version":3,"prompt":"A joke about {{topic}}, as JSON {\"joke\": …}: {{.Not}}"}`)
	var asked []llms.MessageContent
	chain := chains.NewLLMChain(lslangchaingo.WrapModel(sayer{&asked}), lslangchaingo.NewPromptTemplate(p))
	ctx := langshark.ContextWithPrompt(r.Context(), p)
	if _, err := chains.Call(ctx, chain, map[string]any{"topic": "{{.x}} & <b>", "unused": 1}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(asked[0].Parts[0]); got != `A joke about {{.x}} & <b>, as JSON {"joke": …}: {{.Not}}` {
		t.Errorf("asked %s", got)
	}
	for _, o := range r.Observations() {
		if o.Generation != nil && fmt.Sprint(o.Generation.PromptName, " ", o.Generation.PromptVersion) != "joke 3" {
			t.Errorf("%s is linked to %q", o.Name, o.Generation.PromptName)
		}
	}
}

func TestPromptTemplateOfAChat(t *testing.T) {
	p := promptOf(t, `{"name":"chat","version":1,"prompt":[{"role":"system","content":"You help {{user}}."},{"type":"placeholder","name":"history"},
		{"role":"assistant","content":"a"},{"role":"user","content":"{{q}}"},{"role":"narrator","content":"n"}]}`)
	template := lslangchaingo.NewPromptTemplate(p)
	if got := strings.Join(template.GetInputVariables(), " "); got != "user history q" {
		t.Errorf("variables %s", got)
	}
	values := map[string]any{"user": "Ann", "q": "Why?", "history": []llms.ChatMessage{
		llms.AIChatMessage{Content: "{{q}}", ToolCalls: []llms.ToolCall{{ID: "c", FunctionCall: &llms.FunctionCall{Name: "f", Arguments: "{}"}}}},
		llms.ToolChatMessage{ID: "c", Content: "found"},
	}}
	messages, err := template.FormatMessages(values)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range messages {
		got = append(got, fmt.Sprintf("%s: %s", m.GetType(), m.GetContent()))
	}
	if want := "system: You help Ann.|ai: {{q}}|tool: found|ai: a|human: Why?|generic: n"; strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
	if ai, ok := messages[1].(llms.AIChatMessage); !ok || len(ai.ToolCalls) != 1 || ai.ToolCalls[0].FunctionCall.Name != "f" {
		t.Errorf("%+v", messages[1])
	}
	delete(values, "q")
	if _, err := template.Format(values); err == nil || !strings.Contains(err.Error(), `"q"`) {
		t.Errorf("%v", err)
	}
	values["q"], values["history"] = "Why?", langshark.Message{Role: "user", Parts: []langshark.Part{{ImageURL: "x"}}}
	if _, err := template.Format(values); err == nil || !strings.Contains(err.Error(), "message 1") {
		t.Errorf("%v", err)
	}
}
