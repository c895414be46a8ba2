//go:build !noui

package ui

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// Bounds of what is posted.
const (
	// maxPromptBytes is how large a version may be as JSON, as by the API.
	maxPromptBytes = 1 << 20
	// maxFormBytes is how large a form may be, in which a byte may take three.
	maxFormBytes = 4 << 20
)

// form reads what was posted.
func (q *request) form() error {
	q.Body = http.MaxBytesReader(q.w, q.Body, maxFormBytes)
	if err := q.ParseForm(); err != nil {
		return errors.Join(errBadInput, err)
	}
	return nil
}

// acting is the context of a change by the viewer.
func (q *request) acting() context.Context {
	return catalog.WithActor(q.Context(), catalog.Actor{Name: cmp.Or(q.viewer.Name, "dashboard"), Role: q.viewer.Role})
}

// refusal says in the reader's language why a change was refused, and with which status; that is 0 for errors
// that are not the reader's.
func refusal(p view.Page, err error) (text string, status int) {
	var (
		conflict *catalog.ConflictError
		refused  *ingest.RequestError
		missing  *catalog.NotFoundError
		fields   ingest.FieldErrors
	)
	switch {
	case errors.As(err, &conflict):
		return p.T("prompts.refused.conflict", conflict.Message), http.StatusConflict
	case errors.As(err, &missing):
		return missing.Message, http.StatusNotFound
	case errors.As(err, &refused):
		return refused.Message, http.StatusUnprocessableEntity
	case errors.As(err, &fields):
		texts := make([]string, len(fields))
		for i, f := range fields {
			texts[i] = f.Message
		}
		return strings.Join(texts, "; "), http.StatusUnprocessableEntity
	case errors.Is(err, store.ErrBusy):
		return p.T("prompts.refused.busy"), http.StatusServiceUnavailable
	}
	return "", 0
}

// refuse is [refusal] for a change that moves labels: it says who may move those that are protected.
func (h *handler) refuse(q *request, err error, labels ...string) (text string, status int) {
	var forbidden *catalog.ForbiddenError
	if !errors.As(err, &forbidden) {
		return refusal(q.page, err)
	}
	text = forbidden.Message
	if protected, err := h.Catalog.ProtectedLabels(q.Context(), q.page.Project.ID); err == nil {
		var who []string
		for _, l := range protected {
			if slices.Contains(labels, l.Label) {
				who = append(who, l.Label+": "+whoMoves(q.page, l))
			}
		}
		if len(who) > 0 {
			text = strings.Join(who, " ")
		}
	}
	return q.page.T("prompts.refused.forbidden", text), http.StatusForbidden
}

// redirectTo sends the browser to a page of the dashboard.
func (q *request) redirectTo(address string) error {
	q.w.Header().Set("Location", address)
	q.w.WriteHeader(http.StatusSeeOther)
	return nil
}
