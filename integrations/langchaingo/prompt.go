package langchaingo

import (
	"fmt"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/prompts"

	langshark "github.com/langshark/langshark-go"
)

var (
	_ prompts.FormatPrompter   = (*PromptTemplate)(nil)
	_ prompts.Formatter        = (*PromptTemplate)(nil)
	_ prompts.MessageFormatter = (*PromptTemplate)(nil)
)

// PromptTemplate is a managed prompt as a template of the library, for chains and
// agents. Variables without a value are errors; values that the prompt has no variable for are
// overlooked, since chains pass all that they have. A placeholder takes
// []llms.ChatMessage, [langshark.Message] or []langshark.Message.
//
// Run the chain below [langshark.ContextWithPrompt], so that its generations are linked to the prompt.
type PromptTemplate struct{ prompt *langshark.Prompt }

// NewPromptTemplate returns the template of a prompt.
func NewPromptTemplate(p *langshark.Prompt) *PromptTemplate { return &PromptTemplate{p} }

// GetInputVariables are the names of the variables and placeholders.
func (t *PromptTemplate) GetInputVariables() []string { return t.prompt.Variables() }

// Format is the prompt as one text; of a chat, each message with its role.
func (t *PromptTemplate) Format(values map[string]any) (string, error) {
	v, err := t.FormatPrompt(values)
	if err != nil {
		return "", err
	}
	return v.String(), nil
}

// FormatMessages is the prompt as messages; a text is one of the human.
func (t *PromptTemplate) FormatMessages(values map[string]any) ([]llms.ChatMessage, error) {
	v, err := t.FormatPrompt(values)
	if err != nil {
		return nil, err
	}
	return v.Messages(), nil
}

// FormatPrompt fills in the variables and placeholders.
func (t *PromptTemplate) FormatPrompt(values map[string]any) (llms.PromptValue, error) {
	vars := make(langshark.Vars, len(values))
	for _, name := range t.prompt.Variables() {
		v, ok := values[name]
		if !ok {
			continue
		}
		if history, ok := v.([]llms.ChatMessage); ok {
			v = historyOf(history)
		}
		vars[name] = v
	}
	if !t.prompt.IsChat() {
		text, err := t.prompt.Compile(vars)
		if err != nil {
			return nil, err
		}
		return prompts.StringPromptValue(text), nil
	}
	messages, err := t.prompt.Messages(vars)
	if err != nil {
		return nil, err
	}
	chat := make(prompts.ChatPromptValue, 0, len(messages))
	for i := range messages {
		m, err := chatMessage(&messages[i])
		if err != nil {
			return nil, fmt.Errorf("langshark: message %d of prompt %q version %d: %w", i, t.prompt.Name(), t.prompt.Version(), err)
		}
		chat = append(chat, m)
	}
	return chat, nil
}

// chatMessage is a message in the library's form.
func chatMessage(m *langshark.Message) (llms.ChatMessage, error) {
	if len(m.Parts) > 0 {
		return nil, fmt.Errorf("the library's templates hold texts only, and it has parts")
	}
	switch m.Role {
	case "system", "developer":
		return llms.SystemChatMessage{Content: m.Content}, nil
	case "user", "human":
		return llms.HumanChatMessage{Content: m.Content}, nil
	case "assistant", "ai":
		said := llms.AIChatMessage{Content: m.Content, ReasoningContent: m.Reasoning}
		for _, c := range m.ToolCalls {
			said.ToolCalls = append(said.ToolCalls, llms.ToolCall{ID: c.ID, Type: "function", FunctionCall: &llms.FunctionCall{Name: c.Name, Arguments: c.Arguments}})
		}
		return said, nil
	case "tool":
		return llms.ToolChatMessage{ID: m.ToolCallID, Content: m.Content}, nil
	}
	return llms.GenericChatMessage{Role: m.Role, Name: m.Name, Content: m.Content}, nil
}
