// Package apitest tests integrations/openai with the newest version of
// sashabaranov/go-openai: each of its methods, and what the application sees
// with and without us. It is a module of its own, never published, so that the
// integration itself can ask for an older version and move nobody's.
package apitest
