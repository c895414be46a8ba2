package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// eventID is that of all writes of imports: rows are told apart by their own
// ids, so that the same row has the same stamp each time.
const eventID = "import"

// LineError says what is wrong with a line of a file.
type LineError struct {
	// Line is its number, from 1 on.
	Line int64
	// Field is the field that is wrong; empty if it is the line.
	Field string
	// Message says what is wrong and how to mend it.
	Message string

	cause error // what it also is to errors.Is, or nil
}

// Error is, for example, `line 12: startTime: "yesterday" is no date and time with a zone, …`.
func (e *LineError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Message)
	}
	return fmt.Sprintf("line %d: %s: %s", e.Line, e.Field, e.Message)
}

// Unwrap returns [ErrBeyond] if the line is one that may not be there at all.
func (e *LineError) Unwrap() error { return e.cause }

// record is any line as it stands in the file.
type record struct {
	Type string `json:"type"`
	ID   string `json:"id"`

	// The header.
	Format        string `json:"format"`
	FormatVersion int    `json:"formatVersion"`
	ProjectID     string `json:"projectId"`
	ProjectName   string `json:"projectName"`
	ExportedAt    string `json:"exportedAt"`
	From          string `json:"from"`
	To            string `json:"to"`
	Filter        string `json:"filter"`

	// The trailer.
	Traces       int64 `json:"traces"`
	Observations int64 `json:"observations"`
	Scores       int64 `json:"scores"`

	Timestamp   string          `json:"timestamp"`
	Name        string          `json:"name"`
	UserID      string          `json:"userId"`
	SessionID   string          `json:"sessionId"`
	Environment string          `json:"environment"`
	Release     string          `json:"release"`
	Version     string          `json:"version"`
	Public      bool            `json:"public"`
	Bookmarked  bool            `json:"bookmarked"`
	Tags        []string        `json:"tags"`
	Metadata    json.RawMessage `json:"metadata"`
	Input       json.RawMessage `json:"input"`
	Output      json.RawMessage `json:"output"`
	CreatedAt   string          `json:"createdAt"`
	UpdatedAt   string          `json:"updatedAt"`

	TraceID             string          `json:"traceId"`
	ParentID            string          `json:"parentId"`
	Kind                string          `json:"kind"`
	StartTime           string          `json:"startTime"`
	EndTime             string          `json:"endTime"`
	CompletionStartTime string          `json:"completionStartTime"`
	Level               string          `json:"level"`
	StatusMessage       string          `json:"statusMessage"`
	Model               string          `json:"model"`
	ModelParameters     json.RawMessage `json:"modelParameters"`
	PromptName          string          `json:"promptName"`
	PromptVersion       int             `json:"promptVersion"`
	Usage               *recordUsage    `json:"usage"`
	Cost                *recordCost     `json:"cost"`

	ObservationID string   `json:"observationId"`
	DatasetRunID  string   `json:"datasetRunId"`
	DataType      string   `json:"dataType"`
	Value         *float64 `json:"value"`
	StringValue   string   `json:"stringValue"`
	Comment       string   `json:"comment"`
	Source        string   `json:"source"`
	ConfigID      string   `json:"configId"`
	QueueID       string   `json:"queueId"`
}

type recordUsage struct {
	Unit    string           `json:"unit"`
	Input   int64            `json:"input"`
	Output  int64            `json:"output"`
	Total   int64            `json:"total"`
	Details map[string]int64 `json:"details"`
}

type recordCost struct {
	Input   *exporter.NanoUSD           `json:"input"`
	Output  *exporter.NanoUSD           `json:"output"`
	Total   *exporter.NanoUSD           `json:"total"`
	Details map[string]exporter.NanoUSD `json:"details"`
}

// item is a line that has been read: one of its fields is set.
type item struct {
	header      *Header
	trace       *store.TraceWrite
	observation *store.ObservationWrite
	score       *store.ScoreWrite
	trailer     *Counts
	bookmarked  bool
	bytes       int
}

