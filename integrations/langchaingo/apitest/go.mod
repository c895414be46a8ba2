module github.com/langshark/langshark-go/integrations/langchaingo/apitest

go 1.25.0

require (
	github.com/langshark/langshark-go v0.1.0
	github.com/langshark/langshark-go/integrations/langchaingo v0.1.0
	github.com/tmc/langchaingo v0.1.14
	google.golang.org/api v0.218.0
)
