package llmwire

import (
	"slices"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// maxBlocks bounds the blocks of one message, and the parts of one stream.
const maxBlocks = 2048

// anthropicStream puts the events of a stream together. In the steady state it
// allocates nothing but what the text grows by.
type anthropicStream struct {
	sse     SSE
	unread  unread
	head    anthropicHead
	blocks  []*anthropicBlock
	keep    keeper
	err     *ProviderError
	started bool
	stopped bool // message_stop was seen
}

func newAnthropicStream() *anthropicStream {
	s := &anthropicStream{keep: keeper{room: MaxCaptureBytes}}
	s.sse.OnEvent = s.event
	return s
}

func (s *anthropicStream) Feed(p []byte)   { s.sse.Feed(p) }
func (s *anthropicStream) Started() bool   { return s.started }
func (s *anthropicStream) Ended(bool) bool { return s.stopped }

// Close puts the message together.
func (s *anthropicStream) Close() Response {
	s.sse.Close()
	var r Response
	s.head.fill(&r)
	s.unread.fill(&r)
	r.Err, r.Truncated = s.err, s.keep.cut || s.sse.Skipped > 0
	r.Complete = s.stopped && s.err == nil
	if len(s.blocks) == 0 && s.head.stopReason == "" {
		return r
	}
	slices.SortStableFunc(s.blocks, func(a, b *anthropicBlock) int { return a.index - b.index })
	content := []byte{'['}
	for i, b := range s.blocks {
		if i > 0 {
			content = append(content, ',')
		}
		content = b.encode(content)
		if b.guess() == toolUse && len(r.ToolCalls) < maxToolCalls {
			r.ToolCalls = append(r.ToolCalls, b.toolCall())
		}
	}
	r.Output = s.head.message(append(content, ']'))
	return r
}

// event takes an event, which names itself in its data, as a rule.
func (s *anthropicStream) event(name, data []byte) {
	var delta, block []byte
	index := 0
	kind := name
	r := jsonx.NewReader(data)
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "type":
			if raw := r.Raw(); len(raw) > 2 && raw[0] == '"' {
				kind = raw[1 : len(raw)-1]
			}
		case "index":
			index = int(min(r.Int(), 1<<30))
		case "delta":
			delta = r.Raw()
		case "content_block":
			block = r.Raw()
		case "message":
			for ok := r.Object(); ok && r.Member(); {
				s.head.member(&r)
			}
		case "usage":
			s.head.usage.read(&r)
		case "error":
			s.head.err = isError(&r) || s.head.err
		default:
			r.Skip()
		}
	}
	s.unread.event(&r, data)
	if s.head.err && s.err == nil {
		s.err = parseError(data[:min(len(data), MaxErrorBytes)])
	}
	switch string(kind) {
	case "content_block_start":
		if b := s.block(index); b != nil {
			s.started = b.start(block, &s.keep) || s.started
		}
	case "content_block_delta":
		if b := s.block(index); b != nil {
			s.delta(b, delta)
		}
	case "message_delta":
		d := jsonx.NewReader(delta)
		for ok := d.Object(); ok && d.Member(); {
			s.head.member(&d)
		}
	case "message_stop":
		s.stopped = true
	}
}

// block returns the block of that index, nil if there are too many.
func (s *anthropicStream) block(index int) *anthropicBlock {
	for _, b := range slices.Backward(s.blocks) {
		if b.index == index {
			return b
		}
	}
	if len(s.blocks) >= maxBlocks {
		s.keep.cut = true
		return nil
	}
	b := &anthropicBlock{index: index}
	s.blocks = append(s.blocks, b)
	return b
}

// delta adds a piece to a block.
func (s *anthropicStream) delta(b *anthropicBlock, raw []byte) {
	r := jsonx.NewReader(raw)
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "text":
			s.add(b, blockText, &r)
		case "thinking":
			s.add(b, blockThinking, &r)
		case "partial_json":
			s.add(b, blockInput, &r)
		case "signature":
			b.add(blockSignature, &r, &s.keep)
		case "citation":
			b.cite(&r, &s.keep)
		default:
			r.Skip()
		}
	}
}

// add appends a piece of what the model says.
func (s *anthropicStream) add(b *anthropicBlock, field int, r *jsonx.Reader) {
	before := len(b.fields[field])
	b.add(field, r, &s.keep)
	s.started = s.started || len(b.fields[field]) > before
}
