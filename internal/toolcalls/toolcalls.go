// Package toolcalls remembers which calls of tools the models of this process
// have asked for, so that the observation of a tool finds the generation that it
// runs for. It is bounded: the oldest calls are forgotten.
package toolcalls

import (
	"context"
	"slices"
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
	// Trace is the id of the trace in which it was asked, Parent that of the
	// observation below which.
	Trace, Parent string
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
	mu      sync.Mutex
	byTrace = map[string][]*waiting{} // oldest first
	order   []*waiting                // of all, with those that have been taken, oldest first
	bytes   int
	count   atomic.Int64
	named   atomic.Bool // a context names a call
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
	w := &waiting{Call: c}
	byTrace[c.Trace] = append(byTrace[c.Trace], w)
	order = append(order, w)
	bytes += c.size()
	count.Add(1)
	for count.Load() > maxCalls || bytes > maxBytes {
		oldest := order[0]
		order = order[1:]
		remove(oldest)
	}
	if len(order) > 2*maxCalls { // most of it has been taken
		order = slices.DeleteFunc(order, func(w *waiting) bool { return w.Trace == "" })
	}
}

// remove forgets a call, unless it is gone. mu is held.
func remove(w *waiting) {
	all := byTrace[w.Trace]
	i := slices.Index(all, w)
	if i < 0 {
		return
	}
	if all = slices.Delete(all, i, i+1); len(all) == 0 {
		delete(byTrace, w.Trace)
	} else {
		byTrace[w.Trace] = all
	}
	bytes -= w.size()
	count.Add(-1)
	w.Call = Call{}
}

// Wanted says which call is looked for: by its id or, if that is empty, by its
// name. Of several, those asked for below the same observation go first, then
// those with the same arguments, then the oldest.
type Wanted struct {
	Trace, Parent       string
	ID, Name, Arguments string
	// Exact says that who looks for the ID knows that it is that call: it may have been claimed.
	Exact bool
}

// Take returns a call that nobody has taken or claimed.
func Take(w Wanted) (Call, bool) { return find(w, false) }

// Claim says that an observation of this name has begun which may be that of a
// waiting call, and reports whether there is one. It is taken by [Claimed] when
// the observation's input is known.
func Claim(trace, name string) bool {
	if !Any() {
		return false
	}
	mu.Lock()
	defer mu.Unlock()
	for _, c := range byTrace[trace] {
		if c.Name == name && !c.claimed {
			c.claimed = true
			return true
		}
	}
	return false
}

// Claimed takes the call of an observation that has claimed one.
func Claimed(w Wanted) (Call, bool) { return find(w, true) }

func find(w Wanted, claimed bool) (Call, bool) {
	if !Any() || w.ID == "" && w.Name == "" {
		return Call{}, false
	}
	mu.Lock()
	defer mu.Unlock()
	var best *waiting
	most := -1
	for _, c := range byTrace[w.Trace] {
		same := w.Arguments != "" && c.Arguments == w.Arguments
		if w.ID != "" && c.ID != w.ID || w.ID == "" && c.Name != w.Name || c.claimed != claimed && (!claimed || !same) && (!w.Exact || w.ID == "") {
			continue
		}
		fits := 0
		if w.Parent != "" && c.Parent == w.Parent {
			fits += 2
		}
		if same {
			fits++
		}
		if fits > most {
			best, most = c, fits
		}
	}
	if best == nil {
		return Call{}, false
	}
	taken := best.Call
	free := claimed && !best.claimed // another was claimed instead of it
	remove(best)
	for _, c := range byTrace[taken.Trace] {
		if free && c.claimed && c.Name == taken.Name {
			c.claimed = false
			break
		}
	}
	return taken, true
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
