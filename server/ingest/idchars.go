package ingest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// idFields are the fields by which the body of an event, or of a request for one thing, names things.
var idFields = []string{
	"id", "traceId", "observationId", "parentObservationId", "sessionId", "datasetRunId", "configId", "queueId", "spanId", "generationId", "eventId",
	"objectId", "datasetId", "datasetItemId", "sourceTraceId", "sourceObservationId",
}

// NULInIDs says which ids of a request for one thing, valid JSON as it was sent, have the character NUL.
func NULInIDs(object json.RawMessage) FieldErrors {
	c := &checker{}
	c.noNUL(object, idFields)
	return c.errors
}

// noNUL complains about those fields of an object that have the character NUL: it is removed from
// what is kept, so that two ids would become one. The object is as it was sent.
func (c *checker) noNUL(object json.RawMessage, names []string) {
	if !bytes.Contains(object, []byte(`\u0000`)) {
		return
	}
	fields(object, func(key string, v json.RawMessage) {
		if slices.Contains(names, key) && kindOf(v) == "string" && strings.ContainsRune(unquote(v), 0) {
			c.fail(key, "invalid_string", "must not contain the character NUL")
		}
	})
}

// eventNUL says which ids of an event, around its body and in it, have the character NUL.
func eventNUL(event json.RawMessage) FieldErrors {
	if !bytes.Contains(event, []byte(`\u0000`)) {
		return nil
	}
	c := &checker{}
	c.noNUL(event, []string{"id"})
	fields(event, func(key string, v json.RawMessage) {
		if key == "body" {
			body := &checker{path: []string{key}}
			body.noNUL(v, idFields)
			c.errors = append(c.errors, body.errors...)
		}
	})
	return c.errors
}
