package llmwire

import (
	"net/http"
	"strings"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// detectOllama returns the endpoint of Ollama's API that the path addresses.
func detectOllama(_, path string) (Endpoint, bool) {
	switch {
	case strings.HasSuffix(path, "/api/chat"):
		return ollama{"chat", &ollamaChatShape}, true
	case strings.HasSuffix(path, "/api/generate"):
		return ollama{textCompletion, &ollamaGenerateShape}, true
	case strings.HasSuffix(path, "/api/embed"):
		return ollamaEmbed{&ollamaEmbedShape}, true
	case strings.HasSuffix(path, "/api/embeddings"):
		return ollamaEmbed{&ollamaEmbeddingsShape}, true
	}
	return nil, false
}

// ollama is the API of chat, and of the completion of one prompt.
// Reference: docs.ollama.com/api, as of 2026-11.
type ollama struct {
	operation string
	shape     *shape
}

func (ollama) Provider() string    { return "ollama" }
func (e ollama) Operation() string { return e.operation }
func (ollama) Kind() Kind          { return Generation }

var (
	ollamaChatShape     = shape{main: "messages", input: []string{"tools"}, groups: []string{"options"}, streams: true}
	ollamaGenerateShape = shape{main: "prompt", input: []string{"suffix", "system", "template", "images", "context"}, groups: []string{"options"}, streams: true}
)

// ParseRequest takes messages and tools, or the prompt and what comes with it,
// as input, all else as parameters.
func (e ollama) ParseRequest(_ string, body []byte, cut bool) Request {
	req := e.shape.parse(body, cut)
	if e.shape == &ollamaChatShape {
		req.ToolResults = chatToolResults(req.Input)
	}
	return req
}

// Answer returns the accumulator for lines, an answer in one piece, or an error.
// Where lines were asked for, one piece is read as one line, or as several.
func (ollama) Answer(status int, contentType string, req *Request) Accumulator {
	lines := strings.Contains(strings.ToLower(contentType), "ndjson")
	stream := func() Accumulator {
		s := newOllamaStream()
		s.objects.lines = lines
		return s
	}
	if status < http.StatusMultipleChoices && (lines || req.Stream) {
		return &sniffed{other: stream}
	}
	return answerOf(status, contentType, req, stream, readOllamaAnswer)
}

// ollamaHead is what an answer and each line of a stream have in common.
type ollamaHead struct {
	model, doneReason string
	done, err         bool

	promptEvalCount, evalCount                           int64
	totalDuration, loadDuration, promptDuration, evaling int64 // in nanoseconds
}

// member takes one member of the answer. It allocates when it learns something.
func (h *ollamaHead) member(r *jsonx.Reader) {
	switch string(r.Key) {
	case "model":
		r.Set(&h.model, maxWordBytes)
	case "done":
		h.done = r.Bool()
	case "done_reason":
		r.Set(&h.doneReason, maxWordBytes)
	case "prompt_eval_count":
		h.promptEvalCount = r.Int()
	case "eval_count":
		h.evalCount = r.Int()
	case "total_duration":
		h.totalDuration = r.Int()
	case "load_duration":
		h.loadDuration = r.Int()
	case "prompt_eval_duration":
		h.promptDuration = r.Int()
	case "eval_duration":
		h.evaling = r.Int()
	case "error":
		h.err = isError(r) || h.err
	default:
		r.Skip()
	}
}

// fill puts what h says into r.
func (h *ollamaHead) fill(r *Response) {
	r.Model = h.model
	if h.err {
		r.Err = &ProviderError{} // to be read from the body
	}
	if h.doneReason != "" {
		r.FinishReasons = []string{h.doneReason}
	}
	if h.promptEvalCount > 0 || h.evalCount > 0 {
		r.Usage = &Usage{Input: h.promptEvalCount, Output: h.evalCount, Total: h.promptEvalCount + h.evalCount}
	}
	r.count("ollama.total_duration", h.totalDuration)
	r.count("ollama.load_duration", h.loadDuration)
	r.count("ollama.prompt_eval_duration", h.promptDuration)
	r.count("ollama.eval_duration", h.evaling)
}

func readOllamaAnswer(r *jsonx.Reader, into *Response) {
	var head ollamaHead
	var response, thinking []byte
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "message":
			if m := r.Raw(); present(m) {
				into.Output = m
				into.ToolCalls = chatToolCalls(m)
			}
		case "response":
			response = r.Raw()
		case "thinking":
			thinking = r.Raw()
		default:
			head.member(r)
		}
	}
	head.fill(into)
	switch {
	case present(thinking) && len(response) > 0:
		o := jsonx.BeginObject(nil)
		o.Name("response")
		o.Dst = append(o.Dst, response...)
		o.Name("thinking")
		o.Dst = append(o.Dst, thinking...)
		into.Output = o.End()
	case len(response) > 0:
		into.Output = response
	}
}
