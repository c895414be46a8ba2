package view

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/message"
)

// PromptMetrics is the page of what the versions of a prompt add up to.
type PromptMetrics struct {
	Prompt
	Range string
	Rows  []query.VersionMetrics // newest first
	// A and B are the versions side by side; nil if there are none.
	A, B   *query.VersionMetrics
	Charts []Chart
	// Shown are the versions in the charts, in the order of their colours.
	Shown []int
}

// Figure is a number of a version beside that of another.
type Figure struct {
	Label, A, B string
	// Change is that from A to B in percent, as text; empty if there is none.
	Change string
	// Good is 1 if the change is for the better, -1 for the worse, 0 if nobody can tell.
	Good int
}

// Figures compare A and B.
func (m PromptMetrics) Figures() []Figure {
	p := m.Printer
	var out []Figure
	add := func(label string, a, b float64, write func(float64) string, better int) {
		f := Figure{Label: label, A: message.Unknown, B: message.Unknown}
		if !math.IsNaN(a) {
			f.A = write(a)
		}
		if !math.IsNaN(b) {
			f.B = write(b)
		}
		if change := 100 * (b - a) / a; !math.IsNaN(change) && !math.IsInf(change, 0) && math.Round(change*10) != 0 {
			f.Change = strconv.FormatFloat(change, 'f', 1, 64) + " %"
			if change > 0 {
				f.Change = "+" + f.Change
			}
			f.Good = better
			if change < 0 {
				f.Good = -better
			}
		}
		out = append(out, f)
	}
	whole := func(f float64) string { return p.Number(int64(math.Round(f))) }
	length := func(f float64) string { return p.Duration(time.Duration(f)) }
	money := func(f float64) string { return p.USD(&f) }
	rate := func(f float64) string { return strconv.FormatFloat(100*f, 'f', 1, 64) + " %" }
	plain := func(f float64) string { return strconv.FormatFloat(f, 'g', 4, 64) }
	a, b := &m.A.Sums, &m.B.Sums
	add(p.T("prompts.metrics.generations"), float64(a.Observations), float64(b.Observations), whole, 0)
	add(p.T("prompts.metrics.rate"), per(float64(a.Errors), a.Observations), per(float64(b.Errors), b.Observations), rate, -1)
	add(p.T("prompts.metrics.median"), quantile(a, 0.5), quantile(b, 0.5), length, -1)
	add(p.T("prompts.metrics.p95"), quantile(a, 0.95), quantile(b, 0.95), length, -1)
	add(p.T("prompts.metrics.tokens.each"), per(float64(a.TotalTokens), a.Observations), per(float64(b.TotalTokens), b.Observations), whole, 0)
	add(p.T("prompts.metrics.cost.each"), per(a.Cost.Dollars(), a.Costs), per(b.Cost.Dollars(), b.Costs), money, -1)
	for _, s := range allScores(m.B) {
		for _, o := range allScores(m.A) {
			if s.Name == o.Name && s.Type == o.Type && s.Values == nil && o.Values == nil {
				add(s.Name, o.Average, s.Average, plain, 0)
			}
		}
	}
	return out
}

// allScores are those of the generations, then those of the traces.
func allScores(v *query.VersionMetrics) []query.ScoreSums {
	return append(append([]query.ScoreSums{}, v.Scores...), v.TraceScores...)
}

func per(sum float64, n int64) float64 {
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

func quantile(s *store.Sums, q float64) float64 {
	if s.Latency.Count() == 0 {
		return math.NaN()
	}
	return float64(s.Latency.Quantile(q))
}

func latencyOf(p message.Printer, s *store.Sums, q float64) string {
	if f := quantile(s, q); !math.IsNaN(f) {
		return p.Duration(time.Duration(f))
	}
	return message.Unknown
}

func costOf(p message.Printer, s *store.Sums) string {
	if s.Costs == 0 {
		return message.Unknown
	}
	d := s.Cost.Dollars()
	return p.USD(&d)
}

func scoreOf(p message.Printer, s *query.ScoreSums) string {
	if s.Values == nil {
		return strconv.FormatFloat(s.Average, 'g', 4, 64)
	}
	best, most := "", int64(0)
	for value, n := range s.Values {
		if n > most || n == most && value < best {
			best, most = value, n
		}
	}
	return best + " " + p.Number(100*most/max(s.Count, 1)) + " %"
}

// Chart is a figure over time, a line for each version.
type Chart struct {
	Title string
	// Top is the highest value, as text.
	Top      string
	From, To time.Time
	Lines    []Line
}

// Line is that of a version: Path draws it on 600 by 100. A single point has the class dot too.
type Line struct {
	Version int
	Class   string
	Path    string
}

const chartWidth, chartHeight, chartPad = 600.0, 100.0, 6.0

// chartWrite is how the values of a chart are written.
type chartWrite struct {
	title string
	value func(*store.Sums) float64
	write func(float64) string
	zero  bool // a step without a row counts as 0
}

// NewCharts draws generations, latencies and costs of versions over time, by steps.
func NewCharts(p message.Printer, versions []query.VersionMetrics, from, to time.Time, step time.Duration) []Chart {
	kinds := []chartWrite{
		{p.T("prompts.metrics.generations"), func(s *store.Sums) float64 { return float64(s.Observations) }, func(f float64) string { return p.Number(int64(f)) }, true},
		{p.T("prompts.metrics.median"), func(s *store.Sums) float64 { return quantile(s, 0.5) }, func(f float64) string { return p.Duration(time.Duration(f)) }, false},
		{p.T("prompts.metrics.cost"), func(s *store.Sums) float64 { return s.Cost.Dollars() }, func(f float64) string { return p.USD(&f) }, true},
	}
	var charts []Chart
	for _, k := range kinds {
		c := Chart{Title: k.title, From: from, To: to}
		top := 0.0
		for i := range versions {
			for j := range versions[i].Series {
				if f := k.value(&versions[i].Series[j].Sums); f > top { // not if it is no number
					top = f
				}
			}
		}
		if top == 0 {
			continue
		}
		c.Top = k.write(top)
		for i := range versions {
			line := Line{versions[i].Version, "v" + strconv.Itoa(i), k.path(&versions[i], from, to, step, top)}
			if !strings.Contains(line.Path, "L") {
				line.Class += " dot"
			}
			c.Lines = append(c.Lines, line)
		}
		charts = append(charts, c)
	}
	return charts
}

// path draws from step to step; what is alone is a dot.
func (k *chartWrite) path(v *query.VersionMetrics, from, to time.Time, step time.Duration, top float64) string {
	var b strings.Builder
	first := from.Truncate(step)
	steps := max(int(to.Sub(first)/step)+1, 2)
	values := make([]float64, steps)
	for i := range values {
		if values[i] = math.NaN(); k.zero {
			values[i] = 0
		}
	}
	for i := range v.Series {
		if at := int(v.Series[i].Time.Sub(first) / step); at >= 0 && at < steps {
			values[at] = k.value(&v.Series[i].Sums)
		}
	}
	open := false
	for i, f := range values {
		if math.IsNaN(f) {
			continue
		}
		x := chartPad + (chartWidth-2*chartPad)*float64(i)/float64(steps-1)
		y := chartHeight - chartPad - (chartHeight-2*chartPad)*f/top
		verb := "L"
		if !open {
			verb, open = "M", true
		}
		b.WriteString(verb + number(x) + " " + number(y))
		if verb == "M" {
			b.WriteString("h.01")
		}
	}
	return b.String()
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
