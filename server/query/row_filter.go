package query

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/store"
)

// rowColumn is what a filter of rows looks at.
type rowColumn[T any] struct {
	kind store.FactType
	of   func(T) any // nil of the metadata
}

// rowMatcher is true of rows that all filters match.
func rowMatcher[T any](filters []MetricsFilter, columns map[string]rowColumn[T], metadata func(T) json.RawMessage) (func(T) bool, error) {
	var all []func(T) bool
	for i := range filters {
		f := &filters[i]
		where := fmt.Sprintf("filter[%d]", i)
		column, ok := columns[f.Column]
		if !ok {
			return nil, badMetrics("%s.column %q: use one of %s", where, f.Column, strings.Join(slices.Sorted(maps.Keys(columns)), ", "))
		}
		if (f.Column == metadataColumn) != (f.Key != "") {
			return nil, badMetrics("%s: key %q of %s: metadata has a key, and nothing else", where, f.Key, f.Column)
		}
		of := column.of
		if f.Column == metadataColumn {
			of = func(row T) any { return metadataValue(metadata(row), f.Key) }
		}
		if f.Operator == "matches" {
			if err := typeFits(where, column.kind, f); err != nil {
				return nil, err
			}
			m, err := matchLiteral(where, f)
			if err != nil {
				return nil, err
			}
			all = append(all, func(row T) bool { return m(textOf(of(row))) })
			continue
		}
		test, err := matcher(where, column.kind, f)
		if err != nil {
			return nil, err
		}
		all = append(all, func(row T) bool { return test(of(row)) })
	}
	return func(row T) bool {
		return !slices.ContainsFunc(all, func(m func(T) bool) bool { return !m(row) })
	}, nil
}

// matchLiteral looks for a part of a text: whatever the case in inputs and outputs.
func matchLiteral(where string, f *MetricsFilter) (func(string) bool, error) {
	var want string
	if err := valueOf(where, f, &want, "a text"); err != nil {
		return nil, err
	}
	switch f.Column {
	case "input", "output":
		want = strings.ToLower(want)
		return func(s string) bool { return strings.Contains(strings.ToLower(s), want) }, nil
	case metadataColumn:
		return func(s string) bool { return strings.Contains(s, want) }, nil
	}
	return nil, badMetrics("%s: matches works on input, output and metadata: use contains", where)
}

// metadataValue is a top-level key as text; nil if there is none.
func metadataValue(metadata json.RawMessage, key string) any {
	var m map[string]json.RawMessage
	if json.Unmarshal(metadata, &m) != nil {
		return nil
	}
	raw, ok := m[key]
	if !ok || string(raw) == "null" {
		return nil
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
