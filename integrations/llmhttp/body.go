package llmhttp

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/langshark/langshark-go/internal/llmwire"
)

// capture returns the request to send and a copy of its body as far as that can
// be had without touching it. If it can't, the body of the request returned
// keeps a copy when it is read.
func capture(req *http.Request) (send *http.Request, body []byte, cut bool, tee *teeBody) {
	switch {
	case req.Body == nil || req.Body == http.NoBody:
		return req, nil, false, nil
	case req.GetBody != nil:
		rc, err := req.GetBody()
		if err != nil {
			break
		}
		if shared := sameBody(rc, req.Body); shared && req.Header.Get(retryHeader) == "" {
			break // to read it would be to take it away
		}
		body, cut = readBody(rc, req.ContentLength)
		_ = rc.Close()
		// Where it is no copy but the body itself at its beginning, as the SDKs of
		// OpenAI and Anthropic have it for a bytes.Reader, it must go back there.
		if rc, err = req.GetBody(); err == nil {
			_ = rc.Close()
		}
		return req, body, cut, nil
	}
	tee = &teeBody{rc: req.Body}
	send = req.WithContext(req.Context()) // a copy: a RoundTripper must not change the request
	send.Body = tee
	return send, nil, false, tee
}

// largeForm reads a form that is larger than what is captured, as of a sound file,
// without keeping it. what stands for the body where attempts are compared.
func largeForm(endpoint llmwire.Endpoint, req *http.Request) (r llmwire.Request, what []byte, ok bool) {
	reader, known := endpoint.(llmwire.FormReader)
	contentType := req.Header.Get("Content-Type")
	if !known || req.ContentLength <= llmwire.MaxRequestBytes || req.GetBody == nil || !strings.HasPrefix(strings.ToLower(contentType), "multipart/") {
		return r, nil, false
	}
	rc, err := req.GetBody()
	if err != nil || sameBody(rc, req.Body) {
		return r, nil, false
	}
	defer rc.Close()
	r = reader.ReadForm(contentType, rc)
	return r, strconv.AppendInt(nil, req.ContentLength, 10), true
}

// sameBody reports whether what GetBody returned is no copy but the body itself.
func sameBody(a, b io.ReadCloser) (same bool) {
	defer func() { _ = recover() }() // of a type that can't be compared
	return a == b
}

// readBody reads as much of a body as is kept; what could be read is what there is.
func readBody(r io.Reader, length int64) (body []byte, cut bool) {
	if length > 0 && length <= llmwire.MaxRequestBytes {
		body = make([]byte, length)
		n, _ := io.ReadFull(r, body)
		return body[:n], false
	}
	var b bytes.Buffer
	n, _ := io.Copy(&b, io.LimitReader(r, llmwire.MaxRequestBytes+1))
	body = b.Bytes()
	if n > llmwire.MaxRequestBytes {
		return body[:llmwire.MaxRequestBytes], true
	}
	return body, false
}

// teeBody is a request's body that keeps a copy of what is read from it.
type teeBody struct {
	rc   io.ReadCloser
	mu   sync.Mutex
	copy []byte
	cut  bool
	all  bool // it was read to its end

	dropped bool
}

func (b *teeBody) Read(p []byte) (int, error) {
	n, err := b.rc.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dropped {
		return n, err
	}
	room := llmwire.MaxRequestBytes - len(b.copy)
	b.copy = append(b.copy, p[:min(max(n, 0), room)]...)
	b.cut = b.cut || n > room
	b.all = b.all || err == io.EOF
	return n, err
}

func (b *teeBody) Close() error { return b.rc.Close() }

// sent returns a copy of what has been read so far.
func (b *teeBody) sent(contentLength int64) (body []byte, cut bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.copy), b.cut || !b.all && contentLength != int64(len(b.copy))
}

// drop forgets what has been read, and what will be.
func (b *teeBody) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.copy, b.dropped = nil, true
}

// withStreamUsage returns a request that asks for the usage of its stream. One
// whose body isn't understood is returned as it is.
func withStreamUsage(req *http.Request, body []byte) *http.Request {
	begin, end, insert, ok := streamOptions(body)
	if !ok {
		return req
	}
	changed := make([]byte, 0, len(body)+len(insert))
	changed = append(changed, body[:begin]...)
	changed = append(changed, insert...)
	changed = append(changed, body[end:]...)
	send := req.WithContext(req.Context())
	send.ContentLength = int64(len(changed))
	send.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(changed)), nil }
	send.Body = &replacedBody{Reader: bytes.NewReader(changed), replaced: req.Body}
	return send
}

