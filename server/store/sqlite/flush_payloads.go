package sqlite

import (
	"encoding/json"
	"errors"
	"fmt"
)

// flushPayloads writes the blocks that rows will refer to and lets go what no
// row refers to any more.
func (t *tx) flushPayloads() error {
	for _, o := range t.order.observations {
		if !o.dirty {
			continue
		}
		p := holder{owner: o.rid, input: &o.inputRef, output: &o.outputRef, live: o.live, moved: o.oldRow}
		if err := t.settle(p, o.input, o.merged.Fields.Input, o.output, o.merged.Fields.Output); err != nil {
			return err
		}
	}
	for _, st := range t.order.traces {
		if !st.dirty || st.rid == 0 {
			continue
		}
		p := holder{owner: firstMember(st.rid), input: &st.inputRef, output: &st.outputRef, live: st.events}
		if err := t.settle(p, st.input, st.merged.Fields.Input, st.output, st.merged.Fields.Output); err != nil {
			return err
		}
	}
	for _, b := range t.used {
		if err := t.writeBlock(b); err != nil {
			return err
		}
	}
	for rid, parts := range t.gone {
		if err := t.dropParts(rid, parts); err != nil {
			return err
		}
	}
	if len(t.unsearch) == 0 {
		return nil
	}
	for _, owner := range t.unsearch {
		if err := t.exec("DELETE FROM search WHERE rowid = ?", owner); err != nil {
			return err
		}
	}
	return t.exec("UPDATE counters SET dead = dead + ?", len(t.unsearch))
}

// holder is a row that refers to payloads.
type holder struct {
	owner         int64 // as blocks name it
	input, output *int64
	live          bool
	moved         int64 // the owner it was
}

// settle makes the references of a row those of its fields. What is let go is
// gone from the disk once the transaction is committed.
func (t *tx) settle(p holder, setInput bool, input json.RawMessage, setOutput bool, output json.RawMessage) error {
	if !p.live {
		if *p.input != 0 || *p.output != 0 {
			t.unsearch = append(t.unsearch, p.owner)
		}
		t.letGo(p.input)
		t.letGo(p.output)
		return nil
	}
	lost := false // something is gone that nothing replaces: the search index must forget it
	for _, side := range []struct {
		set     bool
		handle  json.RawMessage
		ref     *int64
		isOuput bool
	}{{setInput, input, p.input, false}, {setOutput, output, p.output, true}} {
		if !side.set {
			continue
		}
		lost = lost || *side.ref != 0 && len(side.handle) == 0
		t.letGo(side.ref)
		if len(side.handle) > 0 {
			if err := t.refer(side.handle, p.owner, side.ref); err != nil {
				return err
			}
		}
	}
	if p.moved == 0 && !lost {
		return nil
	}
	// What stays is written anew, under its new owner, where the search index comes by.
	old := p.owner
	if p.moved != 0 {
		old = p.moved
	}
	t.unsearch = append(t.unsearch, old)
	for _, ref := range []*int64{p.input, p.output} {
		if *ref == 0 {
			continue
		}
		if err := t.rewrite(ref, p.owner); err != nil {
			return err
		}
	}
	return nil
}

// refer makes a reference of a handle.
func (t *tx) refer(handle json.RawMessage, owner int64, ref *int64) error {
	id, n := parseHandle(handle)
	b := t.blocks[id]
	if b == nil || n >= len(b.parts) {
		return fmt.Errorf("langshark: payload %d.%d is not of this batch", id, n)
	}
	if b.rid == 0 {
		b.rid = t.next.payload
		t.next.payload++
		t.numbering = true
		t.used = append(t.used, b)
	}
	b.parts[n].owner = owner
	*ref = reference(b.rid, n)
	return nil
}

// rewrite puts a payload that is kept into a block of its own.
func (t *tx) rewrite(ref *int64, owner int64) error {
	rid, n := blockOf(*ref)
	for _, b := range t.used {
		if b.rid == rid { // it is on its way, and has the owner already
			return nil
		}
	}
	o, err := t.openBlock(rid)
	if err != nil {
		return err
	}
	raw := o.part(n)
	if raw == nil {
		return fmt.Errorf("%w: part %d of %d", errBlock, n, rid)
	}
	t.letGo(ref)
	b := &block{parts: []part{{owner: owner, length: len(raw), output: o.parts[n].output}}, form: t.s.codecs.fallback.compress(raw), rid: t.next.payload}
	t.next.payload++
	t.numbering = true
	t.used = append(t.used, b)
	*ref = reference(b.rid, 0)
	return nil
}

func (t *tx) openBlock(rid int64) (*opened, error) {
	var data []byte
	if err := t.row("SELECT data FROM payloads WHERE rid = ?", []any{rid}, &data); err != nil {
		if errors.Is(err, errNoRow) {
			return nil, fmt.Errorf("%w: there is no %d", errBlock, rid)
		}
		return nil, err
	}
	return t.s.openBlock(data)
}

// letGo forgets a reference.
func (t *tx) letGo(ref *int64) {
	if *ref == 0 {
		return
	}
	rid, n := blockOf(*ref)
	*ref = 0
	if t.gone == nil {
		t.gone = map[int64][]int{}
	}
	t.gone[rid] = append(t.gone[rid], n)
}

// writeBlock writes a block of which rows use some parts. Those that none uses
// were superseded on the way, and are left out.
func (t *tx) writeBlock(b *block) error {
	unused := 0
	for _, p := range b.parts {
		if p.owner == 0 {
			unused++
		}
	}
	if unused > 0 {
		raw, err := t.s.codecs.decompress(b.form)
		if err != nil {
			return err
		}
		o := &opened{b.parts, raw}
		o.without(func(n int) bool { return b.parts[n].owner == 0 })
		b.form = t.s.codecs.fallback.compress(o.raw)
	}
	return t.exec("INSERT INTO payloads (rid, data) VALUES (?, ?)", b.rid, b.encode())
}

// dropParts removes parts from a block, and the block with the last.
func (t *tx) dropParts(rid int64, parts []int) error {
	o, err := t.openBlock(rid)
	if err != nil {
		return err
	}
	gone := map[int]bool{}
	for _, n := range parts {
		gone[n] = true
	}
	if !o.without(func(n int) bool { return gone[n] }) {
		return t.exec("DELETE FROM payloads WHERE rid = ?", rid)
	}
	b := block{parts: o.parts, form: t.s.codecs.fallback.compress(o.raw)}
	return t.exec("UPDATE payloads SET data = ? WHERE rid = ?", b.encode(), rid)
}
