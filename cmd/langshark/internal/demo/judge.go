package demo

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
)

const judgePrompt = `You grade the answer of a support assistant. Reply with JSON {"score": 0..1, "reason": "…"}: does the answer keep to the sources and the tools' results?`

// grade lets another model judge an answer, and records its score.
func (b *bot) grade(ctx context.Context, question, answer string, hits []hit) (err error) {
	ctx, span := langshark.StartObservation(ctx, langshark.KindEvaluator, "grounded")
	defer span.End()
	ctx, step := enter(ctx, langshark.KindEvaluator, "grounded")
	defer func() { span.SetError(err); step.failed(err) }()

	prompt, err := langshark.GetPrompt(ctx, judgePromptHub, langshark.WithFallback(judgePrompt))
	if err != nil {
		return err
	}
	ctx = langshark.ContextWithPrompt(ctx, prompt)
	callCtx := lsopenai.ContextWithGeneration(ctx, "judge-answer", langshark.WithMetadata("rubric", "grounded-v2"))
	_, call := enter(ctx, langshark.KindGeneration, "judge-answer")
	resp, err := b.client.CreateChatCompletion(callCtx, openai.ChatCompletionRequest{
		Model: b.judge, MaxCompletionTokens: 800, ReasoningEffort: "low",
		ResponseFormat: &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONObject},
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleDeveloper, Content: prompt.Text()},
			{Role: openai.ChatMessageRoleUser, Content: "Sources:\n" + sources(hits) + "\nQuestion: " + question + "\nAnswer: " + answer},
		},
	})
	call.failed(err)
	if err != nil {
		return err
	}
	var verdict struct {
		Score  float64 `json:"score"`
		Reason string  `json:"reason"`
	}
	if len(resp.Choices) == 0 {
		return fmt.Errorf("%s gave no verdict", b.judge)
	}
	if err := json.Unmarshal([]byte(resp.Choices[0].Message.Content), &verdict); err != nil {
		return fmt.Errorf("verdict of %s: %w", b.judge, err)
	}
	span.SetOutput(verdict)
	return langshark.RecordScore(ctx, "grounded", langshark.Numeric(verdict.Score), langshark.WithComment(verdict.Reason))
}
