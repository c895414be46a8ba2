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
	vectors     bool
	noTools     bool
	management  bool
	filter      func(*http.Request) bool
}

// WithClient sets the client that records. Defaults to that of the request's
// context, else [langshark.Default], looked up at each request.
func WithClient(c *langshark.Client) Option { return func(o *options) { o.client = c } }

// WithName sets the name of the generations. Defaults to the operation and the
// model, as in "chat gpt-4o".
func WithName(name string) Option { return func(o *options) { o.name = name } }

// WithoutInput leaves the messages and tools out, and the bodies of errors, which
// may repeat them.
func WithoutInput() Option { return func(o *options) { o.noInput = true } }

// WithoutOutput leaves the answer out. Of errors the status, the type and the
// message are recorded still.
func WithoutOutput() Option { return func(o *options) { o.noOutput = true } }

// WithCapture says what is recorded of messages, tools and answers, instead of
// the client's own [langshark.Config].Capture. It holds for tools that are inferred
// too; to [StartTool] it is given with each call. With [langshark.CaptureNone] an
// error's message is left out as well.
func WithCapture(m langshark.CaptureMode) Option { return func(o *options) { o.capture = m } }

// WithStreamUsage asks for the usage in streams of chats and completions that
// don't ask for it themselves, by stream_options.include_usage: without it
// OpenAI and many others don't tell. The chunk that then comes in addition, with
// the usage and without choices, is kept from the application; what comes before
// it arrives event by event instead of byte by byte. Providers that tell without
// being asked are not asked.
func WithStreamUsage() Option { return func(o *options) { o.streamUsage = true } }

// WithVectors records the vectors of embeddings too, not their number and
// dimensions alone. Of an answer larger than 4 MiB what is beyond is left out,
// and the usage, which stands at its end, with it.
func WithVectors() Option { return func(o *options) { o.vectors = true } }

// WithoutTools leaves out the tool observations that are made of the results in
// a request; see the package's comment.
func WithoutTools() Option { return func(o *options) { o.noTools = true } }

// WithManagement says whether calls of OpenAI's API that ask no model, as of
// files, batches, threads and models, are recorded as spans. Those without an
// observation in the request's context never are: they begin no trace. Defaults
// to false.
func WithManagement(on bool) Option { return func(o *options) { o.management = on } }

// WithFilter records only requests for which keep returns true.
func WithFilter(keep func(*http.Request) bool) Option { return func(o *options) { o.filter = keep } }
