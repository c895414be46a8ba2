package query

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// MetricsFilter narrows what is counted; all filters must match.
type MetricsFilter struct {
	// Column is a field of the view. Metadata needs a Key.
	Column string `json:"column"`
	// Operator depends on the type: = <> contains, does not contain, starts with,
	// ends with; any of, none of, all of; < <= > >=; is null, is not null.
	Operator string          `json:"operator"`
	Value    json.RawMessage `json:"value"`
	// Type is string, number, datetime, stringOptions, categoryOptions, arrayOptions, stringObject, numberObject, boolean or null.
	Type string `json:"type"`
	Key  string `json:"key,omitempty"`
}

func (p *metricsPlan) addFilter(i int, f MetricsFilter) error {
	where := fmt.Sprintf("filters[%d]", i)
	kind, err := p.known(where, f.Column, f.Key)
	if err != nil {
		return err
	}
	match, err := matcher(where, kind, &f)
	if err != nil {
		return err
	}
	column := p.column(store.FactField{Name: f.Column, Key: f.Key})
	p.filters = append(p.filters, func(values []any) bool { return match(values[column]) })
	return nil
}

// matcher is the test of one column.
func matcher(where string, kind store.FactType, f *MetricsFilter) (func(any) bool, error) {
	if err := typeFits(where, kind, f); err != nil {
		return nil, err
	}
	switch f.Type {
	case "string", "stringObject":
		var want string
		if err := valueOf(where, f, &want, "a text"); err != nil {
			return nil, err
		}
		return matchText(where, f.Operator, want)
	case "stringOptions", "categoryOptions", "arrayOptions":
		var want []string
		if err := valueOf(where, f, &want, "a list of texts"); err != nil {
			return nil, err
		}
		if len(want) > maxFilterValues {
			return nil, badMetrics("%s.value: %d values: at most %d", where, len(want), maxFilterValues)
		}
		return matchOptions(where, f.Operator, want)
	case "number", "numberObject":
		var want float64
		if err := valueOf(where, f, &want, "a number"); err != nil {
			return nil, err
		}
		return matchNumber(where, f.Operator, want, kind)
	case "datetime":
		var want time.Time
		if err := valueOf(where, f, &want, "a time as 2026-05-04T03:02:01Z"); err != nil {
			return nil, err
		}
		return matchNumber(where, f.Operator, float64(want.UnixMicro()), store.FactNumber)
	case "boolean":
		var want bool
		if err := valueOf(where, f, &want, "true or false"); err != nil {
			return nil, err
		}
		switch f.Operator {
		case "=":
			return func(v any) bool { return v == want }, nil
		case "<>":
			return func(v any) bool { return v != want }, nil
		}
		return nil, badOperator(where, f.Operator, "=, <>")
	case "null":
		switch f.Operator {
		case "is null":
			return func(v any) bool { return v == nil }, nil
		case "is not null":
			return func(v any) bool { return v != nil }, nil
		}
		return nil, badOperator(where, f.Operator, "is null, is not null")
	}
	return nil, badMetrics("%s.type %q: use one of %s", where, f.Type, strings.Join(filterTypes, ", "))
}

func badOperator(where, operator, use string) error {
	return badMetrics("%s.operator %q: use one of %s", where, operator, use)
}

func valueOf(where string, f *MetricsFilter, to any, what string) error {
	if len(f.Value) == 0 || string(f.Value) == "null" || json.Unmarshal(f.Value, to) != nil {
		return badMetrics("%s.value: give %s", where, what)
	}
	return nil
}

// textOf is a column as text; one that is not there is empty.
func textOf(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	}
	return fmt.Sprint(v)
}

func matchText(where, operator, want string) (func(any) bool, error) {
	var match func(string) bool
	switch operator {
	case "=":
		match = func(s string) bool { return s == want }
	case "<>":
		match = func(s string) bool { return s != want }
	case "contains":
		match = func(s string) bool { return strings.Contains(s, want) }
	case "does not contain":
		match = func(s string) bool { return !strings.Contains(s, want) }
	case "starts with":
		match = func(s string) bool { return strings.HasPrefix(s, want) }
	case "ends with":
		match = func(s string) bool { return strings.HasSuffix(s, want) }
	default:
		return nil, badOperator(where, operator, "=, <>, contains, does not contain, starts with, ends with")
	}
	negative := operator == "<>" || operator == "does not contain"
	return func(v any) bool {
		list, ok := v.([]string)
		if !ok {
			return match(textOf(v))
		}
		if negative { // of none of them
			return !slices.ContainsFunc(list, func(s string) bool { return !match(s) })
		}
		return slices.ContainsFunc(list, match)
	}, nil
}

func matchOptions(where, operator string, want []string) (func(any) bool, error) {
	entries := func(v any) []string {
		if list, ok := v.([]string); ok {
			return list
		}
		return []string{textOf(v)}
	}
	anyOf := func(v any) bool {
		return slices.ContainsFunc(entries(v), func(s string) bool { return slices.Contains(want, s) })
	}
	switch operator {
	case "any of":
		return anyOf, nil
	case "none of":
		return func(v any) bool { return !anyOf(v) }, nil
	case "all of":
		return func(v any) bool {
			list := entries(v)
			return !slices.ContainsFunc(want, func(s string) bool { return !slices.Contains(list, s) })
		}, nil
	}
	return nil, badOperator(where, operator, "any of, none of, all of")
}

func matchNumber(where, operator string, want float64, kind store.FactType) (func(any) bool, error) {
	var match func(float64) bool
	switch operator {
	case "=":
		match = func(x float64) bool { return x == want }
	case "<>":
		match = func(x float64) bool { return x != want }
	case "<":
		match = func(x float64) bool { return x < want }
	case "<=":
		match = func(x float64) bool { return x <= want }
	case ">":
		match = func(x float64) bool { return x > want }
	case ">=":
		match = func(x float64) bool { return x >= want }
	default:
		return nil, badOperator(where, operator, "=, <>, <, <=, >, >=")
	}
	return func(v any) bool {
		x, ok := numberOf(v, kind)
		return ok && match(x)
	}, nil
}
