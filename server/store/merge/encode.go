package merge

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/server/store"
)

// The encoded registers of a thing:
//
//	version   1 byte, see layout
//	stamps    count, then each: flags, time, event id
//	fields    one stamp: a bit set; several: an index each (0 = never written)
//	tags      an index each, in sorted order
//	metadata  an index, then 0, or 1 and the tree
//	last      an index
//	mentions  count, then each as length and bytes
//	usage     only where several writes gave some, see [usage.encode]
//
// Numbers are varints. A thing that one event made takes about 40 bytes.

// layout says how many fields each version of a thing's encoding has.
type layout []int

// version is the one that is written.
func (l layout) version() byte { return byte(len(l)) }

// fields are those that the thing has now.
func (l layout) fields() int { return l[len(l)-1] }

const (
	stampUpdate = 1 << iota
	stampUUID   // the event id is a UUID in lower case, kept in 16 bytes
)

var errCorrupt = errors.New("langshark: corrupt registers")

// dictionary numbers stamps from 1; 0 is none.
type dictionary struct {
	index  map[store.Stamp]uint64
	stamps []store.Stamp
}

func (d *dictionary) add(s store.Stamp) uint64 {
	if s.IsZero() {
		return 0
	}
	if i, ok := d.index[s]; ok {
		return i
	}
	if d.index == nil {
		d.index = map[store.Stamp]uint64{}
	}
	d.stamps = append(d.stamps, s)
	d.index[s] = uint64(len(d.stamps))
	return d.index[s]
}

func (r *registers) encode(l layout, tags []string, counts *usage) []byte {
	var d dictionary
	for _, s := range r.at {
		d.add(s)
	}
	for _, tag := range tags {
		d.add(r.tags[tag])
	}
	d.add(r.meta)
	d.add(r.last)
	r.tree.collect(&d)
	counts.collect(&d)

	b := []byte{l.version()}
	b = binary.AppendUvarint(b, uint64(len(d.stamps)))
	for _, s := range d.stamps {
		b = appendStamp(b, s)
	}
	if len(d.stamps) == 1 {
		var mask uint64
		for i, s := range r.at {
			if !s.IsZero() {
				mask |= 1 << i
			}
		}
		b = binary.AppendUvarint(b, mask)
	} else {
		for i := range l.fields() {
			var n uint64
			if i < len(r.at) {
				n = d.add(r.at[i])
			}
			b = binary.AppendUvarint(b, n)
		}
	}
	for _, tag := range tags {
		b = binary.AppendUvarint(b, d.add(r.tags[tag]))
	}
	b = binary.AppendUvarint(b, d.add(r.meta))
	if r.tree == nil {
		b = append(b, 0)
	} else {
		b = r.tree.encode(append(b, 1), &d)
	}
	b = binary.AppendUvarint(b, d.add(r.last))
	b = binary.AppendUvarint(b, uint64(len(r.mentions)))
	for _, m := range r.mentions {
		b = appendBytes(b, m)
	}
	return counts.encode(b, &d)
}

func (r *registers) decode(data []byte, l layout, tags []string) (counts *usage, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			counts, err = nil, fmt.Errorf("%w: %v", errCorrupt, recovered)
		}
	}()
	*r = registers{at: make([]store.Stamp, l.fields())}
	in := &reader{data: data}
	version := in.byte()
	if version == 0 || version > l.version() {
		return nil, fmt.Errorf("%w: version %d", errCorrupt, version)
	}
	stamps := make([]store.Stamp, 1, 2) // index 0 is none
	for range in.count() {
		stamps = append(stamps, in.stamp())
	}
	if len(stamps) == 2 {
		mask := in.uvarint()
		for i := range r.at {
			if mask&(1<<i) != 0 {
				r.at[i] = stamps[1]
			}
		}
	} else {
		for i := range l[version-1] {
			r.at[i] = stamps[in.uvarint()]
		}
	}
	for _, tag := range tags {
		if r.tags == nil {
			r.tags = make(map[string]store.Stamp, len(tags))
		}
		r.tags[tag] = stamps[in.uvarint()]
	}
	r.meta = stamps[in.uvarint()]
	if in.byte() == 1 {
		r.tree = in.node(stamps)
		r.keys = r.tree.count()
	}
	r.last = stamps[in.uvarint()]
	for range in.count() {
		r.mentions = append(r.mentions, string(in.bytes()))
	}
	if len(in.data) > 0 {
		counts = in.usage(stamps)
	}
	return counts, nil
}

// collect adds the stamps of the tree, in the order of their encoding.
func (n *node) collect(d *dictionary) {
	if n == nil {
		return
	}
	d.add(n.ValueAt)
	d.add(n.ObjectAt)
	d.add(n.NullAt)
	for _, key := range n.keys() {
		n.Children[key].collect(d)
	}
}

func (n *node) keys() []string {
	keys := make([]string, 0, len(n.Children))
	for key := range n.Children {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func (n *node) encode(b []byte, d *dictionary) []byte {
	b = binary.AppendUvarint(b, d.add(n.ValueAt))
	b = binary.AppendUvarint(b, d.add(n.ObjectAt))
	b = binary.AppendUvarint(b, d.add(n.NullAt))
	b = appendBytes(b, string(n.Value))
	b = binary.AppendUvarint(b, uint64(len(n.Children)))
	for _, key := range n.keys() {
		b = n.Children[key].encode(appendBytes(b, key), d)
	}
	return b
}

func appendStamp(b []byte, s store.Stamp) []byte {
	id, err := uuid.Parse(s.EventID)
	short := err == nil && id.String() == s.EventID
	var flags byte
	if s.Update {
		flags |= stampUpdate
	}
	if short {
		flags |= stampUUID
	}
	b = append(b, flags)
	b = binary.AppendVarint(b, s.Time)
	if short {
		return append(b, id[:]...)
	}
	return appendBytes(b, s.EventID)
}

func appendBytes(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// reader reads an encoding. It panics where it ends early, which decode turns into an error.
type reader struct{ data []byte }

func (r *reader) byte() byte {
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	r.data = r.data[max(n, 1):]
	return v
}

func (r *reader) count() uint64 {
	n := r.uvarint()
	if n > uint64(len(r.data)) { // each takes a byte at least
		panic("count beyond the data")
	}
	return n
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) stamp() store.Stamp {
	flags := r.byte()
	t, n := binary.Varint(r.data)
	r.data = r.data[max(n, 1):]
	s := store.Stamp{Time: t, Update: flags&stampUpdate != 0}
	if flags&stampUUID != 0 {
		s.EventID = uuid.UUID(r.data[:16]).String()
		r.data = r.data[16:]
	} else {
		s.EventID = string(r.bytes())
	}
	return s
}

func (r *reader) node(stamps []store.Stamp) *node {
	n := &node{ValueAt: stamps[r.uvarint()], ObjectAt: stamps[r.uvarint()], NullAt: stamps[r.uvarint()]}
	if value := r.bytes(); len(value) > 0 {
		n.Value = json.RawMessage(string(value))
	}
	for range r.count() {
		if n.Children == nil {
			n.Children = map[string]*node{}
		}
		key := string(r.bytes())
		n.Children[key] = r.node(stamps)
	}
	return n
}
