package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
)

// maxRounds bounds how often the model may ask for tools before it must answer.
const maxRounds = 3

// bot is the support assistant.
type bot struct {
	client   *openai.Client
	index    *index
	tools    map[string]tool
	model    string
	fallback string // asked when model is overloaded
	judge    string // judges answers; empty: none does
	book     *ledger
	used     *tokens
}

// conversation is a customer's session with the bot.
type conversation struct {
	session, user, language, topic string
	messages                       []openai.ChatCompletionMessage
}

// ask answers one message of a customer. Every call is a trace.
func (b *bot) ask(ctx context.Context, c *conversation, question string, rated *bool) (answer string, err error) {
	ctx, trace := langshark.StartTrace(ctx, "support-turn",
		langshark.WithUser(c.user), langshark.WithSession(c.session), langshark.WithTags(c.language, c.topic),
		langshark.WithMetadata("channel", "web-chat"), langshark.WithMetadata("turn", len(c.messages)/2+1),
		langshark.WithInput(question))
	defer trace.End()
	ctx, turn := b.book.open(ctx, trace, c, question)
	defer func() {
		trace.SetOutput(answer)
		trace.SetError(err)
		turn.close(answer, err)
	}()

	clean := b.guard(ctx, question)
	hits, err := b.index.search(ctx, clean)
	if err != nil {
		return apology(c.language), fmt.Errorf("retrieval: %w", err)
	}
	answer, err = b.answer(ctx, c, turn, clean, hits)
	if err != nil {
		return apology(c.language), err
	}
	if rated != nil {
		if err := langshark.RecordScore(ctx, "thumbs-up", langshark.Boolean(*rated)); err != nil {
			return answer, err
		}
		turn.scores++
	}
	if b.judge != "" && strings.Contains(answer, "**") { // it states facts
		if err := b.grade(ctx, clean, answer, hits); err != nil {
			return answer, fmt.Errorf("judge: %w", err)
		}
		turn.scores++
	}
	return answer, nil
}

var cardNumber = regexp.MustCompile(`\b(?:\d[ -]?){15}\d\b`)

func withoutCards(text string) string { return cardNumber.ReplaceAllString(text, "[card number]") }

// maskCards keeps card numbers out of everything that is recorded.
func maskCards(t langshark.MaskText) (string, error) { return withoutCards(t.Text), nil }

// guard takes out what must not reach the model.
func (b *bot) guard(ctx context.Context, question string) string {
	ctx, span := langshark.StartObservation(ctx, langshark.KindGuardrail, "personal-data")
	defer span.End()
	_, step := enter(ctx, langshark.KindGuardrail, "personal-data")
	clean := withoutCards(question)
	span.SetOutput(map[string]bool{"redacted": clean != question})
	if clean != question {
		span.SetLevel(langshark.LevelWarning)
		span.SetStatusMessage("a card number was taken out")
		step.level = langshark.LevelWarning
	}
	return clean
}

// answer lets the model work with the tools until it answers.
func (b *bot) answer(ctx context.Context, c *conversation, t *turn, question string, hits []hit) (answer string, err error) {
	ctx, span := langshark.StartObservation(ctx, langshark.KindAgent, "support-agent", langshark.WithInput(question))
	defer span.End()
	ctx, step := enter(ctx, langshark.KindAgent, "support-agent")
	defer func() { span.SetOutput(answer); span.SetError(err); step.failed(err) }()

	prompt, system, err := rules(ctx, c, hits)
	if err != nil {
		return "", err
	}
	t.version = prompt.Version()
	ctx = langshark.ContextWithPrompt(ctx, prompt)
	messages := []openai.ChatCompletionMessage{{Role: openai.ChatMessageRoleSystem, Content: system}}
	messages = append(messages, c.messages...)
	messages = append(messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleUser, Content: question})
	for range maxRounds {
		reply, err := b.chat(ctx, messages)
		if err != nil {
			return "", err
		}
		messages = append(messages, reply)
		if len(reply.ToolCalls) == 0 {
			c.messages = append(c.messages, messages[1+len(c.messages)], reply)
			return reply.Content, nil
		}
		for _, call := range reply.ToolCalls {
			messages = append(messages, b.call(ctx, call))
		}
	}
	return "", errors.New("the model asked for tools again and again")
}

