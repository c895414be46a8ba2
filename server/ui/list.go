//go:build !noui

package ui

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/langshark/langshark-go/server/internal/chat"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

const pageSize = 50

func (h *handler) home(q *request) error {
	if len(q.page.Projects) == 0 {
		return errNoPage
	}
	return q.redirect("project", q.page.Projects[0].ID, "traces")
}

func (h *handler) projectHome(q *request) error {
	return q.redirect("project", q.page.Project.ID, "traces")
}

// anyTrace finds the project of a trace: the short address that SDKs print.
func (h *handler) anyTrace(q *request) error {
	id := q.PathValue("trace")
	for _, p := range q.page.Projects {
		page, err := h.Reader.Traces(q.Context(), p.ID, store.TraceQuery{TraceFilter: store.TraceFilter{IDs: []string{id}}, Page: store.Page{Limit: 1}})
		if err != nil {
			return err
		}
		if len(page.Traces) > 0 {
			return q.redirect("project", p.ID, "traces", id)
		}
	}
	return errNoPage
}

func (h *handler) listTraces(q *request) error {
	f := readFilter(q.URL.Query())
	filter, err := f.store(time.Now())
	if err != nil {
		return err
	}
	after := q.URL.Query().Get("after")
	page, err := h.Reader.Traces(q.Context(), q.page.Project.ID, store.TraceQuery{
		TraceFilter: filter,
		Page:        store.Page{Limit: pageSize, After: store.Cursor(after)},
		Payloads:    true,
	})
	if err != nil {
		return err
	}
	q.page.Nav = "traces"
	q.page.Title = q.page.T("traces.title")
	l := view.List{Page: q.page, Filter: f.Filter, Rows: h.traceRows(page.Traces), Later: after != ""}
	l.Chips = f.chips(l.Page)
	l.Filtered = len(l.Chips) > 0
	if page.Next != "" {
		l.Older = l.ProjectURL("traces") + "?" + f.with("after", string(page.Next))
	}
	switch {
	case q.fragment():
		h.render(q, http.StatusOK, view.ListRegion(l))
	case len(l.Rows) == 0 && !l.Filtered && !l.Later:
		env, code := h.snippets(q)
		h.render(q, http.StatusOK, view.StartPage(l, env, code))
	default:
		h.render(q, http.StatusOK, view.ListPage(l))
	}
	return nil
}

func (h *handler) traceRows(traces []store.Trace) []view.TraceRow {
	longest := time.Duration(1)
	for _, t := range traces {
		longest = max(longest, t.Rollup.Latency)
	}
	rows := make([]view.TraceRow, len(traces))
	for i, t := range traces {
		words := h.previews.of(&t)
		row := view.TraceRow{
			Trace:      t,
			InputText:  words.input,
			OutputText: words.output,
			Share:      int(100 * t.Rollup.Latency / longest),
		}
		row.Input, row.Output, row.Metadata = nil, nil, nil
		if t.Rollup.Latency > 0 {
			row.Share = max(row.Share, 2)
		}
		row.Hash = rowHash(row)
		rows[i] = row
	}
	return rows
}

// rowHash changes with what the row shows, so that a live list redraws only
// what is different. The share is left out: it depends on the other rows.
func rowHash(r view.TraceRow) string {
	r.Share = 0
	r.UpdatedAt = time.Time{}
	if c := r.Rollup.Cost; c != nil {
		r.InputText += c.String()
		r.Rollup.Cost = nil
	}
	f := fnv.New64a()
	fmt.Fprintf(f, "%+v", r)
	return strconv.FormatUint(f.Sum64(), 36)
}

func (h *handler) listSessions(q *request) error {
	values := q.URL.Query()
	page, err := h.Reader.Sessions(q.Context(), q.page.Project.ID, store.SessionQuery{
		Search: values.Get("q"),
		Page:   store.Page{Limit: pageSize, After: store.Cursor(values.Get("after"))},
	})
	if err != nil {
		return err
	}
	q.page.Nav = "sessions"
	q.page.Title = q.page.T("sessions.title")
	s := view.Sessions{Page: q.page, Rows: page.Sessions, Q: values.Get("q")}
	if page.Next != "" {
		values.Set("after", string(page.Next))
		s.Older = s.ProjectURL("sessions") + "?" + values.Encode()
	}
	h.render(q, http.StatusOK, view.SessionsPage(s))
	return nil
}

func (h *handler) showSession(q *request) error {
	d, err := h.Reader.Session(q.Context(), q.page.Project.ID, q.PathValue("session"))
	if err != nil {
		return err
	}
	q.page.Nav = "sessions"
	q.page.Title = d.ID
	s := view.Session{Page: q.page, Session: d.Session}
	for _, t := range d.Turns {
		s.Turns = append(s.Turns, view.Turn{Trace: t, Input: lastTurn(t.Input, chat.User), Output: payload(t.Output, chat.Assistant)})
	}
	h.render(q, http.StatusOK, view.SessionPage(s))
	return nil
}

// lastTurn is what a trace was asked, without the history that was sent along.
func lastTurn(raw []byte, speaker chat.Role) view.Payload {
	p := payload(raw, speaker)
	if p.Chat == nil || p.Chat.Plain {
		return plainAs(p, speaker)
	}
	all := p.Chat.Messages
	at := len(all) - 1
	for i, m := range slices.Backward(all) {
		if m.Role == chat.User {
			at = i
			break
		}
	}
	p.Chat.Messages = all[at:]
	return p
}

// plainAs shows a text as the words of its speaker.
func plainAs(p view.Payload, speaker chat.Role) view.Payload {
	if p.Chat != nil && p.Chat.Plain {
		p.Chat.Plain = false
		for i := range p.Chat.Messages {
			p.Chat.Messages[i].Role = speaker
		}
	}
	return p
}
