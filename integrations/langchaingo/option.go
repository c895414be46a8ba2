package langchaingo

import (
	langshark "github.com/langshark/langshark-go"
)

// Option changes how a wrapper or a [Handler] records.
type Option func(*options)

type options struct {
	client   *langshark.Client
	name     string
	model    string
	noInput  bool
	noOutput bool
	noTools  bool
	vectors  bool
	capture  langshark.CaptureMode
}

func newOptions(opts []Option) *options {
	o := &options{}
	for _, opt := range opts {
		if opt != nil {
			opt(o)
		}
	}
	return o
}

// WithClient sets the client that records. Defaults to that of the call's
// context, else [langshark.Default], looked up at each call.
func WithClient(c *langshark.Client) Option { return func(o *options) { o.client = c } }

// WithName sets the name of the observations. Defaults to the operation and the
// model ("chat gpt-4o"), a tool's own name, or the name of the wrapped type.
func WithName(name string) Option { return func(o *options) { o.name = name } }

// WithModelName sets the model of a wrapped model or embedder, where neither a
// call's options nor the answer name it. Defaults to what the library's
// clients keep in their fields.
func WithModelName(model string) Option { return func(o *options) { o.model = model } }

// WithoutInput leaves inputs out.
func WithoutInput() Option { return func(o *options) { o.noInput = true } }

// WithoutOutput leaves outputs out. Errors are recorded still.
func WithoutOutput() Option { return func(o *options) { o.noOutput = true } }

// WithCapture says what is recorded of inputs and outputs, instead of the
// client's own [langshark.Config].Capture.
func WithCapture(m langshark.CaptureMode) Option { return func(o *options) { o.capture = m } }

// WithoutTools leaves out the tools that [WrapModel] makes up from the results
// among the messages. It is for applications that record their tools under other
// names than the model knows them by.
func WithoutTools() Option { return func(o *options) { o.noTools = true } }

// WithVectors records the vectors of embeddings too, not their number and
// dimensions alone. It is for [WrapEmbedder].
func WithVectors() Option { return func(o *options) { o.vectors = true } }
