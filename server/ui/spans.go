//go:build !noui

package ui

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// span is an observation as <ls-waterfall> reads it; names are short because a
// trace may have ten thousand. Times are milliseconds after the trace's start.
type span struct {
	ID       string   `json:"i"`
	Parent   string   `json:"p,omitempty"`
	Kind     string   `json:"k"`
	Name     string   `json:"n"`
	Level    string   `json:"l,omitempty"`
	Start    float64  `json:"s"`
	Duration *float64 `json:"d,omitempty"` // missing while it runs
	First    *float64 `json:"f,omitempty"` // to the first token
	Time     string   `json:"t,omitempty"` // the duration as text
	Info     string   `json:"g,omitempty"`
}

type spans struct {
	Trace   span    `json:"trace"`
	End     float64 `json:"end"`
	Running bool    `json:"running"`
	Spans   []span  `json:"spans"`
}

// traceSpans is the data of the tree and its timeline.
func (h *handler) traceSpans(q *request) error {
	d, err := h.Reader.TraceTree(q.Context(), q.page.Project.ID, q.PathValue("trace"))
	if err != nil {
		return err
	}
	body, err := json.Marshal(newSpans(q.page, d, time.Now()))
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", "application/json")
	_, _ = q.w.Write(body) // the reader has gone: nobody to tell
	return nil
}

func newSpans(p view.Page, d *query.TraceDetail, now time.Time) spans {
	start := d.Timestamp
	if len(d.Observations) > 0 {
		start = d.Observations[0].Start
	}
	for i := range d.Observations {
		if d.Observations[i].Start.Before(start) {
			start = d.Observations[i].Start
		}
	}
	ms := func(t time.Duration) float64 { return float64(t.Microseconds()) / 1000 }
	out := spans{Running: d.Rollup.Running, Spans: make([]span, 0, len(d.Observations))}
	for i := range d.Observations {
		o := &d.Observations[i]
		s := span{ID: o.ID, Parent: o.ParentID, Kind: o.Kind.String(), Name: o.Name, Start: ms(o.Start.Sub(start))}
		if s.Name == "" {
			s.Name = p.T("traces.unnamed")
		}
		if o.Level != exporter.LevelDefault {
			s.Level = strings.ToLower(o.Level.String())
		}
		end := o.Start
		switch {
		case o.Kind == exporter.KindEvent:
			s.Duration = new(float64)
		case o.End.IsZero():
			end = now
		default:
			end = o.End
			length := max(0, ms(o.Latency()))
			s.Duration, s.Time = &length, p.Duration(max(0, o.Latency()))
			if ttft := o.TimeToFirstToken(); ttft > 0 && ttft <= o.Latency() {
				first := ms(ttft)
				s.First = &first
			}
		}
		if o.Usage != nil && o.Usage.Total > 0 {
			s.Info = p.Short(o.Usage.Total) + " tok"
		}
		out.End = max(out.End, ms(end.Sub(start)))
		out.Spans = append(out.Spans, s)
	}
	out.Trace = span{ID: "trace:" + d.ID, Kind: "trace", Name: d.Name}
	if out.Trace.Name == "" {
		out.Trace.Name = p.T("traces.unnamed")
	}
	if !d.Rollup.Running {
		length := ms(d.Rollup.Latency)
		out.Trace.Duration, out.Trace.Time = &length, p.Duration(d.Rollup.Latency)
	}
	if d.Rollup.TotalTokens > 0 {
		out.Trace.Info = p.Short(d.Rollup.TotalTokens) + " tok"
	}
	return out
}
