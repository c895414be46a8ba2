package merge

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/langshark/langshark-go/server/store"
)

// collect adds the stamps of the usage, in the order of its encoding. Nil has none.
func (u *usage) collect(d *dictionary) {
	if u == nil {
		return
	}
	d.add(u.lastAt)
	d.add(u.unitAt)
	for _, c := range u.whole {
		d.add(c.at)
	}
	for _, name := range slices.Sorted(maps.Keys(u.details)) {
		d.add(u.details[name].at)
	}
}

// encode appends what the last write gave, the unit, the three counts and how many buckets there
// are, then each: texts as length and bytes, with the index of a stamp and a number. Nil is nothing at all.
func (u *usage) encode(b []byte, d *dictionary) []byte {
	if u == nil {
		return b
	}
	b = binary.AppendUvarint(appendBytes(b, u.last.Unit), d.add(u.lastAt))
	for _, n := range [...]int64{u.last.Input, u.last.Output, u.last.Total, int64(u.last.Derived)} {
		b = binary.AppendVarint(b, n)
	}
	b = binary.AppendUvarint(appendBytes(b, u.unit), d.add(u.unitAt))
	for _, c := range u.whole {
		b = c.encode(b, d)
	}
	b = binary.AppendUvarint(b, uint64(len(u.details)))
	for _, name := range slices.Sorted(maps.Keys(u.details)) {
		b = u.details[name].encode(appendBytes(b, name), d)
	}
	return b
}

func (c count) encode(b []byte, d *dictionary) []byte {
	return binary.AppendVarint(binary.AppendUvarint(b, d.add(c.at)), c.n)
}

// usage is the other way.
func (r *reader) usage(stamps []store.Stamp) *usage {
	u := &usage{last: store.Usage{Unit: string(r.bytes())}}
	u.lastAt = stamps[r.uvarint()]
	u.last.Input, u.last.Output, u.last.Total = r.varint(), r.varint(), r.varint()
	u.last.Derived = store.UsageParts(r.varint() & int64(store.UsageInput|store.UsageOutput|store.UsageTotal)) //nolint:gosec // three bits
	u.unit = string(r.bytes())
	u.unitAt = stamps[r.uvarint()]
	for i := range u.whole {
		u.whole[i] = r.counted(stamps)
	}
	for range r.count() {
		if u.details == nil {
			u.details = map[string]count{}
		}
		name := string(r.bytes())
		u.details[name] = r.counted(stamps)
	}
	return u
}

func (r *reader) counted(stamps []store.Stamp) count {
	return count{at: stamps[r.uvarint()], n: r.varint()}
}

func (r *reader) varint() int64 {
	n, size := binary.Varint(r.data)
	r.data = r.data[max(size, 1):]
	return n
}
