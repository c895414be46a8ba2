package llmwire

import (
	"github.com/langshark/langshark-go/internal/jsonx"
)

// anthropicHead is what a message and the events of a stream have in common.
type anthropicHead struct {
	id, model, role          string
	stopReason, stopSequence string
	stopCategory             string // what a refusal is about

	usage anthropicUsage
	err   bool
}

// member takes one member of a message, or of what changes it. It allocates
// when it learns something.
func (h *anthropicHead) member(r *jsonx.Reader) {
	switch string(r.Key) {
	case "id":
		r.Set(&h.id, maxWordBytes)
	case "model":
		r.Set(&h.model, maxWordBytes)
	case "role":
		r.Set(&h.role, maxWordBytes)
	case "stop_reason":
		r.Set(&h.stopReason, maxWordBytes)
	case "stop_sequence":
		r.Set(&h.stopSequence, maxWordBytes)
	case "stop_details":
		for ok := r.Object(); ok && r.Member(); {
			if string(r.Key) == "category" {
				r.Set(&h.stopCategory, maxWordBytes)
			} else {
				r.Skip()
			}
		}
	case "usage":
		h.usage.read(r)
	case "error":
		h.err = isError(r) || h.err
	default:
		r.Skip()
	}
}

// fill puts what h says into r.
func (h *anthropicHead) fill(r *Response) {
	r.ID, r.Model, r.Usage = h.id, h.model, h.usage.usage()
	if h.err {
		r.Err = &ProviderError{} // to be read from the body
	}
	if h.stopReason != "" {
		r.FinishReasons = []string{h.stopReason}
	}
	r.fact("anthropic.response.stop_sequence", h.stopSequence)
	r.fact("anthropic.response.stop_details.category", h.stopCategory)
	r.fact("anthropic.response.service_tier", h.usage.tier)
	r.fact("anthropic.response.inference_geo", h.usage.geo)
	h.usage.attributes(r)
}

// message encodes the answer's message, whose content is a list of blocks.
func (h *anthropicHead) message(content []byte) []byte {
	o := jsonx.BeginObject(make([]byte, 0, len(content)+64))
	role := h.role
	if role == "" {
		role = "assistant"
	}
	o.String("role", role)
	o.Name("content")
	o.Dst = append(o.Dst, content...)
	return o.End()
}

func readAnthropicMessage(r *jsonx.Reader, into *Response) {
	var head anthropicHead
	var content []byte
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) == "content" {
			content = r.Raw()
		} else {
			head.member(r)
		}
	}
	head.fill(into)
	if !present(content) {
		return
	}
	into.Output = head.message(content)
	blocks := jsonx.NewReader(content)
	for ok := blocks.Array(); ok && blocks.Item(); {
		var block anthropicBlock
		block.read(&blocks)
		if block.kind == toolUse && len(into.ToolCalls) < maxToolCalls {
			into.ToolCalls = append(into.ToolCalls, block.toolCall())
		}
	}
}

// anthropicUsage is the usage of a message. What came from the cache or went
// into it is beside the input.
type anthropicUsage struct {
	input, output, cacheRead, cacheWrite int64
	thinking                             int64 // of the output
	cacheWrite5m, cacheWrite1h           int64 // of cacheWrite
	searches, fetches                    int64
	tier, geo                            string
}

// read takes a usage object. Its figures are of the whole message so far: they
// replace the earlier ones, except by nothing.
func (u *anthropicUsage) read(r *jsonx.Reader) {
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "input_tokens":
			replace(&u.input, r)
		case "output_tokens":
			replace(&u.output, r)
		case "cache_read_input_tokens":
			replace(&u.cacheRead, r)
		case "cache_creation_input_tokens":
			replace(&u.cacheWrite, r)
		case "cache_creation":
			for ok := r.Object(); ok && r.Member(); {
				switch string(r.Key) {
				case "ephemeral_5m_input_tokens":
					replace(&u.cacheWrite5m, r)
				case "ephemeral_1h_input_tokens":
					replace(&u.cacheWrite1h, r)
				default:
					r.Skip()
				}
			}
		case "output_tokens_details":
			for ok := r.Object(); ok && r.Member(); {
				if string(r.Key) == "thinking_tokens" {
					replace(&u.thinking, r)
				} else {
					r.Skip()
				}
			}
		case "server_tool_use":
			for ok := r.Object(); ok && r.Member(); {
				switch string(r.Key) {
				case "web_search_requests":
					replace(&u.searches, r)
				case "web_fetch_requests":
					replace(&u.fetches, r)
				default:
					r.Skip()
				}
			}
		case "service_tier":
			r.Set(&u.tier, maxWordBytes)
		case "inference_geo":
			r.Set(&u.geo, maxWordBytes)
		default:
			r.Skip()
		}
	}
}

// replace puts a count into to, unless it is 0: some who offer the same API
// tell each figure once, and 0 elsewhere.
func replace(to *int64, r *jsonx.Reader) {
	if n := r.Int(); n > 0 {
		*to = n
	}
}

// usage converts u, nil if it says nothing.
func (u *anthropicUsage) usage() *Usage {
	input := u.input + u.cacheRead + u.cacheWrite
	if input == 0 && u.output == 0 {
		return nil
	}
	return &Usage{
		Input: input, Output: u.output, Total: input + u.output,
		CachedInput: u.cacheRead, CacheWrite: u.cacheWrite, Reasoning: u.thinking,
	}
}

// attributes adds what the usage says beside the tokens that are counted.
func (u *anthropicUsage) attributes(r *Response) {
	r.count("anthropic.usage.ephemeral_5m_input_tokens", u.cacheWrite5m)
	r.count("anthropic.usage.ephemeral_1h_input_tokens", u.cacheWrite1h)
	r.count("anthropic.usage.web_search_requests", u.searches)
	r.count("anthropic.usage.web_fetch_requests", u.fetches)
}
