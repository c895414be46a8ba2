package llmwire

import (
	"encoding/json"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// geminiHead is what an answer and each chunk of a stream have in common.
type geminiHead struct {
	id, model, blocked string

	usage geminiUsage
	err   bool
}

// member takes one member of the answer. It allocates when it learns something.
func (h *geminiHead) member(r *jsonx.Reader) {
	switch string(r.Key) {
	case "responseId":
		r.Set(&h.id, maxWordBytes)
	case "modelVersion":
		r.Set(&h.model, maxWordBytes)
	case "usageMetadata":
		h.usage.take(r)
	case "promptFeedback":
		for ok := r.Object(); ok && r.Member(); {
			if string(r.Key) == "blockReason" {
				r.Set(&h.blocked, maxWordBytes)
			} else {
				r.Skip()
			}
		}
	case "error":
		h.err = isError(r) || h.err
	default:
		r.Skip()
	}
}

// fill puts what h says into r. A prompt that was blocked has no candidates,
// only the reason.
func (h *geminiHead) fill(r *Response) {
	r.ID, r.Model, r.Usage = h.id, h.model, h.usage.usage()
	if h.err {
		r.Err = &ProviderError{} // to be read from the body
	}
	if h.blocked != "" {
		r.FinishReasons = append(r.FinishReasons, h.blocked)
		r.attribute("gcp.gemini.prompt_feedback.block_reason", h.blocked)
	}
	h.usage.attributes(r)
}

func readGeminiAnswer(r *jsonx.Reader, into *Response) {
	var head geminiHead
	var contents []json.RawMessage
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) != "candidates" {
			head.member(r)
			continue
		}
		for ok := r.Array(); ok && r.Item(); {
			for ok := r.Object(); ok && r.Member(); {
				switch string(r.Key) {
				case "content":
					if content := r.Raw(); present(content) {
						contents = append(contents, content)
						into.contentToolCalls(content)
					}
				case "finishReason":
					into.finished(r)
				default:
					r.Skip()
				}
			}
		}
	}
	head.fill(into)
	into.Output = list(contents)
}

// contentToolCalls adds the calls that a whole content asks for.
func (r *Response) contentToolCalls(content []byte) {
	parts := listIn(content, "parts")
	for ok := parts.Array(); ok && parts.Item(); {
		r.functionCall(&parts)
	}
}

// functionCall takes a part, and adds the call in it if there is one. The
// pieces of a call that go on, as Vertex AI sends them if asked to, have no name.
func (r *Response) functionCall(part *jsonx.Reader) {
	for ok := part.Object(); ok && part.Member(); {
		if string(part.Key) != "functionCall" {
			part.Skip()
			continue
		}
		call := ToolCall{Arguments: "{}"} // it has no args if there are none
		for ok := part.Object(); ok && part.Member(); {
			switch string(part.Key) {
			case "id":
				part.Set(&call.ID, maxWordBytes)
			case "name":
				part.Set(&call.Name, maxWordBytes)
			case "args":
				if args := part.Raw(); present(args) {
					call.Arguments = text(args)
				}
			default:
				part.Skip()
			}
		}
		if call.Name != "" && len(r.ToolCalls) < maxToolCalls {
			r.ToolCalls = append(r.ToolCalls, call)
		}
	}
}
