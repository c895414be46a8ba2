package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/langshark/langshark-go/server/store"
)

// ErrStopping is what [Server.Ready] says once Shutdown has begun.
var ErrStopping = errors.New("langshark: the server is shutting down")

// ErrFull says that the disk is full: nothing is written until there is room
// again, reads go on.
var ErrFull = store.ErrFull

// Ready reports why no requests should be sent to the server, wrapped:
// [ErrStopping] or [ErrFull]. It is nil while all is well. /readyz answers by it.
func (s *Server) Ready() error {
	if s.stopping.Load() {
		return ErrStopping
	}
	if s.store.Stats().ReadOnly {
		return ErrFull
	}
	return nil
}

// isOperations reports whether a path is for operators, not for people or applications.
func isOperations(path string) bool {
	switch path {
	case "/healthz", "/readyz", "/metrics":
		return true
	}
	return strings.HasPrefix(path, "/debug/")
}

// operations serves what operators ask.
func (s *Server) operations() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeStatus(w, http.StatusOK, "OK", "") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.Ready(); err != nil {
			writeStatus(w, http.StatusServiceUnavailable, "unavailable", strings.TrimPrefix(err.Error(), "langshark: "))
			return
		}
		writeStatus(w, http.StatusOK, "OK", "")
	})
	mux.Handle("GET /metrics", s.operatorsOnly(promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{
		ErrorLog: promLog{s.cfg.Logger}, ErrorHandling: promhttp.ContinueOnError,
	})))
	if s.cfg.Debug != nil {
		debug := s.operatorsOnly(s.cfg.Debug)
		mux.HandleFunc("/debug/", func(w http.ResponseWriter, r *http.Request) {
			debug.ServeHTTP(w, r)
			r.Pattern = "/debug/" // whatever Debug has made of it
		})
	}
	return mux
}

// writeStatus answers what a load balancer asks.
func writeStatus(w http.ResponseWriter, code int, status, reason string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(struct {
		Status string `json:"status"`
		Reason string `json:"reason,omitempty"`
	}{status, reason}) // the client has gone
}

// operatorsOnly lets in who may read the metrics.
func (s *Server) operatorsOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.isOperator(r) {
			text := "This is for requests from this machine that no proxy has passed on, or with the header Authorization: Bearer and the token that Config.MetricsToken holds. "
			if s.cfg.MetricsToken == "" {
				text += "None is set: the binary takes one from LANGSHARK_METRICS_TOKEN."
			} else {
				text += "The request has not that token."
			}
			http.Error(w, text, http.StatusForbidden)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// isOperator reports whether a request shows the token, or comes from this
// machine by one of its own names: a page elsewhere may have pointed its name here.
func (s *Server) isOperator(r *http.Request) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if s.cfg.MetricsToken != "" && strings.EqualFold(scheme, "Bearer") {
		a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(s.cfg.MetricsToken))
		if subtle.ConstantTimeCompare(a[:], b[:]) == 1 {
			return true
		}
	}
	return onLoopback(r) && isLoopback(hostOf(r.RemoteAddr)) && isLoopback(hostOf(r.Host)) && !passedOn(r)
}

// hostOf is an address without its port, if it has one.
func hostOf(addr string) string {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return addr
}
