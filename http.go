package langshark

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// HandlerOption says how [ObserveHandler] records.
type HandlerOption interface{ applyHandler(*handlerSettings) }

type handlerSettings struct {
	trust        func(*http.Request) bool
	trustBaggage func(*http.Request) bool
	attributes   func(*http.Request) []TraceOption
}

type handlerScope func(*handlerSettings)

func (f handlerScope) applyHandler(s *handlerSettings) { f(s) }

// TrustCaller joins the caller's trace, by its header traceparent, if trusted
// says so. By default nobody is trusted: a request starts a trace of its own,
// with the caller's traceparent in the metadata langshark.link.
func TrustCaller(trusted func(*http.Request) bool) HandlerOption {
	return handlerScope(func(s *handlerSettings) { s.trust = trusted })
}

// TrustBaggage takes user, session and tags from the caller's header baggage
// if trusted says so. By default they never are.
func TrustBaggage(trusted func(*http.Request) bool) HandlerOption {
	return handlerScope(func(s *handlerSettings) { s.trustBaggage = trusted })
}

// WithRequestAttributes puts attributes on each request's trace, as in its user.
func WithRequestAttributes(f func(*http.Request) []TraceOption) HandlerOption {
	return handlerScope(func(s *handlerSettings) { s.attributes = f })
}

// ObserveHandler records each request to h as an observation of kind span,
// with method, path, status and bytes written in its metadata. Status 500 and
// above is level ERROR, a panic too, which goes on. Headers, query and bodies
// are not recorded. An empty name means the method and the pattern of
// [http.ServeMux], or the path without one.
func ObserveHandler(name string, h http.Handler, opts ...HandlerOption) http.Handler {
	var s handlerSettings
	for _, o := range opts {
		if o != nil {
			o.applyHandler(&s)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := FromContext(r.Context())
		if !c.enabled() {
			h.ServeHTTP(w, r)
			return
		}
		s.serve(c, name, h, w, r)
	})
}

func (s *handlerSettings) serve(c *Client, name string, h http.Handler, w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	link := r.Header.Get(headerTraceparent)
	if s.trust != nil && s.trust(r) {
		ctx = ContextWithTraceparent(ctx, link)
		link = ""
	}
	if s.trustBaggage != nil && s.trustBaggage(r) {
		ctx = WithTraceAttributes(ctx, fromBaggage(joinedBaggage(r.Header))...)
	}
	if s.attributes != nil {
		ctx = WithTraceAttributes(ctx, s.attributes(r)...)
	}
	spanName := name
	if spanName == "" {
		spanName = r.Method + " " + r.URL.Path
	}
	ctx, span := c.startSpan(ctx, KindSpan, spanName, nil)
	span.SetMetadata("http.request.method", r.Method)
	span.SetMetadata("url.path", r.URL.Path)
	if _, _, _, ok := parseTraceparent(link); ok {
		span.SetMetadata("langshark.link", link)
	}
	rec := &responseRecorder{ResponseWriter: w}
	r = r.WithContext(ctx)
	defer func() {
		p := recover()
		if r.Pattern != "" {
			span.SetMetadata("http.route", r.Pattern)
			if name == "" {
				span.rename(routeName(r))
			}
		}
		span.SetMetadata("http.response.body.size", rec.bytes)
		switch {
		case p != nil:
			span.SetError(panicError(p))
		case rec.status >= http.StatusInternalServerError:
			span.SetLevel(LevelError)
			span.SetStatusMessage(http.StatusText(rec.status))
		}
		if rec.status == 0 {
			rec.status = http.StatusOK
		}
		if rec.hijacked {
			span.SetMetadata("http.connection.hijacked", true)
		} else if p == nil {
			span.SetMetadata("http.response.status_code", rec.status)
		}
		if err := ctx.Err(); err != nil && p == nil {
			span.SetMetadata("langshark.cancelled", true)
		}
		span.End()
		if p != nil {
			panic(p)
		}
	}()
	h.ServeHTTP(rec.writer(), r)
}

