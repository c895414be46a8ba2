//go:build !noui

package ui

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
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
		return badInput("input.form", q.page.Bytes(maxFormBytes))
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
		conflict  *catalog.ConflictError
		refused   *ingest.RequestError
		missing   *catalog.NotFoundError
		forbidden *catalog.ForbiddenError
		fields    ingest.FieldErrors
	)
	switch {
	case errors.As(err, &conflict):
		return p.T("prompts.refused.conflict", say(p, conflict.Message, conflict.Reason)), http.StatusConflict
	case errors.As(err, &missing):
		return say(p, missing.Message, missing.Reason), http.StatusNotFound
	case errors.As(err, &forbidden):
		return p.T("prompts.refused.forbidden", say(p, forbidden.Message, forbidden.Reason)), http.StatusForbidden
	case errors.As(err, &refused):
		return say(p, refused.Message, refused.Reason), http.StatusUnprocessableEntity
	case errors.As(err, &fields):
		texts := make([]string, len(fields))
		for i, f := range fields {
			texts[i] = sayField(p, f)
		}
		return strings.Join(texts, p.T("prompts.refused.and")), http.StatusUnprocessableEntity
	case errors.Is(err, store.ErrBusy):
		return p.T("prompts.refused.busy"), http.StatusServiceUnavailable
	case errors.Is(err, store.ErrFull):
		return p.T("prompts.refused.full"), http.StatusInsufficientStorage
	}
	return "", 0
}

// say is a message of the catalog in the reader's language, if it can be said in that.
func say(p view.Page, message string, r ingest.Reason) string {
	args := make([]any, len(r.Args))
	for i, arg := range r.Args {
		switch part := arg.(type) {
		case ingest.Reason:
			arg = say(p, part.String(), part)
		case ingest.Reasons:
			texts := make([]string, len(part))
			for j := range part {
				texts[j] = say(p, part[j].String(), part[j])
			}
			arg = strings.Join(texts, ", ")
		}
		args[i] = arg
	}
	if text, ok := p.Refusal(r.Format, args...); ok {
		return text
	}
	return message
}

// sayField says what is wrong with a field, by the name that it has on the page.
func sayField(p view.Page, f ingest.FieldError) string {
	text := say(p, f.Message, f.Reason)
	if name := fieldName(p, f.Path); name != "" {
		return name + ": " + text
	}
	return text
}

// fieldName is what a field of a request is called on the page; empty if the request is meant as a whole.
func fieldName(p view.Page, path []string) string {
	if len(path) == 0 {
		return ""
	}
	nth := ""
	if len(path) > 2 {
		if n, err := strconv.Atoi(path[1]); err == nil {
			nth = strconv.Itoa(n + 1)
		}
	}
	switch field := path[len(path)-1]; {
	case path[0] == "prompt" && nth != "" && field == "role":
		return p.T("prompts.edit.role", nth)
	case path[0] == "prompt" && nth != "":
		return p.T("prompts.edit.content", nth)
	case path[0] == "variants" && nth != "":
		return p.T("prompts.experiment.nth", nth, p.T("prompts.experiment.field."+field))
	}
	if key, ok := fieldKeys[path[0]]; ok {
		return p.T(key)
	}
	return strings.Join(path, ".")
}

// fieldKeys are the names of fields that are the same whatever is in them.
var fieldKeys = map[string]string{
	"name": "prompts.col.name", "type": "prompts.col.type", "prompt": "prompts.text", "config": "prompts.config", "tags": "prompts.col.tags", "commitMessage": "prompts.edit.message",
	"labels": "prompts.labels", "label": "prompts.label", "newLabels": "prompts.label", "removeLabels": "prompts.label", "expect": "prompts.label",
	"variants": "prompts.experiment.variants", "experiment": "prompts.experiment.name", "salt": "prompts.experiment.salt",
}

// redirectTo sends the browser to a page of the dashboard.
func (q *request) redirectTo(address string) error {
	q.w.Header().Set("Location", address)
	q.w.WriteHeader(http.StatusSeeOther)
	return nil
}
