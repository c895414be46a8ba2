package transfer

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// line is a JSON object that is being written, its fields in the order of the
// calls. Fields that say nothing are left out.
type line struct{ buf []byte }

func newLine(dst []byte, kind string) *line {
	l := &line{buf: append(dst, `{"type":"`...)}
	l.buf = append(append(l.buf, kind...), '"')
	return l
}

// end closes the object and its line.
func (l *line) end() []byte { return append(l.buf, '}', '\n') }

func (l *line) key(name string) {
	l.buf = append(l.buf, ',', '"')
	l.buf = append(append(l.buf, name...), '"', ':')
}

func (l *line) text(name, s string) {
	if s != "" {
		l.key(name)
		l.buf = exporter.Text(s).AppendJSON(l.buf)
	}
}

func (l *line) time(name string, t time.Time) {
	if !t.IsZero() {
		l.key(name)
		l.buf = append(t.UTC().AppendFormat(append(l.buf, '"'), time.RFC3339Nano), '"')
	}
}

func (l *line) flag(name string, v bool) {
	if v {
		l.key(name)
		l.buf = append(l.buf, "true"...)
	}
}

func (l *line) number(name string, n int64) {
	l.key(name)
	l.buf = strconv.AppendInt(l.buf, n, 10)
}

func (l *line) nano(name string, n *exporter.NanoUSD) {
	if n != nil {
		l.number(name, int64(*n))
	}
}

// raw writes a value as it is kept, on one line.
func (l *line) raw(name string, v json.RawMessage) {
	if len(v) == 0 {
		return
	}
	l.key(name)
	switch {
	case !json.Valid(v): // an exporter in process may have given anything
		l.buf = exporter.Text(string(v)).AppendJSON(l.buf)
	case bytes.ContainsAny(v, "\n\r"):
		var b bytes.Buffer
		if json.Compact(&b, v) == nil { // it is valid
			l.buf = append(l.buf, b.Bytes()...)
		}
	default:
		l.buf = append(l.buf, bytes.Trim(v, " \t")...)
	}
}

func (l *line) texts(name string, list []string) {
	if len(list) == 0 {
		return
	}
	l.key(name)
	for i, s := range list {
		l.buf = append(l.buf, ",["[b2i(i == 0)])
		l.buf = exporter.Text(s).AppendJSON(l.buf)
	}
	l.buf = append(l.buf, ']')
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// amounts writes a map of whole numbers, by name.
func amounts[N ~int64](l *line, name string, m map[string]N) {
	if m == nil {
		return
	}
	l.key(name)
	l.buf = append(l.buf, '{')
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			l.buf = append(l.buf, ',')
		}
		l.buf = append(exporter.Text(key).AppendJSON(l.buf), ':')
		l.buf = strconv.AppendInt(l.buf, int64(m[key]), 10)
	}
	l.buf = append(l.buf, '}')
}

func appendHeader(dst []byte, h *Header) []byte {
	l := newLine(dst, typeHeader)
	l.text("format", FormatName)
	l.number("formatVersion", FormatVersion)
	l.text("projectId", h.ProjectID)
	l.text("projectName", h.ProjectName)
	l.time("exportedAt", h.ExportedAt)
	l.time("from", h.From)
	l.time("to", h.To)
	l.text("filter", h.Filter)
	return l.end()
}

func appendTrailer(dst []byte, c Counts) []byte {
	l := newLine(dst, typeTrailer)
	l.number("traces", c.Traces)
	l.number("observations", c.Observations)
	l.number("scores", c.Scores)
	return l.end()
}

func appendTrace(dst []byte, t *store.Trace) []byte {
	l := newLine(dst, typeTrace)
	l.text("id", t.ID)
	l.time("timestamp", t.Timestamp)
	l.text("name", t.Name)
	l.text("userId", t.UserID)
	l.text("sessionId", t.SessionID)
	l.text("environment", t.Environment)
	l.text("release", t.Release)
	l.text("version", t.Version)
	l.flag("public", t.Public)
	l.flag("bookmarked", t.Bookmarked)
	l.texts("tags", t.Tags)
	l.raw("metadata", t.Metadata)
	l.raw("input", t.Input)
	l.raw("output", t.Output)
	l.time("createdAt", t.CreatedAt)
	l.time("updatedAt", t.UpdatedAt)
	return l.end()
}

func appendObservation(dst []byte, o *store.Observation) []byte {
	l := newLine(dst, typeObservation)
	l.text("id", o.ID)
	l.text("traceId", o.TraceID)
	l.text("parentId", o.ParentID)
	l.text("kind", o.Kind.String())
	l.text("name", o.Name)
	l.text("environment", o.Environment)
	l.time("startTime", o.Start)
	l.time("endTime", o.End)
	l.time("completionStartTime", o.CompletionStart)
	l.text("level", o.Level.String())
	l.text("statusMessage", o.StatusMessage)
	l.text("version", o.Version)
	l.text("model", o.Model)
	l.raw("modelParameters", o.ModelParameters)
	if o.PromptName != "" {
		l.text("promptName", o.PromptName)
		l.number("promptVersion", int64(o.PromptVersion))
	}
	if u := o.ReportedUsage(); u != nil {
		inner := &line{buf: l.buf}
		inner.key("usage")
		inner.buf = append(inner.buf, '{')
		start := len(inner.buf)
		inner.text("unit", u.Unit)
		inner.number("input", u.Input)
		inner.number("output", u.Output)
		inner.number("total", u.Total)
		amounts(inner, "details", u.Details)
		l.buf = append(slices.Delete(inner.buf, start, start+1), '}') // the first comma
	}
	if c := o.ReportedCost(); c != nil {
		inner := &line{buf: l.buf}
		inner.key("cost")
		inner.buf = append(inner.buf, '{')
		start := len(inner.buf)
		inner.nano("input", c.Input)
		inner.nano("output", c.Output)
		inner.nano("total", c.Total)
		amounts(inner, "details", c.Details)
		if len(inner.buf) > start {
			inner.buf = slices.Delete(inner.buf, start, start+1)
		}
		l.buf = append(inner.buf, '}')
	}
	l.raw("metadata", o.Metadata)
	l.raw("input", o.Input)
	l.raw("output", o.Output)
	l.time("createdAt", o.CreatedAt)
	l.time("updatedAt", o.UpdatedAt)
	return l.end()
}

func appendScore(dst []byte, s *store.Score) []byte {
	l := newLine(dst, typeScore)
	l.text("id", s.ID)
	l.text("traceId", s.TraceID)
	l.text("observationId", s.ObservationID)
	l.text("sessionId", s.SessionID)
	l.text("datasetRunId", s.DatasetRunID)
	l.text("name", s.Name)
	l.text("dataType", string(s.Type))
	if s.Number != nil {
		l.key("value")
		l.buf = strconv.AppendFloat(l.buf, *s.Number, 'g', -1, 64)
	}
	l.text("stringValue", s.Text)
	l.text("comment", s.Comment)
	l.text("source", s.Source)
	l.text("configId", s.ConfigID)
	l.text("queueId", s.QueueID)
	l.text("environment", s.Environment)
	l.raw("metadata", s.Metadata)
	l.time("timestamp", s.Timestamp)
	l.time("createdAt", s.CreatedAt)
	l.time("updatedAt", s.UpdatedAt)
	return l.end()
}
