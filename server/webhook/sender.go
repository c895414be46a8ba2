package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// MaxAttempts is how often a delivery is tried.
const MaxAttempts = 8

// pauses are those after each attempt that has failed: an hour in all.
var pauses = [MaxAttempts - 1]time.Duration{
	5 * time.Second, 15 * time.Second, time.Minute, 3 * time.Minute, 8 * time.Minute, 18 * time.Minute, 30 * time.Minute,
}

// Pause is how long to wait after that many attempts.
func Pause(attempts int) time.Duration {
	return pauses[min(max(attempts, 1), len(pauses))-1]
}

// Target names a webhook.
type Target struct{ ProjectID, ID string }

// Delivery is something to post.
type Delivery struct {
	Target
	// DeliveryID is the same in each attempt.
	DeliveryID string
	URL        string
	Secret     string
	// Event is what the header says of it.
	Event string
	// Body is JSON.
	Body []byte
	// Attempt counts from 1.
	Attempt int
}

// Result is what became of an attempt.
type Result struct {
	At time.Time
	// Status is the answer's; 0 if none came.
	Status int
	// Err is why it has failed; nil if it hasn't.
	Err error
}

// Reason is why the attempt has failed, for those who may not see into the server's network; empty
// if it hasn't.
func (r Result) Reason() string {
	var name *net.DNSError
	var timeout net.Error
	switch {
	case r.Err == nil:
		return ""
	case r.Status != 0:
		return r.Err.Error()
	case errors.Is(r.Err, ErrForbidden):
		return ErrForbidden.Error()
	case errors.As(r.Err, &timeout) && timeout.Timeout():
		return "it did not answer in time"
	case errors.As(r.Err, &name):
		return "its name can't be resolved"
	}
	return "it could not be reached"
}

// Outbox keeps deliveries until they have arrived.
type Outbox interface {
	// Targets lists the webhooks that have deliveries.
	Targets(ctx context.Context) ([]Target, error)
	// Claim takes the delivery of a webhook whose time has come and counts the attempt, so that
	// it comes again after a [Pause] even if the process ends meanwhile. Without one
	// it says when the next one's time comes; zero if there is none.
	Claim(ctx context.Context, t Target, now time.Time) (d *Delivery, next time.Time, err error)
	// Finish notes the result of what was claimed, and forgets what has arrived or was tried [MaxAttempts] times.
	Finish(ctx context.Context, d *Delivery, r Result) error
}

// Config is what a [Sender] works with. All fields are needed.
type Config struct {
	Outbox Outbox
	// Client posts; see [Guard.Client].
	Client *http.Client
	Logger *slog.Logger
	// UserAgent names the server.
	UserAgent string
}

// lookAgain is how often the outbox is looked through for what another process has put there.
const lookAgain = 5 * time.Minute

// maxAnswerBytes is how much of an answer is read.
const maxAnswerBytes = 16 << 10

// Sender posts deliveries, those of one webhook one after the other, so that one
// which doesn't answer holds up no other. Make one with [Start], end it with Close.
type Sender struct {
	cfg    Config
	ctx    context.Context //nolint:containedctx // it ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup

	arrived, failed atomic.Int64 // attempts

	mu     sync.Mutex
	closed bool
	queues map[Target]*queue // of those that have deliveries
}

// queue is a webhook at work.
type queue struct {
	wake chan struct{} // capacity 1
}

