package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// recent is how old a trace may be to count for the health check.
const recent = 3 * time.Minute

func (c *call) health() {
	answer := func(status int, text string) {
		write(c.w, status, wireHealth{text, Level})
	}
	projects, err := c.Reader.Projects(c.ctx())
	if err != nil {
		answer(http.StatusServiceUnavailable, "Store not available")
		return
	}
	if c.r.URL.Query().Get("failIfNoRecentEvents") != "true" {
		answer(http.StatusOK, "OK")
		return
	}
	now := c.Now()
	for _, p := range projects {
		page, err := c.Reader.Traces(c.ctx(), p.ID, store.TraceQuery{
			TraceFilter: store.TraceFilter{From: now.Add(-recent), To: now.Add(time.Microsecond)}, Page: store.Page{Limit: 1},
		})
		if err == nil && len(page.Traces) > 0 {
			answer(http.StatusOK, "OK")
			return
		}
	}
	answer(http.StatusServiceUnavailable, "No traces within the last 3 minutes")
}

func (c *call) projects() {
	p, err := c.Reader.Project(c.ctx(), c.access.ProjectID)
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, dataOf[wireProject]{[]wireProject{c.projectOnWire(p)}})
}

func (c *call) listTraces() {
	p := c.query()
	page, fields := p.page(), p.traceFields()
	q := store.TraceQuery{
		TraceFilter: store.TraceFilter{
			UserID: p.text("userId"), Name: p.text("name"), SessionID: p.text("sessionId"), Version: p.text("version"), Release: p.text("release"),
			Tags: nonEmpty(p.values["tags"]), Environments: nonEmpty(p.values["environment"]), From: p.time("fromTimestamp"), To: p.time("toTimestamp"),
		},
		Page:     page.store(),
		Payloads: fields.io,
	}
	if c.current() {
		p.unsupported("filter")
	}
	q.OrderBy, q.Ascending = p.order()
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	found, err := c.Reader.Traces(c.ctx(), c.access.ProjectID, q)
	if err != nil {
		c.fail(err)
		return
	}
	var ids []string
	if fields.observations || fields.scores {
		for _, t := range found.Traces {
			ids = append(ids, t.ID)
		}
	}
	members, err := c.Reader.TraceMembers(c.ctx(), c.access.ProjectID, ids)
	if err != nil {
		c.fail(err)
		return
	}
	data := convert(found.Traces, func(t *store.Trace) wireTraceDetail[string, string] {
		m := members[t.ID]
		return fieldsOf(detailOnWire(t, c.traceOnWire(t), append([]string{}, m.Observations...), append([]string{}, m.Scores...)), fields)
	})
	write(c.w, http.StatusOK, listing{data, page.meta(found.Total)})
}

func nonEmpty(list []string) []string {
	var kept []string
	for _, s := range list {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

func (c *call) getTrace() {
	p := c.query()
	fields := p.traceFields()
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	read := c.Reader.Trace
	if !fields.observations {
		read = c.Reader.TraceTree
	}
	t, err := read(c.ctx(), c.access.ProjectID, c.params["id"])
	if err != nil {
		c.failRead(err, "Trace")
		return
	}
	observations, err := c.observationsOnWire(t.Observations)
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, fieldsOf(detailOnWire(&t.Trace, c.traceOnWire(&t.Trace), observations, convert(t.Scores, c.scoreOnWire)), fields))
}

// failRead answers a read of one thing.
func (c *call) failRead(err error, thing string) {
	if errors.Is(err, store.ErrNotFound) {
		err = notFound(thing)
	}
	c.fail(err)
}

func (c *call) listObservations() {
	p := c.query()
	page := p.page()
	q := store.ObservationQuery{
		ObservationFilter: store.ObservationFilter{
			TraceID: p.text("traceId"), Name: p.text("name"), UserID: p.text("userId"), Kinds: p.kinds("type"), ParentID: p.text("parentObservationId"),
			Version: p.text("version"), Environments: nonEmpty(p.values["environment"]), From: p.time("fromStartTime"), To: p.time("toStartTime"),
		},
		Page:     page.store(),
		Payloads: true,
	}
	if c.current() { // the recorded system takes no notice of it
		q.Levels = p.levels("level")
		p.unsupported("filter")
	}
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	found, err := c.Reader.Observations(c.ctx(), c.access.ProjectID, q)
	if err != nil {
		c.fail(err)
		return
	}
	data, err := c.observationsOnWire(found.Observations)
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, listing{data, page.meta(found.Total)})
}

func (c *call) getObservation() {
	o, err := c.Reader.Observation(c.ctx(), c.access.ProjectID, c.params["id"])
	if err != nil {
		c.failRead(err, "Observation")
		return
	}
	wire, err := c.observationsOnWire([]store.Observation{*o})
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, wire[0])
}

func (c *call) listSessions() {
	p := c.query()
	page := p.page()
	q := store.SessionQuery{Environments: nonEmpty(p.values["environment"]), From: p.time("fromTimestamp"), To: p.time("toTimestamp"), Page: page.store()}
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	found, err := c.Reader.Sessions(c.ctx(), c.access.ProjectID, q)
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, listing{convert(found.Sessions, c.sessionOnWire), page.meta(found.Total)})
}

func (c *call) getSession() {
	s, err := c.Reader.Session(c.ctx(), c.access.ProjectID, c.params["id"])
	if err != nil {
		c.failRead(err, "Session")
		return
	}
	write(c.w, http.StatusOK, wireSessionDetail{c.sessionOnWire(&s.Session), convert(s.Turns, c.traceOnWire)})
}