// call runs one tool; its error is for the model to read.
func (b *bot) call(ctx context.Context, c openai.ToolCall) openai.ChatCompletionMessage {
	m := openai.ChatCompletionMessage{Role: openai.ChatMessageRoleTool, ToolCallID: c.ID, Name: c.Function.Name}
	t, ok := b.tools[c.Function.Name]
	if !ok {
		m.Content = `{"error":"there is no such tool"}`
		return m
	}
	var result any
	result, err := t.run(ctx, c.Function.Arguments)
	if err != nil {
		result = map[string]string{"error": err.Error()}
	}
	content, err := json.Marshal(result)
	if err != nil {
		content = []byte(`{"error":"the result can't be shown"}`)
	}
	m.Content = string(content)
	return m
}

// chat asks the model, and the fallback when that is overloaded.
func (b *bot) chat(ctx context.Context, messages []openai.ChatCompletionMessage) (openai.ChatCompletionMessage, error) {
	reply, err := b.stream(ctx, b.model, messages)
	var api *openai.APIError
	if b.fallback == "" || !errors.As(err, &api) || api.HTTPStatusCode != http.StatusTooManyRequests && api.HTTPStatusCode < 500 {
		return reply, err
	}
	langshark.RecordEvent(ctx, "model-fallback", langshark.WithLevel(langshark.LevelWarning), langshark.WithStatusMessage(api.Message),
		langshark.WithMetadata("to", b.fallback))
	_, step := enter(ctx, langshark.KindEvent, "model-fallback")
	step.level = langshark.LevelWarning
	return b.stream(ctx, b.fallback, messages)
}

// stream reads one answer as it comes.
func (b *bot) stream(ctx context.Context, model string, messages []openai.ChatCompletionMessage) (reply openai.ChatCompletionMessage, err error) {
	_, step := enter(ctx, langshark.KindGeneration, "chat "+model) // recorded by integrations/openai
	defer func() { step.failed(err) }()

	req := openai.ChatCompletionRequest{
		Model: model, Messages: messages, Temperature: 0.3, MaxCompletionTokens: 400, Stream: true,
		StreamOptions: &openai.StreamOptions{IncludeUsage: true},
		Tools:         []openai.Tool{b.tools["order_status"].definition, b.tools["create_refund"].definition},
	}
	stream, err := b.client.CreateChatCompletionStream(ctx, req)
	if err != nil {
		return reply, err
	}
	defer stream.Close() //nolint:errcheck // it has been read to its end, or has failed already
	reply.Role = openai.ChatMessageRoleAssistant
	var text strings.Builder
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return reply, err
		}
		b.used.add(chunk.Usage)
		for _, choice := range chunk.Choices {
			text.WriteString(choice.Delta.Content)
			reply.ToolCalls = mergeCalls(reply.ToolCalls, choice.Delta.ToolCalls)
		}
	}
	reply.Content = text.String()
	return reply, nil
}

// mergeCalls puts the pieces of tool calls together.
func mergeCalls(calls, deltas []openai.ToolCall) []openai.ToolCall {
	for _, d := range deltas {
		at := len(calls) - 1
		if d.Index != nil {
			at = *d.Index
		}
		for at >= len(calls) && len(calls) < 16 {
			calls = append(calls, openai.ToolCall{Type: openai.ToolTypeFunction})
		}
		if at < 0 || at >= len(calls) {
			continue
		}
		calls[at].ID += d.ID
		calls[at].Function.Name += d.Function.Name
		calls[at].Function.Arguments += d.Function.Arguments
	}
	return calls
}

func sources(hits []hit) string {
	var b strings.Builder
	for _, h := range hits {
		fmt.Fprintf(&b, "## %s\n%s\n", h.Title, h.Text)
	}
	return b.String()
}

func apology(language string) string {
	if language == "ko" {
		return "죄송해요, 지금은 답변을 드리기 어려워요. 잠시 후 다시 시도해 주시거나 상담원 연결을 눌러 주세요."
	}
	return "Sorry, I can't answer right now. Please try again in a moment, or ask for a human agent."
}
