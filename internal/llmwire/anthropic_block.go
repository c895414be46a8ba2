package llmwire

import (
	"github.com/langshark/langshark-go/internal/jsonx"
)

// toolUse is the kind of block that asks the application to call a tool.
const toolUse = "tool_use"

// The fields of blocks that a stream tells in pieces.
const (
	blockText = iota
	blockThinking
	blockSignature
	blockInput
	blockFields
)

var blockFieldNames = [blockFields]string{"text", "thinking", "signature", "input"}

// anthropicBlock is a block of a message's content as far as it has come.
type anthropicBlock struct {
	index          int
	kind, id, name string
	begin          []byte // the block as it began, valid JSON; nil if that isn't known
	input          []byte // and the input in it, as it stands
	fields         [blockFields][]byte
	told           [blockFields]bool
	citations      []byte // the items of the list
}

// read takes a whole block, or one that begins. The input stays in the bytes read.
func (b *anthropicBlock) read(r *jsonx.Reader) {
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "type":
			r.Set(&b.kind, maxWordBytes)
		case "id":
			r.Set(&b.id, maxWordBytes)
		case "name":
			r.Set(&b.name, maxWordBytes)
		case "input":
			b.input = r.Raw()
		default:
			r.Skip()
		}
	}
}

// start takes the block as it begins, and reports whether it says something.
func (b *anthropicBlock) start(raw []byte, k *keeper) bool {
	if begin, ok := k.json(nil, raw); ok && begin[0] == '{' {
		b.begin, raw = begin, begin
	}
	r := jsonx.NewReader(raw)
	b.read(&r)
	if b.begin == nil {
		b.input = nil // nothing is kept of it
	}
	said := b.kind != "" && b.kind != "text" && b.kind != "thinking"
	r = jsonx.NewReader(b.begin)
	for ok := r.Object(); ok && r.Member(); {
		field := blockField(r.Key)
		switch {
		case field >= 0 && field != blockInput && r.Next() == '"':
			b.add(field, &r, k)
			said = said || len(b.fields[field]) > 0
		case string(r.Key) == "citations" && r.Next() == '[':
			for r.Array(); r.Item(); {
				b.cite(&r, k)
			}
		default:
			r.Skip()
		}
	}
	return said
}

func blockField(name []byte) int {
	for i := range blockFieldNames {
		if string(name) == blockFieldNames[i] {
			return i
		}
	}
	return -1
}

// add appends a piece to a field.
func (b *anthropicBlock) add(field int, r *jsonx.Reader, k *keeper) {
	b.fields[field] = k.text(b.fields[field], r)
	b.told[field] = true
}

// cite adds a citation.
func (b *anthropicBlock) cite(r *jsonx.Reader, k *keeper) {
	list := b.citations
	if len(list) > 0 {
		list = append(list, ',')
	}
	if list, ok := k.json(list, r.Raw()); ok {
		b.citations = list
	}
}

// toolCall is the call that the block asks for.
func (b *anthropicBlock) toolCall() ToolCall {
	arguments := b.fields[blockInput]
	if len(arguments) == 0 {
		arguments = b.input
	}
	return ToolCall{b.id, b.name, text(arguments)}
}

// encode appends the block as an answer in one piece has it: as it began, with
// what was told since in place of it.
func (b *anthropicBlock) encode(dst []byte) []byte {
	o := jsonx.BeginObject(dst)
	if b.begin == nil {
		o.String("type", b.guess())
		o.StringIf("id", b.id)
		o.StringIf("name", b.name)
	}
	told := b.told
	r := jsonx.NewReader(b.begin)
	for ok := r.Object(); ok && r.Member(); {
		field := blockField(r.Key)
		if field >= 0 && len(b.fields[field]) > 0 || len(b.citations) > 0 && string(r.Key) == "citations" {
			r.Skip()
			continue
		}
		if field >= 0 {
			told[field] = false // it stands here
		}
		o.Name(string(r.Key))
		o.Dst = append(o.Dst, r.Raw()...)
	}
	for field, value := range b.fields {
		if !told[field] {
			continue
		}
		o.Name(blockFieldNames[field])
		if field == blockInput {
			if dst, ok := appendValid(o.Dst, value); ok {
				o.Dst = dst
				continue
			}
		}
		o.Dst = jsonx.AppendString(o.Dst, text(value))
	}
	if len(b.citations) > 0 {
		o.Name("citations")
		o.Dst = append(append(append(o.Dst, '['), b.citations...), ']')
	}
	return o.End()
}

// guess is the kind of a block by what it has.
func (b *anthropicBlock) guess() string {
	switch {
	case b.kind != "":
		return b.kind
	case b.told[blockInput]:
		return toolUse
	case b.told[blockThinking] || b.told[blockSignature]:
		return "thinking"
	}
	return "text"
}
