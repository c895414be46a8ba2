package langshark

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// report tells OnError, whatever it does.
func (c *Client) report(err error) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error("langshark: OnError panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	c.onError(err)
}

// complaints are errors of recording, told on the goroutine that records: one at a time and one
// a second, so that an OnError that records, here or on another goroutine, calls itself no more.
type complaints struct {
	telling atomic.Bool
	untold  atomic.Int64
	last    time.Time // guarded by telling
}

const complaintInterval = time.Second

// complain tells OnError, or counts what it isn't told.
func (c *Client) complain(what string, err error) {
	l := &c.complaints
	if !l.telling.CompareAndSwap(false, true) {
		l.untold.Add(1)
		return
	}
	defer l.telling.Store(false)
	now := time.Now()
	if !l.last.IsZero() && now.Sub(l.last) < complaintInterval {
		l.untold.Add(1)
		return
	}
	l.last = now
	if n := l.untold.Swap(0); n > 0 {
		what += fmt.Sprintf(" (and %d errors like it before)", n)
	}
	if err == nil {
		c.report(errors.New("langshark: " + what))
		return
	}
	c.report(fmt.Errorf("langshark: %s: %w", what, err))
}

// errorLog is the default OnError.
type errorLog struct {
	logger *slog.Logger
	all    bool

	mu         sync.Mutex
	last       time.Time
	suppressed int
}

const errorLogInterval = 10 * time.Second

func (l *errorLog) report(err error) {
	l.mu.Lock()
	now := time.Now()
	if !l.all && !l.last.IsZero() && now.Sub(l.last) < errorLogInterval {
		l.suppressed++
		l.mu.Unlock()
		return
	}
	suppressed := l.suppressed
	l.last, l.suppressed = now, 0
	l.mu.Unlock()
	if suppressed > 0 {
		l.logger.Warn(err.Error(), "suppressed", suppressed)
		return
	}
	l.logger.Warn(err.Error())
}
