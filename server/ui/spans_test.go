//go:build !noui

package ui

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestSpansAreTheTree(t *testing.T) {
	_, body := get(t, newHandler(seeded(time.Now())), "/project/p1/traces/"+supportID+"/spans")
	var got spans
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Spans) != 9 || got.End != 4820 || got.Running || got.Trace.Name != "support-chat" || got.Trace.Time != "4.82s" {
		t.Fatalf("got %+v", got)
	}
	answer := got.Spans[8]
	if answer.Kind != "generation" || answer.Start != 2200 || *answer.Duration != 2560 || *answer.First != 690 || answer.Time != "2.56s" || answer.Parent != supportID+"a1" {
		t.Errorf("answer is %+v", answer)
	}
	if warn := got.Spans[6]; warn.Level != "warning" {
		t.Errorf("level %q", warn.Level)
	}
}

func TestRunningSpansHaveNoDuration(t *testing.T) {
	start := time.Now().Add(-10 * time.Second)
	d := runningTrace("r", start)
	got := newSpans(newHandlerPage(), &d, start.Add(7*time.Second))
	if !got.Running || got.Spans[0].Duration != nil || got.End != 7000 || got.Trace.Duration != nil {
		t.Errorf("got %+v", got)
	}
}

func TestLiveTellsOfChanges(t *testing.T) {
	f := seeded(time.Now())
	s := httptest.NewServer(newHandler(f))
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/project/p1/live?trace=wanted", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q", got)
	}
	lines := bufio.NewScanner(res.Body)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "retry:") {
		t.Fatalf("first line %q", lines.Text())
	}
	f.add(simpleTrace(1, time.Now()))
	f.add(runningTrace("wanted", time.Now()))
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if data != `["wanted"]` {
				t.Errorf("told of %s", data)
			}
			return
		}
	}
	t.Fatal("the stream ended without a word: ", lines.Err())
}