// streamOptions says what to put in the place of body[begin:end] so that the
// object asks for the usage, and nothing else of it changes.
func streamOptions(body []byte) (begin, end int, insert []byte, ok bool) {
	const name = "stream_options"
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return 0, 0, nil, false
	}
	found, members := false, false
	for ; d.More(); members = true {
		key, err := d.Token()
		if err != nil {
			return 0, 0, nil, false
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return 0, 0, nil, false
		}
		if key != name {
			continue
		}
		if found { // twice: let the provider say what it thinks of that
			return 0, 0, nil, false
		}
		found = true
		options := map[string]json.RawMessage{}
		if json.Unmarshal(value, &options) != nil {
			return 0, 0, nil, false
		}
		if options == nil { // it was null
			options = map[string]json.RawMessage{}
		}
		options["include_usage"] = json.RawMessage("true")
		if insert, err = json.Marshal(options); err != nil {
			return 0, 0, nil, false
		}
		end = int(d.InputOffset())
		begin = end - len(value)
	}
	if _, err := d.Token(); err != nil {
		return 0, 0, nil, false
	}
	if !found {
		end = int(d.InputOffset()) - 1
		begin, insert = end, []byte(`"`+name+`":{"include_usage":true}`)
		if members {
			insert = append([]byte{','}, insert...)
		}
	}
	return begin, end, insert, true
}

// replacedBody stands for a body that isn't read, but must be closed.
type replacedBody struct {
	*bytes.Reader
	replaced io.Closer
}

func (b *replacedBody) Close() error { return b.replaced.Close() }

// responseBody passes an answer on and shows each piece to the attempt.
type responseBody struct {
	rc      io.ReadCloser
	attempt *attempt
}

func (b *responseBody) Read(p []byte) (int, error) {
	n, err := b.rc.Read(p)
	if n > 0 && b.attempt.feed(p[:n]) {
		// Clients read no further, and applications may close after they have flushed.
		b.attempt.ended(io.EOF)
	}
	if err != nil {
		if !errors.Is(err, io.EOF) {
			err = clientTimeout(b.attempt.request, err)
		}
		b.attempt.ended(err)
	}
	return n, err
}

// Close closes first and asks afterwards, so that it takes no longer than without us.
func (b *responseBody) Close() error {
	b.attempt.closing.Store(true)
	err := b.rc.Close()
	b.attempt.ended(errClosed)
	return err
}

// accumulator returns what reads the answer, decoding it if the application
// asked for an encoding itself; nil if that isn't known.
func accumulator(endpoint llmwire.Endpoint, resp *http.Response, req *llmwire.Request) llmwire.Accumulator {
	acc := llmwire.AnswerOf(endpoint, resp.StatusCode, resp.Header.Get("Content-Type"), req)
	if g, ok := acc.(llmwire.Grower); ok && resp.ContentLength > 0 {
		g.Grow(resp.ContentLength)
	}
	switch strings.ToLower(resp.Header.Get("Content-Encoding")) {
	case "", "identity":
		return acc
	case "gzip", "x-gzip":
		return &gunzip{inner: acc}
	default:
		return nil
	}
}

// gunzip decodes an answer when it has ended; of a stream it therefore doesn't
// know when it began.
type gunzip struct {
	inner llmwire.Accumulator
	data  []byte
	cut   bool
}

func (g *gunzip) Feed(p []byte) {
	room := llmwire.MaxBodyBytes - len(g.data)
	g.data = append(g.data, p[:min(len(p), room)]...)
	g.cut = g.cut || len(p) > room
}

func (g *gunzip) Started() bool { return false }

func (g *gunzip) Close() llmwire.Response {
	if r, err := gzip.NewReader(bytes.NewReader(g.data)); err == nil {
		buf := make([]byte, 32<<10)
		for total := 0; total <= llmwire.MaxBodyBytes; {
			n, err := r.Read(buf)
			g.inner.Feed(buf[:n])
			if total += n; err != nil { // the end, or as far as it goes
				break
			}
		}
	}
	resp := g.inner.Close()
	resp.Truncated = resp.Truncated || g.cut
	return resp
}

// watch calls f when ctx ends, unless stop is called before. It is for bodies
// that the application neither reads to the end nor closes.
func watch(ctx context.Context, f func()) (stop func() bool) {
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, f)
}
