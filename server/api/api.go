// Package api serves the public HTTP API: the wire of LangShark and Langfuse 2.75.
package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/langshark/langshark-go/server/auth"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/internal/accesslog"
	"github.com/langshark/langshark-go/server/media"
	"github.com/langshark/langshark-go/server/query"
)

// Level is the version of the wire that is spoken, as GET /api/public/health says.
const Level = "2.75.0"

// Config is what the API works on. All fields but PublicURL and Now are needed.
type Config struct {
	Reader  *query.Reader
	Ingest  *ingest.Ingester
	Catalog *catalog.Catalog
	Media   *media.Files
	Keys    *auth.Keys
	Logger  *slog.Logger
	// PublicURL is the address of the server in signed addresses; empty is that of the request.
	PublicURL string
	// Version is the server's own, sent in X-LangShark-Version.
	Version string
	// RateLimit is how many requests a minute each key may send; 0 is any number.
	RateLimit int
	// FeedbackLimit is how many scores a minute may come with the public half of
	// a key alone, which browsers have; 0 is any number.
	FeedbackLimit int
	// Now defaults to time.Now.
	Now func() time.Time
}

type api struct {
	Config
	routes           []route
	limits, feedback *limits // feedback is of public keys alone
	// description is the OpenAPI document, made when it is first asked for.
	description func() ([]byte, error)
}

// New returns the handler of all paths below /api/.
func New(cfg Config) http.Handler {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	a := &api{Config: cfg, limits: newLimits(cfg.RateLimit), feedback: newLimits(cfg.FeedbackLimit)}
	a.routes = a.table()
	a.description = sync.OnceValues(func() ([]byte, error) { return json.MarshalIndent(a.openAPI(), "", "  ") })
	return a
}

// ServeHTTP implements [http.Handler]. It leaves the route in r.Pattern, as [http.ServeMux] does.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-LangShark-Version", a.Version)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		// Any origin: no cookie counts here, only keys.
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "ETag, X-Request-Id, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining")
	}
	a.serve(w, r)
}

func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	if p := r.URL.Path; len(p) > 1 && strings.HasSuffix(r.URL.EscapedPath(), "/") { // one that is encoded belongs to a name
		trimmed := strings.TrimRight(p, "/")
		w.Header()["Content-Type"] = nil
		w.Header().Set("Location", "../"+trimmed[strings.LastIndexByte(trimmed, '/')+1:]) // relative: the prefix is not known
		w.WriteHeader(http.StatusPermanentRedirect)
		_, _ = w.Write([]byte(trimmed))
		return
	}
	rt, params := a.find(r)
	if rt == nil {
		a.fail(w, r, errNoRoute)
		return
	}
	r.Pattern = root + rt.path
	if r.Method == http.MethodOptions {
		preflight(w, r)
		return
	}
	handle := rt.methods[r.Method]
	if handle == nil {
		handle = rt.methods["*"]
	}
	if handle == nil {
		w.Header().Set("Allow", rt.allow())
		rt.methodNotAllowed(w, r)
		return
	}
	if r.Method == http.MethodGet && !rt.open {
		w = &taggable{w, r.Header.Values("If-None-Match")}
	}
	c := &call{api: a, w: w, r: r, params: params, route: rt}
	if !rt.open {
		access, err := a.Keys.Check(r)
		if err == nil && access.PublicOnly && rt.publicKey != errNone {
			err = rt.publicKey
		}
		if err != nil {
			c.fail(err)
			return
		}
		c.access = access
		accesslog.SetProject(r.Context(), access.ProjectID)
		limits := a.limits
		if access.PublicOnly {
			limits = a.feedback
		}
		if err := limits.take(w.Header(), access.PublicKey, 1, a.Now()); err != nil {
			c.fail(err)
			return
		}
	}
	handle(c)
}

func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Vary", "Origin, Access-Control-Request-Headers")
	h.Set("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	w.WriteHeader(http.StatusNoContent)
}

// call is one request on its way.
type call struct {
	*api
	w      http.ResponseWriter
	r      *http.Request
	params map[string]string
	route  *route
	access auth.Access
}

func (c *call) ctx() context.Context { return c.r.Context() }

// acting is the context of a change, with who makes it.
func (c *call) acting() context.Context {
	return catalog.WithActor(c.ctx(), catalog.Actor{PublicKey: c.access.PublicKey})
}

// fail answers with an error.
func (c *call) fail(err error) {
	if c.route != nil {
		err = c.route.dress(err)
	}
	c.api.fail(c.w, c.r, err)
}
