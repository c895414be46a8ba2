package transfer

import (
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// epochOf is the time of a stamp.
func epochOf(s store.Stamp) time.Time { return time.Unix(0, s.Time).UTC() }
