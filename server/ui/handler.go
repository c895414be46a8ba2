//go:build !noui

package ui

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/internal/accesslog"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/message"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// policy lets the pages use what comes from the dashboard itself and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

var _ Reader = (*query.Reader)(nil)

type handler struct {
	Config
	mux      *http.ServeMux
	assets   *assets
	previews previews
}

// New returns the dashboard. Mount it at a path that ends in a slash, with
// [http.StripPrefix] in front unless that is the root.
func New(c Config) http.Handler {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Viewer == nil {
		c.Viewer = func(*http.Request) (Viewer, error) { return Viewer{}, nil }
	}
	if c.PublicURL == nil {
		c.PublicURL = requestURL
	}
	h := &handler{Config: c, mux: http.NewServeMux(), assets: loadAssets()}
	h.mux.Handle("GET /assets/{name}", h.assets)
	h.mux.HandleFunc("POST /prefs", h.setPrefs)
	h.mux.HandleFunc("GET /{$}", h.page(h.home))
	h.mux.HandleFunc("GET /trace/{trace}", h.page(h.anyTrace))
	h.mux.HandleFunc("GET /project/{project}", h.page(h.projectHome))
	h.mux.HandleFunc("GET /project/{project}/{$}", h.page(h.projectHome))
	h.mux.HandleFunc("GET /project/{project}/traces", h.page(h.listTraces))
	h.mux.HandleFunc("GET /project/{project}/traces/{trace}", h.page(h.showTrace))
	h.mux.HandleFunc("GET /project/{project}/traces/{trace}/spans", h.page(h.traceSpans))
	h.mux.HandleFunc("GET /project/{project}/sessions", h.page(h.listSessions))
	h.mux.HandleFunc("GET /project/{project}/sessions/{session}", h.page(h.showSession))
	h.mux.HandleFunc("GET /project/{project}/search", h.page(h.search))
	h.mux.HandleFunc("GET /project/{project}/media/{media}", h.page(h.file))
	h.mux.HandleFunc("GET /project/{project}/live", h.page(h.live))
	if h.Catalog != nil {
		h.promptRoutes()
	}
	h.mux.HandleFunc("GET /", h.page(func(*request) error { return errNoPage }))
	h.mux.HandleFunc("/", h.page(func(*request) error { return errMethod }))
	return http.NewCrossOriginProtection().Handler(h)
}

var (
	errNoPage = errors.New("langshark: no such page")
	errMethod = errors.New("langshark: method not allowed")
	errSignIn = errors.New("langshark: not signed in")
)

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Frame-Options", "DENY")
	head.Set("Referrer-Policy", "same-origin")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	if r.URL.Path == "" {
		// Mounted without a slash at the end: the relative links need one.
		path, _, _ := strings.Cut(r.RequestURI, "?")
		name := path[strings.LastIndexByte(path, '/')+1:]
		head.Set("Location", "./"+name+"/")
		w.WriteHeader(http.StatusTemporaryRedirect)
		return
	}
	h.mux.ServeHTTP(w, r)
}

// request is one request of a signed-in viewer.
type request struct {
	*http.Request
	w      http.ResponseWriter
	viewer Viewer
	page   view.Page
}

// page signs the viewer in, finds the project and turns errors into pages.
func (h *handler) page(serve func(*request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := &request{Request: r, w: w, page: h.newPage(r)}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Vary", "Cookie, Accept-Language, HX-Request, HX-Target")
		err := h.enter(q) //nolint:contextcheck // the request carries its context
		if err == nil {
			err = serve(q)
		}
		if err != nil {
			h.problem(q, err) //nolint:contextcheck // the request carries its context
		}
	}
}

func (h *handler) newPage(r *http.Request) view.Page {
	return view.Page{
		Printer: message.For(langOf(r)),
		Prompts: h.Catalog != nil,
		Root:    root(r.URL.EscapedPath()),
		Theme:   themeOf(r),
		Asset:   h.assets.name,
	}
}

