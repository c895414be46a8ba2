package spool

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// The encoding of a record, as docs/spool.md has it. Fields have fixed places;
// new ones are added at the end of a section, which carries its length.

// What a record is.
const (
	isNothing = iota
	isTrace
	isObservation
	isScore
	isMedia
)

// orphaned is added to the operation.
const orphaned = 1 << 7

// Kinds of values.
const (
	valueNone = iota
	valueText
	valueJSON
)

// appendRecord appends the encoded record.
func appendRecord(dst []byte, r *exporter.Record) []byte {
	op := byte(r.Op)
	if r.Orphan {
		op |= orphaned
	}
	dst = append(dst, op)
	dst = appendString(dst, r.EventID)
	dst = appendTime(dst, r.Time)
	switch {
	case r.Trace != nil:
		dst = append(dst, isTrace)
		return appendSection(dst, r.Trace, appendTrace)
	case r.Observation != nil:
		dst = append(dst, isObservation)
		return appendSection(dst, r.Observation, appendObservation)
	case r.Score != nil:
		dst = append(dst, isScore)
		return appendSection(dst, r.Score, appendScore)
	case r.Media != nil:
		dst = append(dst, isMedia)
		return appendSection(dst, r.Media, appendMedia)
	}
	return append(dst, isNothing)
}

// appendSection appends what f does, after its length.
func appendSection[T any](dst []byte, v *T, f func([]byte, *T) []byte) []byte {
	start := len(dst)
	dst = f(append(dst, 0, 0, 0, 0), v)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

// appendOptional appends a section, or that there is none.
func appendOptional[T any](dst []byte, v *T, f func([]byte, *T) []byte) []byte {
	if v == nil {
		return append(dst, 0)
	}
	return appendSection(append(dst, 1), v, f)
}

func appendTrace(dst []byte, t *exporter.Trace) []byte {
	dst = appendString(dst, t.ID)
	dst = appendTime(dst, t.Start)
	dst = appendSection(dst, &t.Attributes, appendAttributes)
	dst = appendValue(dst, t.Input)
	return appendValue(dst, t.Output)
}

func appendAttributes(dst []byte, a *exporter.Attributes) []byte {
	dst = appendString(dst, a.TraceName)
	dst = appendString(dst, a.UserID)
	dst = appendString(dst, a.SessionID)
	dst = appendString(dst, a.Environment)
	dst = appendString(dst, a.Release)
	dst = appendString(dst, a.Version)
	dst = appendCount(dst, len(a.Tags), a.Tags == nil)
	for _, tag := range a.Tags {
		dst = appendString(dst, tag)
	}
	dst = appendValues(dst, a.Metadata)
	switch {
	case a.Public == nil:
		return append(dst, 0)
	case *a.Public:
		return append(dst, 2)
	}
	return append(dst, 1)
}

func appendObservation(dst []byte, o *exporter.Observation) []byte {
	dst = appendString(dst, o.ID)
	dst = appendString(dst, o.TraceID)
	dst = appendString(dst, o.ParentID)
	dst = append(dst, byte(o.Kind), byte(o.Level))
	dst = appendString(dst, o.Name)
	dst = appendTime(dst, o.Start)
	dst = appendTime(dst, o.End)
	dst = appendString(dst, o.StatusMessage)
	dst = appendString(dst, o.Version)
	dst = appendValue(dst, o.Input)
	dst = appendValue(dst, o.Output)
	dst = appendValues(dst, o.Metadata)
	dst = appendOptional(dst, o.Generation, appendGeneration)
	return appendOptional(dst, o.Attributes, appendAttributes)
}

func appendGeneration(dst []byte, g *exporter.Generation) []byte {
	dst = appendString(dst, g.Model)
	dst = appendValues(dst, g.Parameters)
	dst = appendOptional(dst, g.Usage, appendUsage)
	dst = appendOptional(dst, g.Cost, appendCost)
	dst = appendTime(dst, g.CompletionStart)
	dst = appendString(dst, g.PromptName)
	return binary.AppendVarint(dst, int64(g.PromptVersion))
}

func appendUsage(dst []byte, u *exporter.Usage) []byte {
	for _, n := range [...]int64{
		u.InputTokens, u.OutputTokens, u.TotalTokens, u.CachedInputTokens,
		u.CacheWriteTokens, u.InputAudioTokens, u.ReasoningTokens, u.OutputAudioTokens,
	} {
		dst = binary.AppendVarint(dst, n)
	}
	return appendNumbers(dst, u.Details)
}

func appendCost(dst []byte, c *exporter.Cost) []byte {
	dst = binary.AppendVarint(dst, int64(c.Input))
	dst = binary.AppendVarint(dst, int64(c.Output))
	dst = binary.AppendVarint(dst, int64(c.Total))
	return appendNumbers(dst, c.Details)
}

func appendScore(dst []byte, s *exporter.Score) []byte {
	dst = appendString(dst, s.ID)
	dst = appendString(dst, s.TraceID)
	dst = appendString(dst, s.ObservationID)
	dst = appendString(dst, s.SessionID)
	dst = appendString(dst, s.Name)
	dst = appendString(dst, string(s.Type))
	dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(s.Number))
	dst = appendString(dst, s.Text)
	dst = appendString(dst, s.Comment)
	dst = appendString(dst, s.ConfigID)
	dst = appendString(dst, s.Environment)
	return appendValues(dst, s.Metadata)
}

func appendMedia(dst []byte, m *exporter.Media) []byte {
	dst = appendString(dst, m.ID)
	dst = appendString(dst, m.TraceID)
	dst = appendString(dst, m.ObservationID)
	dst = appendString(dst, m.Field)
	dst = appendString(dst, m.ContentType)
	dst = append(dst, m.SHA256[:]...)
	return append(binary.AppendUvarint(dst, uint64(len(m.Data))), m.Data...)
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// appendCount appends the length of a list plus one; 0 is the list that isn't there.
func appendCount(dst []byte, n int, none bool) []byte {
	if none {
		return append(dst, 0)
	}
	return binary.AppendUvarint(dst, uint64(n)+1)
}

func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, 0)
	}
	dst = binary.AppendVarint(append(dst, 1), t.Unix())
	return binary.AppendUvarint(dst, uint64(t.Nanosecond()))
}

func appendValue(dst []byte, v exporter.Value) []byte {
	if v.IsZero() {
		return append(dst, valueNone)
	}
	if s, ok := v.AsText(); ok {
		return appendString(append(dst, valueText), s)
	}
	raw := v.RawJSON()
	return append(binary.AppendUvarint(append(dst, valueJSON), uint64(len(raw))), raw...)
}

func appendValues(dst []byte, kvs []exporter.KeyValue) []byte {
	dst = appendCount(dst, len(kvs), kvs == nil)
	for i := range kvs {
		dst = appendString(dst, kvs[i].Key)
		dst = appendValue(dst, kvs[i].Value)
	}
	return dst
}

func appendNumbers[T ~int64](dst []byte, m map[string]T) []byte {
	dst = appendCount(dst, len(m), m == nil)
	for name, n := range m {
		dst = appendString(dst, name)
		dst = binary.AppendVarint(dst, int64(n))
	}
	return dst
}