// decodeLine reads a line and checks it. An error is a [*LineError] without a number.
func decodeLine(text []byte) (it item, err error) {
	text = bytes.TrimSpace(ingest.Sanitize(text))
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return it, jsonError(err)
	}
	it.bytes = len(text)
	d := &decoder{}
	switch r.Type {
	case typeHeader:
		it.header = d.header(&r)
	case typeTrace:
		it.trace, it.bookmarked = d.trace(&r), r.Bookmarked
	case typeObservation:
		it.observation = d.observation(&r)
	case typeScore:
		it.score = d.score(&r)
	case typeTrailer:
		it.trailer = &Counts{r.Traces, r.Observations, r.Scores}
	case "":
		d.fail("type", "missing: each line says what it is, as in {\"type\":\"trace\",…}")
	default:
		d.fail("type", "there is no %q in version %d of the format: a newer langshark may read it", cut(r.Type), FormatVersion)
	}
	if d.err != nil {
		return item{}, d.err
	}
	return it, nil
}

func jsonError(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return &LineError{Field: wrong.Field, Message: fmt.Sprintf("%s can't be a %s", wrong.Value, typeName(wrong))}
	}
	return &LineError{Message: "no JSON object: " + err.Error()}
}

func typeName(e *json.UnmarshalTypeError) string {
	switch name := e.Type.String(); name {
	case "int", "int64", "exporter.NanoUSD":
		return "whole number"
	case "float64":
		return "number"
	case "bool", "string":
		return name
	}
	return "value of this field"
}

