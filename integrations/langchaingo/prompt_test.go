package langchaingo_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/llms"

	langshark "github.com/langshark/langshark-go"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/langsharktest"
)

// promptOf is a prompt as it comes from a server.
func promptOf(t *testing.T, name string, p langsharktest.Prompt) *langshark.Prompt {
	t.Helper()
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.Prompts = langsharktest.Prompts{name: p} })
	prompt, err := rec.Client.Prompt(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return prompt
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
	p := promptOf(t, "joke", langsharktest.Prompt{Version: 3, Text: `A joke about {{topic}}, as JSON {"joke": …}: {{.Not}}`})
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
	p := promptOf(t, "chat", langsharktest.Prompt{Messages: []langshark.Message{
		{Role: "system", Content: "You help {{user}}."}, langshark.Placeholder("history"), {Role: "assistant", Content: "a"}, {Role: "user", Content: "{{q}}"}, {Role: "narrator", Content: "n"},
	}})
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
