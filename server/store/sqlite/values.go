package sqlite

import (
	"encoding/json"
	"math"
	"time"
)

// The nullable forms of values: nil where Go has its zero.

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func blob(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return micros(t)
}

// texts is s as JSON, nil if it is empty.
func texts(s []string) (any, error) {
	if len(s) == 0 {
		return nil, nil
	}
	b, err := json.Marshal(s)
	return string(b), err
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func derefTime(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return fromMicros(*us)
}

// duration turns microseconds into a Duration, cut to its range.
func duration(us int64) time.Duration {
	if us > math.MaxInt64/1000 {
		return math.MaxInt64
	}
	if us < math.MinInt64/1000 {
		return math.MinInt64
	}
	return time.Duration(us) * time.Microsecond
}
