//go:build !noui

package ui

import "github.com/langshark/langshark-go/server/ui/internal/message"

// inputError says what is wrong with an address or a form, in any language: by the key of a text and what stands in it.
type inputError struct {
	key  string
	args []any
}

// Error is the text in English, for the log.
func (e *inputError) Error() string {
	return "langshark: bad address: " + message.For(message.English).T(e.key, e.args...)
}

// badInput is an error of the reader's, said by the text of a key.
func badInput(key string, args ...any) error { return &inputError{key, args} }
