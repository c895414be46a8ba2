// Package accesslog gives every request an id, puts it into the log lines that
// are written on its way, and writes one line when it is over.
package accesslog

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// Other is the route of requests that no route is for.
const Other = "other"

type contextKey struct{}

// request is what is known of a request on its way. Its handler alone changes it.
type request struct {
	id      string
	began   time.Time
	project string
}

func of(ctx context.Context) *request {
	r, _ := ctx.Value(contextKey{}).(*request)
	return r
}

// ID is the id of the request that ctx belongs to; empty outside of one.
func ID(ctx context.Context) string {
	if r := of(ctx); r != nil {
		return r.id
	}
	return ""
}

// SetProject notes the project that the request of ctx is about. It is for the
// goroutine that serves the request.
func SetProject(ctx context.Context, id string) {
	if r := of(ctx); r != nil {
		r.project = id
	}
}

// Entry is a request that is over.
type Entry struct {
	Method string
	// Route is the pattern that the request matched, not its path: there are few.
	Route   string
	Project string // empty if unknown
	Status  int
	// Bytes is the size of the answer's body.
	Bytes    int64
	Duration time.Duration
	// Stream says that the answer was a stream of events, whose duration is its reader's doing.
	Stream bool
}

// Observer is told of every request.
type Observer interface {
	Began()
	Ended(e *Entry)
}

// Wrap returns a handler that serves next. The request's id is the client's
// X-Request-Id if that is a short word, else a new one; it is in the answer's
// header and in ctx. The route is what next leaves in [http.Request.Pattern], as
// [http.ServeMux] does. A panic is logged and answered with 500.
func Wrap(next http.Handler, log *slog.Logger, observer Observer) http.Handler {
	return &wrapped{next: next, log: log, observer: observer}
}

type wrapped struct {
	next     http.Handler
	log      *slog.Logger
	observer Observer
}

// ServeHTTP implements [http.Handler].
func (h *wrapped) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := &request{id: newID(r), began: time.Now()}
	r = r.WithContext(context.WithValue(r.Context(), contextKey{}, req))
	r.Pattern = "" // of the mux that this handler is mounted in
	w.Header().Set("X-Request-Id", req.id)
	out := &writer{ResponseWriter: w}
	h.observer.Began()
	defer h.end(out, r, req)
	h.next.ServeHTTP(out, r)
}

// end is deferred.
func (h *wrapped) end(out *writer, r *http.Request, req *request) {
	panicked := recover()
	if panicked != nil && panicked != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
		h.log.ErrorContext(r.Context(), "langshark: handler panicked", "method", r.Method, "route", Route(r),
			"error", fmt.Sprint(panicked), "stack", string(debug.Stack()))
		if out.status == 0 {
			http.Error(out, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			panicked = nil
		}
	}
	e := req.entry(out, r)
	h.observer.Ended(e)
	logEntry(h.log, r, e)
	if panicked != nil {
		panic(http.ErrAbortHandler) // half an answer is sent: the client must see that it ends early
	}
}

func (q *request) entry(out *writer, r *http.Request) *Entry {
	e := &Entry{Method: r.Method, Route: Route(r), Project: q.project, Status: out.status, Bytes: out.bytes, Duration: time.Since(q.began)}
	if e.Status == 0 { // nothing was written
		e.Status = http.StatusOK
	}
	if e.Project == "" && e.Status < http.StatusBadRequest { // else there may be no such project
		e.Project = r.PathValue("project")
	}
	e.Stream = strings.HasPrefix(out.Header().Get("Content-Type"), "text/event-stream")
	return e
}

// Route is the pattern that a request matched, without the method. Unlike the
// path it names nobody: ids of users stand in paths.
func Route(r *http.Request) string {
	pattern := r.Pattern
	if _, path, ok := strings.Cut(pattern, " "); ok {
		pattern = path
	}
	switch pattern {
	case "", "/": // the one that catches all the rest
		return Other
	}
	return strings.TrimSuffix(pattern, "{$}")
}

func logEntry(log *slog.Logger, r *http.Request, e *Entry) {
	ctx := r.Context()
	if !log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", e.Method), slog.String("route", e.Route), slog.Int("status", e.Status),
		slog.Duration("duration", e.Duration), slog.Int64("bytes", e.Bytes),
	}
	if e.Project != "" {
		attrs = append(attrs, slog.String("project", e.Project))
	}
	if e.Route == Other { // without the query, which may hold the token of a sign-in
		attrs = append(attrs, slog.String("path", r.URL.Path))
	}
	log.LogAttrs(ctx, slog.LevelDebug, "langshark: request", attrs...)
}

// newID is the id of a request: the client's if it is a short word, else a new one.
func newID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); isWord(id) {
		return id
	}
	return rand.Text()
}

func isWord(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// writer remembers what was answered.
type writer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader implements [http.ResponseWriter].
func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK { // others are announcements
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach the writer below.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
