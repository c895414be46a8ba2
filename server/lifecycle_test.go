package server_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/exportertest"
	"github.com/langshark/langshark-go/exporter/ingestion"
	"github.com/langshark/langshark-go/server"
)

// TestStart serves on a free port, and nothing after Shutdown.
func TestStart(t *testing.T) {
	srv := newServer(t, server.Config{Addr: "127.0.0.1:0"})
	if srv.URL() != "" {
		t.Errorf("an address before Start: %q", srv.URL())
	}
	if err := srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := srv.Start(t.Context()); err == nil {
		t.Error("Start twice succeeded")
	}
	c := project(t, srv, srv.URL(), "one")
	c.send(t, event("trace-create", "t", map[string]any{"id": "t"}))
	for range 2 {
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+"/api/public/health", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := http.DefaultClient.Do(r); err == nil {
		res.Body.Close()
		t.Error("answers after Shutdown")
	}
	if err := srv.Exporter("").Export(t.Context(), []exporter.Record{record("t", 1)}); err == nil {
		t.Error("exports after Shutdown")
	}
}

// TestTemporaryData is gone after Shutdown, a folder's is there again.
func TestTemporaryData(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	srv := newServer(t, server.Config{})
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Skipf("the system doesn't use TMPDIR: %v, %v", left, err)
	}
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left in the temporary folder: %v, %v", left, err)
	}

	data := t.TempDir()
	first := newServer(t, server.Config{DataDir: data})
	c := serve(t, first, "")
	c.send(t, event("trace-create", "t", map[string]any{"id": "t", "name": "kept"}))
	if err := first.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := newServer(t, server.Config{DataDir: data})
	ts := httptest.NewServer(again.Handler())
	defer ts.Close()
	back := client{ts.URL, c.public, c.secret}
	if got := back.object(t, "/api/public/traces/t")["name"]; got != "kept" {
		t.Errorf("after a restart the name is %v", got)
	}
}

func record(trace string, n int) exporter.Record {
	at := time.Date(2026, 1, 2, 3, 4, n, 0, time.UTC)
	return exporter.Record{EventID: fmt.Sprintf("%s-%d", trace, n), Time: at, Observation: &exporter.Observation{
		ID: fmt.Sprintf("%s-%d", trace, n), TraceID: trace, Name: "step", Start: at, End: at.Add(time.Second), Attributes: &exporter.Attributes{},
	}}
}

// TestExporter runs the suite of exporters, which poisons what it lent.
func TestExporter(t *testing.T) {
	want := newServer(t, server.Config{})
	if err := want.Exporter("").Export(t.Context(), exportertest.Records()); err != nil {
		t.Fatal(err)
	}
	expected := everything(t, want)
	if len(expected) < 1000 {
		t.Fatalf("the records come to no more than %s", expected)
	}
	exportertest.Run(t, func(t *testing.T) exportertest.Subject {
		t.Helper()
		srv := newServer(t, server.Config{})
		return exportertest.Subject{Exporter: srv.Exporter(""), Check: func(t *testing.T) {
			t.Helper()
			if got := everything(t, srv); got != expected {
				t.Errorf("stored %s\nwant   %s", got, expected)
			}
		}}
	})
}

// everything is all that can be read of the first project.
func everything(t *testing.T, srv *server.Server) string {
	t.Helper()
	p, err := srv.AddKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv.Handler())
	defer ts.Close()
	return readAll(t, client{ts.URL, p.PublicKey, p.SecretKey})
}

// readAll is all that a client can read, without what depends on the time of arrival or the project.
func readAll(t *testing.T, c client) string {
	t.Helper()
	var parts []any
	for _, path := range []string{"/traces", "/observations", "/sessions"} {
		list := c.object(t, "/api/public"+path)
		parts = append(parts, list)
		if path == "/traces" {
			for _, trace := range list["data"].([]any) {
				parts = append(parts, c.object(t, "/api/public/traces/"+trace.(map[string]any)["id"].(string)))
			}
		}
	}
	b, err := json.Marshal(withoutArrival(parts))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func withoutArrival(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = withoutArrival(v[i])
		}
	case map[string]any:
		for _, k := range []string{"createdAt", "updatedAt", "projectId", "htmlPath"} {
			delete(v, k)
		}
		if _, isScore := v["dataType"]; isScore {
			delete(v, "timestamp")
		}
		for k := range v {
			v[k] = withoutArrival(v[k])
		}
	}
	return v
}

// TestExporterEqualsWire sends the same records in process and by HTTP, and compares what is read back.
func TestExporterEqualsWire(t *testing.T) {
	srv := newServer(t, server.Config{})
	wire := serve(t, srv, "")
	inProcess := project(t, srv, wire.base, "two")
	if err := srv.Exporter("two").Export(t.Context(), exportertest.Records()); err != nil {
		t.Fatal(err)
	}
	e, err := ingestion.New(ingestion.Config{Host: wire.base, PublicKey: wire.public, SecretKey: wire.secret})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t.Context(), exportertest.Records()); err != nil {
		t.Fatal(err)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if a, b := readAll(t, inProcess), readAll(t, wire); a != b {
		t.Errorf("in process %s\nby wire    %s", a, b)
	}
}

