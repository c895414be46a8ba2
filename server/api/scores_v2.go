package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
)

// wireScoreV2 is a score as current Langfuse has it.
type wireScoreV2 struct {
	wireScore
	SessionID    orNull           `json:"sessionId"`
	DatasetRunID orNull           `json:"datasetRunId"`
	QueueID      orNull           `json:"queueId"`
	Environment  string           `json:"environment"`
	Metadata     json.RawMessage  `json:"metadata"`
	Trace        *wireScoreOrigin `json:"trace,omitempty"`
}

// wireScoreOrigin is what a score tells of its trace.
type wireScoreOrigin struct {
	UserID      orNull   `json:"userId"`
	Tags        []string `json:"tags"`
	Environment orNull   `json:"environment"`
	SessionID   orNull   `json:"sessionId"`
}

func scoreV2OnWire(s *store.Score) wireScoreV2 {
	return wireScoreV2{wireScore: scoreOnWire(s), SessionID: orNull(s.SessionID), DatasetRunID: orNull(s.DatasetRunID), QueueID: orNull(s.QueueID), Environment: s.Environment, Metadata: s.Metadata}
}

func (c *call) getScoreV2() {
	s, err := c.Reader.Score(c.ctx(), c.access.ProjectID, c.params["id"])
	if err != nil {
		c.failAs(err, "Score not found")
		return
	}
	write(c.w, http.StatusOK, scoreV2OnWire(s))
}

func (c *call) listScoresV2() {
	p := c.query()
	page := p.page()
	q := p.scores()
	q.Page = page.store()
	groups := p.groups([]string{"score", "trace"})
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	found, err := c.filteredScores(q, p.text("filter"))
	if err != nil {
		c.fail(err)
		return
	}
	traces := map[string]store.Trace{}
	if slices.Contains(groups, "trace") {
		if traces, err = c.Reader.TracesOfScores(c.ctx(), c.access.ProjectID, found.Scores); err != nil {
			c.fail(err)
			return
		}
	}
	data := convert(found.Scores, func(s *store.Score) wireScoreV2 {
		w := scoreV2OnWire(s)
		if t, ok := traces[s.TraceID]; ok {
			w.Trace = &wireScoreOrigin{orNull(t.UserID), append([]string{}, t.Tags...), orNull(t.Environment), orNull(t.SessionID)}
		}
		return w
	})
	write(c.w, http.StatusOK, listing{data, page.meta(found.Total)})
}

// filteredScores lists scores, those that a filter matches if there is one.
func (c *call) filteredScores(q store.ScoreQuery, filter string) (store.ScorePage, error) {
	if filter == "" {
		return c.Reader.Scores(c.ctx(), c.access.ProjectID, q)
	}
	filters, err := query.ParseRowFilters(filter)
	if err != nil {
		return store.ScorePage{}, err
	}
	return c.Reader.FilteredScores(c.ctx(), c.access.ProjectID, q, filters)
}

// groups are the groups of fields that are asked for, all if nothing is said.
func (p *params) groups(known []string) []string {
	groups := p.listed("fields")
	if len(groups) == 0 {
		return known
	}
	for _, g := range groups {
		if !slices.Contains(known, g) {
			p.fail("fields", "invalid_enum_value", "must be some of "+strings.Join(known, ", "))
		}
	}
	return groups
}

// unsupported complains about a filter that would be ignored otherwise.
func (p *params) unsupported(name string) {
	if p.text(name) != "" {
		p.fail(name, "custom", "is not supported by this server: leave it out")
	}
}
