package llmhttp

import (
	"net/http"

	langshark "github.com/langshark/langshark-go"
)

// Option changes what a [Transport] does.
type Option func(*options)

type options struct {
	client      *langshark.Client
	name        string
	noInput     bool
	noOutput    bool
	capture     langshark.CaptureMode
	streamUsage bool
	filter      func(*http.Request) bool
}

// WithClient sets the client that records. Defaults to that of the request's
// context, else [langshark.Default], looked up at each request.
func WithClient(c *langshark.Client) Option { return func(o *options) { o.client = c } }

// WithName sets the name of the generations. Defaults to the operation and the
// model, as in "chat gpt-4o".
func WithName(name string) Option { return func(o *options) { o.name = name } }

// WithoutInput leaves the messages and tools out.
func WithoutInput() Option { return func(o *options) { o.noInput = true } }

// WithoutOutput leaves the answer out. Errors are recorded still.
func WithoutOutput() Option { return func(o *options) { o.noOutput = true } }

// WithCapture says what is recorded of messages, tools and answers, instead of
// the client's own [langshark.Config].Capture.
func WithCapture(m langshark.CaptureMode) Option { return func(o *options) { o.capture = m } }

// WithStreamUsage asks for the usage in streams that don't ask for it
// themselves, by stream_options.include_usage: without it the provider doesn't
// tell. The application then receives one more chunk at the end of a stream, one
// without choices, and must expect that.
func WithStreamUsage() Option { return func(o *options) { o.streamUsage = true } }

// WithFilter records only requests for which keep returns true.
func WithFilter(keep func(*http.Request) bool) Option { return func(o *options) { o.filter = keep } }
