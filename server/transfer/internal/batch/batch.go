// Package batch writes batches to a store that may be busy or full.
package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/langshark/langshark-go/server/store"
)

// The bounds of a batch: small enough that what an application sends meanwhile
// doesn't wait long for its own commit.
const (
	MaxWrites = 256
	MaxBytes  = 2 << 20 // of payloads; one row may have more
)

// DefaultPatience is how long a batch is tried.
const DefaultPatience = 5 * time.Minute

const (
	firstPause = 50 * time.Millisecond
	maxPause   = 5 * time.Second
)

// Write commits a batch. While the store is busy or full it waits and tries
// again, for as long as patience lasts; zero means [DefaultPatience]. waiting, if
// not nil, is called before each pause.
func Write(ctx context.Context, s store.Store, b *store.Batch, patience time.Duration, waiting func(error)) error {
	if b.Len() == 0 {
		return nil
	}
	if patience == 0 {
		patience = DefaultPatience
	}
	pauses := backoff.NewExponentialBackOff(backoff.WithInitialInterval(firstPause), backoff.WithMaxInterval(maxPause), backoff.WithMaxElapsedTime(patience))
	err := backoff.RetryNotify(func() error {
		err := s.Write(ctx, b)
		if err != nil && !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrFull) {
			return backoff.Permanent(err)
		}
		return err
	}, backoff.WithContext(pauses, ctx), func(err error, _ time.Duration) {
		if waiting != nil {
			waiting(err)
		}
	})
	if err != nil && ctx.Err() == nil && (errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrFull)) {
		return fmt.Errorf("gave up after %v: %w", patience, err)
	}
	return err
}
