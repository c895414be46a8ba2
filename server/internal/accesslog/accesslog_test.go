package accesslog

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// observer keeps what it is told.
type observer struct {
	began int
	ended []Entry
}

func (o *observer) Began()         { o.began++ }
func (o *observer) Ended(e *Entry) { o.ended = append(o.ended, *e) }

// TestEntries are of the route that a mux found, not of the one this handler is mounted by.
func TestEntries(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("home")) })
	mux.HandleFunc("/thing/{id}", func(w http.ResponseWriter, r *http.Request) {
		SetProject(r.Context(), "p")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusCreated)
		w.WriteHeader(http.StatusAccepted) // too late
	})
	mux.HandleFunc("GET /project/{project}/live", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("Flush: %v", err)
		}
	})
	mux.HandleFunc("GET /project/{project}/none", http.NotFound)
	mux.HandleFunc("/", http.NotFound)
	for path, want := range map[string]Entry{
		"/":               {Route: "/", Status: 200, Bytes: 4},
		"/thing/7":        {Route: "/thing/{id}", Status: 201, Project: "p"},
		"/project/x/live": {Route: "/project/{project}/live", Status: 200, Project: "x", Stream: true},
		"/project/x/none": {Route: "/project/{project}/none", Status: 404, Bytes: 19},
		"/elsewhere":      {Route: Other, Status: 404, Bytes: 19},
		"/bare":           {Route: Other, Status: 200},
	} {
		o := &observer{}
		host := http.NewServeMux()
		host.Handle("/{of_host...}", Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/bare" {
				mux.ServeHTTP(w, r)
			}
		}), slog.New(slog.DiscardHandler), o))
		host.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if o.began != 1 || len(o.ended) != 1 {
			t.Fatalf("%s: %+v", path, o)
		}
		got := o.ended[0]
		if got.Duration <= 0 {
			t.Errorf("%s took %v", path, got.Duration)
		}
		if got.Duration, want.Method = 0, "GET"; got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
}

// TestPanics are answered if nothing is sent yet, else the answer is cut off.
func TestPanics(t *testing.T) {
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		logged  string
		aborts  bool
	}{
		"before the answer": {func(http.ResponseWriter, *http.Request) { panic("oh") }, "error=oh", false},
		"within it": {func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte("half"))
			panic(errors.New("oh"))
		}, "error=oh", true},
		"on purpose": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "", true},
	} {
		var logged bytes.Buffer
		o := &observer{}
		w := httptest.NewRecorder()
		aborted := func() (v any) {
			defer func() { v = recover() }()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x?token=secret", nil)
			r.Header.Set("X-Request-Id", "an-id")
			Wrap(test.handler, Logger(slog.New(slog.NewTextHandler(&logged, nil))), o).ServeHTTP(w, r)
			return nil
		}()
		if (aborted != nil) != test.aborts || aborted != nil && aborted != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
			t.Errorf("%s: panicked with %v", name, aborted)
		}
		if !test.aborts && w.Code != http.StatusInternalServerError || len(o.ended) != 1 {
			t.Errorf("%s: %d, %+v", name, w.Code, o.ended)
		}
		if text := logged.String(); !strings.Contains(text, test.logged) || (text == "") != (test.logged == "") || text != "" && !strings.Contains(text, "request=an-id") || strings.Contains(text, "secret") {
			t.Errorf("%s: logged %s", name, text)
		}
	}
}

// TestLogger adds the id to lines of a request alone, also below WithGroup and With.
func TestLogger(t *testing.T) {
	var b bytes.Buffer
	log := Logger(slog.New(slog.NewTextHandler(&b, nil)))
	ctx := context.WithValue(t.Context(), contextKey{}, &request{id: "x1"})
	log.InfoContext(ctx, "a")
	log.With("k", "v").InfoContext(ctx, "b")
	log.InfoContext(t.Context(), "c")
	if ID(ctx) != "x1" || ID(t.Context()) != "" {
		t.Error("ID")
	}
	lines := strings.Split(b.String(), "\n")
	if !strings.HasSuffix(lines[0], "msg=a request=x1") || !strings.HasSuffix(lines[1], "msg=b k=v request=x1") || !strings.HasSuffix(lines[2], "msg=c") {
		t.Errorf("%s", b.String())
	}
	SetProject(t.Context(), "outside of a request: nothing")
}
