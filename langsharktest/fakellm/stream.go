package fakellm

import (
	"encoding/json"
	"fmt"
	"net/http"
)

type delta struct {
	Role             string     `json:"role,omitempty"`
	Content          *string    `json:"content,omitempty"`
	ReasoningContent string     `json:"reasoning_content,omitempty"`
	ToolCalls        []toolCall `json:"tool_calls,omitempty"`
	Refusal          *string    `json:"refusal,omitempty"`
}

// piece is one chunk of the stream. last says that it ends its choice.
type piece struct {
	delta delta
	text  bool // counts as a chunk of the text
	last  bool
}

// pieces cuts a reply as a stream brings it.
func (r *Reply) pieces() []piece {
	empty := ""
	out := []piece{{delta: delta{Role: "assistant", Content: &empty}}}
	if len(r.ToolCalls) > 0 && r.Text == "" {
		out[0].delta.Content = nil
	}
	for _, s := range words(r.Reasoning) {
		out = append(out, piece{delta: delta{ReasoningContent: s}, text: true})
	}
	for i := range r.Chunks {
		out = append(out, piece{delta: delta{Content: &r.Chunks[i]}, text: true})
	}
	for _, s := range words(r.Refusal) {
		out = append(out, piece{delta: delta{Refusal: &s}, text: true})
	}
	for i, c := range r.ToolCalls {
		begin := toolCall{Index: &i, ID: c.ID, Type: "function"}
		begin.Function.Name = c.Name
		out = append(out, piece{delta: delta{ToolCalls: []toolCall{begin}}, text: true})
		for rest := c.Arguments; rest != ""; {
			n := min(len(rest), 12)
			for n < len(rest) && rest[n]&0xC0 == 0x80 { // not within a rune
				n++
			}
			more := toolCall{Index: &i}
			more.Function.Arguments = rest[:n]
			out = append(out, piece{delta: delta{ToolCalls: []toolCall{more}}, text: true})
			rest = rest[n:]
		}
	}
	return append(out, piece{last: true})
}

// chunk is a completion as an event of the stream: the usage is there, as null,
// only if it was asked for.
type chunk struct {
	*completion
	Usage *json.RawMessage `json:"usage,omitempty"`
}

func (p *Provider) stream(w http.ResponseWriter, r *http.Request, req *Request, replies []Reply, head *completion) {
	head.Object = "chat.completion.chunk"
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	flush := http.NewResponseController(w)
	null := json.RawMessage("null")
	send := func(choices []choice, u *json.RawMessage) {
		one := *head
		one.Choices = choices
		c := chunk{completion: &one}
		if req.StreamOptions.IncludeUsage {
			c.Usage = u
		}
		body, err := json.Marshal(c)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprintf(w, "data: %s\n\n", body)
		_ = flush.Flush() // the client may have gone
	}
	_ = flush.Flush()

	all := make([][]piece, len(replies))
	most := 0
	for i := range replies {
		all[i] = replies[i].pieces()
		most = max(most, len(all[i]))
	}
	first, texts := &replies[0], 0
	for n := range most {
		for i := range all {
			if n >= len(all[i]) {
				continue
			}
			pc := &all[i][n]
			if pc.text && i == 0 {
				if first.BreakAfter != 0 && texts >= max(first.BreakAfter, 0) {
					panic(http.ErrAbortHandler)
				}
				if first.Err != nil && texts >= first.ErrAfter {
					compact, _ := json.Marshal(json.RawMessage(first.Err.body())) // a body that isn't JSON ends the stream only
					fmt.Fprintf(w, "data: %s\n\n", compact)
					return
				}
				texts++
				p.pause(r.Context(), Moment{Request: req, Chunk: texts})
			}
			if r.Context().Err() != nil {
				return
			}
			c := choice{Index: i, Delta: &pc.delta}
			if pc.last {
				if i == 0 && first.BreakAfter != 0 { // longer than the text
					panic(http.ErrAbortHandler)
				}
				c.FinishReason = &replies[i].FinishReason
			}
			send([]choice{c}, &null)
		}
	}
	if req.StreamOptions.IncludeUsage {
		u, err := json.Marshal(p.usage(req, replies))
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		raw := json.RawMessage(u)
		send([]choice{}, &raw)
	}
	if !first.NoDone {
		fmt.Fprint(w, "data: [DONE]\n\n")
	}
}