// cut shortens what is quoted in a message.
func cut(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// decoder turns records into writes and keeps the first error.
type decoder struct{ err error }

func (d *decoder) fail(field, format string, args ...any) {
	if d.err == nil {
		d.err = &LineError{Field: field, Message: fmt.Sprintf(format, args...)}
	}
}

func (d *decoder) time(field, s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := ingest.ParseTime(s)
	if err != nil {
		d.fail(field, "%v", err)
	}
	return t
}

func (d *decoder) id(field, s string, needed bool) string {
	switch {
	case s == "" && needed:
		d.fail(field, "missing")
	case len(s) > ingest.MaxIDChars && utf8.RuneCountInString(s) > ingest.MaxIDChars:
		d.fail(field, "must have at most %d characters, has %d", ingest.MaxIDChars, utf8.RuneCountInString(s))
	}
	return s
}

// raw is any JSON but null.
func (d *decoder) raw(field string, v json.RawMessage) json.RawMessage {
	switch {
	case string(v) == "null":
		return nil
	case ingest.TooDeep(v):
		d.fail(field, "nested deeper than %d levels", ingest.MaxDepth)
	}
	return v
}

func (d *decoder) header(r *record) *Header {
	switch {
	case r.Format != FormatName:
		d.fail("format", "expected %q, found %q: this is no export of langshark", FormatName, cut(r.Format))
	case r.FormatVersion != FormatVersion:
		d.fail("formatVersion", "this langshark reads version %d, the file has %d: use a newer langshark", FormatVersion, r.FormatVersion)
	}
	return &Header{
		Version: r.FormatVersion, ProjectID: r.ProjectID, ProjectName: r.ProjectName, ExportedAt: d.time("exportedAt", r.ExportedAt),
		From: d.time("from", r.From), To: d.time("to", r.To), Filter: r.Filter,
	}
}

// stamp orders the write among others: by when the row was last changed, else by what else is known.
func (d *decoder) stamp(r *record) store.Stamp {
	for _, at := range []time.Time{
		d.time("updatedAt", r.UpdatedAt), d.time("createdAt", r.CreatedAt), d.time("endTime", r.EndTime), d.time("startTime", r.StartTime), d.time("timestamp", r.Timestamp),
	} {
		if !at.IsZero() {
			return Stamp(at)
		}
	}
	d.fail("updatedAt", "missing: without it, createdAt and any other time, what is newer can't be told")
	return store.Stamp{}
}

// Stamp is that of an imported row that was last changed then: the same each
// time it is imported, before what is newer.
func Stamp(updatedAt time.Time) store.Stamp { return store.NewStamp(updatedAt, true, eventID) }

func (d *decoder) trace(r *record) *store.TraceWrite {
	return &store.TraceWrite{
		ID: d.id("id", r.ID, true), Stamp: d.stamp(r), Timestamp: d.time("timestamp", r.Timestamp), Name: r.Name, UserID: r.UserID,
		SessionID: d.id("sessionId", r.SessionID, false), Environment: r.Environment, Release: r.Release, Version: r.Version, Public: &r.Public, Tags: r.Tags,
		Metadata: d.raw("metadata", r.Metadata), Input: d.raw("input", r.Input), Output: d.raw("output", r.Output),
	}
}

func (d *decoder) observation(r *record) *store.ObservationWrite {
	w := &store.ObservationWrite{
		ID: d.id("id", r.ID, true), Stamp: d.stamp(r), TraceID: d.id("traceId", r.TraceID, true), ParentID: d.id("parentId", r.ParentID, false),
		Name: r.Name, Environment: r.Environment, Start: d.time("startTime", r.StartTime), End: d.time("endTime", r.EndTime),
		StatusMessage: r.StatusMessage, Version: r.Version, Metadata: d.raw("metadata", r.Metadata), Input: d.raw("input", r.Input), Output: d.raw("output", r.Output),
		Model: r.Model, ModelParameters: d.raw("modelParameters", r.ModelParameters), CompletionStart: d.time("completionStartTime", r.CompletionStartTime),
	}
	kind, known := exporter.ParseKind(r.Kind)
	if !known {
		d.fail("kind", "there is no kind %q: it is span, generation, event or another in lower case", cut(r.Kind))
	}
	w.Kind = kind
	if r.Level != "" {
		level, known := levelOf(r.Level)
		if !known {
			d.fail("level", "must be DEBUG, DEFAULT, WARNING or ERROR, found %q", cut(r.Level))
		}
		w.Level = &level
	}
	if (r.PromptName != "") != (r.PromptVersion > 0) {
		d.fail("promptVersion", "promptName and promptVersion, which begins at 1, must be given together")
	}
	w.PromptName, w.PromptVersion = r.PromptName, r.PromptVersion
	if u := r.Usage; u != nil {
		w.Usage = &store.Usage{Unit: u.Unit, Input: d.count("usage.input", u.Input), Output: d.count("usage.output", u.Output), Total: d.count("usage.total", u.Total), Details: u.Details}
		for name, n := range u.Details {
			d.count("usage.details."+name, n)
		}
	}
	if c := r.Cost; c != nil {
		w.Cost = &store.Cost{Input: c.Input, Output: c.Output, Total: c.Total, Details: c.Details}
	}
	return w
}

func levelOf(s string) (exporter.Level, bool) {
	levels := []exporter.Level{exporter.LevelDefault, exporter.LevelDebug, exporter.LevelWarning, exporter.LevelError}
	i := slices.IndexFunc(levels, func(l exporter.Level) bool { return l.String() == s })
	if i < 0 {
		return 0, false
	}
	return levels[i], true
}

func (d *decoder) count(field string, n int64) int64 {
	if n < 0 || n > ingest.MaxCount {
		d.fail(field, "must be from 0 to %d, is %d", int64(ingest.MaxCount), n)
	}
	return n
}

func (d *decoder) score(r *record) *store.ScoreWrite {
	w := &store.ScoreWrite{
		ID: d.id("id", r.ID, true), Stamp: d.stamp(r), TraceID: d.id("traceId", r.TraceID, false), ObservationID: d.id("observationId", r.ObservationID, false),
		SessionID: d.id("sessionId", r.SessionID, false), DatasetRunID: d.id("datasetRunId", r.DatasetRunID, false), Name: r.Name, Type: exporter.ScoreType(r.DataType), Number: r.Value, Text: r.StringValue,
		Comment: r.Comment, Source: r.Source, ConfigID: r.ConfigID, QueueID: r.QueueID, Environment: r.Environment, Metadata: d.raw("metadata", r.Metadata),
		Timestamp: d.time("timestamp", r.Timestamp),
	}
	if w.Name == "" {
		d.fail("name", "missing")
	}
	if w.TraceID == "" && w.SessionID == "" && w.DatasetRunID == "" {
		d.fail("traceId", "missing, or a sessionId or datasetRunId")
	}
	switch {
	case w.Type == exporter.ScoreCategorical:
		if w.Text == "" && w.Number == nil {
			d.fail("stringValue", "missing: a category is a text")
		}
	case w.Type == store.ScoreText || w.Type == store.ScoreCorrection:
	case w.Type != exporter.ScoreNumeric && w.Type != exporter.ScoreBoolean:
		d.fail("dataType", "must be NUMERIC, CATEGORICAL, BOOLEAN, TEXT or CORRECTION, found %q", cut(r.DataType))
	case w.Number == nil || math.IsInf(*w.Number, 0):
		d.fail("value", "missing: %s scores have a number", w.Type)
	}
	return w
}
