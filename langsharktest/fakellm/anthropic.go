package fakellm

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
)

// The Messages API, as Anthropic has it in 2026-11.

// claude is the part of a Messages request that the provider looks at.
type claude struct {
	Model     string       `json:"model"`
	MaxTokens *int         `json:"max_tokens"`
	System    Content      `json:"system"`
	Messages  []claudeTurn `json:"messages"`
	Stream    bool         `json:"stream"`
	Tools     []claudeTool `json:"tools"`
}

type claudeTool struct {
	Name string `json:"name"`
}

type claudeTurn struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

type claudePart struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Input     json.RawMessage `json:"input"`
	ToolUseID string          `json:"tool_use_id"`
	Content   Content         `json:"content"`
}

var anthropic = &vendor{
	callID:   "toolu_",
	badJSON:  "The request body is not valid JSON.",
	failType: "application/json",
	greet:    func(c *call) { c.w.Header().Set("Request-Id", requestID(c.n)) },
	wrongKey: func(c *call) *Error {
		message := "invalid x-api-key"
		if c.r.Header.Get("X-Api-Key") == "" && c.r.Header.Get("Authorization") == "" {
			message = "x-api-key header is required"
		}
		return &Error{Status: http.StatusUnauthorized, Message: message}
	},
	fail: func(c *call, e *Error) (int, []byte) {
		status, kind := e.claude()
		message := e.Message
		if own, ok := claudeMessages[message]; ok {
			message = own
		}
		return status, compact(claudeFailure{"error", claudeError{kind, message}, requestID(c.n)})
	},
}

type claudeFailure struct {
	Type      string      `json:"type"`
	Error     claudeError `json:"error"`
	RequestID string      `json:"request_id"`
}

type claudeError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// claudeMessages are Anthropic's texts for the errors of this package.
var claudeMessages = map[string]string{
	rateMessage:     "This request would exceed the rate limit for your organization of 30,000 input tokens per minute.",
	serverMessage:   "Internal server error",
	overloadMessage: "Overloaded",
	contextMessage:  "prompt is too long: 208310 tokens > 200000 maximum",
}

// claudeErrors are the types that go with a status.
var claudeErrors = map[int]string{
	http.StatusBadRequest:            "invalid_request_error",
	http.StatusUnauthorized:          "authentication_error",
	http.StatusPaymentRequired:       "billing_error",
	http.StatusForbidden:             "permission_error",
	http.StatusNotFound:              "not_found_error",
	http.StatusRequestEntityTooLarge: "request_too_large",
	http.StatusTooManyRequests:       "rate_limit_error",
	http.StatusInternalServerError:   "api_error",
	http.StatusGatewayTimeout:        "timeout_error",
	statusOverloaded:                 "overloaded_error",
}

// claude returns the status and the type that the error has here.
func (e *Error) claude() (int, string) {
	status := e.status()
	if status == http.StatusServiceUnavailable {
		status = statusOverloaded
	}
	for s, kind := range claudeErrors {
		if e.Type == kind && kind != claudeErrors[http.StatusBadRequest] { // which is OpenAI's too
			if e.Status == 0 {
				status = s
			}
			return status, kind
		}
	}
	switch kind := claudeErrors[status]; {
	case kind != "":
		return status, kind
	case status < http.StatusInternalServerError:
		return status, claudeErrors[http.StatusBadRequest]
	default:
		return status, claudeErrors[http.StatusInternalServerError]
	}
}

var claudeEndpoint = &endpoint{
	api: AnthropicMessages, vendor: anthropic, read: readClaude, answer: answerClaude, stream: streamClaude,
	broken: func(s *stream, e *Error) []byte {
		_, body := s.vendor.fail(s.call, e)
		return event("error", body)
	},
}

var claudeCountEndpoint = &endpoint{
	api: AnthropicCount, vendor: anthropic, read: readClaude,
	answer: func(c *call) (string, []byte) {
		n := c.req.tokens()
		if u := c.replies[0].Usage; u != nil {
			n = u.PromptTokens
		}
		return "application/json", compact(map[string]int64{"input_tokens": n})
	},
}

func readClaude(c *call) *Error {
	if c.r.Header.Get("Anthropic-Version") == "" {
		return invalid("", "anthropic-version: header is required")
	}
	var in claude
	if e := c.parse(&in); e != nil {
		return e
	}
	switch {
	case in.Model == "":
		return invalid("", "model: Field required")
	case in.MaxTokens == nil && c.api == AnthropicMessages:
		return invalid("", "max_tokens: Field required")
	case in.MaxTokens != nil && *in.MaxTokens < 1:
		return invalid("", "max_tokens: Input should be greater than or equal to 1")
	case len(in.Messages) == 0:
		return invalid("", "messages: at least one message is required")
	}
	req := c.req
	req.Model, req.Stream = in.Model, in.Stream
	if in.System != "" {
		req.say("system", string(in.System))
	}
	for i, m := range in.Messages {
		if m.Role != "user" && m.Role != "assistant" && m.Role != "system" {
			return invalid("", fmt.Sprintf("messages.%d.role: Input should be 'user' or 'assistant'", i))
		}
		if e := req.readTurn(m, i); e != nil {
			return e
		}
	}
	for _, t := range in.Tools {
		req.offer(t.Name)
	}
	return nil
}

// readTurn takes apart a message.
func (r *Request) readTurn(m claudeTurn, i int) *Error {
	var text string
	if json.Unmarshal(m.Content, &text) == nil {
		r.say(m.Role, text)
		return nil
	}
	var parts []claudePart
	if err := json.Unmarshal(m.Content, &parts); err != nil {
		return invalid("", fmt.Sprintf("messages.%d.content: Input should be a valid list", i))
	}
	out := Message{Role: m.Role}
	var results []Message
	for _, p := range parts {
		switch p.Type {
		case "text":
			out.Content += Content(p.Text)
		case "tool_use":
			out.ToolCalls = append(out.ToolCalls, called(p.ID, p.Name, string(p.Input)))
		case "tool_result":
			results = append(results, Message{Role: "tool", ToolCallID: p.ToolUseID, Content: p.Content})
		}
	}
	r.turn(out, results)
	return nil
}

// signature is what proves that a model thought so.
func signature(thinking string) string {
	h := fnv.New128a()
	_, _ = h.Write([]byte(thinking))
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(h.Sum(nil)), 3)))
}
