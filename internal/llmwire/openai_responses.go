package llmwire

import (
	"bytes"
	"slices"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// openAIResponses is the Responses API.
// Reference: platform.openai.com/docs/api-reference/responses, as of 2026-11.
type openAIResponses struct{ provider, operation string }

func (e openAIResponses) Provider() string  { return e.provider }
func (e openAIResponses) Operation() string { return e.operation }
func (openAIResponses) Kind() Kind          { return Generation }

var responsesShape = shape{main: "input", input: []string{"instructions", "tools", "prompt"}}

// ParseRequest takes input, instructions and tools as input, all else as parameters.
func (openAIResponses) ParseRequest(_ string, body []byte, cut bool) Request {
	req := responsesShape.parse(body, cut)
	req.ToolResults = responsesToolResults(req.Input)
	return req
}

// responsesToolResults takes the outputs of tools after the last call that the model made.
func responsesToolResults(input []byte) (results []ToolResult) {
	r := jsonx.NewReader(input)
	if r.Next() == '{' {
		enter(&r, "input")
	}
	for ok := r.Array(); ok && r.Item(); {
		var kind, id string
		var output []byte
		for ok := r.Object(); ok && r.Member(); {
			switch string(r.Key) {
			case "type":
				r.Set(&kind, maxWordBytes)
			case "call_id":
				r.Set(&id, maxWordBytes)
			case "output":
				output = r.Raw()
			default:
				r.Skip()
			}
		}
		switch kind {
		case "function_call_output", "custom_tool_call_output":
			if len(results) < maxToolCalls {
				results = append(results, ToolResult{ID: id, Output: bytes.Clone(output)})
			}
		case "function_call", "custom_tool_call":
			results = results[:0]
		}
	}
	return results
}

// enter goes to the value of an object's member; if there is none, the object is left.
func enter(r *jsonx.Reader, name string) {
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) == name {
			return
		}
		r.Skip()
	}
}

// Answer returns the accumulator for a stream, an answer in one piece, or an error.
func (openAIResponses) Answer(status int, contentType string, req *Request) Accumulator {
	return answerOf(status, contentType, req, func() Accumulator { return newResponsesStream() }, readResponsesAnswer)
}

func readResponsesAnswer(r *jsonx.Reader, into *Response) {
	var head openAIHead
	var status, reason string
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "output":
			into.Output = r.Raw()
		case "status":
			r.Set(&status, maxWordBytes)
		case "incomplete_details":
			for ok := r.Object(); ok && r.Member(); {
				if string(r.Key) == "reason" {
					r.Set(&reason, maxWordBytes)
				} else {
					r.Skip()
				}
			}
		default:
			head.member(r)
		}
	}
	head.fill(into)
	into.ToolCalls = responsesToolCalls(into.Output)
	if status != "" {
		into.attribute("openai.response.status", status)
	}
	switch {
	case reason != "":
		into.FinishReasons = []string{reason}
	case status == "completed":
		into.FinishReasons = []string{status}
	case status == "failed" && into.Err == nil:
		into.Err = &ProviderError{}
	}
}

func responsesToolCalls(output []byte) (calls []ToolCall) {
	r := jsonx.NewReader(output)
	for ok := r.Array(); ok && r.Item(); {
		var kind string
		var d toolDelta
		for ok := r.Object(); ok && r.Member(); {
			switch string(r.Key) {
			case "type":
				r.Set(&kind, maxWordBytes)
			case "call_id":
				d.id = r.Raw()
			case "name":
				d.name = r.Raw()
			case "arguments", "input":
				d.arguments = r.Raw()
			default:
				r.Skip()
			}
		}
		if (kind == "function_call" || kind == "custom_tool_call") && len(calls) < maxToolCalls {
			calls = append(calls, d.whole())
		}
	}
	return calls
}

// maxItems bounds the output items of a stream.
const maxItems = 1024

// responsesStream takes the last event's response, which has all of it, and
// until then puts the items together.
type responsesStream struct {
	sse     SSE
	unread  unread
	keep    keeper
	items   []*responseItem
	last    Response // what the newest response object said
	err     *ProviderError
	over    bool
	started bool
}

// responseItem is one item of the output as far as it has come.
type responseItem struct {
	raw       []byte // the whole item, when it is done
	kind      string
	callID    string
	name      string
	text      []byte // text, or arguments of a call
	refusal   []byte
	reasoning []byte
}

// responseEvent is an event as it stands in the bytes.
type responseEvent struct {
	kind            []byte
	index           int
	delta, item     []byte
	response, error []byte
}

func newResponsesStream() *responsesStream {
	s := &responsesStream{keep: keeper{room: MaxCaptureBytes}}
	s.sse.OnEvent = func(name, data []byte) { s.event(name, data) }
	return s
}

func (s *responsesStream) Feed(p []byte)   { s.sse.Feed(p) }
func (s *responsesStream) Started() bool   { return s.started }
func (s *responsesStream) Ended(bool) bool { return s.over }

func (s *responsesStream) event(name, data []byte) {
	var e responseEvent
	r := jsonx.NewReader(data)
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "type":
			e.kind = r.Raw()
		case "output_index":
			e.index = int(min(r.Int(), 1<<30))
		case "delta":
			e.delta = r.Raw()
		case "item":
			e.item = r.Raw()
		case "response":
			e.response = r.Raw()
		case "error":
			e.error = r.Raw()
		default:
			r.Skip()
		}
	}
	s.unread.event(&r, data)
	kind := name
	if len(e.kind) > 2 {
		kind = e.kind[1 : len(e.kind)-1]
	}
	s.take(string(kind), &e, data)
}

