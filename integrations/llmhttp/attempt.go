package llmhttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/internal/llmwire"
)

// errClosed says that the application closed the body.
var errClosed = errors.New("closed by the application")

// attempt is one request of a call.
type attempt struct {
	transport *Transport
	client    *langshark.Client
	endpoint  llmwire.Endpoint
	request   *http.Request
	tee       *teeBody // set if the call's start waits for the body
	start     time.Time

	key    retryKey
	marked bool // by the SDK, as one of several
	onward bool // the answer is a redirect
	hide   bool // the chunk with the usage, which the application didn't ask for
	stop   func() bool

	closing atomic.Bool // Close was called
	over    sync.Once   // of the whole of close

	mu      sync.Mutex
	call    *call
	acc     llmwire.Accumulator // nil if the answer can't be read
	outcome outcome
	begun   bool   // the first token came
	unread  string // why the answer isn't read
	done    bool
	foreign bool // it turned out to be no call of a model, or not to be sampled
	listed  bool // the call has it among its attempts already
	note    note
}

// begin opens an attempt, of a new call or of one that waits for it. The
// attempt is nil if the call isn't recorded.
func (t *Transport) begin(client *langshark.Client, endpoint llmwire.Endpoint, req *http.Request) (*http.Request, *attempt) {
	a := &attempt{transport: t, client: client, endpoint: endpoint, start: time.Now(), stop: func() bool { return true }}
	a.note.url = req.URL
	send, cut := req, false
	r, body, large := largeForm(endpoint, req)
	if !large {
		var tee *teeBody
		if send, body, cut, tee = capture(req); tee != nil {
			a.tee, a.request = tee, send
			return a.once(send), a
		}
		r = endpoint.ParseRequest(req.Header.Get("Content-Type"), body, cut)
	}
	if r.Foreign && !llmwire.KnownHost(req.URL.Host) {
		return req, nil
	}
	r.Vectors = t.options.vectors
	a.request = req
	a.find(body, &r)
	if a.call.observation == nil { // not sampled
		return a.once(send), nil
	}
	if t.options.streamUsage && r.Stream && !r.StreamUsage && !cut && llmwire.HasStreamUsage(endpoint) && mayHide(req) {
		send = withStreamUsage(req, body)
		a.hide = send != req
	}
	return a.once(send), a
}

type onceKey struct{}

// note says that the request to an address has been looked at.
type note struct {
	url  *url.URL
	over atomic.Bool // it has been answered
}

// once returns the request with the note that it has been looked at, for a
// transport of ours further below. It holds for this request only, not for what
// is asked meanwhile or later with its context.
func (a *attempt) once(req *http.Request) *http.Request {
	return req.WithContext(context.WithValue(req.Context(), onceKey{}, &a.note))
}

// noted reports whether a transport of ours above has looked at the request.
func noted(req *http.Request) bool {
	n, ok := req.Context().Value(onceKey{}).(*note)
	return ok && !n.over.Load() && (n.url == req.URL || *n.url == *req.URL)
}

// find finds the call that the attempt belongs to, or starts one.
func (a *attempt) find(body []byte, r *llmwire.Request) {
	if from := a.request.Response; from != nil { // that sent the client here
		a.call = a.transport.resume(retryKey{redirect: from, count: 1})
	}
	if a.key, a.marked = retryMark(a.request, body); a.marked && a.call == nil {
		a.call = a.transport.resume(a.key)
	}
	if a.call == nil {
		a.open(r)
		return
	}
	a.call.enter()
}

// open finds or starts the call.
func (a *attempt) open(r *llmwire.Request) {
	start := func() *call { return a.transport.start(a.client, a.endpoint, a.request, r, a.start) }
	if s, ok := a.request.Context().Value(scopeKey{}).(*scope); ok {
		a.call = s.join(start)
		return
	}
	a.call = start()
	a.call.enter()
}

// opened returns the call, nil if it turned out to be none. One whose body could
// only be read while it was sent starts now, with the time at which it began.
func (a *attempt) opened() *call {
	if a.call == nil && a.tee != nil && !a.foreign {
		body, cut := a.tee.sent(a.request.ContentLength)
		r := a.endpoint.ParseRequest(a.request.Header.Get("Content-Type"), body, cut)
		if a.foreign = r.Foreign && !llmwire.KnownHost(a.request.URL.Host); a.foreign {
			return nil
		}
		r.Vectors = a.transport.options.vectors
		a.find(body, &r)
		a.tee.drop()
		if a.foreign = a.call.observation == nil; a.foreign { // not sampled
			a.call = nil
		}
	}
	return a.call
}

