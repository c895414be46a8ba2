// Package toolcalls remembers which calls of tools the models of this process
// have asked for, so that the observation of a tool finds the generation that it
// runs for. It is bounded: the oldest calls are forgotten.
package toolcalls

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/langshark/langshark-go/internal/jsonx"
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

// waiting is a call that no observation has taken yet.
type waiting struct {
	Call
	claimed bool // by an observation that runs; by which one is known when it ends
}

var (
	mu    sync.Mutex
	calls []waiting // oldest first
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
	if compact, _, _, err := jsonx.AppendCompact(nil, []byte(c.Arguments), ""); err == nil {
		c.Arguments = string(compact) // as inputs are recorded, which it is compared with
	}
	if c.size() > maxBytes/8 || c.Trace == "" {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	calls = append(calls, waiting{Call: c})
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

// Take returns a call of a trace that nobody has taken or claimed, by its id, or,
// if that is empty, the oldest by its name.
func Take(trace, id, name string) (Call, bool) { return find(trace, id, name, "", false) }

// TakeLike is Take, but of several calls by the name it prefers the oldest with
// these arguments.
func TakeLike(trace, id, name, arguments string) (Call, bool) {
	return find(trace, id, name, arguments, false)
}

// Claim says that an observation of this name has begun which may be that of a
// waiting call, and reports whether there is one. It is taken by [Claimed] when
// the observation's input is known.
func Claim(trace, name string) bool {
	if !Any() {
		return false
	}
	mu.Lock()
	defer mu.Unlock()
	for i := range calls {
		if c := &calls[i]; c.Trace == trace && c.Name == name && !c.claimed {
			c.claimed = true
			return true
		}
	}
	return false
}

// Claimed takes the call of an observation that has claimed one: that with these
// arguments, else the oldest claimed.
func Claimed(trace, name, arguments string) (Call, bool) {
	return find(trace, "", name, arguments, true)
}

func find(trace, id, name, arguments string, claimed bool) (Call, bool) {
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
		case c.claimed != claimed && (!claimed || c.Arguments != arguments):
		case id != "" || arguments == "" || c.Arguments == arguments:
			return take(i, claimed), true
		case found < 0:
			found = i
		}
	}
	if found < 0 {
		return Call{}, false
	}
	return take(found, claimed), true
}

// take removes a call. One that wasn't claimed, taken by who claimed another of
// the name, sets that one free. mu is held.
func take(i int, claimed bool) Call {
	taken := calls[i]
	bytes -= taken.size()
	calls = append(calls[:i], calls[i+1:]...)
	clear(calls[len(calls) : len(calls)+1])
	count.Store(int64(len(calls)))
	if claimed && !taken.claimed {
		for i := range calls {
			if c := &calls[i]; c.claimed && c.Trace == taken.Trace && c.Name == taken.Name {
				c.claimed = false
				break
			}
		}
	}
	return taken.Call
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

// Of returns the call that the context names, once.
func Of(ctx context.Context) (Call, bool) {
	if m, ok := ctx.Value(key{}).(*mark); ok && !m.used.Swap(true) {
		return m.call, true
	}
	return Call{}, false
}
