package api

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// scoreSources and scoreTypes are what a list of scores is filtered by.
var (
	scoreSources = []string{"API", "EVAL", "ANNOTATION"}
	scoreTypes   = []string{"NUMERIC", "CATEGORICAL", "BOOLEAN", "TEXT", "CORRECTION"}
)

func (c *call) postScore() {
	body, err := c.body(maxBodyBytes)
	if err != nil {
		c.fail(err)
		return
	}
	id, err := c.Ingest.Score(c.ctx(), c.access.ProjectID, body)
	if err != nil {
		c.fail(err)
		return
	}
	s, err := c.Reader.Score(c.ctx(), c.access.ProjectID, id)
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, c.scoreOnWire(s))
}

func (c *call) getScore() {
	s, err := c.Reader.Score(c.ctx(), c.access.ProjectID, c.params["id"])
	if err != nil {
		c.failAs(err, "Score not found")
		return
	}
	write(c.w, http.StatusOK, c.scoreOnWire(s))
}

func (c *call) deleteScore() {
	if err := c.Ingest.DeleteScore(c.ctx(), c.access.ProjectID, c.params["id"]); err != nil {
		c.failRead(err, "Score")
		return
	}
	write(c.w, http.StatusOK, message{"Score deleted successfully"})
}

// wireScoreOfTrace is a score with the user of its trace.
type wireScoreOfTrace struct {
	wireScore
	Trace wireScoreTrace `json:"trace"`
}

type wireScoreTrace struct {
	UserID orNull `json:"userId"`
}

func (c *call) listScores() {
	p := c.query()
	page := p.page()
	q := p.scores()
	q.Page = page.store()
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	found, err := c.Reader.Scores(c.ctx(), c.access.ProjectID, q)
	if err != nil {
		c.fail(err)
		return
	}
	traces, err := c.Reader.TracesOfScores(c.ctx(), c.access.ProjectID, found.Scores)
	if err != nil {
		c.fail(err)
		return
	}
	data := convert(found.Scores, func(s *store.Score) wireScoreOfTrace {
		return wireScoreOfTrace{c.scoreOnWire(s), wireScoreTrace{orNull(traces[s.TraceID].UserID)}}
	})
	write(c.w, http.StatusOK, listing{data, page.meta(found.Total)})
}

// scores reads the filters of a list of scores. An operator without a value filters nothing, and so does a value without one.
func (p *params) scores() store.ScoreQuery {
	q := store.ScoreQuery{
		Names: p.one("name"), UserID: p.text("userId"), SessionID: p.text("sessionId"), DatasetRunID: p.text("datasetRunId"), Environments: nonEmpty(p.values["environment"]), ConfigIDs: p.one("configId"), QueueIDs: p.one("queueId"),
		IDs: p.listed("scoreIds"), TraceIDs: p.one("traceId"), ObservationIDs: p.listed("observationId"), TraceTags: nonEmpty(p.values["traceTags"]),
		From: p.time("fromTimestamp"), To: p.time("toTimestamp"),
	}
	if source := p.option("source", scoreSources); source != "" {
		q.Sources = []string{source}
	}
	if t := p.option("dataType", scoreTypes); t != "" {
		q.Types = []exporter.ScoreType{exporter.ScoreType(t)}
	}
	operator := p.option("operator", store.ScoreOperators)
	if s := p.text("value"); s != "" && operator != "" {
		number, err := strconv.ParseFloat(s, 64)
		if err != nil {
			p.fail("value", "invalid_type", "expected a number, received "+strconv.Quote(s))
		}
		q.Compare = []store.ScoreComparison{{Operator: operator, Number: number}}
	}
	return q
}

// one is a value as a list, empty if there is none.
func (p *params) one(name string) []string {
	if s := p.text(name); s != "" {
		return []string{s}
	}
	return nil
}

// option is a value that must be one of the options, or empty.
func (p *params) option(name string, options []string) string {
	s := p.text(name)
	if s != "" && !slices.Contains(options, s) {
		p.fail(name, "invalid_enum_value", "must be one of "+strings.Join(options, ", ")+", received "+strconv.Quote(s))
		return ""
	}
	return s
}

// maxListed is how many values a list in a query may have.
const maxListed = 1000

// listed are the values of a list with commas.
func (p *params) listed(name string) []string {
	list := nonEmpty(strings.Split(p.text(name), ","))
	if len(list) > maxListed {
		p.fail(name, "too_big", "must have at most "+strconv.Itoa(maxListed)+" values")
		return nil
	}
	return list
}
