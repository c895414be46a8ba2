package ingest

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

// envelope is an event around its body.
type envelope struct {
	id   string
	at   time.Time
	kind eventKind
	body json.RawMessage
	name string // the type as given
}

// eventKind is what an event's type means.
type eventKind struct {
	thing  store.Thing // 0 for logs
	update bool
	kind   exporter.Kind
	legacy bool // the kind of observation stands in the body
	known  bool
}

// eventTypes are all types of events, by name.
var eventTypes = map[string]eventKind{
	"trace-create":       {thing: store.ThingTrace},
	"score-create":       {thing: store.ThingScore},
	"sdk-log":            {},
	"event-create":       {thing: store.ThingObservation, kind: exporter.KindEvent},
	"span-create":        {thing: store.ThingObservation, kind: exporter.KindSpan},
	"span-update":        {thing: store.ThingObservation, kind: exporter.KindSpan, update: true},
	"generation-create":  {thing: store.ThingObservation, kind: exporter.KindGeneration},
	"generation-update":  {thing: store.ThingObservation, kind: exporter.KindGeneration, update: true},
	"agent-create":       {thing: store.ThingObservation, kind: exporter.KindAgent},
	"tool-create":        {thing: store.ThingObservation, kind: exporter.KindTool},
	"chain-create":       {thing: store.ThingObservation, kind: exporter.KindChain},
	"retriever-create":   {thing: store.ThingObservation, kind: exporter.KindRetriever},
	"evaluator-create":   {thing: store.ThingObservation, kind: exporter.KindEvaluator},
	"embedding-create":   {thing: store.ThingObservation, kind: exporter.KindEmbedding},
	"guardrail-create":   {thing: store.ThingObservation, kind: exporter.KindGuardrail},
	"observation-create": {thing: store.ThingObservation, legacy: true},
	"observation-update": {thing: store.ThingObservation, legacy: true, update: true},
}

// readEnvelope checks an event without its body. The id is "unknown" if there is none.
func readEnvelope(raw json.RawMessage) (e envelope, errs FieldErrors) {
	e.id = "unknown"
	c := &checker{}
	if kindOf(raw) != "object" {
		c.wrongType("", "object", raw)
		return e, c.errors
	}
	var id, at, kind, body json.RawMessage
	fields(raw, func(key string, v json.RawMessage) {
		switch key {
		case "id":
			id = v
		case "timestamp":
			at = v
		case "type":
			kind = v
		case "body":
			body = v
		}
	})
	if id == nil || kindOf(id) == "null" {
		c.missing("id")
	} else {
		var text string
		if c.id("id", id, &text); text != "" {
			e.id = text
		}
	}
	if at == nil || kindOf(at) == "null" {
		c.missing("timestamp")
	} else {
		c.time("timestamp", at, &e.at)
	}
	switch {
	case kind == nil || kindOf(kind) == "null":
		c.missing("type")
	case kindOf(kind) != "string":
		c.wrongType("type", "string", kind)
	default:
		e.name = unquote(kind)
		if e.kind, e.kind.known = eventTypes[e.name]; !e.kind.known {
			c.fail("type", "invalid_enum_value", "there is no event of type %s", short(e.name))
		}
	}
	switch {
	case body == nil || kindOf(body) == "null":
		c.missing("body")
	case kindOf(body) != "object":
		c.wrongType("body", "object", body)
	case len(body) > MaxDepth && depth(body) > MaxDepth:
		c.fail("body", "too_big", "%v", errDepth)
	}
	e.body = body
	return e, c.errors
}

// derivedID is the id of a thing whose event gave none: always the same for the same event.
func derivedID(eventID string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(eventID)).String()
}

func (e *envelope) stamp() store.Stamp { return store.NewStamp(e.at, e.kind.update, e.id) }

// readTrace reads the body of a trace-create.
func readTrace(c *checker, body json.RawMessage) (w store.TraceWrite) {
	fields(body, func(key string, v json.RawMessage) {
		switch key {
		case "id":
			c.id(key, v, &w.ID)
		case "timestamp":
			c.time(key, v, &w.Timestamp)
		case "name":
			c.label(key, v, &w.Name)
		case "userId":
			c.user(key, v, &w.UserID)
		case "sessionId":
			c.reference(key, v, &w.SessionID)
		case "environment":
			w.Environment = environment(v)
		case "release":
			c.label(key, v, &w.Release)
		case "version":
			c.label(key, v, &w.Version)
		case "public":
			c.boolean(key, v, &w.Public)
		case "tags":
			c.texts(key, v, &w.Tags)
		case "metadata":
			c.metadata(v, &w.Metadata)
		case "input":
			c.any(v, &w.Input)
		case "output":
			c.any(v, &w.Output)
		}
	})
	return w
}

