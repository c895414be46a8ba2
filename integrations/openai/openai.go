package openai

import (
	"context"
	"net/http"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
)

// Option changes how calls are recorded.
type Option = llmhttp.Option

// WrapConfig makes clients of this config record their calls. It keeps the
// config's own HTTPClient: of an [http.Client] it takes a copy, whose Timeout,
// Jar and CheckRedirect stay and whose Transport is wrapped; any other client is
// called for each request as before. Wrapping a config twice records once, with
// the options of the first time.
func WrapConfig(config *openai.ClientConfig, opts ...Option) {
	opts = append([]Option{llmhttp.WithManagement(true)}, opts...)
	switch client := config.HTTPClient.(type) {
	case nil:
		config.HTTPClient = &http.Client{Transport: llmhttp.NewTransport(nil, opts...)}
	case *doer:
	case *http.Client:
		if client == nil {
			client = &http.Client{}
		}
		if _, wrapped := client.Transport.(*llmhttp.Transport); wrapped {
			return
		}
		wrapped := *client
		wrapped.Transport = llmhttp.NewTransport(client.Transport, opts...)
		config.HTTPClient = &wrapped
	default:
		config.HTTPClient = &doer{llmhttp.NewTransport(roundTripper{client}, opts...)}
	}
}

// doer is a wrapped client that isn't an http.Client.
type doer struct{ transport *llmhttp.Transport }

func (d *doer) Do(req *http.Request) (*http.Response, error) { return d.transport.RoundTrip(req) }

type roundTripper struct{ client openai.HTTPDoer }

func (r roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return r.client.Do(req) }

// WithClient sets the client that records. Defaults to that of the call's
// context, else [langshark.Default].
func WithClient(c *langshark.Client) Option { return llmhttp.WithClient(c) }

// WithName sets the name of the generations. Defaults to the operation and the
// model, as in "chat gpt-4o".
func WithName(name string) Option { return llmhttp.WithName(name) }

// WithoutInput leaves the messages and tools out, and the bodies of errors, which
// may repeat them.
func WithoutInput() Option { return llmhttp.WithoutInput() }

// WithoutOutput leaves the answer out. Of errors the status, the type and the
// message are recorded still.
func WithoutOutput() Option { return llmhttp.WithoutOutput() }

// WithCapture says what is recorded of messages, tools and answers, instead of
// the client's own [langshark.Config].Capture. With [langshark.CaptureNone] an
// error's message is left out as well.
func WithCapture(m langshark.CaptureMode) Option { return llmhttp.WithCapture(m) }

// WithStreamUsage asks for the usage in streams whose request doesn't. The chunk
// that OpenAI then sends in addition is kept from the application.
func WithStreamUsage() Option { return llmhttp.WithStreamUsage() }

// WithVectors records the vectors of embeddings too, not their number and
// dimensions alone.
func WithVectors() Option { return llmhttp.WithVectors() }

// WithoutTools leaves out the tool observations that are made of the results in
// a request.
func WithoutTools() Option { return llmhttp.WithoutTools() }

// WithManagement says whether calls that ask no model, as of files, batches,
// threads and models, are recorded as spans below the observation in their
// context. Defaults to true.
func WithManagement(on bool) Option { return llmhttp.WithManagement(on) }

// StartTool starts the observation of a function that runs because the model
// asked for it: a tool named like the function, with the arguments as input,
// linked to the generation that asked. End it when the function has answered.
func StartTool(ctx context.Context, call openai.ToolCall, opts ...langshark.SpanOption) (context.Context, *langshark.Span) {
	return llmhttp.StartTool(ctx, llmhttp.ToolCall{ID: call.ID, Name: call.Function.Name, Arguments: call.Function.Arguments}, opts...)
}

// ContextWithGeneration says how the calls made with the context it returns
// are recorded: by what name (empty for the usual one), and with which options,
// as [langshark.WithPrompt].
func ContextWithGeneration(ctx context.Context, name string, opts ...langshark.GenerationOption) context.Context {
	return llmhttp.ContextWithGeneration(ctx, name, opts...)
}

// WithCall says that the requests made with the context it returns are
// attempts at one call, for code that repeats failed requests: they become one
// generation. Call end when no more come.
func WithCall(ctx context.Context) (_ context.Context, end func()) { return llmhttp.WithCall(ctx) }