// TestUnknownProject says so at the export.
func TestUnknownProject(t *testing.T) {
	srv := newServer(t, server.Config{})
	if err := srv.Exporter("none").Export(t.Context(), []exporter.Record{record("t", 1)}); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("export to an unknown project: %v", err)
	}
	if _, err := srv.AddProject(t.Context(), "  "); err == nil {
		t.Error("a project without a name")
	}
	if _, err := srv.AddProject(t.Context(), server.DefaultProject); !errors.Is(err, server.ErrExists) {
		t.Errorf("the default project again: %v", err)
	}
	a, errA := srv.AddProject(t.Context(), "A b")
	b, errB := srv.AddProject(t.Context(), "a-B")
	if errA != nil || errB != nil || a.ID == b.ID {
		t.Errorf("names that make the same id: %q, %q, %v, %v", a.ID, b.ID, errA, errB)
	}
}

// TestBusy fills the queue of writes: some are refused with 429 and accepted when they come again, and all that was
// accepted is there. Another connection holds the file's write lock until the first is refused.
func TestBusy(t *testing.T) {
	dir := t.TempDir()
	srv := newServer(t, server.Config{MaxPendingWrites: 4, DataDir: dir})
	c := serve(t, srv, "")
	var wg sync.WaitGroup
	var once sync.Once
	unlock := lockStore(t, dir)
	defer once.Do(unlock)
	var refused atomic.Int64
	const requests = 60
	for i := range requests {
		wg.Go(func() {
			for {
				status, text, header := c.do(t, http.MethodPost, "/api/public/ingestion", map[string]any{"batch": []any{
					event("span-create", fmt.Sprint(i, "a"), map[string]any{"id": fmt.Sprint(i, "a"), "traceId": "t"}),
					event("span-create", fmt.Sprint(i, "b"), map[string]any{"id": fmt.Sprint(i, "b"), "traceId": "t"}),
				}})
				switch {
				case status == http.StatusMultiStatus:
					return
				case status == http.StatusTooManyRequests && header.Get("Retry-After") == "1":
					refused.Add(1)
					once.Do(unlock)
				default:
					t.Errorf("%d %s", status, text)
					return
				}
			}
		})
	}
	wg.Wait()
	if refused.Load() == 0 {
		t.Error("none was refused")
	}
	if n := len(c.object(t, "/api/public/traces/t")["observations"].([]any)); n != 2*requests {
		t.Errorf("%d observations stored, %d accepted", n, 2*requests)
	}
}

// lockStore keeps the server from writing until the function it returns is called.
func lockStore(t *testing.T, dir string) (unlock func()) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the store's file: %q, %v", files, err)
	}
	db, err := sql.Open("sqlite", files[0])
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(tx.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestShutdownCutsOff ends beside a request whose body never ends, when ctx does.
func TestShutdownCutsOff(t *testing.T) {
	srv := newServer(t, server.Config{Addr: "127.0.0.1:0"})
	if err := srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := project(t, srv, srv.URL(), "one")
	body, writer := io.Pipe()
	defer writer.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.base+"/api/public/ingestion", body)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(c.public, c.secret)
	ended := make(chan error, 1)
	go func() {
		res, err := http.DefaultClient.Do(r)
		if err == nil {
			res.Body.Close()
		}
		ended <- err
	}()
	if _, err := io.WriteString(writer, `{"batch":`); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) //nolint:forbidigo // the server says nothing until it has the whole body
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := srv.Shutdown(ctx); err != nil || time.Since(began) > 30*time.Second {
		t.Errorf("Shutdown after %v: %v", time.Since(began), err)
	}
	writer.CloseWithError(io.ErrUnexpectedEOF)
	<-ended
}

// TestReadsAfterShutdown say that the server has gone, and log no error.
func TestReadsAfterShutdown(t *testing.T) {
	var logged bytes.Buffer
	srv := newServer(t, server.Config{Logger: slog.New(slog.NewTextHandler(&logged, nil)), Authorize: func(*http.Request) (server.Viewer, error) { return server.Viewer{}, nil }})
	c := serve(t, srv, "")
	if err := srv.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/public/traces", "/api/public/traces/t", "/api/public/sessions", "/project/default/traces"} {
		if status, text, _ := c.do(t, http.MethodGet, path, nil); status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	if strings.Contains(logged.String(), "ERROR") {
		t.Errorf("logged %s", logged.String())
	}
}

// TestDataFile is nobody else's to read, also in a folder that is.
func TestDataFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // as a folder that was there before
		t.Fatal(err)
	}
	newServer(t, server.Config{DataDir: dir})
	list, err := os.ReadDir(dir)
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, e := range list {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
	}
}

// TestShutdownEndsLivePages does not wait for pages that listen.
func TestShutdownEndsLivePages(t *testing.T) {
	srv := newServer(t, server.Config{Addr: "127.0.0.1:0", Open: true})
	if err := srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL()+"/project/default/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown beside a live page: %v", err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Errorf("the page was cut off: %v", err)
	}
}
