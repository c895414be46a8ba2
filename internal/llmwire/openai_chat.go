package llmwire

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// openAIChat is the chat completions API of OpenAI and of those who offer the same.
// Reference: platform.openai.com/docs/api-reference/chat, as of 2026-11.
type openAIChat struct {
	provider   string
	deployment string // of Azure, which needs no model in the body
}

func (e openAIChat) Provider() string { return e.provider }
func (openAIChat) Operation() string  { return "chat" }
func (openAIChat) Kind() Kind         { return Generation }

// prediction is the text that is expected; documents and chat_template are vLLM's.
var chatShape = shape{main: "messages", input: []string{"tools", "functions", "prediction", "documents", "chat_template"}}

// ParseRequest takes messages and tools as input, all else as parameters.
func (e openAIChat) ParseRequest(_ string, body []byte, cut bool) Request {
	req := chatShape.parse(body, cut).orModel(e.deployment)
	req.ToolResults = chatToolResults(req.Input)
	return req
}

// chatToolResults takes the messages of tools after the last one of the assistant
// that asks for some: what it is made to begin with may follow them.
func chatToolResults(input []byte) (results []ToolResult) {
	r := jsonx.NewReader(input)
	if r.Next() == '{' {
		enter(&r, "messages")
	}
	for ok := r.Array(); ok && r.Item(); {
		var id, role, name string
		var content []byte
		asks := false
		for ok := r.Object(); ok && r.Member(); {
			switch string(r.Key) {
			case "role":
				r.Set(&role, maxWordBytes)
			case "tool_call_id":
				r.Set(&id, maxWordBytes)
			case "name", "tool_name": // Ollama has the latter
				r.Set(&name, maxWordBytes)
			case "content":
				content = r.Raw()
			case "tool_calls", "function_call":
				asks = filled(r.Raw()) || asks
			default:
				r.Skip()
			}
		}
		switch role {
		case "tool", "function":
			if len(results) < maxToolCalls {
				results = append(results, ToolResult{ID: id, Name: name, Output: slices.Clone(content)})
			}
		case "assistant":
			if asks {
				results = results[:0]
			}
		}
	}
	return results
}

// Answer returns the accumulator for a stream, an answer in one piece, or an error.
func (openAIChat) Answer(status int, contentType string, req *Request) Accumulator {
	return answerOf(status, contentType, req, func() Accumulator { return newChatStream() }, readChatAnswer)
}

func readChatAnswer(r *jsonx.Reader, into *Response) {
	var head openAIHead
	var messages []json.RawMessage
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) != "choices" {
			head.member(r)
			continue
		}
		for ok := r.Array(); ok && r.Item(); {
			for ok := r.Object(); ok && r.Member(); {
				switch string(r.Key) {
				case "message", "text":
					if m := r.Raw(); present(m) {
						messages = append(messages, m)
						into.ToolCalls = append(into.ToolCalls, chatToolCalls(m)...)
					}
				case "finish_reason":
					into.finished(r)
				case "usage":
					head.use(readOpenAIUsage(r))
				default:
					r.Skip()
				}
			}
		}
	}
	head.fill(into)
	into.Output = list(messages)
}

// finished adds a finish reason, if the next value is one.
func (r *Response) finished(v *jsonx.Reader) {
	var reason string
	if v.Set(&reason, maxWordBytes); reason != "" {
		r.FinishReasons = append(r.FinishReasons, reason)
	}
}

// chatToolCalls reads the calls of a whole message.
func chatToolCalls(message []byte) (calls []ToolCall) {
	r := jsonx.NewReader(message)
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "tool_calls":
			for ok := r.Array(); ok && r.Item(); {
				var d toolDelta
				d.read(&r)
				calls = append(calls, d.whole())
			}
		case "function_call":
			var d toolDelta
			d.function(&r)
			if d.name != nil {
				calls = append(calls, d.whole())
			}
		default:
			r.Skip()
		}
	}
	return calls
}

// openAIHead is what an answer and each chunk of a stream have in common.
type openAIHead struct {
	id, model, fingerprint, tier, upstream string

	usage openAIUsage
	err   []byte // the error, as it stands in JSON
	flat  bool   // the answer is an error itself: Mistral's, older vLLM's
}

// member takes one member of the answer. It allocates when it learns something.
func (h *openAIHead) member(r *jsonx.Reader) {
	switch string(r.Key) {
	case "id":
		r.Set(&h.id, maxWordBytes)
	case "object":
		h.flat = string(r.Raw()) == `"error"` || h.flat
	case "model":
		r.Set(&h.model, maxWordBytes)
	case "system_fingerprint":
		r.Set(&h.fingerprint, maxWordBytes)
	case "service_tier":
		r.Set(&h.tier, maxWordBytes)
	case "provider": // OpenRouter: who really answered
		r.Set(&h.upstream, maxWordBytes)
	case "usage":
		h.use(readOpenAIUsage(r))
	case "x_groq":
		for ok := r.Object(); ok && r.Member(); {
			switch string(r.Key) {
			case "usage":
				h.use(readOpenAIUsage(r))
			case "error":
				h.fail(r)
			default:
				r.Skip()
			}
		}
	case "error":
		h.fail(r)
	default:
		r.Skip()
	}
}

// fail takes an error that says something.
func (h *openAIHead) fail(r *jsonx.Reader) {
	if raw := r.Raw(); string(raw) != "null" && len(raw) > 0 {
		h.err = bytes.Clone(raw[:min(len(raw), MaxErrorBytes)])
	}
}

// use takes a usage that says something.
func (h *openAIHead) use(u openAIUsage) {
	if u.said() {
		h.usage = u
	}
}

// fill puts what h says into r.
func (h *openAIHead) fill(r *Response) {
	r.ID, r.Model, r.Usage = h.id, h.model, h.usage.usage()
	switch {
	case h.err != nil:
		r.Err = parseError(h.err)
	case h.flat:
		r.Err = &ProviderError{} // to be read from the body
	}
	if h.upstream != "" {
		r.Cost = h.usage.dollars()
	}
	for _, a := range [...]struct{ name, value string }{
		{"openai.response.system_fingerprint", h.fingerprint},
		{"openai.response.service_tier", h.tier},
		{"openrouter.provider", h.upstream},
	} {
		if a.value != "" {
			r.attribute(a.name, a.value)
		}
	}
	h.usage.attributes(r)
}
