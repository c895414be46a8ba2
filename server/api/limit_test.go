package api

import (
	"net/http"
	"testing"
	"time"
)

// TestLimits lets a burst through, then one for each share of the minute, key by key.
func TestLimits(t *testing.T) {
	l := newLimits(60)
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	take := func(key string) (http.Header, error) {
		h := http.Header{}
		return h, l.take(h, key, 1, now)
	}
	for i := range 60 {
		if h, err := take("a"); err != nil || h.Get("X-RateLimit-Limit") != "60" {
			t.Fatalf("request %d: %v, %v", i, err, h)
		}
	}
	if h, err := take("a"); err != errRate || h.Get("Retry-After") != "1" || h.Get("X-RateLimit-Remaining") != "0" { //nolint:errorlint // the very one
		t.Fatalf("beyond the burst: %v, %v", err, h)
	}
	if _, err := take("b"); err != nil {
		t.Errorf("another key: %v", err)
	}
	now = now.Add(2 * time.Second)
	for i, want := range []error{nil, nil, errRate} {
		if _, err := take("a"); err != want { //nolint:errorlint // the very one
			t.Errorf("two seconds later, request %d: %v, want %v", i, err, want)
		}
	}
	now = now.Add(3 * limitIdle)
	if _, err := take("b"); err != nil || len(l.of) != 1 {
		t.Errorf("%v; %d keys are remembered, want 1", err, len(l.of))
	}
	if h := (http.Header{}); newLimits(0).take(h, "a", 1, now) != nil || len(h) != 0 {
		t.Errorf("no limit: %v", h)
	}
}
