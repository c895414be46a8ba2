module github.com/langshark/langshark-go/integrations/openai/apitest

go 1.25.0

require (
	github.com/langshark/langshark-go v0.1.0
	github.com/langshark/langshark-go/integrations/openai v0.1.0
	github.com/sashabaranov/go-openai v1.43.0
)

require (
	github.com/cenkalti/backoff/v4 v4.3.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
)
