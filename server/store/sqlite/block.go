package sqlite

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/langshark/langshark-go/server/store"
)

// Payloads are kept in blocks: those of one trace that came in one batch are
// compressed together, which makes them smaller than one by one, and one row
// instead of many. A block as stored:
//
//	parts   count, then of each: owner, length << 1 | 1 if it is an output
//	form    one byte, see below; for a dictionary its number
//	bytes   all parts one after the other, compressed as the form says
//
// Numbers are varints. The owner is the row of an observation, or that of a
// trace << 24, and 0 for a part that is gone, whose length is 0. The search index
// finds by the owners what to read anew.

// The forms of the bytes.
const (
	formPlain      = 0
	formZstd       = 1
	formDictionary = 2 // zstd with a trained dictionary
)

const (
	// minCompress is the size below which compressing gains nothing.
	minCompress = 128
	// maxBlockBytes is about how much a block holds before it is compressed: what
	// one payload costs to read. A larger payload has a block of its own.
	maxBlockBytes = 64 << 10
	maxBlockParts = 255
	// maxPayloadBytes bounds one payload.
	maxPayloadBytes = 64 << 20
)

// part is one payload of a block.
type part struct {
	owner  int64
	length int
	output bool
}

// block is a number of payloads on their way to the store.
type block struct {
	id    uint64 // names it within the process
	parts []part
	form  []byte // form and compressed bytes
	rid   int64  // once it has one
}

// A payload that is on its way is a handle instead of bytes: the block's id and the number of the part.

var blockIDs atomic.Uint64

func (b *block) handle(part int) json.RawMessage {
	return append(binary.LittleEndian.AppendUint64(nil, b.id), byte(part)) //nolint:gosec // at most maxBlockParts
}

func parseHandle(h json.RawMessage) (id uint64, part int) {
	return binary.LittleEndian.Uint64(h), int(h[8])
}

// reference is what rows keep: the block's row and the number of the part.
func reference(rid int64, part int) int64 { return rid<<8 | int64(part) }

func blockOf(reference int64) (rid int64, part int) { return reference >> 8, int(reference & 0xff) }

// packer gathers the payloads of a batch into blocks.
type packer struct {
	open map[string]*filling // by trace
	all  []*filling
}

type filling struct {
	block
	raw []byte
}

// add takes a payload and returns its handle; nil for none.
func (p *packer) add(trace string, raw json.RawMessage, output bool) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	f := p.open[trace]
	if f == nil || len(f.parts) == maxBlockParts || len(f.raw) > 0 && len(f.raw)+len(raw) > maxBlockBytes {
		f = &filling{block: block{id: blockIDs.Add(1)}}
		if p.open == nil {
			p.open = map[string]*filling{}
		}
		p.open[trace] = f
		p.all = append(p.all, f)
	}
	f.raw = append(f.raw, raw...)
	f.parts = append(f.parts, part{length: len(raw), output: output})
	return f.handle(len(f.parts) - 1)
}

// pack compresses all blocks, on several cores if there is much to do.
func (p *packer) pack(c *codec) (blocks []*block, bytes int) {
	total := 0
	for _, f := range p.all {
		blocks = append(blocks, &f.block)
		total += len(f.raw)
	}
	workers := min(runtime.GOMAXPROCS(0), len(p.all), 1+total/maxBlockBytes)
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(len(p.all)); i = next.Add(1) - 1 {
			f := p.all[i]
			f.form, f.raw = c.compress(f.raw), nil
		}
	}
	var wg sync.WaitGroup
	for range workers - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	for _, b := range blocks {
		bytes += len(b.form) + 16*len(b.parts)
	}
	return blocks, bytes
}

// packBatch returns a copy of the batch whose payloads are handles, the blocks
// that they lead to, and about how many bytes both take.
func packBatch(b *store.Batch, c *codec) (*store.Batch, []*block, int) {
	packed := *b
	bytes := 200 * b.Len()
	var p packer
	packed.Traces = append([]store.TraceWrite(nil), b.Traces...)
	packed.Observations = append([]store.ObservationWrite(nil), b.Observations...)
	for i := range packed.Observations {
		o := &packed.Observations[i]
		trace := o.TraceID
		if trace == "" {
			trace = "\x00" + o.ID
		}
		o.Input, o.Output = p.add(trace, o.Input, false), p.add(trace, o.Output, true)
		bytes += len(o.Metadata)
	}
	for i := range packed.Traces {
		t := &packed.Traces[i]
		t.Input, t.Output = p.add(t.ID, t.Input, false), p.add(t.ID, t.Output, true)
		bytes += len(t.Metadata)
	}
	blocks, more := p.pack(c)
	return &packed, blocks, bytes + more
}

// encode is the stored form of a block.
func (b *block) encode() []byte {
	data := make([]byte, 0, 1+10*len(b.parts)+len(b.form))
	data = binary.AppendUvarint(data, uint64(len(b.parts)))
	for _, p := range b.parts {
		n := uint64(p.length) << 1 //nolint:gosec // lengths are not negative
		if p.output {
			n |= 1
		}
		data = binary.AppendUvarint(data, uint64(p.owner)) //nolint:gosec // rows are not negative
		data = binary.AppendUvarint(data, n)
	}
	return append(data, b.form...)
}

var errBlock = errors.New("langshark: corrupt payload")

// decodeBlock reads the stored form. The bytes of form are those of data.
func decodeBlock(data []byte) (parts []part, form []byte, err error) {
	number := func() uint64 {
		v, n := binary.Uvarint(data)
		if n <= 0 {
			err = errBlock
			return 0
		}
		data = data[n:]
		return v
	}
	count := number()
	if count > maxBlockParts {
		return nil, nil, errBlock
	}
	parts = make([]part, count)
	for i := range parts {
		owner, length := number(), number()
		parts[i] = part{owner: int64(owner), length: int(length >> 1), output: length&1 == 1} //nolint:gosec // checked where used
	}
	if err != nil || len(data) == 0 {
		return nil, nil, errBlock
	}
	return parts, data, nil
}

// opened is a block that has been read.
type opened struct {
	parts []part
	raw   []byte
}

// open reads a block.
func (s *Store) openBlock(data []byte) (*opened, error) {
	parts, form, err := decodeBlock(data)
	if err != nil {
		return nil, err
	}
	raw, err := s.codecs.decompress(form)
	if err != nil {
		return nil, err
	}
	total := 0
	for _, p := range parts {
		if p.length < 0 || p.length > len(raw) {
			return nil, errBlock
		}
		total += p.length
	}
	if total != len(raw) {
		return nil, fmt.Errorf("%w: %d bytes, want %d", errBlock, len(raw), total)
	}
	return &opened{parts, raw}, nil
}

// part returns a copy of one payload; nil if it is gone.
func (o *opened) part(n int) json.RawMessage {
	if n >= len(o.parts) || o.parts[n].owner == 0 {
		return nil
	}
	from := 0
	for _, p := range o.parts[:n] {
		from += p.length
	}
	return append(json.RawMessage(nil), o.raw[from:from+o.parts[n].length]...)
}

// without drops parts and reports whether any is left.
func (o *opened) without(gone func(n int) bool) (left bool) {
	raw := make([]byte, 0, len(o.raw))
	from := 0
	for i := range o.parts {
		p := &o.parts[i]
		to := from + p.length
		if p.owner == 0 || gone(i) {
			p.owner, p.length = 0, 0
		} else {
			raw = append(raw, o.raw[from:to]...)
			left = true
		}
		from = to
	}
	o.raw = raw
	return left
}
