module github.com/langshark/langshark-go/integrations/openai

go 1.25.0

require (
	github.com/langshark/langshark-go v0.1.0
	github.com/sashabaranov/go-openai v1.36.0
)
