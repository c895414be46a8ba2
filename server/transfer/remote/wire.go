package remote

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/internal/decimal"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/transfer"
)

// What is counted of rows that were changed on their way in.
const (
	noteKind       = "observations of a kind that is not known here: they are spans, with their kind in the metadata langshark.kind"
	noteScore      = "scores of a type that is not known here: they are categories"
	noteCounts     = "counts of tokens out of range: cut to it"
	noteCosts      = "costs that are no amount: left out"
	noteBookmark   = "bookmarked traces: bookmarks are not imported"
	noteDeleted    = "rows were deleted here since they were written there, and stay so: --revive, without --resume, brings them back"
	noteTimes      = "traces, observations and scores with times in whole milliseconds: the API of LangShark has no more, a file of langshark export keeps microseconds"
	noteParameters = "model parameters that are no object: left out"
)

// row is any row of the lists, as the API writes it. Fields that aren't here are ignored.
type row struct {
	ID          text            `json:"id"`
	Timestamp   text            `json:"timestamp"`
	Name        text            `json:"name"`
	UserID      text            `json:"userId"`
	SessionID   text            `json:"sessionId"`
	Environment text            `json:"environment"`
	Release     text            `json:"release"`
	Version     text            `json:"version"`
	Public      bool            `json:"public"`
	Bookmarked  bool            `json:"bookmarked"`
	Tags        []text          `json:"tags"`
	Metadata    json.RawMessage `json:"metadata"`
	Input       json.RawMessage `json:"input"`
	Output      json.RawMessage `json:"output"`
	CreatedAt   text            `json:"createdAt"`
	UpdatedAt   text            `json:"updatedAt"`
	Scores      json.RawMessage `json:"scores"` // ids in lists, whole in one trace

	TraceID             text            `json:"traceId"`
	ParentID            text            `json:"parentObservationId"`
	Type                text            `json:"type"`
	StartTime           text            `json:"startTime"`
	EndTime             text            `json:"endTime"`
	CompletionStartTime text            `json:"completionStartTime"`
	Level               text            `json:"level"`
	StatusMessage       text            `json:"statusMessage"`
	Model               text            `json:"model"`
	ModelParameters     json.RawMessage `json:"modelParameters"`
	PromptName          text            `json:"promptName"`
	PromptVersion       number          `json:"promptVersion"`
	Usage               *struct {
		Unit   text   `json:"unit"`
		Input  number `json:"input"`
		Output number `json:"output"`
		Total  number `json:"total"`
	} `json:"usage"`
	Unit         text              `json:"unit"`
	UsageDetails map[string]number `json:"usageDetails"`
	CostDetails  map[string]number `json:"costDetails"`
	InputCost    number            `json:"calculatedInputCost"`
	OutputCost   number            `json:"calculatedOutputCost"`
	TotalCost    number            `json:"calculatedTotalCost"`

	ObservationID text            `json:"observationId"`
	DatasetRunID  text            `json:"datasetRunId"`
	DataType      text            `json:"dataType"`
	Value         json.RawMessage `json:"value"`
	StringValue   text            `json:"stringValue"`
	Comment       text            `json:"comment"`
	Source        text            `json:"source"`
	ConfigID      text            `json:"configId"`
	QueueID       text            `json:"queueId"`
}

// text is a string; null is none, and a number or the like its JSON.
type text string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *text) UnmarshalJSON(raw []byte) error {
	switch {
	case string(raw) == "null":
		*t = ""
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		*t = text(s)
	default:
		*t = text(raw)
	}
	return nil
}

// number is the digits of a number, or of one in a string; empty for anything else.
type number string

// UnmarshalJSON implements [json.Unmarshaler].
func (n *number) UnmarshalJSON(raw []byte) error {
	s := strings.Trim(string(raw), `"`)
	if _, err := strconv.ParseFloat(s, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
		s = ""
	}
	*n = number(s)
	return nil
}

// reader turns rows into writes and counts what it changes.
type reader struct {
	notes map[string]int64
	// finer says that the source has finer times than its API gives.
	finer bool
}

