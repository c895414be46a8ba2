package catalog

import (
	"fmt"

	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// NotFoundError says that something that a request names isn't in the project.
type NotFoundError struct {
	Message string
	// Reason is how the message was made; it may be empty.
	Reason ingest.Reason
}

// Error is the message.
func (e *NotFoundError) Error() string { return e.Message }

// Unwrap is [store.ErrNotFound].
func (e *NotFoundError) Unwrap() error { return store.ErrNotFound }

// ConflictError says that things are not as who asks expected.
type ConflictError struct {
	Message string
	// Reason is how the message was made; it may be empty.
	Reason ingest.Reason
}

// Error is the message.
func (e *ConflictError) Error() string { return e.Message }

// ForbiddenError says that who asks may not do it.
type ForbiddenError struct {
	Message string
	// Reason is how the message was made; it may be empty.
	Reason ingest.Reason
}

// Error is the message.
func (e *ForbiddenError) Error() string { return e.Message }

func notFound(format string, args ...any) error {
	return &NotFoundError{fmt.Sprintf(format, args...), say(format, args...)}
}

func conflict(format string, args ...any) error {
	return &ConflictError{fmt.Sprintf(format, args...), say(format, args...)}
}

func forbidden(format string, args ...any) error {
	return &ForbiddenError{fmt.Sprintf(format, args...), say(format, args...)}
}

func refused(format string, args ...any) error {
	return &ingest.RequestError{Message: fmt.Sprintf(format, args...), Reason: say(format, args...)}
}

// say is a message, or a part of one, that can be said in another language too. All words of a message
// stand in its format and in those of its parts.
func say(format string, args ...any) ingest.Reason { return ingest.Reason{Format: format, Args: args} }