const maxEnvironment = 40

// environment brings an environment into form; it is never an error.
func environment(raw json.RawMessage) string {
	if kindOf(raw) != "string" {
		return ""
	}
	return normalEnvironment(unquote(raw))
}

// normalEnvironment lowers the case and removes the reserved beginning.
func normalEnvironment(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	for strings.HasPrefix(s, "langfuse") {
		s = strings.TrimLeft(strings.TrimPrefix(s, "langfuse"), "-_")
	}
	if runes := []rune(s); len(runes) > maxEnvironment {
		s = string(runes[:maxEnvironment])
	}
	return s
}

// readObservation reads the body of an event of any observation.
func readObservation(c *checker, body json.RawMessage, kind eventKind) (w store.ObservationWrite) {
	w.Kind = kind.kind
	var u usageFields
	var level, legacyType string
	var promptVersion *int64
	var usage, usageDetails, costDetails json.RawMessage
	seenID := false
	fields(body, func(key string, v json.RawMessage) {
		switch key {
		case "id":
			seenID = kindOf(v) != "null"
			c.id(key, v, &w.ID)
		case "traceId":
			c.reference(key, v, &w.TraceID)
		case "parentObservationId":
			c.reference(key, v, &w.ParentID)
		case "type":
			if kind.legacy {
				c.oneOf(key, v, &legacyType, "GENERATION", "SPAN", "EVENT")
			}
		case "name":
			c.label(key, v, &w.Name)
		case "environment":
			w.Environment = environment(v)
		case "startTime":
			c.time(key, v, &w.Start)
		case "endTime":
			if kind.kind != exporter.KindEvent {
				c.time(key, v, &w.End)
			}
		case "level":
			c.oneOf(key, v, &level, "DEBUG", "DEFAULT", "WARNING", "ERROR")
		case "statusMessage":
			c.text(key, v, &w.StatusMessage)
		case "version":
			c.label(key, v, &w.Version)
		case "metadata":
			c.metadata(v, &w.Metadata)
		case "input":
			c.any(v, &w.Input)
		case "output":
			c.any(v, &w.Output)
		case "model":
			c.label(key, v, &w.Model)
		case "modelParameters":
			if c.object(key, v, &w.ModelParameters); isEmptyObject(w.ModelParameters) {
				w.ModelParameters = nil // says nothing: it must not replace what was said before
			}
		case "completionStartTime":
			c.time(key, v, &w.CompletionStart)
		case "promptName":
			c.label(key, v, &w.PromptName)
		case "promptVersion":
			c.integer(key, v, &promptVersion)
		case "usage":
			usage = v
		case "usageDetails":
			usageDetails = v
		case "costDetails":
			costDetails = v
		}
	})
	if !seenID {
		c.missing("id")
	}
	if kind.legacy {
		switch legacyType {
		case "GENERATION":
			w.Kind = exporter.KindGeneration
		case "EVENT":
			w.Kind = exporter.KindEvent
			w.End = time.Time{}
		case "":
			c.missing("type")
		}
	}
	if level != "" {
		l := parseLevel(level)
		w.Level = &l
	}
	w.PromptVersion = int(value(promptVersion))
	if (w.PromptName != "") != (w.PromptVersion > 0) {
		c.fail("", "custom", "promptName and promptVersion, which begins at 1, must be given together")
	}
	if costDetails != nil {
		u.costs(c, costDetails)
	}
	if usage != nil {
		u.legacy(c, usage)
	}
	if usageDetails != nil {
		u.details(c, usageDetails)
	}
	w.Usage, w.Cost = u.usage, u.cost
	w.Metadata = withTier(w.Metadata, w.ModelParameters, u.tier)
	return w
}

// withTier keeps the tier of service that a usage names in the metadata, where it is priced
// by: unless it is the usual one and nobody asked for another.
func withTier(metadata, parameters json.RawMessage, tier string) json.RawMessage {
	const name = "service_tier"
	if tier == "" || cost.UsualService(tier) && !bytes.Contains(parameters, []byte(name)) {
		return metadata
	}
	members := map[string]json.RawMessage{}
	if len(metadata) > 0 && json.Unmarshal(metadata, &members) != nil { // no object
		return metadata
	}
	if _, ok := members[name]; ok {
		return metadata
	}
	members[name], _ = json.Marshal(tier) // a string
	with, err := json.Marshal(members)
	if err != nil {
		return metadata
	}
	return with
}

