// Package toolcalls remembers which calls of tools the models of this process
// have asked for, so that the observation of a tool finds the generation that it
// runs for. It is bounded: the oldest calls are forgotten.
package toolcalls

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxCalls = 4096
	maxBytes = 8 << 20 // of arguments, names and ids
)

// Call is a call that a model asked for.
type Call struct {
	// Trace is the id of the trace in which it was asked.
	Trace string
	// ID is the provider's name for the call; empty where it gives none.
	ID string
	// Name is the tool's.
	Name string
	// Arguments are what the model said.
	Arguments string
	// Generation is the id of the observation that asked.
	Generation string
	// At is when the answer that asked had ended.
	At time.Time
}

func (c *Call) size() int { return len(c.ID) + len(c.Name) + len(c.Arguments) }

var (
	mu    sync.Mutex
	calls []Call // oldest first
	bytes int
	count atomic.Int64
	named atomic.Bool // a context names a call
)

// Any reports whether a call is waiting, at the cost of one atomic load.
func Any() bool { return count.Load() > 0 }

// AnyFor reports whether an observation may be that of a call: one is waiting, or
// some context of this process has named one.
func AnyFor() bool { return Any() || named.Load() }

// Asked remembers a call. One that is larger than all together may be is not remembered.
func Asked(c Call) {
	if c.size() > maxBytes/8 || c.Trace == "" {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	calls = append(calls, c)
	bytes += c.size()
	drop := 0
	for len(calls)-drop > maxCalls || bytes > maxBytes {
		bytes -= calls[drop].size()
		drop++
	}
	if drop > 0 {
		clear(calls[:drop])
		calls = calls[drop:]
	}
	count.Store(int64(len(calls)))
}

// Take returns a call of a trace that nobody has taken, by its id, or, if that
// is empty, the oldest by its name.
func Take(trace, id, name string) (Call, bool) { return TakeLike(trace, id, name, "") }

// TakeLike is Take, but of several calls by the name it prefers the oldest with
// these arguments.
func TakeLike(trace, id, name, arguments string) (Call, bool) {
	if !Any() || id == "" && name == "" {
		return Call{}, false
	}
	mu.Lock()
	defer mu.Unlock()
	found := -1
	for i := range calls {
		c := &calls[i]
		switch {
		case c.Trace != trace || id != "" && c.ID != id || id == "" && c.Name != name:
			continue
		case id != "" || arguments == "" || c.Arguments == arguments:
			return take(i), true
		case found < 0:
			found = i
		}
	}
	if found < 0 {
		return Call{}, false
	}
	return take(found), true
}

// take removes a call. mu is held.
func take(i int) Call {
	taken := calls[i]
	bytes -= taken.size()
	calls = append(calls[:i], calls[i+1:]...)
	clear(calls[len(calls) : len(calls)+1])
	count.Store(int64(len(calls)))
	return taken
}

type key struct{}

type mark struct {
	call Call
	used atomic.Bool
}

// With returns a context in which the next observation of a tool is that of c.
func With(ctx context.Context, c Call) context.Context {
	named.Store(true)
	return context.WithValue(ctx, key{}, &mark{call: c})
}

// Of returns the call that an observation of a tool runs for: that of the
// context, else the oldest of the trace by its name.
func Of(ctx context.Context, trace, name string) (Call, bool) {
	if m, ok := ctx.Value(key{}).(*mark); ok && !m.used.Swap(true) {
		return m.call, true
	}
	return Take(trace, "", name)
}
