package fakellm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxKept bounds the requests that are kept for [Provider.Requests].
const maxKept = 1000

// Responder decides the answer to a request. It may be called at the same time
// by several goroutines, and is called once for each choice that is asked for.
type Responder func(ctx context.Context, req *Request) Reply

// Moment is a point at which a [WithPause] function is called.
type Moment struct {
	// Request is the one that is answered.
	Request *Request
	// Chunk is 0 before the first byte of the answer, and n before the n-th
	// chunk of a stream's text.
	Chunk int
}

// Provider is a fake provider. Make one with [New]. Its methods are safe for
// concurrent use.
type Provider struct {
	respond Responder
	pause   func(context.Context, Moment)
	key     string
	dialect Dialect
	now     func() time.Time
	mux     *http.ServeMux

	mu       sync.Mutex
	script   []Reply
	scripts  map[API][]Reply
	requests []*Request
	others   []*Request // to an API that generates nothing
	served   int
	answers  map[string][]Message // by id, for what follows on them
	stored   []string             // the ids, oldest first
	prefixes map[uint64]bool      // first messages seen: those are cached

	server   *http.Server
	listener net.Listener
	done     chan struct{}
}

// Option changes a [Provider].
type Option func(*Provider)

// WithResponder sets what decides the answers when no scripted reply is left.
func WithResponder(r Responder) Option { return func(p *Provider) { p.respond = r } }

// WithReplies sets replies that are given in this order, one for each choice
// of a request, before the responder is asked. Requests for embeddings,
// moderations and counts of tokens don't use them up: for those there is
// [WithRepliesTo].
func WithReplies(replies ...Reply) Option {
	return func(p *Provider) { p.script = append(p.script, replies...) }
}

// WithRepliesTo sets replies to one API only; they come before those of [WithReplies].
func WithRepliesTo(api API, replies ...Reply) Option {
	return func(p *Provider) { p.scripts[api] = append(p.scripts[api], replies...) }
}

// WithPause sets a function that is called before an answer and between the
// chunks of a stream. It may wait; it should return when ctx ends. Defaults to
// none: nothing waits.
func WithPause(pause func(ctx context.Context, m Moment)) Option {
	return func(p *Provider) { p.pause = pause }
}

// WithKey sets the API key that requests must carry, in the header or the
// parameter of any of the wires; others get 401 (400 on Gemini's wire). Defaults
// to any key, or none.
func WithKey(key string) Option { return func(p *Provider) { p.key = key } }

// New makes a provider. It is an [http.Handler]; [Provider.Start] serves it.
func New(opts ...Option) *Provider {
	p := &Provider{
		respond:  Echo,
		pause:    func(context.Context, Moment) {},
		now:      time.Now,
		prefixes: make(map[uint64]bool),
		answers:  make(map[string][]Message),
		scripts:  make(map[API][]Reply),
		mux:      http.NewServeMux(),
	}
	for _, o := range opts {
		o(p)
	}
	p.route()
	return p
}

// Echo is the default responder: it repeats the last message of the user.
func Echo(_ context.Context, req *Request) Reply {
	return Reply{Text: "You said: " + req.LastUser()}
}

// numberKey is that of a request's number in its context.
type numberKey struct{}

func requestID(n int) string { return fmt.Sprintf("req_%024x", n) }

// ServeHTTP answers as the provider would.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.served++
	n := p.served
	p.mu.Unlock()
	p.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), numberKey{}, n)))
}

// Start serves the provider on a free port of the loopback interface until
// [Provider.Close].
func (p *Provider) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		return errors.New("fakellm: already started")
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("fakellm: %w", err)
	}
	p.listener = l
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		_ = p.server.Serve(l) // ends by Close
	}()
	return nil
}

// BaseURL is what a client of OpenAI takes as its base URL, as in
// "http://127.0.0.1:41235/v1"; empty before [Provider.Start].
func (p *Provider) BaseURL() string {
	if root := p.URL(); root != "" {
		return root + "/v1"
	}
	return ""
}

// URL is the root, which clients of Anthropic, Gemini, Ollama and Azure take as
// their base URL or endpoint, as in "http://127.0.0.1:41235"; empty before
// [Provider.Start].
func (p *Provider) URL() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return ""
	}
	return "http://" + p.listener.Addr().String()
}

// Close ends the server and all connections. It may be called again.
func (p *Provider) Close() {
	p.mu.Lock()
	server, done := p.server, p.done
	p.mu.Unlock()
	if server == nil {
		return
	}
	_ = server.Close() // closes the listener; nothing to be done about an error
	<-done
}

// Requests returns what was asked of the model, oldest first; the last 1,000.
// Embeddings, moderations and counts of tokens are not among them: for those,
// see [Provider.RequestsTo].
func (p *Provider) Requests() []*Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*Request(nil), p.requests...)
}

// RequestsTo returns the requests to an API, oldest first, out of the last 1,000.
func (p *Provider) RequestsTo(api API) []*Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	from := p.requests
	if !api.generates() {
		from = p.others
	}
	var out []*Request
	for _, r := range from {
		if r.API == api {
			out = append(out, r)
		}
	}
	return out
}

// next takes the scripted reply whose turn it is.
func (p *Provider) next(api API) (Reply, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if own := p.scripts[api]; len(own) > 0 {
		p.scripts[api] = own[1:]
		return own[0], true
	}
	if len(p.script) == 0 || !api.generates() {
		return Reply{}, false
	}
	r := p.script[0]
	p.script = p.script[1:]
	return r, true
}

func (p *Provider) keep(req *Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	to := &p.requests
	if !req.API.generates() {
		to = &p.others
	}
	if len(*to) == maxKept {
		*to = (*to)[1:]
	}
	*to = append(*to, req)
}
