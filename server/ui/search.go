//go:build !noui

package ui

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// search finds text in inputs and outputs, or says how to ask for it.
func (h *handler) search(q *request) error {
	values := q.URL.Query()
	after := values.Get("after")
	from, err := rangeStart(values.Get("range"), time.Now())
	if err != nil {
		return err
	}
	q.page.Nav = "search"
	q.page.Title = q.page.T("search.title")
	s := view.Search{Page: q.page, Q: strings.TrimSpace(values.Get("q")), Range: values.Get("range"), Later: after != ""}
	if s.Q != "" {
		found, err := h.Reader.Search(q.Context(), q.page.Project.ID, store.SearchQuery{Text: s.Q, From: from, Limit: pageSize, After: store.Cursor(after)})
		switch {
		case errors.Is(err, store.ErrBadQuery):
			s.Bad = true
		case err != nil:
			return err
		}
		s.Hits = searchHits(q.page, s.Q, found.Hits)
		if found.Next != "" {
			s.Older = s.SearchURL(s.Q, s.Range, string(found.Next))
		}
	}
	if q.fragment() {
		h.render(q, http.StatusOK, view.SearchRegion(s))
		return nil
	}
	h.render(q, http.StatusOK, view.SearchPage(s))
	return nil
}

func searchHits(p view.Page, text string, found []store.SearchHit) []view.Hit {
	terms := searchTerms(text)
	hits := make([]view.Hit, len(found))
	for i, f := range found {
		hits[i] = view.Hit{SearchHit: f, URL: p.ProjectURL("traces", f.TraceID), Snippet: mark(f.Snippet, terms)}
		if f.ObservationID != "" {
			hits[i].URL += "?" + url.Values{"observation": {f.ObservationID}}.Encode()
		}
	}
	return hits
}
