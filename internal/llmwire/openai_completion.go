package llmwire

import (
	"encoding/json"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// openAICompletion is the older API that continues a text, the one that fills
// in code (Mistral's fim/completions), and edits.
// Reference: platform.openai.com/docs/api-reference/completions, as of 2026-11.
type openAICompletion struct{ provider, deployment string }

func (e openAICompletion) Provider() string { return e.provider }
func (openAICompletion) Operation() string  { return "text_completion" }
func (openAICompletion) Kind() Kind         { return Generation }

var completionShape = shape{main: "prompt", input: []string{"suffix", "input", "instruction"}}

// ParseRequest takes the prompt as input, with what is to come after it.
func (e openAICompletion) ParseRequest(_ string, body []byte, cut bool) Request {
	return completionShape.parse(body, cut).orModel(e.deployment)
}

// orModel sets the model unless the body named one.
func (req Request) orModel(name string) Request {
	if req.Model == "" {
		req.Model = name
	}
	return req
}

// Answer returns the accumulator for a stream, an answer in one piece, or an error.
func (openAICompletion) Answer(status int, contentType string, req *Request) Accumulator {
	stream := func() Accumulator {
		s := newChatStream()
		s.plain = true
		return s
	}
	return answerOf(status, contentType, req, stream, readChatAnswer)
}

// plainText returns a text as JSON.
func textJSON(b []byte) json.RawMessage {
	return jsonx.AppendString(make([]byte, 0, len(b)+len(b)/8+2), text(b))
}
