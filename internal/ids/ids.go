// Package ids makes and reads W3C trace and span ids.
package ids

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"

	"github.com/google/uuid"
)

// Trace is a trace id, 32 lower-case hex digits in text.
type Trace [16]byte

// Span is an observation id, 16 lower-case hex digits in text.
type Span [8]byte

// NewTrace returns a random id that isn't zero.
func NewTrace() (t Trace) {
	binary.BigEndian.PutUint64(t[:8], rand.Uint64())
	binary.BigEndian.PutUint64(t[8:], rand.Uint64()|1)
	return t
}

// NewSpan returns a random id that isn't zero.
func NewSpan() (s Span) {
	binary.BigEndian.PutUint64(s[:], rand.Uint64()|1)
	return s
}

// NewUUID returns a random UUID of version 4. It names records and is no secret.
func NewUUID() (u uuid.UUID) {
	binary.LittleEndian.PutUint64(u[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(u[8:], rand.Uint64())
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}

// TraceFromSeed returns the first 16 bytes of the seed's SHA-256, as the SDKs of Langfuse do.
func TraceFromSeed(seed string) Trace {
	sum := sha256.Sum256([]byte(seed))
	return Trace(sum[:16])
}

// SpanFromSeed returns the first 8 bytes of the seed's SHA-256.
func SpanFromSeed(seed string) Span {
	sum := sha256.Sum256([]byte(seed))
	return Span(sum[:8])
}

// ParseTrace reads 32 lower-case hex digits that aren't all zero.
func ParseTrace(s string) (t Trace, ok bool) {
	if !parse(t[:], s) {
		return Trace{}, false
	}
	return t, t != Trace{}
}

// ParseSpan reads 16 lower-case hex digits that aren't all zero.
func ParseSpan(s string) (id Span, ok bool) {
	if !parse(id[:], s) {
		return Span{}, false
	}
	return id, id != Span{}
}

func parse(dst []byte, s string) bool {
	if len(s) != 2*len(dst) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	_, err := hex.Decode(dst, []byte(s))
	return err == nil
}

// String returns the id in hex.
func (t Trace) String() string { return hex.EncodeToString(t[:]) }

// String returns the id in hex.
func (s Span) String() string { return hex.EncodeToString(s[:]) }
