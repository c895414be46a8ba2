package langchaingo

import "github.com/tmc/langchaingo/callbacks"

// Handler is a placeholder.
type Handler struct{ callbacks.SimpleHandler }
