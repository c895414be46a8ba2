package spool

import (
	"encoding/binary"
	"math"
	"time"
	"unsafe"

	"github.com/langshark/langshark-go/exporter"
)

// decoder reads a record. After the first mistake it returns zeros and broken
// is set; at the end of a section, which an older version wrote shorter, too,
// but that is no mistake.
type decoder struct {
	rest   []byte // of the section being read
	mem    *memory
	broken bool
}

// decodeRecord reads a record whose strings and values lie in b and whose
// structs lie in mem.
func decodeRecord(b []byte, mem *memory) (r exporter.Record, ok bool) {
	d := &mem.decoder
	*d = decoder{rest: b, mem: mem}
	if len(b) == 0 {
		return r, false
	}
	op := d.byte()
	r.Op, r.Orphan = exporter.Op(op&^orphaned), op&orphaned != 0
	r.EventID = d.string()
	r.Time = d.time()
	switch d.byte() {
	case isNothing:
	case isTrace:
		r.Trace = mem.traces.one()
		section(d, r.Trace, (*decoder).trace)
	case isObservation:
		r.Observation = mem.observations.one()
		section(d, r.Observation, (*decoder).observation)
	case isScore:
		r.Score = mem.scores.one()
		section(d, r.Score, (*decoder).score)
	case isMedia:
		r.Media = mem.media.one()
		section(d, r.Media, (*decoder).media)
	default: // of a newer version
		d.broken = true
	}
	return r, !d.broken
}

// section reads the next section to v with f; what f leaves is of a newer version.
func section[T any](d *decoder, v *T, f func(*decoder, *T)) {
	if len(d.rest) == 0 {
		return
	}
	if len(d.rest) < 4 {
		d.fail()
		return
	}
	n := binary.LittleEndian.Uint32(d.rest)
	if uint64(n) > uint64(len(d.rest)-4) {
		d.fail()
		return
	}
	after := d.rest[4+n:]
	d.rest = d.rest[4 : 4+n]
	f(d, v)
	d.rest = after
	if d.broken {
		d.rest = nil
	}
}

// optional reads a section that may be missing to what mem has for it.
func optional[T any](d *decoder, mem *slab[T], f func(*decoder, *T)) *T {
	if d.byte() == 0 {
		return nil
	}
	v := mem.one()
	section(d, v, f)
	return v
}

func (d *decoder) trace(t *exporter.Trace) {
	t.ID = d.string()
	t.Start = d.time()
	section(d, &t.Attributes, (*decoder).attributes)
	t.Input = d.value()
	t.Output = d.value()
}

func (d *decoder) attributes(a *exporter.Attributes) {
	a.TraceName = d.string()
	a.UserID = d.string()
	a.SessionID = d.string()
	a.Environment = d.string()
	a.Release = d.string()
	a.Version = d.string()
	if n, some := d.count(1); some {
		a.Tags = d.mem.strings.take(n, slabItems)
		for i := range a.Tags {
			a.Tags[i] = d.string()
		}
	}
	a.Metadata = d.values()
	if public := d.byte(); public != 0 {
		a.Public = d.mem.bools.one()
		*a.Public = public == 2
	}
}

func (d *decoder) observation(o *exporter.Observation) {
	o.ID = d.string()
	o.TraceID = d.string()
	o.ParentID = d.string()
	o.Kind = exporter.Kind(d.byte())
	o.Level = exporter.Level(d.byte())
	o.Name = d.string()
	o.Start = d.time()
	o.End = d.time()
	o.StatusMessage = d.string()
	o.Version = d.string()
	o.Input = d.value()
	o.Output = d.value()
	o.Metadata = d.values()
	o.Generation = optional(d, &d.mem.generations, (*decoder).generation)
	o.Attributes = optional(d, &d.mem.attributes, (*decoder).attributes)
}

