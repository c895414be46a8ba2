module github.com/langshark/langshark-go/cmd/langshark

go 1.26.0

require (
	github.com/alecthomas/kong v1.17.0
	github.com/langshark/langshark-go v0.1.0
	github.com/langshark/langshark-go/integrations/openai v0.1.0
	github.com/langshark/langshark-go/server v0.1.0
	github.com/sashabaranov/go-openai v1.43.0
)
