package sqlite

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/langshark/langshark-go/server/store"
)

const (
	hourMicros = 3600 * 1e6
	dayMicros  = 24 * hourMicros
)

// What the rollups are by.
const (
	byModel  = 1
	byPrompt = 2
	byTrace  = 3
	perDay   = 8 // added to them
)

// rollupKey names a row of the rollups.
type rollupKey struct {
	project int64
	by      uint8
	bucket  int64
	name    string
	number  int64
}

// userKey names a row of the days of users.
type userKey struct {
	project, day int64
	user         string
}

// floorDiv is a/b, rounded down.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// rollups gathers what a transaction changes of them.
type rollups struct {
	times map[rollupKey]*store.Sums
	users map[userKey]*store.Sums
}

// at are the sums of a row.
func (r *rollups) at(k rollupKey) *store.Sums {
	s := r.times[k]
	if s == nil {
		if r.times == nil {
			r.times = map[rollupKey]*store.Sums{}
		}
		s = &store.Sums{}
		r.times[k] = s
	}
	return s
}

// inTime is a bucket of time, by hour or day.
type inTime struct {
	by     uint8
	bucket int64
}

// bucketsOf are those that a moment is in.
func bucketsOf(us int64) [2]inTime {
	return [2]inTime{{0, floorDiv(us, hourMicros)}, {perDay, floorDiv(us, dayMicros)}}
}

// observation adds an observation, sign times.
func (r *rollups) observation(project int64, m *measure, sign int64) {
	for _, t := range bucketsOf(m.start) {
		m.add(r.at(rollupKey{project, byModel + t.by, t.bucket, m.model, int64(m.kind)}), sign)
		if m.prompt != "" {
			m.add(r.at(rollupKey{project, byPrompt + t.by, t.bucket, m.prompt, int64(m.promptVersion)}), sign)
		}
	}
}

// trace adds a trace, sign times.
func (r *rollups) trace(project int64, m *traceMeasure, sign int64) {
	if !m.counted {
		return
	}
	for _, t := range bucketsOf(m.ts) {
		m.add(r.at(rollupKey{project, byTrace + t.by, t.bucket, m.environment, 0}), sign, true)
	}
	if m.user == "" {
		return
	}
	k := userKey{project, floorDiv(m.ts, dayMicros), m.user}
	s := r.users[k]
	if s == nil {
		if r.users == nil {
			r.users = map[userKey]*store.Sums{}
		}
		s = &store.Sums{}
		r.users[k] = s
	}
	m.add(s, sign, false)
}

// flush adds what was gathered to the rows. Rows that come to nothing go.
func (r *rollups) flush(d *db) error {
	for k, delta := range r.times {
		if delta.IsZero() {
			continue
		}
		var data []byte
		err := d.row("SELECT sums FROM rollups WHERE project = ? AND by = ? AND bucket = ? AND name = ? AND number = ?",
			[]any{k.project, int64(k.by), k.bucket, k.name, k.number}, &data)
		if err != nil && !errors.Is(err, errNoRow) {
			return err
		}
		fresh := err != nil
		var sums store.Sums
		if !fresh {
			if err := decodeSums(data, &sums); err != nil {
				return err
			}
		}
		sums.Add(delta, 1)
		switch {
		case sums.IsZero():
			err = d.exec("DELETE FROM rollups WHERE project = ? AND by = ? AND bucket = ? AND name = ? AND number = ?", k.project, int64(k.by), k.bucket, k.name, k.number)
		case fresh:
			err = d.exec("INSERT INTO rollups (project, by, bucket, name, number, sums) VALUES (?, ?, ?, ?, ?, ?)", k.project, int64(k.by), k.bucket, k.name, k.number, encodeSums(&sums))
		default:
			err = d.exec("UPDATE rollups SET sums = ? WHERE project = ? AND by = ? AND bucket = ? AND name = ? AND number = ?", encodeSums(&sums), k.project, int64(k.by), k.bucket, k.name, k.number)
		}
		if err != nil {
			return err
		}
	}
	for k, s := range r.users {
		if s.IsZero() {
			continue
		}
		if err := d.exec(`INSERT INTO user_days (project, day, user_id, traces, observations, errors, warnings, input_tokens, output_tokens, total_tokens, cost, costs)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET traces = traces + excluded.traces, observations = observations + excluded.observations,
			errors = errors + excluded.errors, warnings = warnings + excluded.warnings, input_tokens = input_tokens + excluded.input_tokens,
			output_tokens = output_tokens + excluded.output_tokens, total_tokens = total_tokens + excluded.total_tokens, cost = cost + excluded.cost, costs = costs + excluded.costs`,
			k.project, k.day, k.user, s.Traces, s.Observations, s.Errors, s.Warnings, s.InputTokens, s.OutputTokens, s.TotalTokens, int64(s.Cost), s.Costs); err != nil {
			return err
		}
		if s.Traces >= 0 {
			continue
		}
		if err := d.exec("DELETE FROM user_days WHERE project = ? AND day = ? AND user_id = ? AND traces = 0", k.project, k.day, k.user); err != nil {
			return err
		}
	}
	return nil
}

// The stored form of sums: the numbers as varints, then each histogram as its
// sum, the count of its buckets, and these as distance from the one before and count.

func encodeSums(s *store.Sums) []byte {
	var b []byte
	for _, n := range []int64{s.Traces, s.Observations, s.Errors, s.Warnings, s.InputTokens, s.OutputTokens, s.TotalTokens, int64(s.Cost), s.Costs} {
		b = binary.AppendVarint(b, n)
	}
	return appendHistogram(appendHistogram(b, &s.Latency), &s.FirstToken)
}

func appendHistogram(b []byte, h *store.Histogram) []byte {
	b = binary.AppendVarint(b, h.Sum)
	b = binary.AppendVarint(b, int64(len(h.Buckets)))
	last := int32(0)
	for _, bucket := range slices.Sorted(maps.Keys(h.Buckets)) {
		b = binary.AppendVarint(b, int64(bucket-last))
		b = binary.AppendVarint(b, h.Buckets[bucket])
		last = bucket
	}
	return b
}

var errSums = errors.New("langshark: corrupt sums")

// decodeSums adds the stored sums to s.
func decodeSums(data []byte, s *store.Sums) error {
	failed := false
	number := func() int64 {
		n, size := binary.Varint(data)
		if size <= 0 {
			failed = true
			return 0
		}
		data = data[size:]
		return n
	}
	for _, p := range []*int64{&s.Traces, &s.Observations, &s.Errors, &s.Warnings, &s.InputTokens, &s.OutputTokens, &s.TotalTokens, (*int64)(&s.Cost), &s.Costs} {
		*p += number()
	}
	for _, h := range []*store.Histogram{&s.Latency, &s.FirstToken} {
		h.Sum += number()
		n := number()
		if n < 0 || n > int64(len(data)) {
			return errSums
		}
		if n > 0 && h.Buckets == nil {
			h.Buckets = make(map[int32]int64, n)
		}
		bucket := int32(0)
		for range n {
			bucket += int32(number()) //nolint:gosec // a distance of buckets
			h.Buckets[bucket] += number()
		}
	}
	if failed || len(data) > 0 {
		return errSums
	}
	return nil
}
