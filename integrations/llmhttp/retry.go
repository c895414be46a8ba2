package llmhttp

import (
	"context"
	"hash/maphash"
	"net/http"
	"strconv"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/internal/onflush"
)

// retryHeader is what the SDKs made by Stainless (OpenAI's, Anthropic's and
// others) count attempts with, from 0.
const retryHeader = "X-Stainless-Retry-Count"

const (
	maxPending    = 1000            // calls that wait for their next attempt
	maxRetryAfter = time.Minute     // longer pauses aren't waited for by SDKs
	firstBackoff  = time.Second / 2 // of the SDKs, doubled each time
	maxBackoff    = 8 * time.Second // of the SDKs
	retryGrace    = 2 * time.Second // for the request to come after the pause
	endGrace      = time.Second / 4 // for it to come after the end of the context before
)

// retryKey tells the next attempt at a call from everything else.
type retryKey struct {
	parent string
	url    string
	body   uint64
	count  int

	redirect *http.Response // that a client follows; then nothing else is set
}

var seed = maphash.MakeSeed()

// retryMark returns the key under which the attempt before this one waits, if
// the SDK marks its attempts.
func retryMark(req *http.Request, body []byte) (key retryKey, marked bool) {
	value := req.Header.Get(retryHeader)
	if value == "" || body == nil {
		return retryKey{}, false
	}
	count, err := strconv.Atoi(value)
	if err != nil || count < 0 || count > 1000 {
		return retryKey{}, false
	}
	ctx := req.Context()
	return retryKey{
		parent: langshark.TraceID(ctx) + langshark.ObservationID(ctx),
		url:    req.URL.String(), // stays in memory, and only while the call waits
		body:   maphash.Bytes(seed, body),
		count:  count,
	}, true
}

// mayRetry reports whether the SDKs repeat a request with such an outcome, and
// how long the next attempt may take to come.
func mayRetry(o *outcome, count int) (time.Duration, bool) {
	if o.ok() || o.end == endCancelled && !o.timedOut {
		return 0, false
	}
	switch o.header.Get("X-Should-Retry") {
	case "true":
	case "false":
		return 0, false
	default:
		switch s := o.status; {
		case s == 0, o.timedOut: // the connection failed
		case s < http.StatusMultipleChoices && o.end == endError && o.response.Err == nil && !o.stream: // while the answer was read
		case s == http.StatusRequestTimeout, s == http.StatusConflict, s == http.StatusTooManyRequests, s >= 500:
		default:
			return 0, false
		}
	}
	pause := min(firstBackoff<<min(count, 10), maxBackoff)
	if asked := retryAfter(o.header); asked > 0 && asked <= maxRetryAfter {
		pause = asked
	}
	return pause + retryGrace, true
}

func retryAfter(h http.Header) time.Duration {
	if value := h.Get("Retry-After-Ms"); value != "" {
		if ms, err := strconv.ParseFloat(value, 64); err == nil && ms > 0 && ms < 1e9 {
			return time.Duration(ms * float64(time.Millisecond))
		}
	}
	value := h.Get("Retry-After")
	if value == "" {
		return 0
	}
	if s, err := strconv.ParseFloat(value, 64); err == nil && s > 0 && s < 1e6 {
		return time.Duration(s * float64(time.Second))
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// resume takes the call that waits for this attempt.
func (t *Transport) resume(key retryKey) *call {
	t.mu.Lock()
	defer t.mu.Unlock()
	calls := t.pending[key]
	if len(calls) == 0 {
		return nil
	}
	c := calls[0]
	t.forget(key, c)
	return c
}

// redirected reports whether an answer sends the client on to another address.
func redirected(resp *http.Response) bool {
	return (resp.StatusCode == http.StatusTemporaryRedirect || resp.StatusCode == http.StatusPermanentRedirect) && resp.Header.Get("Location") != ""
}

// wait keeps the call open for its next attempt, and ends it if none comes in
// time, or if the client is flushed. ctx is that of the attempt before: Anthropic's
// SDK gives each one of its own, and ends it when it sends the next, so that its
// end alone means nothing.
func (t *Transport) wait(ctx context.Context, client *langshark.Client, key retryKey, c *call, atMost time.Duration) {
	key.count++
	expire := func() {
		t.mu.Lock()
		was := t.forget(key, c)
		t.mu.Unlock()
		if was {
			c.giveUp()
		}
	}
	t.mu.Lock()
	if t.waiting >= maxPending {
		t.mu.Unlock()
		c.giveUp()
		return
	}
	t.pending[key] = append(t.pending[key], c)
	t.waiting++
	timer := time.AfterFunc(atMost, expire)
	stop := func() bool { return true }
	if ctx.Err() == nil { // else it was the attempt's own time that is over
		stop = watch(ctx, func() {
			if timer.Stop() {
				timer.Reset(min(atMost, endGrace))
			}
		})
	}
	remove := onflush.Add(client, expire)
	c.unwait = func() { stop(); timer.Stop(); remove() }
	t.mu.Unlock()
}

// forget takes a call from those that wait and reports whether it was there. t.mu is held.
func (t *Transport) forget(key retryKey, c *call) bool {
	calls := t.pending[key]
	for i := range calls {
		if calls[i] != c {
			continue
		}
		c.unwait()
		t.waiting--
		if len(calls) == 1 {
			delete(t.pending, key)
		} else {
			t.pending[key] = append(calls[:i:i], calls[i+1:]...)
		}
		return true
	}
	return false
}
