package store

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// MetricsQuery asks what the observations or traces of a project add up to.
// Its zero value is the sum of all observations.
type MetricsQuery struct {
	// By is what to group by; zero means not at all.
	By MetricsBy
	// Step is the length of a bucket of time: [time.Hour], 24 hours, or zero for
	// one bucket. Buckets begin at whole steps since 1970, in UTC. By [ByUser]
	// knows days only.
	Step time.Duration
	// From and To bound the start of observations, the timestamp of traces: From
	// inclusive, To exclusive. By [ByUser] they are widened to whole days.
	From, To time.Time
	// PromptName narrows [ByPrompt] to one prompt; it goes with nothing else.
	PromptName string
}

// MetricsBy names what metrics are grouped by.
type MetricsBy uint8

// What metrics are grouped by.
const (
	// ByNothing adds up all observations.
	ByNothing MetricsBy = iota
	// ByModel groups observations by kind and model.
	ByModel
	// ByPrompt groups those observations that have a prompt by its name and version.
	ByPrompt
	// ByTrace groups traces by environment; observations, tokens and costs are
	// those of their observations, latencies their own.
	ByTrace
	// ByUser groups traces that have a user by user and day.
	ByUser
)

// MetricsRow is one group in one bucket of time. Rows are sorted by time, then
// by group. A group that has nothing in a bucket has no row.
type MetricsRow struct {
	// Time is the start of the bucket; zero without steps.
	Time time.Time
	// The group: what the query doesn't group by is zero.
	Kind          exporter.Kind
	Model         string
	PromptName    string
	PromptVersion int
	Environment   string
	UserID        string

	Sums
}

// Sums are what a number of observations or traces add up to.
type Sums struct {
	// Traces is filled by [ByTrace] and [ByUser].
	Traces       int64
	Observations int64
	// Errors and Warnings count observations of these levels.
	Errors   int64
	Warnings int64
	// What a single observation claims beyond [MaxTokens] counts as that.
	InputTokens  int64
	OutputTokens int64
	TotalTokens  int64
	// Cost is the sum of the known costs, each at most [MaxCost], and Costs how many are known.
	Cost  exporter.NanoUSD
	Costs int64
	// Latency has the latencies of what has ended; FirstToken the times to the
	// first token, of observations only. By [ByUser] both are empty.
	Latency    Histogram
	FirstToken Histogram
}

// Bounds of what a single observation adds to sums, on either side of zero: more
// than any model can do, and so little that millions of them fit into an int64.
const (
	MaxTokens = 1 << 40
	MaxCost   = exporter.NanoUSD(1 << 43) // 8,796 dollars
)

// Add adds o, or with a sign of -1 subtracts it.
func (s *Sums) Add(o *Sums, sign int64) {
	s.Traces += sign * o.Traces
	s.Observations += sign * o.Observations
	s.Errors += sign * o.Errors
	s.Warnings += sign * o.Warnings
	s.InputTokens += sign * o.InputTokens
	s.OutputTokens += sign * o.OutputTokens
	s.TotalTokens += sign * o.TotalTokens
	s.Cost += exporter.NanoUSD(sign) * o.Cost
	s.Costs += sign * o.Costs
	s.Latency.Merge(&o.Latency, sign)
	s.FirstToken.Merge(&o.FirstToken, sign)
}

// IsZero reports whether nothing is counted.
func (s *Sums) IsZero() bool {
	return s.Traces == 0 && s.Observations == 0 && s.Errors == 0 && s.Warnings == 0 && s.InputTokens == 0 && s.OutputTokens == 0 &&
		s.TotalTokens == 0 && s.Cost == 0 && s.Costs == 0 &&
		len(s.Latency.Buckets) == 0 && s.Latency.Sum == 0 && len(s.FirstToken.Buckets) == 0 && s.FirstToken.Sum == 0
}

// HistogramGrowth is the ratio of the bounds of a histogram's bucket.
const HistogramGrowth = 1.05

// Histogram counts durations in buckets whose bounds grow by [HistogramGrowth]
// from a microsecond on: quantiles are right within 2.5 %.
type Histogram struct {
	// Buckets has the counts by bucket: 0 is up to a microsecond, n is from
	// HistogramGrowth^(n-1) to HistogramGrowth^n microseconds.
	Buckets map[int32]int64
	// Sum is the sum of all durations, in microseconds.
	Sum int64
}

// BucketOf is the bucket of a duration.
func BucketOf(d time.Duration) int32 {
	us := float64(d) / float64(time.Microsecond)
	if us <= 1 {
		return 0
	}
	return int32(math.Ceil(math.Log(us) / math.Log(HistogramGrowth)))
}

// Record counts a duration n times; a negative n takes it out again. Durations
// below zero count as zero.
func (h *Histogram) Record(d time.Duration, n int64) {
	d = max(d, 0)
	if h.Buckets == nil {
		h.Buckets = map[int32]int64{}
	}
	b := BucketOf(d)
	if c := h.Buckets[b] + n; c == 0 {
		delete(h.Buckets, b)
	} else {
		h.Buckets[b] = c
	}
	h.Sum += n * d.Microseconds()
}

// Merge adds o, or with a sign of -1 subtracts it.
func (h *Histogram) Merge(o *Histogram, sign int64) {
	if len(o.Buckets) > 0 && h.Buckets == nil {
		h.Buckets = make(map[int32]int64, len(o.Buckets))
	}
	for b, n := range o.Buckets {
		if n = h.Buckets[b] + sign*n; n == 0 {
			delete(h.Buckets, b)
		} else {
			h.Buckets[b] = n
		}
	}
	h.Sum += sign * o.Sum
}

// Count is the number of durations.
func (h *Histogram) Count() (n int64) {
	for _, c := range h.Buckets {
		n += c
	}
	return n
}

// Mean is the mean duration; zero without any.
func (h *Histogram) Mean() time.Duration {
	n := h.Count()
	if n == 0 {
		return 0
	}
	return time.Duration(float64(h.Sum) / float64(n) * float64(time.Microsecond))
}

// Quantile is the duration below which the share q of all lies, 0 ≤ q ≤ 1, by
// the nearest rank: the middle of its bucket, within 2.5 % of the exact one. It is
// zero without any.
func (h *Histogram) Quantile(q float64) time.Duration {
	n := h.Count()
	if n == 0 {
		return 0
	}
	rank := max(int64(math.Ceil(q*float64(n))), 1)
	for _, b := range slices.Sorted(maps.Keys(h.Buckets)) {
		if rank -= h.Buckets[b]; rank <= 0 {
			return bucketMiddle(b)
		}
	}
	return 0
}

// bucketMiddle is the duration whose greatest relative distance to the bounds is least.
func bucketMiddle(b int32) time.Duration {
	if b == 0 {
		return time.Microsecond / 2
	}
	upper := math.Pow(HistogramGrowth, float64(b))
	us := 2 * upper / (1 + HistogramGrowth)
	if us >= math.MaxInt64/1000 {
		return math.MaxInt64
	}
	return time.Duration(us * float64(time.Microsecond))
}
