package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/langshark/langshark-go/server/ingest"
)

// Errors of requests.
var (
	// ErrDenied says that the server doesn't accept the keys.
	ErrDenied = errors.New("the server does not accept the keys: they are those of the project there, the public and the secret one")
	// errMissing says that the server doesn't have the route.
	errMissing = errors.New("the server does not serve this route")
	// errTooLarge says that an answer is beyond its bound.
	errTooLarge = errors.New("the answer is too large")
	// errHeavy says that the server failed, or took too long, as often as it may: it may do better with less to do.
	errHeavy = errors.New("gave up")
	// errUnreachable says the same of a server that didn't answer at all.
	errUnreachable = errors.New("gave up, without an answer")
)

// client asks the other server.
type client struct {
	opts Options
	http *http.Client
	pace pace
	// langshark says that the server is one of ours, as it has said in an answer.
	langshark atomic.Bool
}

func newClient(opts Options) *client {
	transport := opts.Transport
	if transport == nil {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: opts.Concurrency, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 15 * time.Second}
	}
	c := &client{opts: opts, http: &http.Client{Transport: transport, Timeout: opts.Timeout}}
	if opts.Rate > 0 {
		c.pace.gap = time.Duration(float64(time.Second) / opts.Rate)
	}
	return c
}

func (c *client) close() { c.http.CloseIdleConnections() }

// pace keeps requests a gap apart.
type pace struct {
	mu   sync.Mutex
	gap  time.Duration
	next time.Time
}

func (p *pace) wait(ctx context.Context) error {
	if p.gap == 0 {
		return nil
	}
	p.mu.Lock()
	now := time.Now()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(p.gap)
	p.mu.Unlock()
	return pause(ctx, at.Sub(now))
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// The pauses between attempts.
const (
	firstPause    = 500 * time.Millisecond
	maxPause      = 30 * time.Second
	maxRetryAfter = 10 * time.Minute
)

// get reads an object. It waits out refusals and failures that may pass.
func (c *client) get(ctx context.Context, path string, query url.Values, into any) error {
	pauses := backoff.NewExponentialBackOff(backoff.WithInitialInterval(firstPause), backoff.WithMaxInterval(maxPause), backoff.WithMaxElapsedTime(0))
	failed := 0
	for {
		if err := c.pace.wait(ctx); err != nil {
			return err
		}
		err := c.once(ctx, path, query, into)
		var passing *passingError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !errors.As(err, &passing):
			return fmt.Errorf("GET %s: %w", path, err)
		}
		d := max(pauses.NextBackOff(), min(passing.after, maxRetryAfter))
		if !passing.busy {
			if failed++; failed >= c.opts.Attempts {
				gaveUp := errUnreachable
				if passing.heavy {
					gaveUp = errHeavy
				}
				return fmt.Errorf("GET %s: %w after %d attempts: %w", path, gaveUp, failed, err)
			}
		}
		if c.opts.Waiting != nil {
			c.opts.Waiting(fmt.Errorf("GET %s: %w", path, err), d)
		}
		if err := pause(ctx, d); err != nil {
			return err
		}
	}
}

// passingError is a failure that may pass.
type passingError struct {
	err   error
	after time.Duration // as the server says
	busy  bool          // it only wants us to wait
	heavy bool          // it may be because of how much is asked for
}

func (e *passingError) Error() string { return e.err.Error() }
func (e *passingError) Unwrap() error { return e.err }

func (c *client) once(ctx context.Context, path string, query url.Values, into any) error {
	target := c.opts.URL + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return err
	}
	r.SetBasicAuth(c.opts.PublicKey, c.opts.SecretKey)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "langshark-import")
	res, err := c.http.Do(r)
	if err != nil {
		var timeout interface{ Timeout() bool }
		return &passingError{err: err, heavy: errors.As(err, &timeout) && timeout.Timeout()}
	}
	defer res.Body.Close()
	if res.Header.Get("X-Langshark-Version") != "" {
		c.langshark.Store(true)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, c.opts.MaxResponseBytes+1))
	switch {
	case err != nil:
		return &passingError{err: err, heavy: true}
	case int64(len(body)) > c.opts.MaxResponseBytes:
		return errTooLarge
	case res.StatusCode != http.StatusOK:
		return statusError(res, body)
	}
	if err := json.Unmarshal(ingest.Sanitize(body), into); err != nil {
		if strings.Contains(res.Header.Get("Content-Type"), "html") {
			return fmt.Errorf("the answer is a web page: is %s the address of the server, without what follows it?", c.opts.URL)
		}
		return &passingError{err: fmt.Errorf("the answer is not as expected: %w", err)} // cut off on its way, perhaps
	}
	return nil
}

func statusError(res *http.Response, body []byte) error {
	err := fmt.Errorf("%s: %s", res.Status, message(body))
	switch status := res.StatusCode; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Errorf("%w (%w)", ErrDenied, err)
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusNotImplemented, status == http.StatusGone:
		return fmt.Errorf("%w (%w)", errMissing, err)
	case status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity:
		return fmt.Errorf("%w (%w)", errTooLarge, err)
	case status == http.StatusTooManyRequests:
		return &passingError{err: err, after: retryAfter(res.Header.Get("Retry-After")), busy: true}
	case status >= http.StatusInternalServerError, status == http.StatusRequestTimeout:
		return &passingError{err: err, after: retryAfter(res.Header.Get("Retry-After")), heavy: true}
	}
	return err
}

// message is what the server says of an error.
func message(body []byte) string {
	var answer struct{ Message string }
	text := string(body)
	if json.Unmarshal(body, &answer) == nil && answer.Message != "" {
		text = answer.Message
	}
	if text = strings.Join(strings.Fields(text), " "); len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return text
}

// retryAfter reads seconds or a date.
func retryAfter(s string) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil && n > 0 {
		return time.Duration(min(n, 1<<20)) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return time.Until(t)
	}
	return 0
}
