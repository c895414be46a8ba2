package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/auth"
	"github.com/langshark/langshark-go/server/catalog"
)

const (
	// keepAlive is how often an idle stream says that it is there.
	keepAlive = 15 * time.Second
	// keyCheck is how often the key of an idle stream is looked at again: one that was taken away ends it,
	// within this and [auth.KeyMemory].
	keyCheck = 5 * time.Second
	// sendTimeout is how long a client may take to read what is sent: one that doesn't is cut off.
	sendTimeout = 5 * time.Second
)

type (
	promptHello struct {
		Epoch string `json:"epoch"`
		Seq   int64  `json:"seq"`
	}
	promptEvent struct {
		Name   string `json:"name"`
		Change string `json:"change"`
		Seq    int64  `json:"seq"`
	}
)

// promptEvents tells of changed prompts, as server-sent events: first where the count stands. The stream
// ends with the key that it was opened by.
func (c *call) promptEvents() {
	watch, err := c.Catalog.WatchPrompts(c.access.ProjectID)
	if err != nil {
		c.fail(err)
		return
	}
	defer watch.Close()
	out := http.NewResponseController(c.w)
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.Header().Set("X-Accel-Buffering", "no")
	send := func(text string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(sendTimeout)) // instead of a server's WriteTimeout
		if _, err := io.WriteString(c.w, text); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	for sent := time.Now(); ; {
		idle, cancel := context.WithTimeout(c.ctx(), keyCheck)
		events, err := watch.Next(idle)
		cancel()
		if c.shut() {
			return
		}
		text := eventLines(watch.Epoch(), events)
		switch {
		case err == nil:
		case errors.Is(err, context.DeadlineExceeded) && c.ctx().Err() == nil:
			if time.Since(sent) < keepAlive {
				continue
			}
			text = ": still here\n\n"
		default:
			return
		}
		if !send(text) {
			return
		}
		sent = time.Now()
	}
}

// shut reports whether the request would not be let in any more.
func (c *call) shut() bool {
	var denied *auth.Error
	_, err := c.Keys.Check(c.r)
	return errors.As(err, &denied)
}

// eventLines has an event for each change; where all may have changed, where the count stands.
func eventLines(epoch string, events []catalog.PromptEvent) string {
	var text strings.Builder
	for _, e := range events {
		kind, data := "prompt", any(promptEvent{e.Name, e.Change, e.Seq})
		if e.All {
			kind, data = "hello", promptHello{epoch, e.Seq}
		}
		line, err := json.Marshal(data)
		if err != nil { // texts and numbers always have a form
			continue
		}
		fmt.Fprintf(&text, "id: %d\nevent: %s\ndata: %s\n\n", e.Seq, kind, line)
	}
	return text.String()
}
