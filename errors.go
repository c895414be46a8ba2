package langshark

import (
	"errors"

	"github.com/langshark/langshark-go/exporter"
)

var (
	// ErrDisabled is returned by what needs a server when the client is disabled.
	ErrDisabled = errors.New("langshark: the client is disabled (set LANGSHARK_PUBLIC_KEY, LANGSHARK_SECRET_KEY and LANGSHARK_HOST)")
	// ErrNoTarget is returned by RecordScore when nothing is judged: ctx holds no trace and no option names one.
	ErrNoTarget = errors.New("langshark: a score needs a trace in ctx, WithTraceID or WithSession")
)

// APIError is a server's answer that isn't success.
type APIError = exporter.APIError

// DeliveryError is what Flush and Shutdown return when not everything arrived.
type DeliveryError = exporter.DeliveryError

// switchedOffError is [ErrDisabled] for the other reason.
type switchedOffError struct{}

func (switchedOffError) Error() string {
	return "langshark: the client is switched off (by Config.Enabled, LANGSHARK_ENABLED or LANGFUSE_TRACING_ENABLED)"
}

func (switchedOffError) Is(target error) bool { return target == ErrDisabled }

// offWithoutPromptsError is [ErrNoPromptSource] where tracing is switched off, so that it is [ErrDisabled] too.
type offWithoutPromptsError struct{ why error }

func (e offWithoutPromptsError) Error() string { return e.why.Error() }

func (offWithoutPromptsError) Is(target error) bool {
	return target == ErrDisabled || target == ErrNoPromptSource
}
