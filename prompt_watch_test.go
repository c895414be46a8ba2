package langshark_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
)

// TestAStreamOutlivesTheTimeoutOfRequests has an HTTPClient with one, as many applications do.
func TestAStreamOutlivesTheTimeoutOfRequests(t *testing.T) {
	s := servePrompts(t)
	c := s.client(t, func(cfg *langshark.Config) { cfg.HTTPClient = &http.Client{Timeout: 200 * time.Millisecond} })
	want(t, textOf(c.Prompt(t.Context(), "n")), "one")
	eventuallyTrue(t, func() bool { return c.Stats().Prompts.Watching })
	<-time.After(600 * time.Millisecond)
	s.set("two", 0)
	s.events <- "event: prompt\ndata: {\"name\":\"n\",\"seq\":1}\n\n"
	eventually(t, c, "n", "two")
	if n := s.streams.Load(); n != 1 {
		t.Errorf("%d streams", n)
	}
}

func TestItWatchesAgainThoughNothingWasMissed(t *testing.T) {
	s := servePrompts(t)
	c := s.client(t, nil)
	want(t, textOf(c.Prompt(t.Context(), "n")), "one")
	eventuallyTrue(t, func() bool { return c.Stats().Prompts.Watching })
	want(t, textOf(c.Prompt(t.Context(), "n")), "one")
	s.events <- ""
	eventuallyTrue(t, func() bool { return s.streams.Load() == 2 })
	eventuallyTrue(t, func() bool { return c.Stats().Prompts.Watching })
	fetches := c.Stats().Prompts.Fetches
	want(t, textOf(c.Prompt(t.Context(), "n")), "one")
	if n := c.Stats().Prompts.Fetches; n != fetches {
		t.Error("it was fetched anew, and nothing was missed")
	}
}

// cutOff is a hub whose connections end after a time.
type cutOff struct {
	*hub
	after time.Duration

	mu    sync.Mutex
	times []time.Time // when they began and ended
}

func (s *cutOff) WatchPrompts(ctx context.Context, changed func(string)) error {
	note := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.times = append(s.times, time.Now())
	}
	note()
	changed("")
	timer := time.NewTimer(s.after)
	defer timer.Stop()
	select {
	case <-timer.C:
		note()
		return errors.New("cut off")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestAStreamThatIsCutComesBackSoon has a balancer that lets none live for long, and a server that greets and hangs up.
func TestAStreamThatIsCutComesBackSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &cutOff{hub: newHub(map[string]string{"a@production": "one"}), after: 2 * time.Second}
		c := prompts(t, s, nil)
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		advance(5 * time.Minute)
		end(t, c)
		if len(s.times) < 200 {
			t.Errorf("%d connections", len(s.times)/2)
		}
		for i := 2; i < len(s.times); i += 2 {
			if pause := s.times[i].Sub(s.times[i-1]); pause > time.Second || pause < 300*time.Millisecond {
				t.Fatalf("the %dth comes after %v", i/2, pause)
			}
		}
		s = &cutOff{hub: s.hub}
		c = prompts(t, s, nil)
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		advance(5 * time.Minute)
		end(t, c)
		if n := len(s.times) / 2; n < 10 || n > 30 {
			t.Errorf("a server that hangs up was asked %d times in five minutes", n)
		}
	})
}
