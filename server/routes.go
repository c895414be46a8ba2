package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/langshark/langshark-go/server/api"
	"github.com/langshark/langshark-go/server/internal/accesslog"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui"
)

var errSignIn = errors.New("langshark: not signed in")

func (s *Server) routes() http.Handler {
	rest := api.New(api.Config{
		Reader: s.reader, Ingest: s.ingest, Catalog: s.catalog, Media: s.media, Keys: s.keys, Logger: s.cfg.Logger, PublicURL: s.cfg.PublicURL, Version: Version,
		RateLimit: s.cfg.RateLimit, FeedbackLimit: s.cfg.FeedbackLimit,
	})
	operations := s.operations()
	pages := s.checkHost(s.pages())
	split := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case strings.HasPrefix(path, "/api/"), path == api.TracesPath:
			rest.ServeHTTP(w, r)
		case isOperations(path):
			operations.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	})
	return accesslog.Wrap(split, s.cfg.Logger, s.metrics)
}

// pages is the dashboard behind the sign-in.
func (s *Server) pages() http.Handler {
	cfg := ui.Config{
		Reader:   s.reader,
		Projects: func(ctx context.Context, _ ui.Viewer) ([]store.Project, error) { return s.reader.Projects(ctx) },
		Viewer:   s.viewer,
		Catalog:  s.catalog,
		Media:    s.media.Serve,
		Logger:   s.cfg.Logger,
	}
	if s.cfg.PublicURL != "" {
		cfg.PublicURL = func(*http.Request) string { return s.cfg.PublicURL }
	}
	dashboard := ui.New(cfg)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.cfg.Authorize == nil && s.signIn.Redeem(w, r) {
			return
		}
		dashboard.ServeHTTP(w, r)
	})
}

func (s *Server) viewer(r *http.Request) (Viewer, error) {
	switch {
	case s.cfg.Authorize != nil:
		return s.cfg.Authorize(r)
	case s.cfg.Open && onLoopback(r) && !passedOn(r):
		return Viewer{}, nil
	case s.signIn.SignedIn(r):
		return Viewer{}, nil
	}
	return Viewer{}, errSignIn
}

// passedOn reports whether a proxy says that the request came from elsewhere.
func passedOn(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if len(r.Header.Values(name)) > 0 {
			return true
		}
	}
	return false
}

// onLoopback reports whether the request came to an address that only this machine reaches.
func onLoopback(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	host, _, err := net.SplitHostPort(addr.String())
	return err == nil && isLoopback(host)
}

// checkHost refuses requests on loopback whose Host is another machine's name:
// a page elsewhere has pointed its own name here to read what it must not. It is
// not for the API, which asks for keys and which containers reach by other names.
func (s *Server) checkHost(next http.Handler) http.Handler {
	public := ""
	if u, err := url.Parse(s.cfg.PublicURL); err == nil {
		public = u.Hostname()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if onLoopback(r) && !isLoopback(host) && (public == "" || !strings.EqualFold(host, public)) {
			http.Error(w, "This server does not go by the name in the request. Set its PublicURL if it stands behind a proxy.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
