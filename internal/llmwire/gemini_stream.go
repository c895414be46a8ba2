package llmwire

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// geminiStream puts the chunks of a stream together, each of which is a whole
// answer in form. In the steady state it allocates nothing but what the text
// grows by.
type geminiStream struct {
	events     bool // they come as server-sent events, else as the items of an array
	sse        SSE
	unread     unread
	objects    objects
	head       geminiHead
	candidates []*geminiCandidate
	parts      int
	keep       keeper
	err        *ProviderError
	started    bool
}

// geminiCandidate is one content of a stream as far as it has come.
type geminiCandidate struct {
	index        int
	role, finish string
	said         bool // it has a content
	parts        []*geminiPart
}

// geminiPart is a text that grows, or another part as it came.
type geminiPart struct {
	other     []byte // valid JSON
	text      []byte
	thought   bool
	signature []byte // as text
}

func newGeminiStream(events bool) *geminiStream {
	s := &geminiStream{events: events, keep: keeper{room: MaxCaptureBytes}}
	s.objects.onObject = s.chunk
	s.sse.OnEvent = func(_, data []byte) { s.chunk(data) }
	return s
}

func (s *geminiStream) Feed(p []byte) {
	if s.events {
		s.sse.Feed(p)
	} else {
		s.objects.Feed(p)
	}
}

func (s *geminiStream) Started() bool { return s.started }

// Close puts the contents together. There is no mark of the end: the stream is
// complete if every candidate told why it finished.
func (s *geminiStream) Close() Response {
	if s.events {
		s.sse.Close()
	}
	var r Response
	finished := s.head.blocked != "" || len(s.candidates) > 0
	var contents []json.RawMessage
	slices.SortStableFunc(s.candidates, func(a, b *geminiCandidate) int { return cmp.Compare(a.index, b.index) })
	for _, c := range s.candidates {
		if c.said {
			contents = append(contents, c.content())
		}
		for _, p := range c.parts {
			part := jsonx.NewReader(p.other)
			r.functionCall(&part)
		}
		if c.finish == "" {
			finished = false
			continue
		}
		r.FinishReasons = append(r.FinishReasons, c.finish)
	}
	s.head.fill(&r)
	s.unread.fill(&r)
	r.Err, r.Truncated = s.err, s.keep.cut || s.sse.Skipped > 0 || s.objects.skipped > 0
	r.Complete = s.err == nil && finished && !s.objects.broken()
	r.Output = list(contents)
	return r
}

func (s *geminiStream) chunk(data []byte) {
	r := jsonx.NewReader(data)
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) != "candidates" {
			s.head.member(&r)
			continue
		}
		for ok := r.Array(); ok && r.Item(); {
			s.candidate(&r)
		}
	}
	s.unread.event(&r, data)
	if s.head.err && s.err == nil {
		s.err = parseError(data[:min(len(data), MaxErrorBytes)])
	}
}

// candidate takes one of a chunk's candidates, whose index comes last.
func (s *geminiStream) candidate(r *jsonx.Reader) {
	var content, finish []byte
	index := 0
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "index":
			index = int(min(r.Int(), 1<<30))
		case "content":
			content = r.Raw()
		case "finishReason":
			finish = r.Raw()
		default:
			r.Skip()
		}
	}
	c := s.at(index)
	if c == nil {
		s.keep.cut = true
		return
	}
	if present(finish) {
		v := jsonx.NewReader(finish)
		v.Set(&c.finish, maxWordBytes)
	}
	v := jsonx.NewReader(content)
	for ok := v.Object(); ok && v.Member(); {
		c.said = true
		switch string(v.Key) {
		case "role":
			v.Set(&c.role, 64)
		case "parts":
			for ok := v.Array(); ok && v.Item(); {
				s.part(c, &v)
			}
		default:
			v.Skip()
		}
	}
}

func (s *geminiStream) at(index int) *geminiCandidate {
	for _, c := range s.candidates {
		if c.index == index {
			return c
		}
	}
	if len(s.candidates) >= maxChoices {
		return nil
	}
	c := &geminiCandidate{index: index}
	s.candidates = append(s.candidates, c)
	return c
}

// part takes one part: text continues the last one of its kind.
func (s *geminiStream) part(c *geminiCandidate, r *jsonx.Reader) {
	var text, signature []byte
	thought, other := false, false
	from := r.Rest()
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "text":
			text = r.Raw()
		case "thought":
			thought = r.Bool()
		case "thoughtSignature":
			signature = r.Raw()
		default:
			other = true
			r.Skip()
		}
	}
	if other {
		s.started = true
		if p := s.add(c); p != nil {
			p.other, _ = s.keep.json(nil, from[:len(from)-len(r.Rest())])
		}
		return
	}
	if !present(text) && !present(signature) {
		return
	}
	var p *geminiPart
	if len(c.parts) > 0 {
		p = c.parts[len(c.parts)-1]
	}
	if p == nil || p.other != nil || p.thought != thought || len(p.signature) > 0 && present(signature) {
		if p = s.add(c); p == nil {
			return
		}
		p.thought = thought
	}
	before := len(p.text)
	p.text = s.keep.value(p.text, text)
	s.started = s.started || len(p.text) > before
	p.signature = s.keep.value(p.signature, signature)
}

// add begins a part, unless there are too many.
func (s *geminiStream) add(c *geminiCandidate) *geminiPart {
	if s.parts >= maxBlocks {
		s.keep.cut = true
		return nil
	}
	s.parts++
	p := &geminiPart{}
	c.parts = append(c.parts, p)
	return p
}

// content encodes the candidate in the shape of an answer in one piece.
func (c *geminiCandidate) content() json.RawMessage {
	o := jsonx.BeginObject(nil)
	if c.role == "" {
		c.role = "model"
	}
	o.String("role", c.role)
	o.Name("parts")
	o.Dst = append(o.Dst, '[')
	for i, p := range c.parts {
		if i > 0 {
			o.Dst = append(o.Dst, ',')
		}
		o.Dst = p.encode(o.Dst)
	}
	o.Dst = append(o.Dst, ']')
	return o.End()
}

func (p *geminiPart) encode(dst []byte) []byte {
	if p.other != nil {
		return append(dst, p.other...)
	}
	o := jsonx.BeginObject(dst)
	o.String("text", text(p.text))
	if p.thought {
		o.Bool("thought", true)
	}
	o.StringIf("thoughtSignature", text(p.signature))
	return o.End()
}
