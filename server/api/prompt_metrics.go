package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
)

type (
	wirePromptMetrics struct {
		Name          string               `json:"name"`
		FromTimestamp instant              `json:"fromTimestamp"`
		ToTimestamp   instant              `json:"toTimestamp"`
		Granularity   string               `json:"granularity"`
		Versions      []wireVersionMetrics `json:"versions"`
		Labels        []wireLabelMetrics   `json:"labels"`
	}
	wireVersionMetrics struct {
		Version int `json:"version"`
		wirePromptSums
		Scores      []wireScoreSums   `json:"scores"`
		TraceScores []wireScoreSums   `json:"traceScores"`
		Series      []wirePromptPoint `json:"series"`
	}
	wireLabelMetrics struct {
		Label string          `json:"label"`
		Spans []wireLabelSpan `json:"spans"`
		wirePromptSums
		Series []wirePromptPoint `json:"series"`
	}
	wireLabelSpan struct {
		Version int     `json:"version"`
		From    instant `json:"from"`
		To      instant `json:"to"`
	}
	wirePromptPoint struct {
		Time instant `json:"time"`
		wirePromptSums
	}
	// wirePromptSums has times in milliseconds and money in dollars; null is unknown.
	wirePromptSums struct {
		Generations      int64    `json:"generations"`
		Errors           int64    `json:"errors"`
		MedianLatency    *float64 `json:"medianLatency"`
		P95Latency       *float64 `json:"p95Latency"`
		MedianFirstToken *float64 `json:"medianTimeToFirstToken"`
		InputTokens      int64    `json:"inputTokens"`
		OutputTokens     int64    `json:"outputTokens"`
		TotalTokens      int64    `json:"totalTokens"`
		TotalCost        dollars  `json:"totalCost"`
	}
	wireScoreSums struct {
		Name     string           `json:"name"`
		DataType string           `json:"dataType"`
		Count    int64            `json:"count"`
		Average  *float64         `json:"average"` // null for categories
		Values   map[string]int64 `json:"values,omitempty"`
	}
)

func promptSumsOnWire(s *store.Sums) wirePromptSums {
	w := wirePromptSums{
		Generations: s.Observations, Errors: s.Errors, MedianLatency: quantileOnWire(&s.Latency, 0.5), P95Latency: quantileOnWire(&s.Latency, 0.95),
		MedianFirstToken: quantileOnWire(&s.FirstToken, 0.5), InputTokens: s.InputTokens, OutputTokens: s.OutputTokens, TotalTokens: s.TotalTokens,
	}
	if s.Costs > 0 {
		w.TotalCost.amount = &s.Cost
	}
	return w
}

func quantileOnWire(h *store.Histogram, q float64) *float64 {
	if h.Count() == 0 {
		return nil
	}
	ms := float64(h.Quantile(q).Microseconds()) / 1000
	return &ms
}

func promptPointOnWire(p *query.SumPoint) wirePromptPoint {
	return wirePromptPoint{instant(p.Time), promptSumsOnWire(&p.Sums)}
}

func scoreSumsOnWire(s *query.ScoreSums) wireScoreSums {
	w := wireScoreSums{Name: s.Name, DataType: s.Type, Count: s.Count, Values: s.Values}
	if s.Values == nil {
		w.Average = &s.Average
	}
	return w
}

func versionMetricsOnWire(v *query.VersionMetrics) wireVersionMetrics {
	return wireVersionMetrics{v.Version, promptSumsOnWire(&v.Sums), convert(v.Scores, scoreSumsOnWire), convert(v.TraceScores, scoreSumsOnWire), convert(v.Series, promptPointOnWire)}
}

func labelMetricsOnWire(l *query.LabelMetrics) wireLabelMetrics {
	spans := convert(l.Spans, func(s *query.PromptSpan) wireLabelSpan {
		return wireLabelSpan{s.Version, instant(s.From), instant(s.To)}
	})
	return wireLabelMetrics{l.Label, spans, promptSumsOnWire(&l.Sums), convert(l.Series, promptPointOnWire)}
}

const (
	defaultPromptDays = 7
	dayLength         = 24 * time.Hour
	// mostHours is up to how long a time has a series by hour, if nothing is said.
	mostHours = 3 * dayLength
)

// promptMetrics answers what the versions and labels of a prompt add up to.
func (c *call) promptMetrics() {
	p := c.query()
	q := query.PromptQuery{Name: p.needed("name"), From: p.time("fromTimestamp"), To: p.time("toTimestamp"), Step: dayLength}
	if q.To.IsZero() {
		q.To = c.Now()
	}
	if q.From.IsZero() {
		q.From = q.To.AddDate(0, 0, -defaultPromptDays)
	}
	switch granularity := p.text("granularity"); {
	case granularity == "hour", (granularity == "" || granularity == "auto") && q.To.Sub(q.From) <= mostHours:
		q.Step = time.Hour
	case granularity != "" && granularity != "auto" && granularity != "day":
		p.fail("granularity", "invalid_enum_value", "must be auto, hour or day, received "+strconv.Quote(granularity))
	}
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	spans, err := c.Catalog.LabelSpans(c.ctx(), c.access.ProjectID, q.Name, q.From, q.To)
	if err != nil {
		c.fail(err)
		return
	}
	q.Spans = convert(spans, func(s *catalog.LabelSpan) query.PromptSpan { return query.PromptSpan(*s) })
	m, err := c.Reader.PromptMetrics(c.ctx(), c.access.ProjectID, q)
	if err != nil {
		c.fail(err)
		return
	}
	granularity := "day"
	if q.Step == time.Hour {
		granularity = "hour"
	}
	write(c.w, http.StatusOK, wirePromptMetrics{
		q.Name, instant(q.From), instant(q.To), granularity, convert(m.Versions, versionMetricsOnWire), convert(m.Labels, labelMetricsOnWire),
	})
}
