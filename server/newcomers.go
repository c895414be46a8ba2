package server

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// silence is how long a connection on which no request has come may hold up Shutdown. Browsers open some
// ahead, and so do pools of clients; [http.Server] waits five seconds for each.
const silence = 500 * time.Millisecond

// newcomers are the connections on which no request has come yet.
type newcomers struct {
	mu    sync.Mutex
	conns map[net.Conn]bool
}

// see is a hook for [http.Server].
func (n *newcomers) see(c net.Conn, state http.ConnState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if state != http.StateNew {
		delete(n.conns, c)
		return
	}
	if n.conns == nil {
		n.conns = map[net.Conn]bool{}
	}
	n.conns[c] = true
}

// close ends those on which none comes for so long; all that ctx has time for.
func (n *newcomers) close(ctx context.Context, silence time.Duration) {
	drain(ctx, silence)
	if ctx.Err() != nil {
		return // nobody waits for them any more
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.conns {
		_ = c.Close()
	}
}