func (d *decoder) generation(g *exporter.Generation) {
	g.Model = d.string()
	g.Parameters = d.values()
	g.Usage = optional(d, &d.mem.usages, (*decoder).usage)
	g.Cost = optional(d, &d.mem.costs, (*decoder).cost)
	g.CompletionStart = d.time()
	g.PromptName = d.string()
	g.PromptVersion = int(d.varint())
}

func (d *decoder) usage(u *exporter.Usage) {
	for _, p := range [...]*int64{
		&u.InputTokens, &u.OutputTokens, &u.TotalTokens, &u.CachedInputTokens,
		&u.CacheWriteTokens, &u.InputAudioTokens, &u.ReasoningTokens, &u.OutputAudioTokens,
	} {
		*p = d.varint()
	}
	u.Details = numbers[int64](d)
}

func (d *decoder) cost(c *exporter.Cost) {
	c.Input = exporter.NanoUSD(d.varint())
	c.Output = exporter.NanoUSD(d.varint())
	c.Total = exporter.NanoUSD(d.varint())
	c.Details = numbers[exporter.NanoUSD](d)
}

func (d *decoder) score(s *exporter.Score) {
	s.ID = d.string()
	s.TraceID = d.string()
	s.ObservationID = d.string()
	s.SessionID = d.string()
	s.Name = d.string()
	s.Type = exporter.ScoreType(d.string())
	s.Number = math.Float64frombits(d.fixed())
	s.Text = d.string()
	s.Comment = d.string()
	s.ConfigID = d.string()
	s.Environment = d.string()
	s.Metadata = d.values()
}

func (d *decoder) media(m *exporter.Media) {
	m.ID = d.string()
	m.TraceID = d.string()
	m.ObservationID = d.string()
	m.Field = d.string()
	m.ContentType = d.string()
	if n := copy(m.SHA256[:], d.rest); n < len(m.SHA256) {
		d.fail()
	} else {
		d.rest = d.rest[n:]
	}
	m.Data = d.bytes()
}

func (d *decoder) fail() { d.broken, d.rest = true, nil }

func (d *decoder) byte() byte {
	if len(d.rest) == 0 {
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

func (d *decoder) uvarint() uint64 {
	if len(d.rest) == 0 {
		return 0
	}
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) varint() int64 {
	if len(d.rest) == 0 {
		return 0
	}
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) fixed() uint64 {
	if len(d.rest) == 0 {
		return 0
	}
	if len(d.rest) < 8 {
		d.fail()
		return 0
	}
	v := binary.LittleEndian.Uint64(d.rest)
	d.rest = d.rest[8:]
	return v
}

func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.fail()
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) string() string {
	b := d.bytes()
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// count reads the length of a list whose items take at least size bytes each.
func (d *decoder) count(size int) (n int, some bool) {
	c := d.uvarint()
	if c == 0 {
		return 0, false
	}
	if c--; c > uint64(len(d.rest)/size) {
		d.fail()
		return 0, false
	}
	return int(c), true
}

func (d *decoder) time() time.Time {
	if d.byte() == 0 {
		return time.Time{}
	}
	sec := d.varint()
	nsec := d.uvarint()
	if nsec >= 1e9 {
		d.fail()
		return time.Time{}
	}
	return time.Unix(sec, int64(nsec)).UTC()
}

func (d *decoder) value() exporter.Value {
	switch d.byte() {
	case valueNone:
		return exporter.Value{}
	case valueText:
		return exporter.Text(d.string())
	case valueJSON:
		return exporter.JSON(d.bytes())
	}
	d.fail()
	return exporter.Value{}
}

func (d *decoder) values() []exporter.KeyValue {
	n, some := d.count(2)
	if !some {
		return nil
	}
	kvs := d.mem.values.take(n, slabItems)
	for i := range kvs {
		kvs[i].Key = d.string()
		kvs[i].Value = d.value()
	}
	return kvs
}

func numbers[T ~int64](d *decoder) map[string]T {
	n, some := d.count(2)
	if !some {
		return nil
	}
	m := make(map[string]T, min(n, slabItems))
	for range n {
		name := d.string()
		m[name] = T(d.varint())
	}
	return m
}