func (r *reader) note(what string) { r.notes[what]++ }

// leftError says why a row can't be written.
type leftError string

func (e leftError) Error() string { return string(e) }

func (r *reader) id(what string, id text, needed bool) (string, error) {
	switch {
	case id == "" && needed:
		return "", leftError("without " + what)
	case len(id) > ingest.MaxIDChars && utf8.RuneCountInString(string(id)) > ingest.MaxIDChars:
		return "", leftError(fmt.Sprintf("%s longer than %d characters", what, ingest.MaxIDChars))
	}
	return string(id), nil
}

// times parses the times of a row, in their order.
func times(list ...text) ([]time.Time, error) {
	out := make([]time.Time, len(list))
	for i, s := range list {
		if s == "" {
			continue
		}
		t, err := ingest.ParseTime(string(s))
		if err != nil {
			return nil, leftError("with a time that is none")
		}
		out[i] = t
	}
	return out, nil
}

// cut notes a row whose times may have been finer at the source.
func (r *reader) cut(of ...time.Time) {
	some := false
	for _, t := range of {
		if !t.Equal(t.Truncate(time.Millisecond)) {
			return
		}
		some = some || !t.IsZero()
	}
	if r.finer && some {
		r.note(noteTimes)
	}
}

// stamp is that of a row: its last change, or what is known instead.
func stamp(of ...time.Time) store.Stamp {
	for _, t := range of {
		if !t.IsZero() {
			return transfer.Stamp(t)
		}
	}
	return transfer.Stamp(epoch)
}

// payload is any JSON but null.
func payload(raws ...json.RawMessage) error {
	for _, raw := range raws {
		if ingest.TooDeep(raw) {
			return leftError(fmt.Sprintf("nested deeper than %d levels", ingest.MaxDepth))
		}
	}
	return nil
}

func some(raw json.RawMessage) json.RawMessage {
	if raw = bytes.TrimSpace(raw); string(raw) == "null" {
		return nil
	}
	return raw
}

func (r *reader) trace(in *row) (w store.TraceWrite, err error) {
	id, err := r.id("an id", in.ID, true)
	session, err2 := r.id("a session's id", in.SessionID, false)
	at, err3 := times(in.Timestamp, in.CreatedAt, in.UpdatedAt)
	if err := cmp.Or(err, err2, err3, payload(in.Metadata, in.Input, in.Output)); err != nil {
		return w, err
	}
	r.cut(at[0])
	if in.Bookmarked {
		r.note(noteBookmark)
	}
	w = store.TraceWrite{
		Stamp: stamp(at[2], at[1], at[0]), ID: id, Timestamp: at[0], Name: string(in.Name), UserID: string(in.UserID), SessionID: session,
		Environment: string(in.Environment), Release: string(in.Release), Version: string(in.Version), Public: &in.Public,
		Metadata: some(in.Metadata), Input: some(in.Input), Output: some(in.Output),
	}
	for _, tag := range in.Tags {
		w.Tags = append(w.Tags, string(tag))
	}
	return w, nil
}

