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
// called for each request as before. Wrapping a config twice records once.
func WrapConfig(config *openai.ClientConfig, opts ...Option) {
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

// WithoutInput leaves the messages and tools out.
func WithoutInput() Option { return llmhttp.WithoutInput() }

// WithoutOutput leaves the answer out. Errors are recorded still.
func WithoutOutput() Option { return llmhttp.WithoutOutput() }

// WithCapture says what is recorded of messages, tools and answers, instead of
// the client's own [langshark.Config].Capture.
func WithCapture(m langshark.CaptureMode) Option { return llmhttp.WithCapture(m) }

// WithStreamUsage asks for the usage in streams whose request doesn't. Recv then
// returns one more chunk at the end, whose Choices are empty: code that reads
// Choices[0] without looking must not use it.
func WithStreamUsage() Option { return llmhttp.WithStreamUsage() }

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