// routeName is the method and the pattern that matched, which may name the method itself.
func routeName(r *http.Request) string {
	if strings.HasPrefix(r.Pattern, r.Method+" ") {
		return r.Pattern
	}
	return r.Method + " " + r.Pattern
}

// responseRecorder counts what a handler writes. http.ResponseController
// reaches the real writer through Unwrap.
type responseRecorder struct {
	http.ResponseWriter
	status   int
	bytes    int64
	hijacked bool
}

func (r *responseRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *responseRecorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *responseRecorder) Write(b []byte) (int, error) {
	r.wrote()
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err //nolint:wrapcheck // the writer's own
}

func (r *responseRecorder) wrote() {
	if r.status == 0 {
		r.status = http.StatusOK
	}
}

// ReadFrom lets the real writer send a file without copying it, if it can.
func (r *responseRecorder) ReadFrom(src io.Reader) (int64, error) {
	r.wrote()
	n, err := io.Copy(r.ResponseWriter, src)
	r.bytes += n
	return n, err //nolint:wrapcheck // the writer's own
}

// writer returns what the handler gets: it can flush, hijack and push exactly
// if the real writer can, for handlers ask by type.
func (r *responseRecorder) writer() http.ResponseWriter {
	_, flushes := r.ResponseWriter.(http.Flusher)
	_, hijacks := r.ResponseWriter.(http.Hijacker)
	_, pushes := r.ResponseWriter.(http.Pusher)
	switch {
	case flushes && hijacks:
		return struct {
			*responseRecorder
			flusher
			hijacker
		}{r, flusher{r}, hijacker{r}}
	case flushes && pushes:
		return struct {
			*responseRecorder
			flusher
			pusher
		}{r, flusher{r}, pusher{r}}
	case flushes:
		return struct {
			*responseRecorder
			flusher
		}{r, flusher{r}}
	case hijacks:
		return struct {
			*responseRecorder
			hijacker
		}{r, hijacker{r}}
	case pushes:
		return struct {
			*responseRecorder
			pusher
		}{r, pusher{r}}
	}
	return r
}

type flusher struct{ recorder *responseRecorder }

// Flush sends what is buffered.
func (f flusher) Flush() {
	f.recorder.wrote()
	f.recorder.ResponseWriter.(http.Flusher).Flush() //nolint:forcetypeassert // writer has checked
}

type hijacker struct{ recorder *responseRecorder }

// Hijack hands the connection to the handler.
func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := h.recorder.ResponseWriter.(http.Hijacker).Hijack() //nolint:forcetypeassert // writer has checked
	h.recorder.hijacked = err == nil
	return conn, rw, err //nolint:wrapcheck // the writer's own
}

type pusher struct{ recorder *responseRecorder }

// Push starts an HTTP/2 push.
func (p pusher) Push(target string, opts *http.PushOptions) error {
	return p.recorder.ResponseWriter.(http.Pusher).Push(target, opts) //nolint:forcetypeassert,wrapcheck // writer has checked
}

// TransportOption says how a [NewTransport] propagates.
type TransportOption interface{ applyTransport(*transport) }

type transportScope func(*transport)

func (f transportScope) applyTransport(t *transport) { f(t) }

// WithBaggageHosts sends user, session and tags in the header baggage to these
// hosts, as in "api.internal" or, for all below a domain, ".example.com". By
// default nobody gets them. The header stays below W3C's 8192 bytes and 64 members: what
// doesn't fit as a whole is left out, tags first.
func WithBaggageHosts(hosts ...string) TransportOption {
	return transportScope(func(t *transport) {
		for _, h := range hosts {
			t.baggageHosts = append(t.baggageHosts, strings.ToLower(h))
		}
	})
}

