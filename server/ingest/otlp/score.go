package otlp

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/semconv"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// isScore reports whether the span is nothing but the carrier of a score, as our
// exporter makes them: events can't be added to a span that has been sent.
func (c *conversion) isScore() bool {
	return c.source.scope == langSharkScope && strings.HasPrefix(c.span.name, "score ") && c.span.start == c.ended() &&
		len(c.span.events) == 1 && c.span.events[0].name == semconv.GenAIEvaluationEvent
}

// scores are the results of evaluations among the events of the span, which they judge.
func (c *conversion) scores() (list []store.ScoreWrite) {
	for i := range c.span.events {
		if e := &c.span.events[i]; e.name == semconv.GenAIEvaluationEvent {
			if w, ok := c.score(e, i); ok {
				list = append(list, w)
			}
		}
	}
	return list
}

func (c *conversion) score(e *event, i int) (w store.ScoreWrite, ok bool) {
	a := newAttributes(e.attributes)
	at := e.at
	if at == 0 {
		at = c.ended()
	}
	w = store.ScoreWrite{
		Stamp: c.stamp(at), TraceID: c.o.TraceID, ObservationID: c.o.ID, Name: ingest.Label(a.text(semconv.GenAIEvaluationName)), Source: "API",
		Comment: a.text(semconv.GenAIEvaluationScoreComments), Timestamp: instant(at), Environment: c.environment(),
	}
	w.ID = uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "otlp-score:%s:%s:%d", c.span.trace, c.span.id, i)).String()
	if c.isScore() {
		w.ObservationID = c.o.ParentID
	}
	number, numeric := 0.0, false
	if v, given := a.take(semconv.GenAIEvaluationScoreValue); given {
		number, numeric = v.float()
	}
	label := a.see(semconv.GenAIEvaluationScoreLabel)
	switch truth := strings.EqualFold(label, "true"); {
	case numeric && (truth && number == 1 || strings.EqualFold(label, "false") && number == 0):
		w.Type, w.Number, w.Text = exporter.ScoreBoolean, &number, "False"
		if truth {
			w.Text = "True"
		}
		a.drop(semconv.GenAIEvaluationScoreLabel)
	case numeric:
		w.Type, w.Number = exporter.ScoreNumeric, &number
	case label != "":
		w.Type, w.Text = exporter.ScoreCategorical, label
		a.drop(semconv.GenAIEvaluationScoreLabel)
	default:
		return w, false
	}
	if rest := a.rest(func(string) bool { return true }); len(rest) > 0 {
		w.Metadata = ingest.Sanitize(appendObject(nil, rest))
	}
	return w, w.Name != ""
}
