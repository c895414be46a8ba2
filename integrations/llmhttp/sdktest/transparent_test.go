package sdktest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/integrations/llmhttp"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// mode is a way in which a provider answers.
type mode struct {
	answer  func() http.Handler // nil: nobody listens
	fails   bool                // each request has failed in what is recorded
	streams bool                // it is about streams only
	repeats int
	givesUp bool // the application, once the provider has the request
}

var modes = map[string]mode{
	"success": {answer: func() http.Handler { return provider() }},
	"bad request": {fails: true, repeats: 1, answer: func() http.Handler {
		return failing(400, "invalid_request_error", "INVALID_ARGUMENT", "Unsupported value")
	}},
	"rate limit": {fails: true, repeats: 1, answer: func() http.Handler {
		return failing(429, "rate_limit_error", "RESOURCE_EXHAUSTED", "Rate limit reached")
	}},
	"rate limit, then success": {repeats: 1, answer: func() http.Handler {
		return &sequence{first: failing(429, "rate_limit_error", "RESOURCE_EXHAUSTED", "Rate limit reached"), then: provider()}
	}},
	"error page":           {fails: true, repeats: 1, answer: func() http.Handler { return status(500, "text/html", "<html><body>500</body></html>") }},
	"page instead of JSON": {fails: true, answer: func() http.Handler { return status(200, "text/html; charset=utf-8", "<html>maintenance</html>") }},
	"nothing":              {fails: true, answer: func() http.Handler { return status(200, "application/json", "") }},
	"nothing of a type":    {fails: true, answer: func() http.Handler { return status(204, "", "") }},
	"refused":              {fails: true},
	"broken off":           {fails: true, answer: func() http.Handler { return &half{provider(), true} }},
	"cut off":              {fails: true, answer: func() http.Handler { return &half{provider(), false} }},
	"error in the stream": {fails: true, streams: true, answer: func() http.Handler {
		return fakellm.New(fakellm.WithResponder(func(context.Context, *fakellm.Request) fakellm.Reply {
			return fakellm.Reply{Text: "It arrives tomorrow.", Err: fakellm.ServerError(), ErrAfter: 2}
		}))
	}},
	"given up": {fails: true, givesUp: true, answer: func() http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	}},
}

// provider says again what it is told.
func provider(opts ...fakellm.Option) *fakellm.Provider {
	return fakellm.New(append(opts, fakellm.WithResponder(func(_ context.Context, req *fakellm.Request) fakellm.Reply {
		return fakellm.Reply{Text: "한 번 더 말해 주세요: " + req.LastUser(), Reasoning: "They ask. ", ReasoningTokens: 5}
	}))...)
}

func status(code int, contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.Header().Set("X-Ratelimit-Remaining-Requests", "0")
		w.Header().Set("Retry-After-Ms", "1")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body) // the client may have gone
	})
}

// failing answers an error as the one who is asked has it.
func failing(code int, kind, google, message string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		form := `{"error":{"message":%q,"type":%q,"param":"x","code":%q}}`
		args := []any{message, kind, kind}
		switch path := r.URL.Path; {
		case strings.HasPrefix(path, "/api/"):
			form, args = `{"error":%q}`, args[:1]
		case strings.Contains(path, "/models/"):
			form, args = `{"error":{"code":%d,"message":%q,"status":%q}}`, []any{code, message, google}
		case strings.HasPrefix(path, "/v1/messages"):
			form, args = `{"type":"error","error":{"type":%q,"message":%q}}`, []any{kind, message}
		}
		status(code, "application/json", fmt.Sprintf(form, args...)).ServeHTTP(w, r)
	})
}

// sequence answers the first request in another way than those after it.
type sequence struct {
	first, then http.Handler
	over        bool
}

func (s *sequence) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := s.first
	if s.over {
		h = s.then
	}
	s.over = true
	h.ServeHTTP(w, r)
}

// half answers the first half, and breaks the connection or just ends.
type half struct {
	of     http.Handler
	breaks bool
}

func (h *half) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	whole := httptest.NewRecorder()
	h.of.ServeHTTP(whole, r)
	maps.Copy(w.Header(), whole.Header())
	w.WriteHeader(whole.Code)
	body := atOnce(whole.Body.String())
	_, _ = io.WriteString(w, body[:len(body)/2]) // the client may have gone
	_ = http.NewResponseController(w).Flush()
	if h.breaks {
		panic(http.ErrAbortHandler)
	}
}

// drained is a request whose body has been read: only then is it seen that the
// client has gone.
func drained(r *http.Request) *http.Request {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

// listener keeps what a provider was sent.
type listener struct {
	mu      sync.Mutex
	handler http.Handler
	got     func() // called when a request is there
	sent    []string
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	var head bytes.Buffer
	_ = r.Header.Write(&head) // a buffer takes all
	l.mu.Lock()
	l.sent = append(l.sent, boundary.ReplaceAllString(fmt.Sprintf("%s %s %s %d %v\n%s\n%s", r.Method, r.Host, r.URL, r.ContentLength, r.TransferEncoding, head.String(), body), "boundary"))
	handler, got := l.handler, l.got
	l.mu.Unlock()
	got()
	r.Body = io.NopCloser(bytes.NewReader(body))
	handler.ServeHTTP(w, r)
}

// restart answers in a new way, and returns what was sent before.
func (l *listener) restart(h http.Handler, got func()) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	sent := l.sent
	l.sent, l.handler, l.got = nil, h, got
	return sent
}

