package auth

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"
)

const (
	// SessionLifetime is how long a sign-in lasts.
	SessionLifetime = 30 * 24 * time.Hour
	maxSessions     = 10_000
	// TokenLifetime is how long a link waits to be used.
	TokenLifetime = 24 * time.Hour
	maxTokens     = 64
)

// SignIn lets people in by one-time links: a token in the query of any page
// becomes a session cookie, and is worth nothing afterwards. Sessions end with
// the process. Its methods are safe for concurrent use.
type SignIn struct {
	// Secure keeps the cookies off plain HTTP, for a server behind a proxy that
	// speaks TLS. Set it before the first request.
	Secure bool
	// Path is where the cookies count; empty means everywhere. Set it before the first request.
	Path string

	cookie string
	now    func() time.Time

	mu       sync.Mutex
	tokens   map[[sha256.Size]byte]time.Time // by hash, when they were made
	sessions map[[sha256.Size]byte]time.Time // by hash, when they end
}

// NewSignIn returns a SignIn without links. The instance tells the cookies of
// several servers on one host apart. The clock defaults to time.Now.
func NewSignIn(instance string, now func() time.Time) *SignIn {
	if now == nil {
		now = time.Now
	}
	sum := sha256.Sum256([]byte(instance))
	return &SignIn{cookie: "langshark_session_" + hex.EncodeToString(sum[:4]), now: now, tokens: map[[sha256.Size]byte]time.Time{}, sessions: map[[sha256.Size]byte]time.Time{}}
}

// NewToken makes the token of a one-time link, in place of the oldest unused one if there are many.
func (s *SignIn) NewToken() string {
	token := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	var oldest [sha256.Size]byte
	for hash, made := range s.tokens {
		if first, ok := s.tokens[oldest]; !ok || made.Before(first) {
			oldest = hash
		}
	}
	if len(s.tokens) >= maxTokens {
		delete(s.tokens, oldest)
	}
	s.tokens[sha256.Sum256([]byte(token))] = s.now()
	return token
}

// SignedIn reports whether the request carries a session.
func (s *SignIn) SignedIn(r *http.Request) bool {
	for _, cookie := range r.CookiesNamed(s.cookie) {
		hash := sha256.Sum256([]byte(cookie.Value))
		s.mu.Lock()
		end, ok := s.sessions[hash]
		if ok && s.now().After(end) {
			delete(s.sessions, hash)
			ok = false
		}
		s.mu.Unlock()
		if ok {
			return true
		}
	}
	return false
}

// Redeem turns the token of a GET into a session and answers with a redirect
// to the same page without it. It reports whether it has answered.
func (s *SignIn) Redeem(w http.ResponseWriter, r *http.Request) bool {
	token := r.URL.Query().Get("token")
	if token == "" || r.Method != http.MethodGet {
		return false
	}
	session, ok := s.open(token)
	if !ok {
		return false // the page says how to get a link
	}
	http.SetCookie(w, &http.Cookie{
		Name: s.cookie, Value: session, Path: cmp.Or(s.Path, "/"), MaxAge: int(SessionLifetime / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.Secure || r.TLS != nil,
	})
	query := r.URL.Query()
	query.Del("token")
	// Relative to the last part of the path, so that it works below any prefix.
	target := (&url.URL{Path: "./" + lastPart(r), RawQuery: query.Encode()}).String()
	w.Header().Set("Location", target)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther)
	return true
}

// lastPart is the last part of the path: nothing if it ends in a slash. Where a
// handler is mounted without a slash at the end it gets one, as links need it.
func lastPart(r *http.Request) string {
	if r.URL.Path == "" {
		full, _, _ := strings.Cut(r.RequestURI, "?")
		return path.Base(full) + "/"
	}
	if strings.HasSuffix(r.URL.Path, "/") {
		return ""
	}
	return path.Base(r.URL.Path)
}

// open takes a token and returns a new session.
func (s *SignIn) open(token string) (session string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hash := sha256.Sum256([]byte(token))
	made, ok := s.tokens[hash]
	delete(s.tokens, hash)
	if !ok || s.now().After(made.Add(TokenLifetime)) {
		return "", false
	}
	if len(s.sessions) >= maxSessions {
		clear(s.sessions)
	}
	session = rand.Text()
	s.sessions[sha256.Sum256([]byte(session))] = s.now().Add(SessionLifetime)
	return session, true
}