// failed says that no answer came.
func (a *attempt) failed(err error) {
	a.safely(func() { a.close(err) })
}

// panicked says that the transport below panicked.
func (a *attempt) panicked() {
	a.failed(errors.New("the transport panicked"))
}

// answered says that the answer's header is there, and puts itself before its body.
func (a *attempt) answered(resp *http.Response) {
	a.safely(func() {
		expected := a.expect(resp)
		if a.foreign {
			return
		}
		if resp.StatusCode >= http.StatusMultipleChoices {
			a.call.failing(a)
		}
		if a.onward = redirected(resp); a.onward {
			a.key = retryKey{redirect: resp}
		}
		if !expected {
			a.close(io.EOF)
			return
		}
		resp.Body = &responseBody{rc: resp.Body, attempt: a}
		if a.hide && hidable(resp) {
			hideUsage(resp)
		}
	})
}

// expect prepares for the answer's body, and reports whether there is one.
func (a *attempt) expect(resp *http.Response) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.opened()
	if c == nil {
		return false
	}
	a.outcome.status, a.outcome.header = resp.StatusCode, resp.Header
	if resp.Body == nil || resp.Body == http.NoBody || resp.StatusCode == http.StatusSwitchingProtocols {
		a.outcome.response.Endless = a.endpoint.Kind() == llmwire.Management
		return false
	}
	a.acc = accumulator(a.endpoint, resp, &c.request)
	if a.acc == nil {
		a.unread = "content encoding " + resp.Header.Get("Content-Encoding")
	}
	a.stop = watch(a.request.Context(), func() { a.ended(context.Cause(a.request.Context())) })
	return true
}

// feed shows a piece of the answer to its reader, and reports whether the end
// mark of a stream was in it.
func (a *attempt) feed(p []byte) (ended bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.done || a.acc == nil {
		return false
	}
	defer a.unreadable()
	a.acc.Feed(p)
	if !a.begun && a.acc.Started() {
		a.begun = true
		a.call.generation.SetCompletionStart(time.Now()) // does nothing for nil
	}
	e, ok := a.acc.(llmwire.Ender)
	return ok && e.Ended(a.hide || a.call.request.StreamUsage)
}

// unreadable is deferred where an answer is read: a panic there ends the
// reading and nothing else. a.mu is held.
func (a *attempt) unreadable() {
	if v := recover(); v != nil {
		a.acc, a.unread = nil, fmt.Sprintf("reading it failed: %v", v)
	}
}

// ended says that the answer's body ended by err: [io.EOF], errClosed, or a failure.
func (a *attempt) ended(err error) {
	a.safely(func() { a.close(err) })
}

// close makes the outcome and hands it to the call, once; who comes meanwhile waits, so
// that the call has ended when the application hears of the end.
func (a *attempt) close(err error) {
	a.over.Do(func() { a.closeOnce(err) })
}

func (a *attempt) closeOnce(err error) {
	o := a.settle(err)
	if o == nil {
		return
	}
	a.stop()
	pause, retry := time.Duration(0), false
	switch {
	case a.onward:
		pause, retry = retryGrace, true
	case a.marked:
		pause, retry = mayRetry(o, a.key.count)
	}
	if a.call.finish(a, o, retry) {
		a.transport.wait(a.request.Context(), a.client, a.key, a.call, pause)
	}
}

// settle makes the outcome, nil if there is no call.
func (a *attempt) settle(err error) *outcome {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done = true
	c := a.opened()
	if c == nil {
		return nil
	}
	o := &a.outcome
	o.start, o.at, o.loose = a.start, time.Now(), a.endpoint.Kind() == llmwire.Management
	a.understand(o)
	if o.unread = a.unread; a.acc == nil && o.status != 0 && o.unread != "" {
		o.response.Complete = errors.Is(err, io.EOF)
	}
	if a.closing.Load() && !errors.Is(err, io.EOF) {
		err = errClosed // perhaps that of a Read which Close interrupted
	}
	o.settle(a.request.Context(), err, c.request.Stream)
	o.withoutSecrets(a.request)
	if a.transport.options.capture == langshark.CaptureNone {
		o.withoutText()
	}
	return o
}

// understand ends the reading of the answer.
func (a *attempt) understand(o *outcome) {
	if a.acc == nil {
		return
	}
	defer a.unreadable()
	o.response = a.acc.Close()
}

// safely keeps a panic of ours from the application: the request goes its way.
func (a *attempt) safely(f func()) {
	defer func() { _ = recover() }()
	f()
}
