package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// View is what facts are of.
type View uint8

// The views.
const (
	ViewTraces View = iota
	ViewObservations
	ViewScores
)

// String names the view.
func (v View) String() string {
	switch v {
	case ViewTraces:
		return "traces"
	case ViewObservations:
		return "observations"
	case ViewScores:
		return "scores"
	}
	return fmt.Sprintf("View(%d)", uint8(v))
}

// FactQuery asks for some columns of all rows of a view in a span of time.
type FactQuery struct {
	View   View
	Fields []FactField
	// From and To bound the timestamp of traces and scores, the start of observations: From inclusive, To exclusive.
	From, To time.Time
}

// FactField is a column: one of [FactFields], and for metadata a top-level key of it.
type FactField struct{ Name, Key string }

// FactType is what the values of a column are.
type FactType uint8

// The types of columns, and in which type a value comes; each is nil where there is none.
const (
	FactText     FactType = iota // string
	FactNumber                   // int64, or float64 for the value of a score
	FactDuration                 // int64, microseconds
	FactTime                     // int64, microseconds since 1970
	FactMoney                    // int64, nano-dollars
	FactFlag                     // bool
	FactList                     // []string
)

// metadataField is the column that has a key.
const metadataField = "metadata"

var ofTrace = map[string]FactType{
	"environment": FactText, "userId": FactText, "sessionId": FactText, "release": FactText, "tags": FactList,
}

// factFields are the columns of each view. Those of the trace are there in all.
var factFields = map[View]map[string]FactType{
	ViewTraces: merged(ofTrace, map[string]FactType{
		"id": FactText, "name": FactText, "version": FactText, "timestamp": FactTime, "latency": FactDuration, "observationsCount": FactNumber,
		"scoresCount": FactNumber, "errorCount": FactNumber, "warningCount": FactNumber, "inputTokens": FactNumber, "outputTokens": FactNumber,
		"totalTokens": FactNumber, "totalCost": FactMoney, metadataField: FactText,
	}),
	ViewObservations: merged(ofTrace, map[string]FactType{
		"id": FactText, "traceId": FactText, "parentObservationId": FactText, "type": FactText, "name": FactText, "level": FactText, "version": FactText,
		"statusMessage": FactText, "providedModelName": FactText, "promptName": FactText, "promptVersion": FactNumber, "isRootObservation": FactFlag,
		"traceName": FactText, "traceVersion": FactText, "startTime": FactTime, "endTime": FactTime, "latency": FactDuration, "timeToFirstToken": FactDuration,
		"streamingLatency": FactDuration, "inputTokens": FactNumber, "outputTokens": FactNumber, "totalTokens": FactNumber, "totalCost": FactMoney,
		"inputCost": FactMoney, "outputCost": FactMoney, "countScores": FactNumber, metadataField: FactText,
	}),
	ViewScores: merged(ofTrace, map[string]FactType{
		"id": FactText, "name": FactText, "source": FactText, "dataType": FactText, "configId": FactText, "traceId": FactText, "observationId": FactText,
		"timestamp": FactTime, "value": FactNumber, "stringValue": FactText, "traceName": FactText, "traceVersion": FactText, metadataField: FactText,
		"observationName": FactText, "observationModelName": FactText, "observationPromptName": FactText, "observationPromptVersion": FactNumber,
	}),
}

func merged(a, b map[string]FactType) map[string]FactType {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

// FactFields lists the columns of a view, sorted.
func FactFields(v View) []string { return slices.Sorted(maps.Keys(factFields[v])) }

// FactTypeOf is the type of a column; ok is false if the view has none of that name.
func FactTypeOf(v View, field string) (t FactType, ok bool) {
	t, ok = factFields[v][field]
	return t, ok
}

// Facts reads rows for sums that no rollup has.
type Facts interface {
	// Facts calls f for each row of a view, in no order, all of one moment. The
	// values are in the order of the query's fields and good until f returns. An
	// error of f ends it and is returned.
	Facts(ctx context.Context, projectID string, q FactQuery, f func(values []any) error) error
}

// Check reports what is wrong with the query.
func (q *FactQuery) Check() error {
	if q.View > ViewScores {
		return fmt.Errorf("langshark: facts of %v: %w", q.View, ErrBadQuery)
	}
	for _, f := range q.Fields {
		switch _, ok := FactTypeOf(q.View, f.Name); {
		case !ok:
			return fmt.Errorf("langshark: %v have no field %q: %w: ask for one of %s", q.View, f.Name, ErrBadQuery, strings.Join(FactFields(q.View), ", "))
		case (f.Name == metadataField) != (f.Key != ""):
			return fmt.Errorf("langshark: field %q with key %q: %w: metadata has a key, and nothing else", f.Name, f.Key, ErrBadQuery)
		}
	}
	return nil
}
