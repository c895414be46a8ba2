package query

import (
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/store"
)

// filterTypes are the types of conditions that there are.
var filterTypes = []string{"string", "number", "datetime", "stringOptions", "categoryOptions", "arrayOptions", "stringObject", "numberObject", "boolean", "null"}

// typesOf are those that a column of each kind has: by another one nothing, or chance, would match.
var typesOf = map[store.FactType][]string{
	store.FactText:     {"string", "stringOptions", "categoryOptions", "arrayOptions", "stringObject", "null"},
	store.FactList:     {"string", "stringOptions", "categoryOptions", "arrayOptions", "stringObject", "null"},
	store.FactNumber:   {"number", "numberObject", "null"},
	store.FactDuration: {"number", "numberObject", "null"},
	store.FactMoney:    {"number", "numberObject", "null"},
	store.FactTime:     {"datetime", "null"},
	store.FactFlag:     {"boolean", "null"},
}

// typeFits is an error if the column hasn't the type that a condition gives. Values of metadata may be numbers.
func typeFits(where string, kind store.FactType, f *MetricsFilter) error {
	types := typesOf[kind]
	if f.Column == metadataColumn {
		types = append(slices.Clone(types), "number", "numberObject")
	}
	if !slices.Contains(filterTypes, f.Type) || slices.Contains(types, f.Type) {
		return nil
	}
	return badMetrics("%s.type %q: the column %s has no such type: use one of %s", where, f.Type, f.Column, strings.Join(types, ", "))
}