func (r *reader) observation(in *row) (w store.ObservationWrite, err error) {
	id, err := r.id("an id", in.ID, true)
	trace, err2 := r.id("a trace's id", in.TraceID, false)
	parent, err3 := r.id("a parent's id", in.ParentID, false)
	at, err4 := times(in.StartTime, in.EndTime, in.CompletionStartTime, in.CreatedAt, in.UpdatedAt)
	if err := cmp.Or(err, err2, err3, err4, payload(in.Metadata, in.Input, in.Output, in.ModelParameters)); err != nil {
		return w, err
	}
	w = store.ObservationWrite{
		Stamp: stamp(at[4], at[3], at[1], at[0]), ID: id, TraceID: trace, ParentID: parent, Name: string(in.Name), Environment: string(in.Environment),
		Start: at[0], End: at[1], CompletionStart: at[2], StatusMessage: string(in.StatusMessage), Version: string(in.Version),
		Metadata: some(in.Metadata), Input: some(in.Input), Output: some(in.Output), Model: string(in.Model), Usage: r.usage(in), Cost: r.cost(in),
	}
	r.cut(at[:3]...)
	kind, known := exporter.ParseKind(strings.ToLower(string(in.Type)))
	if !known {
		r.note(noteKind)
		w.Metadata = withKind(w.Metadata, string(in.Type))
	}
	w.Kind = kind
	level := exporter.LevelDefault
	for _, l := range []exporter.Level{exporter.LevelDebug, exporter.LevelWarning, exporter.LevelError} {
		if l.String() == string(in.Level) {
			level = l
		}
	}
	w.Level = &level
	if parameters := some(in.ModelParameters); len(parameters) > 0 {
		if parameters[0] == '"' { // some servers have it as text
			var s string
			if json.Unmarshal(parameters, &s) == nil && json.Valid([]byte(s)) {
				parameters = some([]byte(s))
			}
		}
		switch {
		case len(parameters) > 0 && parameters[0] == '{':
			w.ModelParameters = parameters
		case len(parameters) > 0:
			r.note(noteParameters)
		}
	}
	if version, ok := whole(in.PromptVersion); ok && in.PromptName != "" && version > 0 && version <= math.MaxInt32 {
		w.PromptName, w.PromptVersion = string(in.PromptName), int(version)
	}
	return w, nil
}

// withKind keeps a kind that is not known.
func withKind(metadata json.RawMessage, kind string) json.RawMessage {
	name := exporter.Text(kind).AppendJSON([]byte(`{"langshark.kind":`))
	switch {
	case len(metadata) == 0:
		return append(name, '}')
	case metadata[0] != '{':
		return append(append(append(name, `,"value":`...), metadata...), '}')
	}
	if rest := bytes.TrimSpace(metadata[1:]); rest[0] != '}' {
		return append(append(name, ','), rest...)
	}
	return append(name, '}')
}

// whole reads a whole number, however it is written.
func whole(n number) (int64, bool) {
	if v, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return v, true
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(f) {
		return 0, false
	}
	return int64(math.Round(max(-2*ingest.MaxCount, min(2*ingest.MaxCount, f)))), true
}

// count is a count of tokens, brought into range.
func (r *reader) count(n number) int64 {
	v, ok := whole(n)
	if !ok {
		return 0
	}
	if v < 0 || v > ingest.MaxCount {
		r.note(noteCounts)
		v = max(0, min(v, ingest.MaxCount))
	}
	return v
}

// usage reads the usage object and the details by bucket, of which a server
// has one or both. All zero without a unit says that there was none.
func (r *reader) usage(in *row) *store.Usage {
	u := &store.Usage{Unit: string(in.Unit)}
	if in.Usage != nil {
		u.Unit = cmp.Or(string(in.Usage.Unit), u.Unit)
		u.Input, u.Output, u.Total = r.count(in.Usage.Input), r.count(in.Usage.Output), r.count(in.Usage.Total)
	}
	none := u.Input == 0 && u.Output == 0 && u.Total == 0
	var input, output, sum int64
	for name, n := range in.UsageDetails {
		v := r.count(n)
		if name == exporter.BucketTotal {
			continue
		}
		if u.Details == nil {
			u.Details = map[string]int64{}
		}
		u.Details[name] = v
		switch {
		case strings.HasPrefix(name, exporter.BucketInput):
			input = min(input+v, ingest.MaxCount)
		case strings.HasPrefix(name, exporter.BucketOutput):
			output = min(output+v, ingest.MaxCount)
		}
		sum = min(sum+v, ingest.MaxCount)
	}
	if none && len(in.UsageDetails) > 0 {
		u.Input, u.Output, u.Total = input, output, sum
		if total, given := in.UsageDetails[exporter.BucketTotal]; given {
			u.Total = r.count(total)
		}
	}
	if none && len(in.UsageDetails) == 0 && u.Unit == "" {
		return nil
	}
	return u
}