// enter fills in the viewer, the projects and the project named by the path.
func (h *handler) enter(q *request) error {
	viewer, err := h.Viewer(q.Request)
	if err != nil {
		return errors.Join(errSignIn, err)
	}
	q.viewer, q.page.Viewer = viewer, viewer.Name
	q.page.Projects, err = h.Projects(q.Context(), viewer)
	if err != nil {
		return err
	}
	id := q.PathValue("project")
	if id == "" {
		return nil
	}
	for i := range q.page.Projects {
		if q.page.Projects[i].ID == id {
			q.page.Project = &q.page.Projects[i]
			return nil
		}
	}
	return errNoPage
}

// problem answers with a page, or with the bare status where a script asked.
func (h *handler) problem(q *request, err error) {
	p := view.Problem{Page: q.page, Status: http.StatusInternalServerError, Key: "500"}
	var missing *catalog.NotFoundError
	var input *inputError
	switch {
	case errors.Is(err, errSignIn):
		p.Status, p.Key = http.StatusUnauthorized, "signin"
	case q.page.Nav == "prompts" && errors.As(err, &missing):
		p.Status, p.Key, p.Detail = http.StatusNotFound, "missing", say(q.page, missing.Message, missing.Reason)
	case errors.Is(err, store.ErrNotFound), errors.Is(err, errNoPage):
		p.Status, p.Key = http.StatusNotFound, "404"
	case errors.Is(err, errMethod):
		p.Status, p.Key = http.StatusMethodNotAllowed, "405"
	case errors.As(err, &input):
		p.Status, p.Key, p.Detail = http.StatusBadRequest, "400", q.page.T(input.key, input.args...)
	case errors.Is(err, store.ErrBadCursor):
		p.Status, p.Key, p.Detail = http.StatusBadRequest, "400", q.page.T("input.cursor")
	case errors.Is(err, store.ErrClosed), errors.Is(err, store.ErrBusy):
		p.Status = http.StatusServiceUnavailable
		q.w.Header().Set("Retry-After", "1")
	case errors.Is(err, context.Canceled):
		return
	default:
		h.Logger.ErrorContext(q.Context(), "dashboard page failed", slog.String("route", accesslog.Route(q.Request)), slog.Any("error", err))
	}
	p.Title = p.T("error." + p.Key + ".title")
	if q.fragment() {
		http.Error(q.w, p.Title, p.Status)
		return
	}
	h.render(q, p.Status, view.ProblemPage(p))
}

// render writes a page whole, so that an error on the way leaves none half done.
func (h *handler) render(q *request, status int, c templ.Component) {
	var b bytes.Buffer
	if err := c.Render(q.Context(), &b); err != nil {
		h.Logger.ErrorContext(q.Context(), "dashboard page failed", slog.String("route", accesslog.Route(q.Request)), slog.Any("error", err))
		http.Error(q.w, q.page.T("error.500.title"), http.StatusInternalServerError)
		return
	}
	q.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.w.WriteHeader(status)
	_, _ = q.w.Write(b.Bytes()) // the reader has gone: nobody to tell
}

// fragment reports whether a script asks for a part of the page.
func (q *request) fragment() bool {
	return q.Header.Get("Hx-Request") == "true" && q.Header.Get("Hx-History-Restore-Request") != "true"
}

// redirect sends the browser to a place below the dashboard's root. The
// address is relative, so it holds behind any prefix.
func (q *request) redirect(segments ...string) error {
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	q.w.Header().Set("Location", q.page.Root+strings.Join(segments, "/"))
	q.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// root is the relative way from an escaped path to the root of the dashboard.
func root(path string) string {
	depth := strings.Count(path, "/") - 1
	if depth <= 0 {
		return "./"
	}
	return strings.Repeat("../", depth)
}

func requestURL(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	prefix, _, _ := strings.Cut(r.RequestURI, "?")
	prefix = strings.TrimSuffix(prefix, r.URL.EscapedPath())
	return scheme + "://" + r.Host + prefix
}
