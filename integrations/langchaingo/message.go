package langchaingo

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/tmc/langchaingo/llms"

	langshark "github.com/langshark/langshark-go"
)

// requestOf is the input of a generation: the messages, and with tools an object of both.
func requestOf(messages []llms.MessageContent, o *llms.CallOptions) any {
	in := messagesOf(messages)
	tools := o.Tools
	for i := range o.Functions {
		tools = append(slices.Clip(tools), llms.Tool{Type: "function", Function: &o.Functions[i]})
	}
	if len(tools) == 0 {
		return in
	}
	return map[string]any{"messages": in, "tools": tools}
}

func messagesOf(messages []llms.MessageContent) []langshark.Message {
	all := make([]langshark.Message, 0, len(messages))
	for _, m := range messages {
		all = appendMessage(all, m)
	}
	return all
}

// historyOf are the messages of a memory.
func historyOf(messages []llms.ChatMessage) []langshark.Message {
	all := make([]langshark.Message, 0, len(messages))
	for _, m := range messages {
		if isNil(m) {
			continue
		}
		msg := langshark.Message{Role: roleOf(m.GetType()), Content: m.GetContent()}
		switch m := m.(type) {
		case llms.AIChatMessage:
			msg.Reasoning = m.ReasoningContent
			for _, c := range m.ToolCalls {
				msg.ToolCalls = append(msg.ToolCalls, toolCall(c))
			}
		case llms.ToolChatMessage:
			msg.ToolCallID = m.ID
		case llms.FunctionChatMessage:
			msg.Name = m.Name
		}
		all = append(all, msg)
	}
	return all
}

func roleOf(r llms.ChatMessageType) string {
	switch r {
	case llms.ChatMessageTypeAI:
		return "assistant"
	case llms.ChatMessageTypeHuman, llms.ChatMessageTypeGeneric:
		return "user"
	default:
		return string(r) // system, tool, function
	}
}

// appendMessage adds a message, and each tool response as one of its own.
func appendMessage(all []langshark.Message, m llms.MessageContent) []langshark.Message {
	msg := langshark.Message{Role: roleOf(m.Role)}
	responses := 0
	for _, part := range m.Parts {
		switch p := uncached(part).(type) {
		case llms.TextContent:
			msg.Parts = append(msg.Parts, langshark.Part{Text: p.Text})
		case llms.ImageURLContent:
			msg.Parts = append(msg.Parts, langshark.Part{ImageURL: p.URL})
		case llms.BinaryContent:
			msg.Parts = append(msg.Parts, langshark.Part{Media: &langshark.Media{ContentType: p.MIMEType, Data: p.Data}})
		case llms.ToolCall:
			msg.ToolCalls = append(msg.ToolCalls, toolCall(p))
		case llms.ToolCallResponse:
			all = append(all, langshark.Message{Role: roleOf(m.Role), Content: p.Content, Name: p.Name, ToolCallID: p.ToolCallID})
			responses++
		case nil:
		default:
			msg.Parts = append(msg.Parts, langshark.Part{Text: fmt.Sprintf("<%T>", p)})
		}
	}
	if responses > 0 && len(msg.Parts) == 0 && len(msg.ToolCalls) == 0 {
		return all
	}
	if len(msg.Parts) == 1 && msg.Parts[0].Media == nil && msg.Parts[0].ImageURL == "" {
		msg.Content, msg.Parts = msg.Parts[0].Text, nil
	}
	return append(all, msg)
}

// uncached takes a part out of an [llms.CachedContent].
func uncached(part llms.ContentPart) llms.ContentPart {
	for {
		c, ok := part.(llms.CachedContent)
		if !ok {
			return part
		}
		part = c.ContentPart
	}
}

func toolCall(c llms.ToolCall) langshark.ToolCall {
	call := langshark.ToolCall{ID: c.ID}
	if c.FunctionCall != nil {
		call.Name, call.Arguments = c.FunctionCall.Name, c.FunctionCall.Arguments
	}
	return call
}

// answerOf is the output of a generation: one message, or several if the model gave a choice.
func answerOf(r *llms.ContentResponse) any {
	all := make([]langshark.Message, 0, len(r.Choices))
	for _, c := range r.Choices {
		if c == nil {
			continue
		}
		m := langshark.Message{Role: "assistant", Content: c.Content, Reasoning: c.ReasoningContent}
		if m.Reasoning == "" {
			m.Reasoning = thoughtIn(c)
		}
		for _, call := range c.ToolCalls {
			m.ToolCalls = append(m.ToolCalls, toolCall(call))
		}
		if len(m.ToolCalls) == 0 && c.FuncCall != nil {
			m.ToolCalls = []langshark.ToolCall{{Name: c.FuncCall.Name, Arguments: c.FuncCall.Arguments}}
		}
		all = append(all, m)
	}
	if isAnthropic(r) {
		return merged(all)
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// says reports whether there is anything in an answer.
func says(r *llms.ContentResponse) bool {
	return slices.ContainsFunc(r.Choices, func(c *llms.ContentChoice) bool {
		return c != nil && (c.Content != "" || c.ReasoningContent != "" || len(c.ToolCalls) > 0 || c.FuncCall != nil || thoughtIn(c) != "")
	})
}

// thoughtIn is what Anthropic's client has found of thinking, if it isn't in the content as well.
func thoughtIn(c *llms.ContentChoice) string {
	if text, _ := c.GenerationInfo["ThinkingContent"].(string); text != "" && !strings.Contains(c.Content, text) {
		return text
	}
	return ""
}

// merged makes one message of Anthropic's blocks, which the library gives as choices.
func merged(blocks []langshark.Message) langshark.Message {
	m := langshark.Message{Role: "assistant"}
	for _, b := range blocks {
		m.Content += b.Content
		m.Reasoning += b.Reasoning
		m.ToolCalls = append(m.ToolCalls, b.ToolCalls...)
	}
	return m
}

func stopReasons(r *llms.ContentResponse) []string {
	var all []string
	for _, c := range r.Choices {
		if c != nil && c.StopReason != "" {
			all = appendReason(all, c.StopReason)
		}
	}
	if isAnthropic(r) && len(all) > 1 {
		all = all[:1]
	}
	return all
}

// appendReason adds a reason. The names of Google's constants, as in
// FinishReasonMaxTokens, get the form that they have on the wire: MAX_TOKENS.
func appendReason(all []string, text string) []string {
	name, ok := strings.CutPrefix(text, "FinishReason")
	switch {
	case !ok || name == "":
		return append(all, text)
	case name == "Unspecified":
		return all
	}
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return append(all, b.String())
}
