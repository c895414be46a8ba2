package sqlite

import (
	"crypto/sha256"
	"encoding/binary"
)

// What ids are of.
const (
	traceIDs       = 't'
	observationIDs = 'o'
)

// hashOf is the key by which a thing of a project is found: eight bytes of
// SHA-256, so that nobody can make ids that meet. Rows of two ids with one hash
// are told apart by their ids.
func hashOf(of byte, project int64, id string) int64 {
	var buf [128]byte
	b := binary.AppendVarint(append(buf[:0], of), project)
	b = append(b, id...)
	sum := sha256.Sum256(b)
	return int64(binary.LittleEndian.Uint64(sum[:])) //nolint:gosec // all 64 bits are meant
}

// Rows of observations are numbered within their trace.
const (
	memberBits = 24
	maxMembers = 1 << memberBits // of one trace
)

// firstMember and lastMember bound the rows of a trace's observations.
func firstMember(trace int64) int64 { return trace << memberBits }
func lastMember(trace int64) int64  { return trace<<memberBits | (maxMembers - 1) }
func traceOf(member int64) int64    { return member >> memberBits }
