package fakellm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Reply is one answer of the model. The zero Reply is an empty text.
type Reply struct {
	// Text is what the model says.
	Text string
	// Chunks are the pieces in which a stream brings the text. Defaults to
	// Text cut at its words; if set, Text defaults to the pieces put together.
	Chunks []string
	// Reasoning is sent as reasoning_content before the text.
	Reasoning string
	// ReasoningTokens are counted as used in thinking that isn't shown.
	ReasoningTokens int64
	// Refusal is what the model says when it declines.
	Refusal string
	// ToolCalls are the calls that the model asks for.
	ToolCalls []ToolCall
	// FinishReason defaults to "tool_calls" if there are any, else "stop".
	FinishReason string
	// Model is the name of the model that answers. Defaults to the one asked for,
	// with the date of its version for well-known ones.
	Model string
	// Usage defaults to an estimate from the texts.
	Usage *Usage
	// Err is answered instead of all else.
	Err *Error
	// Header is added to the HTTP answer.
	Header http.Header
	// BreakAfter cuts the connection of a stream after so many chunks of its
	// text, of another answer in its middle. Zero doesn't; -1 cuts before the first.
	BreakAfter int
	// ErrAfter sends Err within the stream after so many chunks of its text,
	// and then ends it. Zero sends it as the answer.
	ErrAfter int
	// NoDone leaves out the stream's end mark, as some providers do.
	NoDone bool
}

// ToolCall is a call that the model asks for.
type ToolCall struct {
	// ID defaults to one made from the call's place.
	ID string
	// Name is that of the function.
	Name string
	// Arguments are JSON. Defaults to "{}".
	Arguments string
}

// Usage counts tokens. PromptTokens contains CachedTokens; CompletionTokens
// contains ReasoningTokens.
type Usage struct {
	PromptTokens, CompletionTokens, CachedTokens, ReasoningTokens int64
}

// Error is an error that the provider answers.
type Error struct {
	// Status is the HTTP status. Defaults to 500.
	Status int
	// Type, Code, Param and Message are the fields of the body.
	Type, Code, Param, Message string
	// RetryAfter is sent in the header of that name, in seconds, if not zero.
	RetryAfter time.Duration
	// Body is sent instead of the JSON body.
	Body string
}

func invalid(param, message string) *Error {
	return &Error{Status: http.StatusBadRequest, Type: "invalid_request_error", Param: param, Message: message}
}

// RateLimited is the error of a customer who asks too much; wait zero sends no Retry-After.
func RateLimited(wait time.Duration) *Error {
	return &Error{
		Status: http.StatusTooManyRequests, Type: "tokens", Code: "rate_limit_exceeded", RetryAfter: wait,
		Message: "Rate limit reached for this model on tokens per min (TPM): Limit 30000, Used 29671, Requested 1211.",
	}
}

// ServerError is the error of a provider that has a problem.
func ServerError() *Error {
	return &Error{
		Status: http.StatusInternalServerError, Type: "server_error",
		Message: "The server had an error while processing your request. Sorry about that!",
	}
}

// ContextTooLong is the error of a conversation that doesn't fit the model.
func ContextTooLong() *Error {
	return &Error{
		Status: http.StatusBadRequest, Type: "invalid_request_error", Code: "context_length_exceeded", Param: "messages",
		Message: "This model's maximum context length is 128000 tokens. However, your messages resulted in 131204 tokens. Please reduce the length of the messages.",
	}
}

// body encodes the error as the provider does.
func (e *Error) body() string {
	if e.Body != "" {
		return e.Body
	}
	nullable := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	b, _ := json.MarshalIndent(map[string]any{"error": map[string]any{ // strings only
		"message": e.Message, "type": nullable(e.Type), "param": nullable(e.Param), "code": nullable(e.Code),
	}}, "", "    ")
	return string(b) + "\n"
}

func writeError(w http.ResponseWriter, e *Error) {
	status := e.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
	w.WriteHeader(status)
	fmt.Fprint(w, e.body())
}

// versions are the names under which well-known models answer.
var versions = map[string]string{
	"gpt-4o":       "gpt-4o-2024-08-06",
	"gpt-4o-mini":  "gpt-4o-mini-2024-07-18",
	"gpt-4.1":      "gpt-4.1-2025-04-14",
	"gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
	"o4-mini":      "o4-mini-2025-04-16",
}