func (s *responsesStream) take(kind string, e *responseEvent, data []byte) {
	switch kind {
	case "response.output_text.delta", "response.function_call_arguments.delta",
		"response.custom_tool_call_input.delta", "response.audio.transcript.delta":
		if it := s.at(e.index); it != nil {
			it.text = s.piece(it.text, e.delta)
		}
	case "response.refusal.delta":
		if it := s.at(e.index); it != nil {
			it.refusal = s.piece(it.refusal, e.delta)
		}
	case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
		if it := s.at(e.index); it != nil {
			it.kind = "reasoning"
			it.reasoning = s.piece(it.reasoning, e.delta)
		}
	case "response.output_item.added":
		if it := s.at(e.index); it != nil {
			s.begun(it, e.item)
		}
	case "response.output_item.done":
		if it := s.at(e.index); it != nil && len(e.item) <= s.keep.room {
			s.keep.room -= len(e.item)
			it.raw = bytes.Clone(e.item)
		}
	case "response.completed", "response.incomplete", "response.failed", "response.cancelled":
		s.over = true
		s.response(e.response)
	case "response.created", "response.queued", "response.in_progress":
		s.response(e.response)
	case "error":
		s.err = parseError(data[:min(len(data), MaxErrorBytes)])
	}
}

// response takes a response object; each one says more than the one before.
func (s *responsesStream) response(raw []byte) {
	compact := readable(raw, false)
	if compact == nil {
		return
	}
	var r Response
	reader := jsonx.NewReader(compact)
	readResponsesAnswer(&reader, &r)
	if r.Err != nil {
		s.err = r.Err
	}
	s.last = r
}

// begun takes what is known of an item when it begins.
func (s *responsesStream) begun(it *responseItem, item []byte) {
	r := jsonx.NewReader(item)
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "type":
			r.Set(&it.kind, maxWordBytes)
		case "call_id":
			r.Set(&it.callID, maxWordBytes)
		case "name":
			r.Set(&it.name, maxWordBytes)
		default:
			r.Skip()
		}
	}
	s.started = s.started || it.kind == "function_call" || it.kind == "custom_tool_call"
}

func (s *responsesStream) at(index int) *responseItem {
	if index >= maxItems {
		s.keep.cut = true
		return nil
	}
	for len(s.items) <= index {
		s.items = append(s.items, &responseItem{})
	}
	return s.items[index]
}

func (s *responsesStream) piece(to, raw []byte) []byte {
	before := len(to)
	to = s.keep.value(to, raw)
	s.started = s.started || len(to) > before
	return to
}

func (s *responsesStream) Close() Response {
	s.sse.Close()
	r := s.last
	s.unread.fill(&r)
	r.Err = s.err
	r.Complete = s.over && s.err == nil
	var short bool
	if s.over && len(r.Output) > len("[]") {
		r.Output, short = fit(r.Output, MaxCaptureBytes)
	} else {
		r.Output = s.output()
		r.ToolCalls = responsesToolCalls(r.Output)
		short = s.keep.cut
	}
	r.Truncated = short || s.sse.Skipped > 0 && !s.over
	return r
}

// output puts the items together as far as they have come.
func (s *responsesStream) output() []byte {
	items := slices.DeleteFunc(s.items, func(it *responseItem) bool {
		return it.raw == nil && it.kind == "" && len(it.text)+len(it.refusal)+len(it.reasoning) == 0
	})
	if len(items) == 0 {
		return nil
	}
	out := []byte{'['}
	for i, it := range items {
		if i > 0 {
			out = append(out, ',')
		}
		if whole := readable(it.raw, false); whole != nil {
			out = append(out, whole...)
			continue
		}
		out = it.encode(out)
	}
	return append(out, ']')
}

func (it *responseItem) encode(dst []byte) []byte {
	o := jsonx.BeginObject(dst)
	switch it.kind {
	case "function_call", "custom_tool_call":
		o.String("type", it.kind)
		o.StringIf("call_id", it.callID)
		o.String("name", it.name)
		arguments := "arguments"
		if it.kind == "custom_tool_call" {
			arguments = "input"
		}
		o.String(arguments, text(it.text))
	case "reasoning":
		o.String("type", it.kind)
		o.Name("summary")
		o.Dst = appendPart(append(o.Dst, '['), "summary_text", "text", it.reasoning)
		o.Dst = append(o.Dst, ']')
	case "", "message":
		o.String("type", "message")
		o.String("role", "assistant")
		o.Name("content")
		o.Dst = append(o.Dst, '[')
		if len(it.refusal) > 0 {
			o.Dst = appendPart(o.Dst, "refusal", "refusal", it.refusal)
		} else {
			o.Dst = appendPart(o.Dst, "output_text", "text", it.text)
		}
		o.Dst = append(o.Dst, ']')
	default:
		o.String("type", it.kind)
		o.StringIf("text", text(it.text))
	}
	return o.End()
}

func appendPart(dst []byte, kind, name string, value []byte) []byte {
	o := jsonx.BeginObject(dst)
	o.String("type", kind)
	o.String(name, text(value))
	return o.End()
}