// Start returns a sender at work: first on what was left when the process ended.
func Start(cfg Config) *Sender {
	s := &Sender{cfg: cfg, queues: map[Target]*queue{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wg.Go(s.look)
	return s
}

// Close ends attempts that are on their way, which are made again later, and waits for them. It is idempotent.
func (s *Sender) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.wg.Wait()
	s.cfg.Client.CloseIdleConnections()
}

// Stats counts the attempts since the sender was started.
type Stats struct{ Arrived, Failed int64 }

// Stats says how the sender is doing.
func (s *Sender) Stats() Stats { return Stats{s.arrived.Load(), s.failed.Load()} }

// Wake says that a webhook has a new delivery. It never waits.
func (s *Sender) Wake(t Target) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	q := s.queues[t]
	if q == nil {
		q = &queue{wake: make(chan struct{}, 1)}
		s.queues[t] = q
		s.wg.Go(func() { s.work(t, q) })
		return
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// look looks for what waits, now and then.
func (s *Sender) look() {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		targets, err := s.cfg.Outbox.Targets(s.ctx)
		if err != nil && s.ctx.Err() == nil {
			s.cfg.Logger.Warn("langshark: deliveries to webhooks can't be read, it is tried again", "error", err)
		}
		for _, t := range targets {
			s.Wake(t)
		}
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			return
		}
	}
}

// work delivers what a webhook has, until it has nothing.
func (s *Sender) work(t Target, q *queue) {
	for s.ctx.Err() == nil {
		d, next, err := s.cfg.Outbox.Claim(s.ctx, t, time.Now())
		switch {
		case err != nil && s.ctx.Err() == nil:
			s.cfg.Logger.Warn("langshark: deliveries to a webhook can't be read, it is tried again", "webhook", t.ID, "error", err)
			next = time.Now().Add(time.Minute)
		case err != nil:
			return
		case d != nil:
			s.deliver(d)
			continue
		case next.IsZero() && s.ended(t, q):
			return
		}
		s.wait(q, next)
	}
}

// ended forgets a queue that is empty, unless something has come meanwhile.
func (s *Sender) ended(t Target, q *queue) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(q.wake) > 0 {
		return false
	}
	delete(s.queues, t)
	return true
}

// wait waits for something new, or for the time; zero is now.
func (s *Sender) wait(q *queue, next time.Time) {
	timer := time.NewTimer(time.Until(next))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-q.wake:
	case <-s.ctx.Done():
	}
}

func (s *Sender) deliver(d *Delivery) {
	r := s.post(d)
	if s.ctx.Err() != nil && r.Err != nil { // not the webhook's fault
		return
	}
	if r.Err == nil {
		s.arrived.Add(1)
	} else {
		s.failed.Add(1)
		s.cfg.Logger.Warn("langshark: a webhook failed", "webhook", d.ID, "delivery", d.DeliveryID, "attempt", d.Attempt, "of", MaxAttempts, "error", r.Err)
	}
	if err := s.cfg.Outbox.Finish(context.WithoutCancel(s.ctx), d, r); err != nil {
		s.cfg.Logger.Warn("langshark: what became of a delivery can't be noted, it may come again", "webhook", d.ID, "delivery", d.DeliveryID, "error", err)
	}
}

// post makes one attempt.
func (s *Sender) post(d *Delivery) Result {
	r := Result{At: time.Now()}
	request, err := http.NewRequestWithContext(s.ctx, http.MethodPost, d.URL, bytes.NewReader(d.Body))
	if err != nil {
		r.Err = err
		return r
	}
	h := request.Header
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("User-Agent", s.cfg.UserAgent)
	h.Set("X-LangShark-Event", d.Event)
	h.Set("X-LangShark-Delivery", d.DeliveryID)
	h.Set(SignatureHeader, Sign(d.Secret, d.Body, r.At))
	answer, err := s.cfg.Client.Do(request)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok { // its text has the address, which may be a secret
			err = failed.Err
		}
		r.Err = err
		return r
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswerBytes) // so that the connection can be used again
	r.Status = answer.StatusCode
	if r.Status < 200 || r.Status > 299 {
		r.Err = fmt.Errorf("it answered %s", answer.Status)
		if r.Status >= 300 && r.Status <= 399 {
			r.Err = fmt.Errorf("it answered %s: redirects are not followed, give the address that it leads to", answer.Status)
		}
	}
	return r
}