// Each request of each SDK, however the provider answers: what the application
// and the provider see is the same with and without us, and there is one
// observation for each call.
func TestTransparent(t *testing.T) {
	for name, m := range modes {
		if testing.Short() && !slices.Contains([]string{"success", "rate limit, then success", "broken off"}, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := langsharktest.NewRecorder(t)
			want := map[string]int{} // observations by trace
			of := map[string]*request{}
			for _, r := range requests() {
				if m.streams && !strings.HasSuffix(r.name, "-stream") {
					continue
				}
				trace, n := compare(t, rec, &r, &m)
				want[trace], of[trace] = n, &r
			}
			for trace, all := range awaitAll(t, rec, want) {
				checkLevels(t, name, &m, of[trace], all)
			}
		})
	}
}

// compare does a request with and without us. It returns the trace, and how many
// observations it should have.
func compare(t *testing.T, rec *langsharktest.Recorder, r *request, m *mode) (trace string, n int) {
	t.Helper()
	l := &listener{}
	p := serve(t, l, r.host)
	if m.answer == nil {
		p.http.Transport = refusing()
	}
	if p.repeats = m.repeats; strings.HasSuffix(r.name, "/post") {
		p.repeats = 0 // the SDK's attempts share one reader: what the second sends is a matter of luck, without us too
	}
	do := func(ctx context.Context, p place) (string, []string) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		onRequest := func() {}
		if m.givesUp {
			onRequest = cancel
		}
		if m.answer != nil {
			l.restart(m.answer(), onRequest)
		}
		var got made
		r.do(ctx, p, &got)
		return got.steadied(), l.restart(nil, nil)
	}
	ctx, root := langshark.StartTrace(rec.Context(), r.name)
	defer root.End()
	without, sentWithout := do(ctx, p)
	traced := p
	traced.http = &http.Client{Transport: llmhttp.NewTransport(p.http.Transport, llmhttp.WithManagement(true))}
	with, sent := do(ctx, traced)
	if !slices.Equal(sent, sentWithout) {
		t.Errorf("%s: the provider got\n%s\nand without us\n%s", r.name, strings.Join(sent, "\n"), strings.Join(sentWithout, "\n"))
	}
	if with != without {
		t.Errorf("%s: the application got\n%s\nand without us\n%s", r.name, with, without)
	}
	if n = 1; !r.marked {
		n = max(len(sent), 1)
	}
	return root.ID(), n
}

// awaitAll waits until each trace has as many observations as it should, and a
// root, and returns them without it.
func awaitAll(t *testing.T, rec *langsharktest.Recorder, want map[string]int) map[string][]*exporter.Observation {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 3000 { // a minute
		got := map[string][]*exporter.Observation{}
		for _, o := range rec.Observations() {
			if o.ParentID != "" {
				got[o.TraceID] = append(got[o.TraceID], o)
			}
		}
		complete := true
		for trace, n := range want {
			if len(got[trace]) > n {
				t.Errorf("%d observations, not %d:\n%s", len(got[trace]), n, rec.Tree())
			}
			complete = complete && len(got[trace]) >= n
		}
		if complete {
			return got
		}
		<-tick.C
	}
	t.Fatalf("observations are missing:\n%s", rec.Tree())
	return nil
}

func checkLevels(t *testing.T, name string, m *mode, r *request, all []*exporter.Observation) {
	t.Helper()
	last := all[len(all)-1]
	failed := last.Level != langshark.LevelDefault
	switch {
	case m.fails && !failed && !lenient(name, r.name):
		t.Errorf("%s: %q is not recorded", r.name, name)
	case name == "success", name == "rate limit, then success" && !strings.HasPrefix(r.name, "ollama/") && !strings.HasSuffix(r.name, "/post"): // which are not repeated
		if failed || langsharktest.JSON(last.Output) == "" && last.Kind != langshark.KindEmbedding && !strings.HasSuffix(r.name, "-left") {
			t.Errorf("%s: level %s, %s, output %s", r.name, last.Level, last.StatusMessage, langsharktest.JSON(last.Output))
		}
	}
	if langsharktest.JSON(last.Input) == "" && !strings.HasSuffix(r.name, "image-variation") {
		t.Errorf("%s: no input", r.name)
	}
}

// lenient says where a failure is none for the one who asked.
func lenient(mode, request string) bool {
	switch {
	case strings.HasSuffix(request, "-left"): // before the failure
		return true
	case strings.HasSuffix(request, "/speech"): // any bytes may be all of it
		return mode == "cut off"
	case strings.HasSuffix(request, "/count"): // asks no model; nobody need read the answer
		return strings.HasPrefix(mode, "nothing")
	}
	return false
}