// maxCost bounds the costs of one row, as the ingestion does.
const maxCost = exporter.NanoUSD(1e6 * 1e9)

func (r *reader) amount(n number) *exporter.NanoUSD {
	if n == "" {
		return nil
	}
	v, err := decimal.Nano(string(n))
	if err != nil || v > maxCost || v < -maxCost {
		r.note(noteCosts)
		return nil
	}
	return &v
}

func (r *reader) cost(in *row) *store.Cost {
	c := &store.Cost{Input: r.amount(in.InputCost), Output: r.amount(in.OutputCost), Total: r.amount(in.TotalCost)}
	var sum exporter.NanoUSD
	for name, n := range in.CostDetails {
		v := r.amount(n)
		if v == nil {
			continue
		}
		switch name {
		case exporter.BucketTotal:
			c.Total = v
			continue
		case exporter.BucketInput:
			c.Input = v
		case exporter.BucketOutput:
			c.Output = v
		}
		if c.Details == nil {
			c.Details = map[string]exporter.NanoUSD{}
		}
		c.Details[name] = *v
		sum += *v
	}
	if c.Total == nil && c.Details != nil {
		c.Total = &sum
	}
	if c.Input == nil && c.Output == nil && c.Total == nil {
		return nil
	}
	return c
}

func (r *reader) score(in *row) (w store.ScoreWrite, err error) {
	id, err := r.id("an id", in.ID, true)
	trace, err2 := r.id("a trace's id", in.TraceID, false)
	observation, err3 := r.id("an observation's id", in.ObservationID, false)
	session, err4 := r.id("a session's id", in.SessionID, false)
	at, err5 := times(in.Timestamp, in.CreatedAt, in.UpdatedAt)
	if err := cmp.Or(err, err2, err3, err4, err5, payload(in.Metadata)); err != nil {
		return w, err
	}
	switch {
	case in.Name == "":
		return w, leftError("without a name")
	case trace == "" && session == "" && in.DatasetRunID != "":
		return w, leftError("of runs of datasets, which can't be imported yet")
	case trace == "" && session == "":
		return w, leftError("of neither a trace nor a session")
	}
	w = store.ScoreWrite{
		Stamp: stamp(at[2], at[1], at[0]), ID: id, TraceID: trace, ObservationID: observation, SessionID: session, Name: string(in.Name),
		Comment: string(in.Comment), Source: string(in.Source), ConfigID: string(in.ConfigID), QueueID: string(in.QueueID), Environment: string(in.Environment),
		Metadata: some(in.Metadata), Timestamp: at[0], Type: exporter.ScoreType(in.DataType), Text: string(in.StringValue),
	}
	if f, err := strconv.ParseFloat(string(in.Value), 64); err == nil {
		w.Number = &f
	} else if yes := string(in.Value) == "true"; yes || string(in.Value) == "false" {
		w.Number = new(float64)
		if yes {
			*w.Number = 1
		}
	} else if value := some(in.Value); len(value) > 0 && value[0] == '"' && w.Text == "" { // v3 has one value of any type
		var t text
		if t.UnmarshalJSON(value) == nil {
			w.Text = string(t)
		}
	}
	if err := r.scoreValue(&w); err != nil {
		return w, err
	}
	r.cut(at[0])
	return w, nil
}

func (r *reader) scoreValue(w *store.ScoreWrite) error {
	switch w.Type {
	case exporter.ScoreNumeric:
		w.Text = ""
	case exporter.ScoreBoolean:
		if w.Number == nil {
			return leftError("without a value")
		}
		w.Text = "False"
		if *w.Number != 0 {
			w.Text = "True"
		}
	case exporter.ScoreCategorical:
	case "":
		w.Type = exporter.ScoreNumeric
		if w.Number == nil {
			w.Type = exporter.ScoreCategorical
		}
	default:
		r.note(noteScore)
		w.Type, w.Number = exporter.ScoreCategorical, nil
	}
	if w.Number == nil && (w.Text == "" || w.Type == exporter.ScoreNumeric) {
		return leftError("without a value")
	}
	return nil
}
