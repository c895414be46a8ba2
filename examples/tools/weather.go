package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sashabaranov/go-openai"

	lsopenai "github.com/langshark/langshark-go/integrations/openai"
)

// weather runs one call of the tool, and records it.
func weather(ctx context.Context, call openai.ToolCall) openai.ChatCompletionMessage {
	_, tool := lsopenai.StartTool(ctx, call) // linked to the generation that asked
	defer tool.End()
	text, err := lookUp(call.Function.Arguments)
	if err != nil {
		tool.SetError(err)
		text = err.Error() // the model may make something of it
	}
	tool.SetOutput(text)
	return openai.ChatCompletionMessage{Role: openai.ChatMessageRoleTool, ToolCallID: call.ID, Content: text}
}

func lookUp(arguments string) (string, error) {
	var in struct{ City string }
	if err := json.Unmarshal([]byte(arguments), &in); err != nil {
		return "", err
	}
	text, ok := map[string]string{"서울": "맑음", "부산": "비"}[in.City]
	if !ok {
		return "", fmt.Errorf("no such city: %s", in.City)
	}
	return text, nil
}
