// Package apitest tests integrations/langchaingo with the library's own clients
// of OpenAI, Anthropic, Google AI, Ollama and Mistral. It is a module of its own,
// never published, so that what those clients need is no requirement of the
// integration.
package apitest
