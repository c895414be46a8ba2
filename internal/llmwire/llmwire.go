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
	"net/http"
	"strings"
)

// Limits of what is kept of one call.
const (
	// MaxBodyBytes is how much of a request, or of an answer in one piece, is read.
	MaxBodyBytes = 4 << 20
	// MaxCaptureBytes is how much input or output is kept of it.
	MaxCaptureBytes = 1 << 20
	// MaxErrorBytes is how much of an error's body is kept.
	MaxErrorBytes = 64 << 10
)

// Endpoint is one operation of a provider's API.
type Endpoint interface {
	// Provider is the name of the provider as the OpenTelemetry GenAI conventions have it, as in "openai".
	Provider() string
	// Operation is what the call does, as in "chat".
	Operation() string
	// ParseRequest reads a request's body, or its first bytes if cut is true.
	ParseRequest(body []byte, cut bool) Request
	// Answer returns the accumulator for an answer with the given status and
	// Content-Type to req.
	Answer(status int, contentType string, req *Request) Accumulator
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
	// Truncated says that Input lacks something.
	Truncated bool
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
	// Usage is nil if not said.
	Usage *Usage
	// Err is the provider's error, if that was the answer or ended the stream.
	Err *ProviderError
	// Attributes are further facts by the name they are recorded under.
	Attributes map[string]any
	// Complete says that the answer came to the end that its protocol has,
	// whether or not more bytes could have followed.
	Complete bool
	// Truncated says that Output lacks something that the application received.
	Truncated bool
}

// Usage counts tokens inclusively: Input contains CachedInput, CacheWrite and
// InputAudio; Output contains Reasoning and OutputAudio.
type Usage struct {
	Input, Output, Total                int64
	CachedInput, CacheWrite, InputAudio int64
	Reasoning, OutputAudio              int64
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

// Kind returns the code, else the type.
func (e *ProviderError) Kind() string {
	if e.Code != "" {
		return e.Code
	}
	return e.Type
}

// Detect returns the endpoint that a request to host and path addresses. host
// may have a port.
func Detect(method, host, path string) (Endpoint, bool) {
	if method != http.MethodPost {
		return nil, false
	}
	if prefix, ok := strings.CutSuffix(path, "/chat/completions"); ok {
		_, deployment, _ := strings.Cut(prefix, "/openai/deployments/") // Azure
		return openAIChat{openAICompatible(host), deployment}, true
	}
	return nil, false
}

// openAICompatible names the provider behind an API of OpenAI's form.
func openAICompatible(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	host = strings.ToLower(host)
	for _, p := range openAIHosts {
		if name, ok := strings.CutSuffix(host, p.domain); ok && (name == "" || name[len(name)-1] == '.') {
			return p.provider
		}
	}
	return "openai"
}

// openAIHosts are the domains whose provider has a name of its own in the
// GenAI conventions, or is widely used.
var openAIHosts = []struct{ domain, provider string }{
	{"openai.azure.com", "azure.ai.openai"},
	{"cognitiveservices.azure.com", "azure.ai.openai"},
	{"services.ai.azure.com", "azure.ai.inference"},
	{"api.deepseek.com", "deepseek"},
	{"api.groq.com", "groq"},
	{"api.mistral.ai", "mistral_ai"},
	{"api.perplexity.ai", "perplexity"},
	{"api.x.ai", "x_ai"},
	{"generativelanguage.googleapis.com", "gcp.gemini"},
	{"aiplatform.googleapis.com", "gcp.vertex_ai"},
	{"api.anthropic.com", "anthropic"},
	{"openrouter.ai", "openrouter"},
	{"api.together.xyz", "together_ai"},
	{"api.fireworks.ai", "fireworks_ai"},
	{"dashscope.aliyuncs.com", "alibaba_cloud"},
	{"api.moonshot.cn", "moonshot_ai"},
	{"api.moonshot.ai", "moonshot_ai"},
}
