//go:build !noui

package ui

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"
)

// keepAlive is how often an idle stream says that it is there, so that proxies keep it.
const keepAlive = 20 * time.Second

// sendTimeout is how long a page may take to read what is sent: one that doesn't is cut off.
const sendTimeout = 5 * time.Second

// live tells a page what changed, as server-sent events of type "change" with
// the ids of the traces. With ?trace=ID only that trace counts.
func (h *handler) live(q *request) error {
	ctx := q.Context()
	only := q.URL.Query().Get("trace")
	changes := h.Reader.Subscribe(ctx, q.page.Project.ID)
	out := http.NewResponseController(q.w)
	q.w.Header().Set("Content-Type", "text/event-stream")
	q.w.Header().Set("X-Accel-Buffering", "no")
	send := func(text string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(sendTimeout)) // instead of a server's WriteTimeout, which is not for streams
		if _, err := io.WriteString(q.w, text); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	if !send("retry: 1500\n\n") {
		return nil
	}
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if !send(": still here\n\n") {
				return nil
			}
		case c, ok := <-changes:
			if !ok {
				return nil
			}
			if only != "" && !c.Overflow && !slices.Contains(c.TraceIDs, only) {
				continue
			}
			ids, err := json.Marshal(c.TraceIDs)
			if err != nil {
				return nil
			}
			if !send("event: change\ndata: " + string(ids) + "\n\n") {
				return nil
			}
		}
	}
}