func parseLevel(s string) exporter.Level {
	for _, l := range []exporter.Level{exporter.LevelDebug, exporter.LevelWarning, exporter.LevelError} {
		if l.String() == s {
			return l
		}
	}
	return exporter.LevelDefault
}

// readScore reads the body of a score-create.
func readScore(c *checker, body json.RawMessage) (w store.ScoreWrite) {
	var value json.RawMessage
	var dataType string
	w.Source = "API"
	fields(body, func(key string, v json.RawMessage) {
		switch key {
		case "id":
			c.id(key, v, &w.ID)
		case "traceId":
			c.reference(key, v, &w.TraceID)
		case "sessionId":
			c.reference(key, v, &w.SessionID)
		case "datasetRunId":
			c.reference(key, v, &w.DatasetRunID)
		case "observationId":
			c.reference(key, v, &w.ObservationID)
		case "name":
			c.label(key, v, &w.Name)
		case "value":
			value = v
		case "dataType":
			c.oneOf(key, v, &dataType, "NUMERIC", "CATEGORICAL", "BOOLEAN", "TEXT", "CORRECTION")
		case "comment":
			c.text(key, v, &w.Comment)
		case "source":
			c.oneOf(key, v, &w.Source, "API", "EVAL", "ANNOTATION")
		case "configId":
			c.text(key, v, &w.ConfigID)
		case "queueId":
			c.text(key, v, &w.QueueID)
		case "environment":
			w.Environment = environment(v)
		case "metadata":
			c.metadata(v, &w.Metadata)
		case "timestamp":
			c.time(key, v, &w.Timestamp)
		}
	})
	if dataType == string(store.ScoreCorrection) {
		w.Name = "output" // that is what it corrects, whatever was given
	}
	if w.Name == "" {
		c.missing("name")
	}
	if w.TraceID == "" && w.SessionID == "" && w.DatasetRunID == "" {
		c.fail("traceId", "invalid_type", "required, or a sessionId or datasetRunId")
	}
	readScoreValue(c, &w, value, dataType)
	return w
}

func readScoreValue(c *checker, w *store.ScoreWrite, raw json.RawMessage, dataType string) {
	kind := kindOf(raw)
	switch {
	case kind == "nothing" || kind == "null":
		c.missing("value")
		return
	case kind != "number" && kind != "string":
		c.wrongType("value", "number or string", raw)
		return
	case dataType == "" && kind == "number":
		dataType = string(exporter.ScoreNumeric)
	case dataType == "":
		dataType = string(exporter.ScoreCategorical)
	}
	w.Type = exporter.ScoreType(dataType)
	switch w.Type {
	case exporter.ScoreCategorical, store.ScoreText, store.ScoreCorrection:
		readScoreText(c, w, raw)
		return
	case exporter.ScoreNumeric, exporter.ScoreBoolean:
	}
	if kind != "number" {
		c.fail("value", "custom", "must be a number for data type %s", dataType)
		return
	}
	c.number("value", raw, &w.Number)
	if w.Type != exporter.ScoreBoolean || w.Number == nil {
		return
	}
	switch *w.Number {
	case 0:
		w.Text = "False"
	case 1:
		w.Text = "True"
	default:
		c.fail("value", "custom", "must be 0 or 1 for data type BOOLEAN")
	}
}

// maxScoreText is how many characters a score that is a text may have.
const maxScoreText = 500

func readScoreText(c *checker, w *store.ScoreWrite, raw json.RawMessage) {
	if kindOf(raw) != "string" {
		c.fail("value", "custom", "must be a string for data type %s", w.Type)
		return
	}
	w.Text = unquote(raw)
	if n := utf8.RuneCountInString(w.Text); w.Type == store.ScoreText && (n == 0 || n > maxScoreText) {
		c.fail("value", "custom", "must have 1 to %d characters for data type TEXT, has %d", maxScoreText, n)
	}
	if w.Type == store.ScoreCorrection && w.TraceID == "" {
		c.fail("traceId", "custom", "required: a correction is of a trace or an observation")
	}
}

func isEmptyObject(raw json.RawMessage) bool {
	members := 0
	if kindOf(raw) != "object" {
		return false
	}
	fields(raw, func(string, json.RawMessage) { members++ })
	return members == 0
}
