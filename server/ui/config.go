// Package ui is the dashboard: server-rendered pages in Korean and English
// with a few custom elements, served from memory.
//
// It works under any URL prefix, because every link in it is relative, and
// under the strict Content-Security-Policy it sets: no inline script or style,
// nothing from another host. With the build tag noui it is left out and [New]
// answers 404.
//
// Style sheet and scripts are built from web/ by go generate, which needs the
// tools of the module tools; what it makes is committed.
package ui

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
)

//go:generate env GOWORK=off go -C ../../tools tool templ generate -path ../server/ui
//go:generate env GOWORK=off go -C ../../tools run ./assets ../server/ui

// Reader is what the dashboard reads. [*query.Reader] is one.
type Reader interface {
	Traces(ctx context.Context, projectID string, q store.TraceQuery) (store.TracePage, error)
	TraceTree(ctx context.Context, projectID, id string) (*query.TraceDetail, error)
	Observation(ctx context.Context, projectID, id string) (*store.Observation, error)
	Sessions(ctx context.Context, projectID string, q store.SessionQuery) (store.SessionPage, error)
	Session(ctx context.Context, projectID, id string) (*query.SessionDetail, error)
	Search(ctx context.Context, projectID string, q store.SearchQuery) (store.SearchPage, error)
	PromptUses(ctx context.Context, projectID string, from, to time.Time) (map[string]int64, error)
	PromptMetrics(ctx context.Context, projectID string, q query.PromptQuery) (*query.PromptMetrics, error)
	ObservationRows(ctx context.Context, projectID string, q store.ObservationQuery, filters []query.ObservationFilter) ([]query.ObservationRow, store.Cursor, error)
	Subscribe(ctx context.Context, projectID string) <-chan query.Change
}

// Viewer is who looks at the dashboard.
type Viewer struct {
	// Name is shown; may be empty.
	Name string
	// Role is what the viewer is, in the words of whoever embeds the server; may be empty. Protected
	// labels of prompts can be moved by the roles that they name.
	Role string
}

// Config says what the dashboard shows and to whom. Reader and Projects are required.
type Config struct {
	Reader Reader
	// Projects lists the projects a viewer may see, the first being the one
	// shown at the root. Others are as if they did not exist.
	Projects func(ctx context.Context, v Viewer) ([]store.Project, error)
	// Viewer returns who sent a request. An error means that it has to sign in
	// first: the answer is a page with status 401. Defaults to letting everybody in.
	Viewer func(r *http.Request) (Viewer, error)
	// Catalog has the prompts. What is changed on the pages is done by the name and the role of the viewer. Nil
	// leaves their pages out.
	Catalog *catalog.Catalog
	// Media answers with the content of a file that payloads of a project refer to, or returns
	// an error before anything is answered, such as [store.ErrNotFound]. Nil means that there are none.
	Media func(w http.ResponseWriter, r *http.Request, projectID, id string) error
	// PublicURL returns the address that applications send to, for the
	// instructions on an empty project. Defaults to that of the request.
	PublicURL func(r *http.Request) string
	// Logger gets what goes wrong. Defaults to slog.Default().
	Logger *slog.Logger
}