// NewTransport returns a client middleware: requests made below an observation
// are recorded as spans and carry its traceparent, so that the called service
// can join the trace. Neither goes to the hosts of LLM providers, which a
// package of integrations records. Requests outside a trace pass untouched. A
// nil base means http.DefaultTransport.
func NewTransport(base http.RoundTripper, opts ...TransportOption) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport //nolint:forbidigo // what the caller asks for by nil
	}
	t := &transport{base: base}
	for _, o := range opts {
		if o != nil {
			o.applyTransport(t)
		}
	}
	return t
}

type transport struct {
	base         http.RoundTripper
	baggageHosts []string
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	p := locate(r.Context())
	host := strings.ToLower(r.URL.Hostname())
	if p.span == nil || !p.client.enabled() || isProvider(host) {
		return t.base.RoundTrip(r) //nolint:wrapcheck // a middleware changes no error
	}
	ctx, span := p.client.startSpan(r.Context(), KindSpan, r.Method+" "+r.URL.Host, nil)
	defer span.End()
	span.SetMetadata("http.request.method", r.Method)
	span.SetMetadata("server.address", r.URL.Host)
	span.SetMetadata("url.path", r.URL.Path)
	out := r.Clone(ctx)
	InjectHeader(ctx, out.Header)
	if t.baggageFor(host) {
		p.addBaggage(out.Header)
	}
	resp, err := t.base.RoundTrip(out)
	switch {
	case err != nil:
		span.SetError(withoutQuery(err, r.URL))
	default:
		if resp.Request == out {
			resp.Request = r
		}
		span.SetMetadata("http.response.status_code", resp.StatusCode)
		if resp.StatusCode >= http.StatusBadRequest {
			span.SetLevel(LevelError)
			span.SetStatusMessage(resp.Status)
		}
	}
	return resp, err //nolint:wrapcheck // a middleware changes no error
}

func (t *transport) baggageFor(host string) bool { return matchHost(host, t.baggageHosts) }

func matchHost(host string, patterns []string) bool {
	for _, p := range patterns {
		if host == p || strings.HasPrefix(p, ".") && strings.HasSuffix(host, p) {
			return true
		}
	}
	return false
}

// providers are the hosts of LLM APIs, which get no traceparent.
var providers = []string{
	"api.openai.com", ".openai.com", ".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com",
	"api.anthropic.com", "generativelanguage.googleapis.com", "aiplatform.googleapis.com", "api.mistral.ai", "api.groq.com",
	"api.deepseek.com", "api.x.ai", "openrouter.ai", "api.cohere.com", "api.cohere.ai", "api.together.xyz", "api.together.ai",
	"api.fireworks.ai", "api.perplexity.ai", "api.upstage.ai", "api.moonshot.ai", "api.moonshot.cn", "dashscope.aliyuncs.com",
	"dashscope-intl.aliyuncs.com", "open.bigmodel.cn", "api-inference.huggingface.co", "router.huggingface.co", "api.cerebras.ai",
	"api.sambanova.ai", "integrate.api.nvidia.com", "clovastudio.stream.ntruss.com",
}

func isProvider(host string) bool {
	return matchHost(host, providers) ||
		strings.HasSuffix(host, "-aiplatform.googleapis.com") ||
		strings.HasPrefix(host, "bedrock-runtime") && strings.HasSuffix(host, ".amazonaws.com")
}

// withoutQuery takes the address out of an error's text: queries hold keys.
func withoutQuery(err error, u *url.URL) error {
	var wrapped *url.Error
	for errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	text := errorText(err)
	clean := *u
	clean.RawQuery, clean.Fragment, clean.User = "", "", nil
	text = strings.ReplaceAll(text, u.String(), clean.String())
	if u.RawQuery != "" {
		text = strings.ReplaceAll(text, u.RawQuery, "…")
	}
	return errors.New(text)
}

// panicError is what is recorded of a panic.
func panicError(p any) error {
	if err, ok := p.(error); ok {
		return fmt.Errorf("panic: %w", err)
	}
	return fmt.Errorf("panic: %v", p)
}
