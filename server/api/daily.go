package api

import (
	"time"

	"github.com/langshark/langshark-go/server/query"
)

type wireDay struct {
	Date              string           `json:"date"`
	CountTraces       int64            `json:"countTraces"`
	CountObservations int64            `json:"countObservations"`
	TotalCost         dollars          `json:"totalCost"`
	Usage             []wireModelUsage `json:"usage"`
}

type wireModelUsage struct {
	Model             orNull  `json:"model"`
	InputUsage        int64   `json:"inputUsage"`
	OutputUsage       int64   `json:"outputUsage"`
	TotalUsage        int64   `json:"totalUsage"`
	TotalCost         dollars `json:"totalCost"`
	CountObservations int64   `json:"countObservations"`
	CountTraces       int64   `json:"countTraces"`
}

func dayOnWire(d *query.Day) wireDay {
	return wireDay{
		Date: d.Date.Format(time.DateOnly), CountTraces: d.Traces, CountObservations: d.Observations, TotalCost: dollars{&d.Cost},
		Usage: convert(d.Models, func(m *query.ModelUsage) wireModelUsage {
			return wireModelUsage{orNull(m.Model), m.Input, m.Output, m.Total, dollars{&m.Cost}, m.Observations, m.TracesCount}
		}),
	}
}

// dailyMetrics answers GET /metrics/daily. The total counts the days on which a trace began, as recorded.
func (c *call) dailyMetrics() {
	p := c.query()
	page := p.page()
	f := query.DailyFilter{
		TraceName: p.text("traceName"), UserID: p.text("userId"), Tags: nonEmpty(p.values["tags"]), From: p.time("fromTimestamp"), To: p.time("toTimestamp"),
	}
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	days, total, err := c.Reader.Daily(c.ctx(), c.access.ProjectID, f, page.store())
	answerList(c, page, days, total, err, dayOnWire)
}
