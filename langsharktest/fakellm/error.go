package fakellm

import (
	"encoding/json"
	"net/http"
	"time"
)

// Error is an error that the provider answers. It is scripted in OpenAI's words;
// on other wires it takes their form: the type or status that goes with the HTTP
// status, unless Type is one of that wire's own ("overloaded_error",
// "RESOURCE_EXHAUSTED"), and for the errors of this package their message.
type Error struct {
	// Status is the HTTP status. Defaults to 500. Anthropic has 529 where others
	// have 503, so each stands for the other.
	Status int
	// Type, Code, Param and Message are the fields of the body.
	Type, Code, Param, Message string
	// RetryAfter is sent in the header of that name, in seconds, if not zero.
	RetryAfter time.Duration
	// Body is sent instead of the JSON body, as HTML if it begins with "<".
	Body string
}

const (
	rateMessage     = "Rate limit reached for this model on tokens per min (TPM): Limit 30000, Used 29671, Requested 1211."
	serverMessage   = "The server had an error while processing your request. Sorry about that!"
	overloadMessage = "The server is currently overloaded with other requests. Sorry about that! You can retry your request."
	contextMessage  = "This model's maximum context length is 128000 tokens. However, your messages resulted in 131204 tokens. Please reduce the length of the messages."
)

// RateLimited is the error of a customer who asks too much; wait zero sends no Retry-After.
func RateLimited(wait time.Duration) *Error {
	return &Error{Status: http.StatusTooManyRequests, Type: "tokens", Code: "rate_limit_exceeded", RetryAfter: wait, Message: rateMessage}
}

// ServerError is the error of a provider that has a problem.
func ServerError() *Error {
	return &Error{Status: http.StatusInternalServerError, Type: "server_error", Message: serverMessage}
}

// Overloaded is the error of a provider that has too many customers: 503, and
// 529 overloaded_error on Anthropic's wire.
func Overloaded() *Error {
	return &Error{Status: http.StatusServiceUnavailable, Type: "server_error", Message: overloadMessage}
}

// ContextTooLong is the error of a conversation that doesn't fit the model.
func ContextTooLong() *Error {
	return &Error{Status: http.StatusBadRequest, Type: "invalid_request_error", Code: "context_length_exceeded", Param: "messages", Message: contextMessage}
}

// filteredCode is that of [ContentFiltered].
const filteredCode = "content_filter"

// ContentFiltered is the error of a prompt that a content filter stops, as
// Azure's does: on its paths it says what was found.
func ContentFiltered() *Error {
	return &Error{
		Status: http.StatusBadRequest, Param: "prompt", Code: filteredCode,
		Message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
	}
}

func invalid(param, message string) *Error {
	return &Error{Status: http.StatusBadRequest, Type: "invalid_request_error", Param: param, Message: message}
}

// status is the HTTP status on all wires but Anthropic's.
func (e *Error) status() int {
	switch e.Status {
	case 0:
		return http.StatusInternalServerError
	case statusOverloaded:
		return http.StatusServiceUnavailable
	default:
		return e.Status
	}
}

// statusOverloaded is Anthropic's.
const statusOverloaded = 529

// nullable is how OpenAI writes a text that may be absent.
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// openAI is the vendor of most.
var openAI = &vendor{
	callID:   "call_",
	badJSON:  "We could not parse the JSON body of your request.",
	failType: "application/json; charset=utf-8",
	greet: func(c *call) {
		c.w.Header().Set("X-Request-Id", requestID(c.n))
		c.w.Header().Set("Openai-Version", "2020-10-01")
	},
	wrongKey: func(*call) *Error {
		return &Error{
			Status: http.StatusUnauthorized, Type: "invalid_request_error", Code: "invalid_api_key",
			Message: "Incorrect API key provided.",
		}
	},
	fail: func(_ *call, e *Error) (int, []byte) {
		if e.Body != "" {
			return e.status(), []byte(e.Body)
		}
		b, _ := json.MarshalIndent(map[string]any{"error": map[string]any{ // strings only
			"message": e.Message, "type": nullable(e.Type), "param": nullable(e.Param), "code": nullable(e.Code),
		}}, "", "    ")
		return e.status(), append(b, '\n')
	},
}
