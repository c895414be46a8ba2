//go:build !noui

package ui

import (
	"net/url"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// filter is the list's filter as it stands in the address.
type filter struct {
	view.Filter
}

// fields are the parameters of the address, in the order of the chips.
func (f *filter) fields() []struct {
	param string
	value *string
} {
	return []struct {
		param string
		value *string
	}{
		{"q", &f.Q},
		{"level", &f.Level},
		{"range", &f.Range},
		{"name", &f.Name},
		{"user", &f.User},
		{"session", &f.Session},
		{"tag", &f.Tag},
		{"env", &f.Env},
		{"release", &f.Release},
		{"version", &f.Version},
		{"from", &f.From},
		{"to", &f.To},
	}
}

func readFilter(values url.Values) filter {
	var f filter
	for _, field := range f.fields() {
		*field.value = strings.TrimSpace(values.Get(field.param))
	}
	return f
}

// with returns the query of the address with one parameter set, or left out if value is empty.
func (f filter) with(param, value string) string {
	values := url.Values{}
	for _, field := range f.fields() {
		if *field.value != "" {
			values.Set(field.param, *field.value)
		}
	}
	values.Set(param, value)
	if value == "" {
		values.Del(param)
	}
	return values.Encode()
}

// store returns the filter for the store. Errors are [inputError].
func (f filter) store(now time.Time) (store.TraceFilter, error) {
	out := store.TraceFilter{
		Search: f.Q, Name: f.Name, UserID: f.User, SessionID: f.Session,
		Release: f.Release, Version: f.Version,
	}
	if f.Env != "" {
		out.Environments = []string{f.Env}
	}
	for tag := range strings.SplitSeq(f.Tag, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			out.Tags = append(out.Tags, tag)
		}
	}
	switch f.Level {
	case "":
	case "warning":
		out.Levels = []exporter.Level{exporter.LevelWarning, exporter.LevelError}
	case "error":
		out.Levels = []exporter.Level{exporter.LevelError}
	default:
		return out, badInput("input.level", f.Level)
	}
	var err error
	if out.From, err = parseTime(f.From); err != nil {
		return out, badInput("input.time", "from", f.From)
	}
	if out.To, err = parseTime(f.To); err != nil {
		return out, badInput("input.time", "to", f.To)
	}
	from, err := rangeStart(f.Range, now)
	if err != nil {
		return out, err
	}
	if from.After(out.From) {
		out.From = from
	}
	return out, nil
}

// rangeStart is when a range that ends now begins; zero if none is named.
// Errors are [inputError].
func rangeStart(value string, now time.Time) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	for _, r := range view.Ranges {
		if r.Value == value {
			return now.Add(-r.D), nil
		}
	}
	return time.Time{}, badInput("input.range", value, rangeNames())
}

// rangeNames are the ranges that an address may name.
func rangeNames() string {
	names := make([]string, len(view.Ranges))
	for i, r := range view.Ranges {
		names[i] = r.Value
	}
	return strings.Join(names, ", ")
}

// parseTime reads what a datetime-local field sends, taken as UTC, and RFC 3339.
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Parse(time.RFC3339, s)
}

// chips are the filters in force, each with the address without it.
func (f filter) chips(p view.Page) []view.Chip {
	var out []view.Chip
	for _, field := range f.fields() {
		if *field.value == "" {
			continue
		}
		shown := *field.value
		if key := "filter." + field.param + "." + shown; p.Has(key) {
			shown = p.T(key)
		}
		without := p.ProjectURL("traces")
		if rest := f.with(field.param, ""); rest != "" {
			without += "?" + rest
		}
		out = append(out, view.Chip{Label: p.T("filter." + field.param), Value: shown, Without: without})
	}
	return out
}
