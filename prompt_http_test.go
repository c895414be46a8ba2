package langshark_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/memory"
)

// promptServer speaks the API's part about prompts.
type promptServer struct {
	*httptest.Server

	mu      sync.Mutex
	text    string
	asked   []string
	etags   int
	status  int // instead of an answer
	events  chan string
	streams atomic.Int64
}

func servePrompts(t *testing.T) *promptServer {
	t.Helper()
	s := &promptServer{text: "one", events: make(chan string)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *promptServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if public, secret, _ := r.BasicAuth(); public != "pk" || secret != "sk" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.URL.Path == "/api/public/prompt-events" {
		s.stream(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.EscapedPath()+"?"+r.URL.RawQuery)
	if s.status != 0 {
		http.Error(w, `{"message":"no such thing","error":"Refused"}`, s.status)
		return
	}
	etag := fmt.Sprintf("%q", s.text)
	if r.Header.Get("If-None-Match") == etag {
		s.etags++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("ETag", etag)
	version := cmp.Or(r.URL.Query().Get("version"), "1")
	fmt.Fprintf(w, `{"name":%q,"version":%s,"prompt":%q}`, strings.TrimPrefix(r.URL.Path, "/api/public/v2/prompts/"), version, s.text)
}

func (s *promptServer) stream(w http.ResponseWriter, r *http.Request) {
	s.streams.Add(1)
	fmt.Fprint(w, ": hi\n\nevent: hello\ndata: {\"epoch\":\"e\",\"seq\":0}\n\n")
	_ = http.NewResponseController(w).Flush()
	for {
		select {
		case e := <-s.events:
			if e == "" {
				return
			}
			fmt.Fprint(w, e)
			_ = http.NewResponseController(w).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

func (s *promptServer) set(text string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text, s.status = text, status
}

func (s *promptServer) client(t *testing.T, change func(*langshark.Config)) *langshark.Client {
	t.Helper()
	cfg := langshark.Config{
		Host: s.URL, PublicKey: "pk", SecretKey: "sk", Exporter: memory.New(), OnError: func(error) {}, Logger: slog.New(slog.DiscardHandler),
		PromptTimeout: time.Minute, // a busy machine takes its time to answer
	}
	if change != nil {
		change(&cfg)
	}
	c, err := langshark.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Shutdown(context.Background()) }) // which waits until the file is written
	return c
}

// eventually waits until the prompt reads so.
func eventually(t *testing.T, c *langshark.Client, name, wanted string) time.Duration {
	t.Helper()
	begun := time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if got := textOf(c.Prompt(t.Context(), name)); got == wanted {
			break
		} else if time.Since(begun) > time.Minute {
			t.Fatalf("it reads %q, not %q", got, wanted)
		}
	}
	return time.Since(begun)
}

func TestPromptsByHTTP(t *testing.T) {
	s := servePrompts(t)
	off := false
	c := s.client(t, func(cfg *langshark.Config) { cfg.PromptPush = &off })
	name := "폴더/a b?c%2F#d"
	want(t, textOf(c.Prompt(t.Context(), name)), "one")
	want(t, textOf(c.Prompt(t.Context(), name, langshark.AtLabel("a&b"))), "one")
	want(t, textOf(c.Prompt(t.Context(), name, langshark.AtVersion(7))), "one")
	path := "/api/public/v2/prompts/%ED%8F%B4%EB%8D%94%2Fa%20b%3Fc%252F%23d?"
	if got := strings.Join(s.asked, "\n"); got != path+"label=production\n"+path+"label=a%26b\n"+path+"version=7" {
		t.Errorf("asked for\n%s", got)
	}
	want(t, textOf(c.Prompt(t.Context(), name, langshark.WithTTL(0))), "one")
	if s.etags != 1 || c.Stats().Prompts.Unchanged != 1 || s.streams.Load() != 0 {
		t.Errorf("%d answers 304, %d streams", s.etags, s.streams.Load())
	}
}

func TestPromptErrorsByHTTP(t *testing.T) {
	s, off := servePrompts(t), false
	c := s.client(t, func(cfg *langshark.Config) { cfg.PromptPush = &off })
	var refused *langshark.APIError
	s.set("", http.StatusNotFound)
	if _, err := c.Prompt(t.Context(), "a"); !errors.Is(err, langshark.ErrPromptNotFound) || !errors.As(err, &refused) || refused.Message != "no such thing" {
		t.Errorf("%v", err)
	}
	s.set("", http.StatusForbidden)
	if _, err := c.Prompt(t.Context(), "b"); !errors.As(err, &refused) || refused.StatusCode != http.StatusForbidden || len(s.asked) != 2 {
		t.Errorf("%v after %q", err, s.asked)
	}
	s.set("", http.StatusBadGateway)
	if _, err := c.Prompt(t.Context(), "c"); !errors.As(err, &refused) || refused.StatusCode != http.StatusBadGateway || len(s.asked) != 5 {
		t.Errorf("%v after %q", err, s.asked)
	}
}

func TestAMovedLabelArrivesAtOnce(t *testing.T) {
	s := servePrompts(t)
	c := s.client(t, nil)
	want(t, textOf(c.Prompt(t.Context(), "n")), "one")
	eventuallyTrue(t, func() bool { return c.Stats().Prompts.Watching })
	eventually(t, c, "n", "one")
	s.set("two", 0)
	s.events <- "id: 1\nevent: prompt\ndata: {\"name\":\"n\",\"seq\":1}\n\n"
	eventually(t, c, "n", "two")
	s.set("three", 0)
	s.events <- "" // the connection ends, and after the next the sequence says that something was missed
	eventuallyTrue(t, func() bool { return s.streams.Load() == 2 })
	eventually(t, c, "n", "three")
}

// eventuallyTrue waits for a minute at most.
func eventuallyTrue(t *testing.T, is func() bool) {
	t.Helper()
	tick, late := time.NewTicker(time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("it never came")
		}
	}
}

func TestSnapshotOfPrompts(t *testing.T) {
	s := servePrompts(t)
	file := filepath.Join(t.TempDir(), "sub", "prompts.json")
	keep := func(cfg *langshark.Config) { cfg.PromptSnapshot = file }
	c := s.client(t, keep)
	want(t, textOf(c.Prompt(t.Context(), "n")), "one")
	if err := c.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	s.set("two", http.StatusBadGateway)
	c = s.client(t, keep)
	p, err := c.Prompt(t.Context(), "n")
	if err != nil || p.Text() != "one" || p.Origin() != langshark.PromptSaved || p.FetchedAt().IsZero() {
		t.Fatalf("%+v, %v", p, err)
	}
	s.set("two", 0)
	_ = c.Shutdown(t.Context())
	c = s.client(t, keep)
	eventually(t, c, "n", "two")
	other := s.client(t, func(cfg *langshark.Config) { keep(cfg); cfg.Host += "/" })
	s.set("two", http.StatusBadGateway)
	if _, err := other.Prompt(t.Context(), "n"); err == nil {
		t.Error("another server's prompts were used")
	}
}

// TestProcessesShareASnapshot has each keep what the other has written.
func TestProcessesShareASnapshot(t *testing.T) {
	s := servePrompts(t)
	file := filepath.Join(t.TempDir(), "prompts.json")
	keep := func(cfg *langshark.Config) { cfg.PromptSnapshot = file }
	first, second := s.client(t, keep), s.client(t, keep)
	want(t, textOf(first.Prompt(t.Context(), "a")), "one")
	want(t, textOf(second.Prompt(t.Context(), "b")), "one")
	_ = first.Shutdown(t.Context())
	_ = second.Shutdown(t.Context())
	s.set("", http.StatusBadGateway)
	third := s.client(t, keep)
	want(t, textOf(third.Prompt(t.Context(), "a")), "one")
	want(t, textOf(third.Prompt(t.Context(), "b")), "one")
}

func TestASnapshotThatIsTooOldSaysSo(t *testing.T) {
	s := servePrompts(t)
	file := filepath.Join(t.TempDir(), "prompts.json")
	data := fmt.Sprintf(`{"format":1,"host":%q,"publicKey":"pk","prompts":[
		{"name":"n","label":"production","checkedAt":"2020-01-02T03:04:05Z","body":{"name":"n","version":1,"prompt":"old"}},
		{"name":"broken","label":"production","body":{"prompt":1}}]}`, s.URL)
	if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	var told atomic.Bool
	onError := func(err error) {
		if strings.Contains(err.Error(), "PromptMaxStale") {
			told.Store(true)
		}
	}
	c := s.client(t, func(cfg *langshark.Config) { cfg.PromptSnapshot, cfg.OnError = file, onError })
	want(t, textOf(c.Prompt(t.Context(), "n")), "old") // nobody waits, though the server is there
	eventually(t, c, "n", "one")
	_ = c.Shutdown(t.Context())

	if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	s.set("", http.StatusForbidden)
	told.Store(false)
	c = s.client(t, func(cfg *langshark.Config) { cfg.PromptSnapshot, cfg.OnError = file, onError })
	want(t, textOf(c.Prompt(t.Context(), "n")), "old")
	if c.Stats().Prompts.TooOld != 1 {
		t.Errorf("%+v", c.Stats().Prompts)
	}
	eventuallyTrue(t, told.Load)
}

func TestADamagedSnapshotIsReported(t *testing.T) {
	s := servePrompts(t)
	file := filepath.Join(t.TempDir(), "prompts.json")
	if err := os.WriteFile(file, []byte(`{"format":`), 0o600); err != nil {
		t.Fatal(err)
	}
	told := make(chan error, 10)
	c := s.client(t, func(cfg *langshark.Config) { cfg.PromptSnapshot = file; cfg.OnError = func(err error) { told <- err } })
	want(t, textOf(c.Prompt(t.Context(), "n")), "one")
	if err := <-told; !strings.Contains(err.Error(), "damaged") {
		t.Errorf("%v", err)
	}
	eventuallyTrue(t, func() bool {
		b, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(b), `"one"`)
	})
}

func TestAServerThatTellsNothing(t *testing.T) {
	var events atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "prompt-events") {
			events.Add(1)
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, `{"name":"n","version":1,"prompt":"x"}`)
	}))
	defer s.Close()
	c := prompts(t, nil, func(cfg *langshark.Config) { cfg.Host, cfg.PublicKey, cfg.SecretKey = s.URL, "pk", "sk" })
	want(t, textOf(c.Prompt(t.Context(), "n")), "x")
	eventuallyTrue(t, func() bool { return events.Load() == 1 })
	if c.Stats().Prompts.Watching {
		t.Error("it is said to watch")
	}
}
