package fakellm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxRequestBytes = 32 << 20

// vendor is what the endpoints of one provider have in common.
type vendor struct {
	// callID begins the ids of tool calls; empty: calls have none.
	callID string
	// greet sets the headers that every answer has.
	greet func(c *call)
	// wrongKey is the answer to a request without the right key.
	wrongKey func(c *call) *Error
	// badJSON begins the message to a request that can't be parsed.
	badJSON string
	// fail encodes an error as the vendor does, and corrects its status.
	fail func(c *call, e *Error) (status int, body []byte)
	// failType is the content type of errors.
	failType string
}

// endpoint is one thing that a vendor does.
type endpoint struct {
	api    API
	vendor *vendor
	// read fills the call's request from its body.
	read func(c *call) *Error
	// answer makes an answer in one piece.
	answer func(c *call) (contentType string, body []byte)
	// stream sends an answer in pieces; nil if there is no such form.
	stream func(s *stream)
	// broken is how an error stands within a stream. Nil: as the data of an event.
	broken func(s *stream, e *Error) []byte
	// wholeCalls says that a stream brings tool calls in one piece.
	wholeCalls bool
	// host is who answers, if not the vendor itself.
	host *host
}

// call is one request on its way to its answer.
type call struct {
	*endpoint
	p       *Provider
	w       http.ResponseWriter
	r       *http.Request
	n       int // of the requests of the provider
	req     *Request
	in      any    // what else the endpoint read
	ready   []byte // an answer that needs no reply
	replies []Reply
	used    *Usage
}

// begin starts a call: it greets, and refuses wrong keys.
func (p *Provider) begin(w http.ResponseWriter, r *http.Request, e *endpoint) (*call, bool) {
	n, _ := r.Context().Value(numberKey{}).(int)
	c := &call{endpoint: e, p: p, w: w, r: r, n: n}
	e.vendor.greet(c)
	if p.key == "" {
		return c, true
	}
	h := r.Header
	bearer := strings.TrimPrefix(h.Get("Authorization"), "Bearer ")
	if slices.Contains([]string{bearer, h.Get("Api-Key"), h.Get("X-Api-Key"), h.Get("X-Goog-Api-Key"), r.URL.Query().Get("key")}, p.key) {
		return c, true
	}
	c.fail(e.vendor.wrongKey(c))
	return c, false
}

// serve answers the requests to an endpoint.
func (p *Provider) serve(e *endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if c, ok := p.begin(w, r, e); ok {
			c.run(r.Context())
		}
	}
}

func (c *call) run(ctx context.Context) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, c.r.Body, maxRequestBytes))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		c.fail(invalid("", "Request body is too large."))
		return
	} else if err != nil {
		c.fail(invalid("", "The body of your request could not be read."))
		return
	}
	c.req = &Request{API: c.api, Path: c.r.URL.Path, Body: body, Header: c.r.Header.Clone()}
	if e := c.read(c); e != nil {
		c.fail(e)
		return
	}
	if c.ready != nil {
		c.w.Header().Set("Content-Type", c.vendor.failType)
		_, _ = c.w.Write(c.ready) // the client may have gone
		return
	}
	c.req.N = max(c.req.N, 1)
	c.p.keep(c.req)
	c.replies = make([]Reply, c.req.N)
	for i := range c.replies {
		one := *c.req
		one.Choice = i
		reply, scripted := c.p.next(c.api)
		if !scripted && c.api.generates() {
			reply = c.p.respond(ctx, &one)
		}
		c.replies[i] = reply.withDefaults(c.vendor.callID)
	}
	first := &c.replies[0]
	c.p.pause(ctx, Moment{Request: c.req})
	if ctx.Err() != nil {
		return
	}
	maps.Copy(c.w.Header(), first.Header)
	streams := c.req.Stream && c.stream != nil
	if first.Err != nil && (first.ErrAfter == 0 || !streams) {
		c.fail(first.Err)
		return
	}
	if streams {
		c.stream(&stream{call: c, flush: http.NewResponseController(c.w)})
		return
	}
	contentType, answer := c.answer(c)
	c.w.Header().Set("Content-Type", contentType)
	if first.BreakAfter != 0 {
		c.w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = c.w.Write(answer[:len(answer)/2])
		_ = http.NewResponseController(c.w).Flush() // whether it arrives or not, the connection ends
		panic(http.ErrAbortHandler)
	}
	_, _ = c.w.Write(answer) // the client may have gone
}

// fail answers an error.
func (c *call) fail(e *Error) {
	status, body := c.vendor.fail(c, e)
	contentType := c.vendor.failType
	if e.Body != "" {
		body = []byte(e.Body)
		if bytes.HasPrefix(body, []byte("<")) {
			contentType = "text/html; charset=utf-8"
		}
	}
	h := c.w.Header()
	h.Set("Content-Type", contentType)
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body) // the client may have gone
}

// parse decodes the request's body.
func (c *call) parse(into any) *Error {
	if err := json.Unmarshal(c.req.Body, into); err != nil {
		return invalid("", c.vendor.badJSON+" ("+err.Error()+")")
	}
	return nil
}

// id makes one that is the same for the same request at the same place.
func (c *call) id(prefix string) string {
	h := fnv.New64a()
	_, _ = h.Write(c.req.Body)
	return fmt.Sprintf("%s%016x%05d", prefix, h.Sum64(), c.n)
}

// model is the name under which the model answers.
func (c *call) model() string {
	return cmp.Or(c.replies[0].Model, versions[c.req.Model], c.req.Model)
}

// usage counts the request and its replies, once.
func (c *call) usage() Usage {
	if c.used == nil {
		u := c.p.usage(c.req, c.replies)
		c.used = &u
	}
	return *c.used
}

// compact encodes what is made of strings, numbers and valid JSON only.
func compact(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return b
}

// indented is compact with line breaks.
func indented(v any) []byte {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return b
}
