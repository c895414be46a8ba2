package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// wireScoreV3 is a score whose value is a number, a truth or a text by its data type.
type wireScoreV3 struct {
	ID          string             `json:"id"`
	ProjectID   string             `json:"projectId"`
	Name        string             `json:"name"`
	Source      string             `json:"source"`
	Timestamp   instant            `json:"timestamp"`
	Environment string             `json:"environment"`
	CreatedAt   instant            `json:"createdAt"`
	UpdatedAt   instant            `json:"updatedAt"`
	DataType    exporter.ScoreType `json:"dataType"`
	Value       any                `json:"value"`

	*wireScoreDetails
	*wireScoreAnnotation
	Subject *wireScoreSubject `json:"subject,omitempty"`
}

// wireScoreDetails is the group details.
type wireScoreDetails struct {
	Comment  orNull          `json:"comment"`
	ConfigID orNull          `json:"configId"`
	Metadata json.RawMessage `json:"metadata"`
}

// wireScoreAnnotation is the group annotation.
type wireScoreAnnotation struct {
	AuthorUserID *string `json:"authorUserId"`
	QueueID      orNull  `json:"queueId"`
}

// wireScoreSubject is what a score is of.
type wireScoreSubject struct {
	Kind    string `json:"kind"` // trace, observation, session or experiment
	ID      string `json:"id"`
	TraceID string `json:"traceId,omitempty"`
}

func scoreV3OnWire(s *store.Score, groups []string) wireScoreV3 {
	w := wireScoreV3{
		ID: s.ID, ProjectID: s.ProjectID, Name: s.Name, Source: s.Source, Timestamp: instant(s.Timestamp), Environment: s.Environment,
		CreatedAt: instant(s.CreatedAt), UpdatedAt: instant(s.UpdatedAt), DataType: s.Type, Value: s.Number,
	}
	switch s.Type {
	case exporter.ScoreCategorical, store.ScoreText, store.ScoreCorrection:
		w.Value = s.Text
	case exporter.ScoreBoolean:
		w.Value = s.Number != nil && *s.Number != 0
	case exporter.ScoreNumeric:
	}
	if slices.Contains(groups, "details") {
		w.wireScoreDetails = &wireScoreDetails{orNull(s.Comment), orNull(s.ConfigID), s.Metadata}
	}
	if slices.Contains(groups, "annotation") {
		w.wireScoreAnnotation = &wireScoreAnnotation{QueueID: orNull(s.QueueID)}
	}
	if slices.Contains(groups, "subject") {
		switch {
		case s.ObservationID != "":
			w.Subject = &wireScoreSubject{"observation", s.ObservationID, s.TraceID}
		case s.DatasetRunID != "":
			w.Subject = &wireScoreSubject{Kind: "experiment", ID: s.DatasetRunID}
		case s.TraceID != "":
			w.Subject = &wireScoreSubject{Kind: "trace", ID: s.TraceID}
		default:
			w.Subject = &wireScoreSubject{Kind: "session", ID: s.SessionID}
		}
	}
	return w
}

// cursorListing is a page by cursor, which is left out on the last.
type cursorListing struct {
	Data []wireScoreV3 `json:"data"`
	Meta cursorMeta    `json:"meta"`
}

type cursorMeta struct {
	Limit  int          `json:"limit"`
	Cursor store.Cursor `json:"cursor,omitempty"`
}

func (c *call) listScoresV3() {
	p := c.query()
	limit := p.whole("limit", defaultLimit, 1, maxLimit)
	var groups []string
	if p.text("fields") != "" {
		groups = p.groups([]string{"details", "subject", "annotation"})
	}
	q := p.scoresV3()
	q.Page = store.Page{Limit: limit, After: store.Cursor(p.text("cursor"))}
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	found, err := c.Reader.Scores(c.ctx(), c.access.ProjectID, q)
	if err != nil {
		c.fail(err)
		return
	}
	data := convert(found.Scores, func(s *store.Score) wireScoreV3 { return scoreV3OnWire(s, groups) })
	write(c.w, http.StatusOK, cursorListing{data, cursorMeta{limit, found.Next}})
}

// scoresV3 reads filters, most of which are lists with commas.
func (p *params) scoresV3() store.ScoreQuery {
	q := store.ScoreQuery{
		IDs: p.listed("id"), Names: p.listed("name"), Environments: p.listed("environment"), ConfigIDs: p.listed("configId"), QueueIDs: p.listed("queueId"),
		TraceIDs: p.listed("traceId"), ObservationIDs: p.listed("observationId"), SessionID: p.text("sessionId"), DatasetRunID: p.text("experimentId"),
		Sources: p.upperListed("source", scoreSources), From: p.time("fromTimestamp"), To: p.time("toTimestamp"),
	}
	for _, t := range p.upperListed("dataType", scoreTypes) {
		q.Types = append(q.Types, exporter.ScoreType(t))
	}
	for _, name := range []string{"authorUserId", "filter"} {
		p.unsupported(name)
	}
	if strings.Contains(q.SessionID, ",") {
		p.fail("sessionId", "custom", "give one session")
	}
	if len(q.ObservationIDs) > 0 && len(q.TraceIDs) == 0 {
		p.fail("observationId", "custom", "needs the traceId")
	}
	if q.SessionID != "" && len(q.TraceIDs) > 0 {
		p.fail("sessionId", "custom", "can't be given together with traceId")
	}
	p.scoreValues(&q)
	return q
}

// scoreValues reads the filters of values, whose form depends on the one data type.
func (p *params) scoreValues(q *store.ScoreQuery) {
	only := func(t exporter.ScoreType) bool { return len(q.Types) == 1 && q.Types[0] == t }
	number := func(name, s string) float64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			p.fail(name, "invalid_type", "expected a number, received "+strconv.Quote(s))
		}
		return f
	}
	for name, operator := range map[string]string{"valueMin": ">=", "valueMax": "<="} {
		if s := p.text(name); s != "" {
			q.Compare = append(q.Compare, store.ScoreComparison{Operator: operator, Number: number(name, s)})
			if !only(exporter.ScoreNumeric) {
				p.fail(name, "custom", "needs dataType=NUMERIC")
			}
		}
	}
	for _, s := range p.listed("value") {
		switch {
		case only(exporter.ScoreNumeric):
			q.Numbers = append(q.Numbers, number("value", s))
		case only(exporter.ScoreCategorical):
			q.Texts = append(q.Texts, s)
		case only(exporter.ScoreBoolean) && (s == "true" || s == "false"):
			q.Texts = append(q.Texts, strings.ToUpper(s[:1])+s[1:])
		default:
			p.fail("value", "custom", "needs one dataType, and for BOOLEAN true or false")
			return
		}
	}
}

// upperListed is a list whose case doesn't matter.
func (p *params) upperListed(name string, options []string) []string {
	list := p.listed(name)
	for i := range list {
		if list[i] = strings.ToUpper(list[i]); !slices.Contains(options, list[i]) {
			p.fail(name, "invalid_enum_value", "must be some of "+strings.Join(options, ", ")+", received "+strconv.Quote(list[i]))
		}
	}
	return list
}
