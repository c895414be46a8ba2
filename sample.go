package langshark

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/langshark/langshark-go/internal/ids"
)

// sampled says whether a trace is kept: the rule of the seed's Python SDK, so
// that all processes decide the same. The first 8 hex digits of the SHA-256
// of the id's text, over 0xFFFFFFFF, must be below the rate.
func sampled(rate float64, id ids.Trace, text string) bool {
	if rate >= 1 {
		return true
	}
	if rate <= 0 {
		return false
	}
	var sum [sha256.Size]byte
	if text != "" {
		sum = sha256.Sum256([]byte(text))
	} else {
		var digits [32]byte
		hex.Encode(digits[:], id[:])
		sum = sha256.Sum256(digits[:])
	}
	return float64(binary.BigEndian.Uint32(sum[:4]))/0xFFFFFFFF < rate
}
