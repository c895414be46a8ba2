package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestDrainTime waits as long as it is told, and no longer than ctx allows.
func TestDrainTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct{ allowed, d, want time.Duration }{
			{time.Hour, time.Minute, time.Minute}, {time.Second, time.Minute, time.Second}, {time.Hour, 0, 0},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), test.allowed)
			began := time.Now()
			drain(ctx, test.d)
			if waited := time.Since(began); waited != test.want {
				t.Errorf("%v of at most %v: waited %v", test.d, test.allowed, waited)
			}
			cancel()
		}
	})
}
