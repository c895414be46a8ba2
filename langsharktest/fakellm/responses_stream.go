package fakellm

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"net/http"
)

// responseStream sends the events of a response.
type responseStream struct {
	*stream
	items []any // as they are at the end
	index int   // of the item that is sent
	part  int   // of its content
}

// emit sends an event with its number; fields are name, value, name, value, ….
func (s *stream) emit(name string, fields ...any) {
	s.event(name, s.numbered(name, fields...))
}

func (s *stream) numbered(name string, fields ...any) map[string]any {
	v := map[string]any{"type": name, "sequence_number": s.seq}
	s.seq++
	for i := 0; i+1 < len(fields); i += 2 {
		v[fields[i].(string)] = fields[i+1]
	}
	return v
}

func streamResponses(s *stream) {
	s.openEvents()
	r := &s.replies[0]
	rs := &responseStream{stream: s, items: s.output()}
	s.each(func(_ int, p piece) {
		switch p.kind {
		case pieceBegin:
			s.emit("response.created", "response", s.response("in_progress", []any{}))
			s.emit("response.in_progress", "response", s.response("in_progress", []any{}))
			if r.Reasoning == "" && r.ReasoningTokens > 0 {
				rs.begin()
				rs.finish()
			}
		case pieceReasoning:
			rs.reasoning(p)
		case pieceText, pieceRefusal:
			rs.say(p)
		case pieceCall:
			rs.begin()
		case pieceArguments:
			rs.arguments(p)
		case pieceEnd:
			if rs.index < len(rs.items) { // an empty text
				rs.say(piece{kind: pieceText, first: true, last: true})
			}
			s.store(s.id("resp_"))
		}
	})
	if s.over {
		return
	}
	s.end(event("response."+r.outcome(), compact(s.numbered("response."+r.outcome(), "response", s.response(r.outcome(), rs.items)))))
}

// begin announces the item that comes, still empty.
func (s *responseStream) begin() {
	item := s.items[s.index]
	switch it := item.(type) {
	case thoughtItem:
		it.Summary = []any{}
		item = it
	case messageItem:
		it.Content, it.Status = []any{}, "in_progress"
		item = it
	case callItem:
		it.Arguments, it.Status = "", "in_progress"
		item = it
	}
	s.part = 0
	s.emit("response.output_item.added", "output_index", s.index, "item", item)
}

// finish ends the item.
func (s *responseStream) finish() {
	s.emit("response.output_item.done", "output_index", s.index, "item", s.items[s.index])
	s.index++
}

// within emits an event about a part of the item.
func (s *responseStream) within(name, partKind string, fields ...any) {
	var id string
	switch it := s.items[s.index].(type) {
	case thoughtItem:
		id = it.ID
	case messageItem:
		id = it.ID
	case callItem:
		id = it.ID
	}
	fields = append(fields, "item_id", id, "output_index", s.index)
	if partKind != "" {
		fields = append(fields, partKind, s.part)
	}
	s.emit(name, fields...)
}

// delta emits a piece, beside noise that hides its length.
func (s *responseStream) delta(name, partKind, text string, fields ...any) {
	fields = append(fields, "delta", text)
	if o := s.in.(*inquiry).StreamOptions.Obfuscation; o == nil || *o {
		h := fnv.New128a()
		fmt.Fprint(h, s.seq, text)
		noise := hex.EncodeToString(h.Sum(nil))
		fields = append(fields, "obfuscation", noise[:max(1, 16-len(text)%16)])
	}
	s.within(name, partKind, fields...)
}

func (s *responseStream) reasoning(p piece) {
	const kind = "summary_index"
	if p.first {
		s.begin()
		s.within("response.reasoning_summary_part.added", kind, "part", summaryPart{Type: "summary_text"})
	}
	s.delta("response.reasoning_summary_text.delta", kind, p.text)
	if p.last {
		whole := s.replies[0].Reasoning
		s.within("response.reasoning_summary_text.done", kind, "text", whole)
		s.within("response.reasoning_summary_part.done", kind, "part", summaryPart{"summary_text", whole})
		s.finish()
	}
}

// say sends a piece of what is said: the message begins with its first part and
// ends with its last.
func (s *responseStream) say(p piece) {
	const kind = "content_index"
	m := s.items[s.index].(messageItem)
	if p.first {
		if s.part == 0 {
			s.begin()
		}
		var empty any = outputText("")
		if p.kind == pieceRefusal {
			empty = refusalPart{Type: "refusal"}
		}
		s.within("response.content_part.added", kind, "part", empty)
	}
	refused := p.kind == pieceRefusal
	switch {
	case refused:
		s.delta("response.refusal.delta", kind, p.text)
	case p.text != "":
		s.delta("response.output_text.delta", kind, p.text, "logprobs", []any{})
	}
	if !p.last {
		return
	}
	if refused {
		s.within("response.refusal.done", kind, "refusal", s.replies[0].Refusal)
	} else {
		s.within("response.output_text.done", kind, "text", s.replies[0].Text, "logprobs", []any{})
	}
	s.within("response.content_part.done", kind, "part", m.Content[s.part])
	if s.part++; s.part == len(m.Content) {
		s.part = 0
		s.finish()
	}
}

func (s *responseStream) arguments(p piece) {
	s.delta("response.function_call_arguments.delta", "", p.text)
	if p.last {
		t := s.items[s.index].(callItem)
		s.within("response.function_call_arguments.done", "", "arguments", t.Arguments, "name", t.Name)
		s.finish()
	}
}

// failResponses ends a stream: with the response, failed, if it's the
// provider's fault or its limit, else with an error event.
func failResponses(s *stream, e *Error) []byte {
	code := cmp.Or(e.Code, e.Type)
	switch status := e.status(); {
	case status >= http.StatusInternalServerError:
		code = "server_error"
	case status == http.StatusTooManyRequests:
		code = "rate_limit_exceeded"
	default:
		return event("error", compact(s.numbered("error", "code", code, "message", e.Message, "param", nullable(e.Param))))
	}
	body := s.response("failed", []any{})
	body["error"] = map[string]string{"code": code, "message": e.Message}
	return event("response.failed", compact(s.numbered("response.failed", "response", body)))
}
