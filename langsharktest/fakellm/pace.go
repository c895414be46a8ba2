package fakellm

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// kind says what a piece of a stream is.
type kind int

const (
	pieceBegin kind = iota // of the answer
	pieceReasoning
	pieceText
	pieceRefusal
	pieceCall // the begin of a tool call, or all of it
	pieceArguments
	pieceEnd // of the answer
)

// piece is one step of a reply's stream.
type piece struct {
	kind kind
	text string
	call int // its place in ToolCalls
	// first and last of what makes one block: the text, a tool call, ….
	first, last bool
}

// pieces cuts a reply as a stream brings it.
func (r *Reply) pieces(wholeCalls bool) []piece {
	out := []piece{{kind: pieceBegin}}
	block := func(k kind, texts []string) {
		for i, t := range texts {
			out = append(out, piece{kind: k, text: t, first: i == 0, last: i == len(texts)-1})
		}
	}
	block(pieceReasoning, words(r.Reasoning))
	block(pieceText, r.Chunks)
	block(pieceRefusal, words(r.Refusal))
	for i, c := range r.ToolCalls {
		out = append(out, piece{kind: pieceCall, call: i, first: true, last: wholeCalls})
		for rest := c.Arguments; rest != "" && !wholeCalls; {
			n := min(len(rest), 12)
			for n < len(rest) && rest[n]&0xC0 == 0x80 { // not within a rune
				n++
			}
			out = append(out, piece{kind: pieceArguments, call: i, text: rest[:n], last: n == len(rest)})
			rest = rest[n:]
		}
	}
	return append(out, piece{kind: pieceEnd})
}

// stream is a call that is answered piece by piece.
type stream struct {
	*call
	flush *http.ResponseController
	sent  int  // pieces that count
	seq   int  // for the endpoint
	over  bool // nothing more goes out
}

// open begins the answer.
func (s *stream) open(contentType string) {
	s.w.Header().Set("Content-Type", contentType)
	_ = s.flush.Flush() // the client may have gone
}

// openEvents begins an answer of server-sent events.
func (s *stream) openEvents() {
	s.w.Header().Set("Cache-Control", "no-cache")
	s.open("text/event-stream; charset=utf-8")
}

// send writes bytes, unless the stream is over.
func (s *stream) send(b []byte) {
	if s.over {
		return
	}
	_, _ = s.w.Write(b)
	_ = s.flush.Flush() // the client may have gone
}

// event writes a server-sent event; without a name, its data only.
func (s *stream) event(name string, v any) {
	if !s.over {
		s.send(event(name, compact(v)))
	}
}

func event(name string, data []byte) []byte {
	if name == "" {
		return fmt.Appendf(nil, "data: %s\n\n", data)
	}
	return fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, data)
}

// each goes through the pieces of all replies side by side, a round a piece.
// Those of the first reply that bring something are counted: they wait as
// [WithPause] says, and end as BreakAfter and ErrAfter say.
func (s *stream) each(do func(choice int, p piece)) {
	all := make([][]piece, len(s.replies))
	most := 0
	for i := range s.replies {
		all[i] = s.replies[i].pieces(s.wholeCalls)
		most = max(most, len(all[i]))
	}
	first := &s.replies[0]
	for n := range most {
		for i := range all {
			if n >= len(all[i]) {
				continue
			}
			p := all[i][n]
			counts := i == 0 && p.kind != pieceBegin && p.kind != pieceEnd
			if counts {
				if first.BreakAfter != 0 && s.sent >= max(first.BreakAfter, 0) {
					panic(http.ErrAbortHandler)
				}
				if first.Err != nil && s.sent >= first.ErrAfter {
					s.breakOff(first.Err)
					return
				}
				s.sent++
				s.p.pause(s.r.Context(), Moment{Request: s.req, Chunk: s.sent})
			}
			if s.r.Context().Err() != nil {
				s.over = true
				return
			}
			if i == 0 && p.kind == pieceEnd && first.BreakAfter != 0 { // longer than the text
				panic(http.ErrAbortHandler)
			}
			do(i, p)
		}
	}
}

// breakOff ends the stream with an error.
func (s *stream) breakOff(e *Error) {
	if s.broken != nil {
		s.send(s.broken(s, e))
	} else {
		_, body := s.vendor.fail(s.call, e)
		data, _ := json.Marshal(json.RawMessage(body)) // a body that isn't JSON ends the stream only
		s.send(event("", data))
	}
	s.over = true
}

// end writes the stream's end mark.
func (s *stream) end(b []byte) {
	if !s.replies[0].NoDone {
		s.send(b)
	}
}
