//go:build !noui

package server_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server"
)

// TestLive listens to the live page while traces come by both ways.
func TestLive(t *testing.T) {
	srv := newServer(t, server.Config{Open: true})
	c := serve(t, srv, "/ls")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+"/project/one/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	events := bufio.NewScanner(res.Body)
	next := func() string {
		for events.Scan() {
			if data, ok := strings.CutPrefix(events.Text(), "data: "); ok {
				return data
			}
		}
		t.Fatalf("the stream has ended: %v", events.Err())
		return ""
	}
	if !events.Scan() { // the subscription stands once the first line is there
		t.Fatal(events.Err())
	}
	c.send(t, event("trace-create", "wire", map[string]any{"id": "by-wire"}))
	if got := next(); got != `["by-wire"]` {
		t.Errorf("after a trace by HTTP: %s", got)
	}
	if err := srv.Exporter("").Export(t.Context(), []exporter.Record{record("elsewhere", 1)}); err != nil {
		t.Fatal(err)
	}
	if err := srv.Exporter("one").Export(t.Context(), []exporter.Record{record("in-process", 1)}); err != nil {
		t.Fatal(err)
	}
	if got := next(); got != `["in-process"]` {
		t.Errorf("after a trace in process, and one of another project: %s", got)
	}
}

// deadlines is a response that notes the deadlines it is given, and fails as a page that reads nothing does.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

func (d *deadlines) Write([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func (d *deadlines) WriteString(string) (int, error) { return 0, os.ErrDeadlineExceeded }

// TestLiveDeadline gives up a page that reads nothing.
func TestLiveDeadline(t *testing.T) {
	srv := newServer(t, server.Config{Authorize: func(*http.Request) (server.Viewer, error) { return server.Viewer{}, nil }})
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	srv.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/project/default/live", nil))
	if len(w.set) != 1 || w.set[0].IsZero() || time.Until(w.set[0]) > 10*time.Second {
		t.Errorf("deadlines %v", w.set)
	}
}
