package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/catalog"
)

// listen opens the stream of events. Its function reads the next one, as its lines.
func (c client) listen(t *testing.T) (next func() string, res *http.Response) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.base+"/api/public/prompt-events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(c.public, c.secret)
	until(t, "an answer", func() bool { // a server's ReadTimeout may have passed before the request was sent
		if res, err = http.DefaultClient.Do(r); err != nil {
			t.Log(err)
		}
		return err == nil
	})
	t.Cleanup(func() { res.Body.Close() })
	lines := bufio.NewScanner(res.Body)
	return func() string {
		var event []string
		for lines.Scan() && lines.Text() != "" {
			event = append(event, lines.Text())
		}
		return strings.Join(event, "\n")
	}, res
}

// move puts the label production on a version.
func (c client) move(t *testing.T, name string, version int) {
	t.Helper()
	path := fmt.Sprintf("/api/public/v2/prompts/%s/versions/%d", name, version)
	if status, text, _ := c.do(t, http.MethodPatch, path, `{"newLabels":["production"]}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
}

func TestPromptEvents(t *testing.T) {
	srv := newServer(t, server.Config{})
	ts := httptest.NewUnstartedServer(srv.Handler())
	ts.Config.ReadTimeout, ts.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond // the stream outlives both
	ts.Start()
	t.Cleanup(ts.Close)
	c := serve(t, srv, "") // for requests: on a busy machine those take longer than that
	other := project(t, srv, c.base, "two")
	next, res := client{ts.URL, c.public, c.secret}.listen(t)
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("%d %s", res.StatusCode, got)
	}
	var hello struct {
		Epoch string
		Seq   int64
	}
	kind, data, _ := strings.Cut(next(), "\ndata: ")
	if err := json.Unmarshal([]byte(data), &hello); err != nil || kind != "id: 0\nevent: hello" || hello.Epoch == "" || hello.Seq != 0 {
		t.Fatalf("%q %q", kind, data)
	}
	const create = `{"name":"a\nb","prompt":"x","labels":["production"]}`
	other.run(t, []step{{"POST", "v2/prompts", create, 201, ""}})
	timer := time.NewTimer(300 * time.Millisecond)
	<-timer.C
	c.run(t, []step{{"POST", "v2/prompts", create, 201, ""}})
	if got, want := next(), "id: 1\nevent: prompt\ndata: {\"name\":\"a\\nb\",\"change\":\"version\",\"seq\":1}"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	res.Body.Close()
	next, _ = c.listen(t)
	if got, want := next(), fmt.Sprintf("id: 1\nevent: hello\ndata: {\"epoch\":%q,\"seq\":1}", hello.Epoch); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if status, _, _ := (client{base: c.base}).do(t, http.MethodGet, "/api/public/prompt-events", nil); status != http.StatusUnauthorized {
		t.Errorf("without a key: %d", status)
	}
}

func TestShutdownEndsPromptEvents(t *testing.T) {
	srv := newServer(t, server.Config{Addr: "127.0.0.1:0"})
	if err := srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	next, res := project(t, srv, srv.URL(), "one").listen(t)
	next()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown beside a stream of events: %v", err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Errorf("the stream was cut off: %v", err)
	}
}

// TestMovedLabelIsLive has clients of both kinds see a moved label within a second.
func TestMovedLabelIsLive(t *testing.T) {
	srv := newServer(t, server.Config{})
	c := serve(t, srv, "/ls")
	for range 2 {
		c.run(t, []step{{"POST", "v2/prompts", `{"name":"part","prompt":"v"}`, 201, ""}})
	}
	c.move(t, "part", 1)
	c.run(t, []step{{"POST", "v2/prompts", `{"name":"whole","prompt":"@@@langfusePrompt:name=part|label=production@@@","labels":["production"]}`, 201, ""}})
	for how, cfg := range map[string]langshark.Config{
		"by HTTP":    {Host: c.base, PublicKey: c.public, SecretKey: c.secret},
		"in process": {Prompts: srv.Prompts("one")},
	} {
		cfg.Exporter = srv.Exporter("one")
		client, err := langshark.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := client.Shutdown(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
		version := func() int {
			p, err := client.Prompt(t.Context(), "part")
			if err != nil {
				t.Fatal(err)
			}
			return p.Version()
		}
		if got := version(); got != 1 {
			t.Fatalf("%s: version %d at first", how, got)
		}
		until(t, how+": watching", func() bool { return client.Stats().Prompts.Watching })
		for _, want := range []int{2, 1} {
			begin := time.Now()
			c.move(t, "part", want)
			until(t, how+": the moved label", func() bool { return version() == want })
			t.Logf("%s: a moved label was live after %v", how, time.Since(begin))
		}
		if _, err := client.Prompt(t.Context(), "none"); !errors.Is(err, langshark.ErrPromptNotFound) {
			t.Errorf("%s: no prompt: %v", how, err)
		}
		if p, err := client.Prompt(t.Context(), "whole"); err != nil || p.Text() != "v" {
			t.Errorf("%s: a reference: %+v, %v", how, p, err)
		}
	}
}

// until waits for something to come true: not for as long as clients keep a prompt without a word of a change.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}

// TestPromptSource compares what it gives with what the API answers.
func TestPromptSource(t *testing.T) {
	srv := newServer(t, server.Config{})
	c := serve(t, srv, "")
	c.run(t, []step{
		{"POST", "v2/prompts", `{"name":"p","prompt":"<x> & y","labels":["production"]}`, 201, ""},
		{"PUT", "prompt-experiments/e", `{"prompt":"p","variants":[{"name":"x","version":1,"weight":1}]}`, 200, ""},
	})
	source := srv.Prompts("one")
	for path, r := range map[string]langshark.PromptRequest{
		"v2/prompts/p":                  {Name: "p", Label: "production"},
		"v2/prompts/p?version=1":        {Name: "p", Version: 1},
		"prompt-experiments/e?prompt=p": {Name: "p", Experiment: "e"},
	} {
		_, text, header := c.do(t, http.MethodGet, "/api/public/"+path, nil)
		got, err := source.FetchPrompt(t.Context(), r)
		if err != nil || string(got.Body) != text || got.ETag != header.Get("ETag") {
			t.Errorf("%s: %s %s, %v; want %s", path, got.ETag, got.Body, err, text)
		}
		r.ETag = got.ETag
		if again, err := source.FetchPrompt(t.Context(), r); err != nil || !again.NotModified || again.Body != nil || again.ETag != got.ETag {
			t.Errorf("%s: again %+v, %v", path, again, err)
		}
		r.Name = "none"
		if _, err := source.FetchPrompt(t.Context(), r); !errors.Is(err, langshark.ErrPromptNotFound) {
			t.Errorf("%s: none: %v", path, err)
		}
	}
}

// TestPromptIdentity tells projects of one id on two servers apart, so that no snapshot of one is read by the other.
func TestPromptIdentity(t *testing.T) {
	identity := func(srv *server.Server, project string) string {
		i, _ := srv.Prompts(project).(langshark.PromptIdentifier)
		return i.PromptIdentity()
	}
	one, other := newServer(t, server.Config{}), newServer(t, server.Config{})
	if _, err := one.AddProject(t.Context(), "second"); err != nil {
		t.Fatal(err)
	}
	id := identity(one, "")
	if id == "" || id != identity(one, server.DefaultProject) || id == identity(other, "") || id == identity(one, "second") {
		t.Errorf("%q, %q, %q", id, identity(other, ""), identity(one, "second"))
	}
	if none := identity(one, "none"); none != "" {
		t.Errorf("a project that isn't there is %q", none)
	}
}

// TestClientAndServerDealAlike has the client give units the versions that the server's ranges say.
func TestClientAndServerDealAlike(t *testing.T) {
	srv := newServer(t, server.Config{})
	c := serve(t, srv, "")
	c.run(t, []step{
		{"POST", "v2/prompts", `{"name":"p","prompt":"one"}`, 201, ""},
		{"POST", "v2/prompts", `{"name":"p","prompt":"two"}`, 201, ""},
		{"POST", "v2/prompts", `{"name":"p","prompt":"three","labels":["production"]}`, 201, ""},
		{"PUT", "prompt-experiments/e", `{"prompt":"p","variants":[{"name":"a","version":1,"weight":6000},{"name":"b","version":2,"weight":1000}]}`, 200, ""},
		{"PUT", "prompt-experiments/e", `{"prompt":"p","variants":[{"name":"a","version":1,"weight":3000},{"name":"b","version":2,"weight":3000}]}`, 200, ""},
	})
	var x struct {
		Salt   string
		Ranges []struct {
			From, To int
			Variant  string
		}
	}
	_, text, _ := c.do(t, http.MethodGet, "/api/public/prompt-experiments/e?prompt=p", nil)
	if err := json.Unmarshal([]byte(text), &x); err != nil || len(x.Ranges) < 2 {
		t.Fatalf("%s, %v", text, err)
	}
	client, err := langshark.New(langshark.Config{Prompts: srv.Prompts("one"), Exporter: srv.Exporter("one")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	seen := map[string]int{}
	for i := range 300 {
		unit := fmt.Sprint("사용자-", i)
		p, err := client.Prompt(t.Context(), "p", langshark.InExperiment("e", unit))
		if err != nil {
			t.Fatal(err)
		}
		variant, version, bucket := "", 3, catalog.Bucket(x.Salt, unit)
		for _, r := range x.Ranges {
			if r.From <= bucket && bucket < r.To {
				variant, version = r.Variant, map[string]int{"a": 1, "b": 2}[r.Variant]
			}
		}
		if _, got := p.Experiment(); got != variant || p.Version() != version {
			t.Fatalf("%s in bucket %d: version %d of variant %q, want %d of %q", unit, bucket, p.Version(), got, version, variant)
		}
		seen[variant]++
	}
	if len(seen) != 3 {
		t.Errorf("%v: some are in no range", seen)
	}
}
