package auth

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestSessionsEnd signs in and waits until the session is over.
func TestSessionsEnd(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := NewSignIn("a", func() time.Time { return now })
	w := httptest.NewRecorder()
	if !s.Redeem(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?token="+s.NewToken(), nil)) {
		t.Fatal("the link does not work")
	}
	res := w.Result()
	res.Body.Close()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.AddCookie(res.Cookies()[0])
	if !s.SignedIn(r) {
		t.Error("not signed in")
	}
	if NewSignIn("b", nil).SignedIn(r) {
		t.Error("signed in elsewhere")
	}
	now = now.Add(SessionLifetime + time.Second)
	if s.SignedIn(r) {
		t.Error("still signed in")
	}
	for _, request := range []*http.Request{
		httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?token="+s.NewToken(), nil),
		httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?token=wrong", nil),
		httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil),
	} {
		if s.Redeem(httptest.NewRecorder(), request) {
			t.Errorf("%s %s signs in", request.Method, request.URL)
		}
	}
}

// TestLinksEnd uses links too late, and makes too many.
func TestLinksEnd(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := NewSignIn("a", func() time.Time { return now })
	redeem := func(token string) bool {
		return s.Redeem(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?token="+token, nil))
	}
	old := s.NewToken()
	now = now.Add(TokenLifetime + time.Second)
	if redeem(old) {
		t.Error("a link of yesterday works")
	}
	first := s.NewToken()
	now = now.Add(time.Second)
	second := s.NewToken()
	for range maxTokens - 1 {
		now = now.Add(time.Second)
		s.NewToken()
	}
	if redeem(first) || !redeem(second) || len(s.tokens) >= maxTokens {
		t.Errorf("of %d links the oldest should have gone, and only it", maxTokens+1)
	}
}

// TestPairs are of the known form, and never the same.
func TestPairs(t *testing.T) {
	a, errA := NewPair()
	b, errB := NewPair()
	if errA != nil || errB != nil || a.PublicKey == b.PublicKey || a.SecretKey == b.SecretKey || len(a.PublicKey) != 42 || a.PublicKey[:6] != "pk-lf-" || a.SecretKey[:6] != "sk-lf-" {
		t.Errorf("%+v %+v %v %v", a, b, errA, errB)
	}
	if row := a.Row("p", time.Now()); string(row.SecretHash) == a.SecretKey || len(row.SecretHash) != 32 {
		t.Errorf("stored %+v", row)
	}
}
