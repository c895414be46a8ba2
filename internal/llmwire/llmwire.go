// Package llmwire reads what goes over the wire between an application and a
// model provider: requests, answers and streams. It knows no HTTP client and
// nothing of tracing; integrations/llmhttp feeds it copies of the bytes.
//
// A provider's API is an [Endpoint], found by [Detect]. Whatever it is fed, a
// parser never fails: it reports what it understood. It may be fed anything,
// in portions of any size, and keeps a bounded amount of it.
package llmwire

import (
	"encoding/json"
	"io"
	"strings"
)

// Limits of what is kept of one call.
const (
	// MaxRequestBytes is how much of a request is read, so that files of up to
	// MaxFileBytes in it, as base64, are whole.
	MaxRequestBytes = 14 << 20
	// MaxFileBytes is how much is kept of a file's content.
	MaxFileBytes = 10 << 20
	// MaxBodyBytes is how much of an answer in one piece is read.
	MaxBodyBytes = 4 << 20
	// MaxCaptureBytes is how much input or output is kept of it.
	MaxCaptureBytes = 1 << 20
	// MaxMediaBytes is how much of an answer is read that consists of pictures or sound.
	MaxMediaBytes = 14 << 20
	// MaxErrorBytes is how much of an error's body is kept.
	MaxErrorBytes = 64 << 10
)

// Kind is what a call is recorded as.
type Kind uint8

// The kinds of calls.
const (
	// Generation asks a model for text, pictures, sound or a judgement.
	Generation Kind = iota
	// Embedding asks for vectors.
	Embedding
	// Management asks no model: files, lists of models, the state of a job.
	Management
)

// Endpoint is one operation of a provider's API.
type Endpoint interface {
	// Provider is the name of the provider as the OpenTelemetry GenAI conventions have it, as in "openai".
	Provider() string
	// Operation is what the call does, as in "chat".
	Operation() string
	// Kind is what the call is recorded as.
	Kind() Kind
	// ParseRequest reads a request's body, or its first bytes if cut is true.
	// contentType is the request's Content-Type; JSON if empty.
	ParseRequest(contentType string, body []byte, cut bool) Request
	// Answer returns the accumulator for an answer with the given status and
	// Content-Type to req.
	Answer(status int, contentType string, req *Request) Accumulator
}

// FormReader is an endpoint that takes multipart forms, of any size: what comes
// after a large file is found as well.
type FormReader interface {
	// ReadForm reads the form to its end, or as far as r goes. It keeps at most
	// MaxFileBytes of a file.
	ReadForm(contentType string, r io.Reader) Request
}

// Accumulator takes an answer as it arrives.
type Accumulator interface {
	// Feed takes the next bytes. It doesn't keep p.
	Feed(p []byte)
	// Started reports whether a first piece of text, reasoning, refusal or tool call of a stream has arrived.
	Started() bool
	// Close says that no more bytes come and returns what was understood. It is called once.
	Close() Response
}

// Ender is an accumulator of a stream that has an end mark, behind which an
// application reads nothing.
type Ender interface {
	// Ended reports whether the mark has come. A usage that the request asked for
	// may come behind it, and is waited for.
	Ended(usageAsked bool) bool
}

// Grower is an accumulator that makes use of knowing how long the answer will be.
type Grower interface{ Grow(bytes int64) }

// Request is what a request says.
type Request struct {
	// Model is the model that is asked; empty if unknown.
	Model string
	// Stream says that the answer is asked for in pieces.
	Stream bool
	// StreamUsage says that the stream is asked to tell the usage.
	StreamUsage bool
	// Input is valid JSON: the messages, with the tools if there are any. Nil if not understood.
	Input json.RawMessage
	// Parameters are the other fields by name: strings, booleans, json.Number,
	// []string; other values as a string of JSON.
	Parameters map[string]any
	// Foreign says that the body is JSON with neither a model nor an input: the
	// path means something else here, unless the host is a provider's.
	Foreign bool
	// ToolResults are what tools answered since the model last asked for some.
	ToolResults []ToolResult
	// Truncated says that Input lacks something.
	Truncated bool
	// Vectors is set by who wants the vectors of embeddings in the output.
	Vectors bool
}

// ToolCall is a call that a model asks for.
type ToolCall struct {
	// ID is the provider's name for the call; empty where it gives none.
	ID string
	// Name is the tool's.
	Name string
	// Arguments are what the model says, JSON if it does well.
	Arguments string
}

// ToolResult is what a tool answered.
type ToolResult struct {
	// ID is that of the call, empty where the provider has none.
	ID string
	// Name is the tool's, where the provider says it.
	Name string
	// Output is valid JSON.
	Output json.RawMessage
	// Failed says that the application calls it an error.
	Failed bool
}

// Response is what an answer says.
type Response struct {
	// ID is the provider's name for the answer.
	ID string
	// Model is the model that answered; empty if not said.
	Model string
	// Output is valid JSON: the message, or an array of them if several were
	// asked for. Nil if there was none.
	Output json.RawMessage
	// FinishReasons has one for each choice that ended, in order.
	FinishReasons []string
	// ToolCalls are those that the model asks for, in order.
	ToolCalls []ToolCall
	// Usage is nil if not said.
	Usage *Usage
	// Cost is in US dollars; 0 if not said.
	Cost float64
	// Err is the provider's error, if that was the answer or ended the stream.
	Err *ProviderError
	// Attributes are further facts by the name they are recorded under.
	Attributes map[string]any
	// Complete says that the answer came to the end that its protocol has,
	// whether or not more bytes could have followed.
	Complete bool
	// Endless says that the protocol has no end of its own: the answer is
	// complete if the bytes end without an error.
	Endless bool
	// Truncated says that Output lacks something that the application received.
	Truncated bool
}

// Usage counts tokens inclusively: Input contains CachedInput, CacheWrite and
// InputAudio; Output contains Reasoning and OutputAudio.
type Usage struct {
	Input, Output, Total                int64
	CachedInput, CacheWrite, InputAudio int64
	Reasoning, OutputAudio              int64
	// Details are further counts by name, not contained in the others.
	Details map[string]int64
}

// ProviderError is an error in a provider's own form.
type ProviderError struct {
	// Type and Code are the provider's names for it, as in "insufficient_quota".
	Type, Code string
	// Message is for people.
	Message string
	// Body is the whole error, JSON or not, cut to [MaxErrorBytes].
	Body string
}

// Kind returns the code, else the type; the type if the code is but a number.
func (e *ProviderError) Kind() string {
	if e.Type != "" && strings.Trim(e.Code, "0123456789") == "" {
		return e.Type
	}
	if e.Code != "" {
		return e.Code
	}
	return e.Type
}

// attribute adds a fact.
func (r *Response) attribute(name string, value any) {
	if r.Attributes == nil {
		r.Attributes = make(map[string]any)
	}
	r.Attributes[name] = value
}

// fact adds a text, if there is one.
func (r *Response) fact(name, text string) {
	if text != "" {
		r.attribute(name, text)
	}
}

// count adds a number, unless it is 0.
func (r *Response) count(name string, n int64) {
	if n > 0 {
		r.attribute(name, n)
	}
}
