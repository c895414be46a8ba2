package api

import (
	"net/http"
	"slices"

	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/query"
)

// manyValued are fields that the second version of the metrics API does not group
// by, since they have about as many values as there are rows.
var manyValued = []string{"id", "traceId", "userId", "sessionId", "parentObservationId", "observationId"}

// metrics answers GET /metrics, metricsV2 GET /v2/metrics, which has no view of
// traces and does not group by what has many values.
func (c *call) metrics()   { c.answerMetrics(func(*query.Metrics) error { return nil }) }
func (c *call) metricsV2() { c.answerMetrics(checkMetricsV2) }

func (c *call) answerMetrics(check func(*query.Metrics) error) {
	p := c.query()
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	m, err := query.ParseMetrics(p.text("query"))
	if err == nil {
		err = check(m)
	}
	var rows []map[string]any
	if err == nil {
		rows, err = c.Reader.Metrics(c.ctx(), c.access.ProjectID, m)
	}
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, dataOf[map[string]any]{append([]map[string]any{}, rows...)})
}

func checkMetricsV2(m *query.Metrics) error {
	if m.View == "traces" {
		return ingest.FieldErrors{{Path: []string{"query", "view"}, Code: "invalid_enum_value", Message: "use observations with a filter on isRootObservation, or GET /api/public/metrics"}}
	}
	for _, d := range m.Dimensions {
		if slices.Contains(manyValued, d.Field) {
			return ingest.FieldErrors{{Path: []string{"query", "dimensions"}, Code: "custom", Message: d.Field + " has too many values to group by: filter by it, or use GET /api/public/metrics"}}
		}
	}
	return nil
}
