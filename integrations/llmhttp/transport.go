package llmhttp

import (
	"errors"
	"net/http"
	"sync"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/internal/llmwire"
)

// Transport is an [http.RoundTripper] that records calls of models. It is safe
// for concurrent use.
type Transport struct {
	base    http.RoundTripper // nil means http.DefaultTransport, whatever that is at a call
	options options
	detect  func(method, host, path string) (llmwire.Endpoint, bool)

	mu      sync.Mutex
	pending map[retryKey][]*call // failed attempts that their SDK may repeat
	waiting int                  // calls in pending
}

// NewTransport returns a transport that sends requests through base; nil means
// [http.DefaultTransport].
func NewTransport(base http.RoundTripper, opts ...Option) *Transport {
	t := &Transport{base: base, detect: llmwire.Detect, pending: make(map[retryKey][]*call)}
	for _, o := range opts {
		o(&t.options)
	}
	return t
}

// RoundTrip sends the request, and records it if it calls a model.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	send, a := t.open(req)
	if a == nil {
		resp, err := t.below().RoundTrip(send)
		own(resp, send, req)
		if resp != nil {
			timedBody(resp, req)
		}
		return resp, clientTimeout(req, err)
	}
	returned := false
	defer func() {
		if !returned {
			a.panicked()
		}
	}()
	resp, err := t.below().RoundTrip(send)
	returned = true
	a.note.over.Store(true)
	own(resp, send, req)
	err = clientTimeout(req, err)
	switch {
	case err != nil:
		a.failed(err)
	case resp != nil:
		a.answered(resp)
		if a.foreign {
			timedBody(resp, req)
		}
	default:
		a.failed(errors.New("the transport returned neither an answer nor an error"))
	}
	return resp, err
}

// below is what sends the requests.
func (t *Transport) below() http.RoundTripper {
	if t.base != nil {
		return t.base
	}
	return http.DefaultTransport //nolint:forbidigo // what an http.Client without a transport uses
}

// own lets the answer name the request that the application made.
func own(resp *http.Response, sent, req *http.Request) {
	if resp != nil && resp.Request == sent {
		resp.Request = req
	}
}

// CloseIdleConnections does so for the transport below, if it can.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.below().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// open returns the request to send and, if it calls a model and is to be
// recorded, the attempt that it is.
func (t *Transport) open(req *http.Request) (send *http.Request, a *attempt) {
	defer func() {
		if v := recover(); v != nil { // ours, for the request has not been sent
			send, a = req, nil
		}
	}()
	if req.URL == nil {
		return req, nil
	}
	client := t.options.client
	if client == nil {
		client = langshark.FromContext(req.Context())
	}
	if !client.Recording(req.Context()) || isRecordedElsewhere(req.Context()) || noted(req) {
		return req, nil
	}
	endpoint := t.endpoint(req)
	if endpoint == nil || t.options.filter != nil && !t.options.filter(req) {
		return req, nil
	}
	return t.begin(client, endpoint, req)
}

// endpoint returns what a request addresses, nil if it isn't to be recorded.
func (t *Transport) endpoint(req *http.Request) llmwire.Endpoint {
	e, ok := t.detect(req.Method, req.URL.Host, req.URL.Path)
	if ok && e.Kind() != llmwire.Management {
		return e
	}
	if !t.options.management || langshark.ObservationID(req.Context()) == "" {
		return nil
	}
	if ok {
		return e
	}
	if e, ok = llmwire.DetectManagement(req.Method, req.URL.Host, req.URL.Path); ok {
		return e
	}
	return nil
}
