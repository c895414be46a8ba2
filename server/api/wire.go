package api

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

// The objects of the wire, in the field order of the recorded system.

// instant is a time in milliseconds, UTC.
type instant time.Time

// MarshalJSON implements [json.Marshaler]; the zero time is null.
func (t instant) MarshalJSON() ([]byte, error) {
	if time.Time(t).IsZero() {
		return []byte("null"), nil
	}
	return time.Time(t).UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z"`), nil
}

// dollars is an amount as a plain number; nil is null.
type dollars struct{ amount *exporter.NanoUSD }

// MarshalJSON implements [json.Marshaler].
func (d dollars) MarshalJSON() ([]byte, error) {
	if d.amount == nil {
		return []byte("null"), nil
	}
	return d.amount.AppendDecimal(nil), nil
}

// orNull is a string, null if empty.
type orNull string

// MarshalJSON implements [json.Marshaler].
func (s orNull) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return exporter.Text(string(s)).AppendJSON(nil), nil
}

type wireTrace struct {
	ID         string          `json:"id"`
	ExternalID *string         `json:"externalId"`
	Timestamp  instant         `json:"timestamp"`
	Name       orNull          `json:"name"`
	UserID     orNull          `json:"userId"`
	Metadata   json.RawMessage `json:"metadata"`
	Release    orNull          `json:"release"`
	Version    orNull          `json:"version"`
	ProjectID  string          `json:"projectId"`
	Public     bool            `json:"public"`
	Bookmarked bool            `json:"bookmarked"`
	Tags       []string        `json:"tags"`
	Input      json.RawMessage `json:"input"`
	Output     json.RawMessage `json:"output"`
	SessionID  orNull          `json:"sessionId"`
	CreatedAt  instant         `json:"createdAt"`
	UpdatedAt  instant         `json:"updatedAt"`
	*currentTrace
}

func traceOnWire(t *store.Trace) wireTrace {
	tags := t.Tags
	if tags == nil {
		tags = []string{}
	}
	return wireTrace{
		ID: t.ID, Timestamp: instant(t.Timestamp), Name: orNull(t.Name), UserID: orNull(t.UserID), Metadata: t.Metadata,
		Release: orNull(t.Release), Version: orNull(t.Version), ProjectID: t.ProjectID, Public: t.Public, Bookmarked: t.Bookmarked, Tags: tags,
		Input: t.Input, Output: t.Output, SessionID: orNull(t.SessionID), CreatedAt: instant(t.CreatedAt), UpdatedAt: instant(t.UpdatedAt),
	}
}

// wireTraceDetail is a trace with what belongs to it: ids in lists, whole objects in one.
type wireTraceDetail[O, S any] struct {
	wireTrace
	Scores       []S     `json:"scores"`
	HTMLPath     string  `json:"htmlPath"`
	TotalCost    dollars `json:"totalCost"`
	Latency      float64 `json:"latency"`
	Observations []O     `json:"observations"`
}

func detailOnWire[O, S any](t *store.Trace, w wireTrace, observations []O, scores []S) wireTraceDetail[O, S] {
	cost := t.Rollup.Cost
	if cost == nil {
		cost = new(exporter.NanoUSD) // the wire knows no unknown sum
	}
	return wireTraceDetail[O, S]{
		wireTrace: w, Scores: scores, HTMLPath: "/project/" + t.ProjectID + "/traces/" + t.ID,
		TotalCost: dollars{cost}, Latency: t.Rollup.Latency.Seconds(), Observations: observations,
	}
}

type wireUsage struct {
	Unit   orNull `json:"unit"`
	Input  int64  `json:"input"`
	Output int64  `json:"output"`
	Total  int64  `json:"total"`
}

// wireObserved is what the routes of observations have in common, the older ones too.
type wireObserved struct {
	ID                  string          `json:"id"`
	TraceID             string          `json:"traceId"`
	ProjectID           string          `json:"projectId"`
	Type                string          `json:"type"`
	StartTime           instant         `json:"startTime"`
	EndTime             instant         `json:"endTime"`
	Name                orNull          `json:"name"`
	Metadata            json.RawMessage `json:"metadata"`
	ParentObservationID orNull          `json:"parentObservationId"`
	Level               string          `json:"level"`
	StatusMessage       orNull          `json:"statusMessage"`
	Version             orNull          `json:"version"`
	CreatedAt           instant         `json:"createdAt"`
	UpdatedAt           instant         `json:"updatedAt"`
	Model               orNull          `json:"model"`
	ModelParameters     json.RawMessage `json:"modelParameters"`
	Input               json.RawMessage `json:"input"`
	Output              json.RawMessage `json:"output"`
	CompletionStartTime instant         `json:"completionStartTime"`
	PromptID            *string         `json:"promptId"`
	Unit                orNull          `json:"unit"`
	PromptTokens        int64           `json:"promptTokens"`
	CompletionTokens    int64           `json:"completionTokens"`
	TotalTokens         int64           `json:"totalTokens"`
}

type wireObservation struct {
	wireObserved
	PromptName           orNull        `json:"promptName"`
	PromptVersion        *int          `json:"promptVersion"`
	ModelID              orNull        `json:"modelId"`
	InputPrice           *cost.PicoUSD `json:"inputPrice"`
	OutputPrice          *cost.PicoUSD `json:"outputPrice"`
	TotalPrice           *cost.PicoUSD `json:"totalPrice"`
	CalculatedInputCost  dollars       `json:"calculatedInputCost"`
	CalculatedOutputCost dollars       `json:"calculatedOutputCost"`
	CalculatedTotalCost  dollars       `json:"calculatedTotalCost"`
	Latency              *float64      `json:"latency"`
	TimeToFirstToken     *float64      `json:"timeToFirstToken"`
	Usage                wireUsage     `json:"usage"`
	*currentObservation
}

func observationOnWire(o *store.Observation) wireObservation {
	w := wireObservation{wireObserved: wireObserved{
		ID: o.ID, TraceID: o.TraceID, ProjectID: o.ProjectID, Type: strings.ToUpper(o.Kind.String()), StartTime: instant(o.Start), EndTime: instant(o.End),
		Name: orNull(o.Name), Metadata: o.Metadata, ParentObservationID: orNull(o.ParentID), Level: o.Level.String(), StatusMessage: orNull(o.StatusMessage),
		Version: orNull(o.Version), CreatedAt: instant(o.CreatedAt), UpdatedAt: instant(o.UpdatedAt), Model: orNull(o.Model), ModelParameters: o.ModelParameters,
		Input: o.Input, Output: o.Output, CompletionStartTime: instant(o.CompletionStart),
	}, PromptName: orNull(o.PromptName)}
	if o.PromptName != "" {
		w.PromptVersion = &o.PromptVersion
	}
	if !o.End.IsZero() {
		seconds := o.Latency().Seconds()
		w.Latency = &seconds
	}
	if !o.CompletionStart.IsZero() {
		seconds := o.TimeToFirstToken().Seconds()
		w.TimeToFirstToken = &seconds
	}
	if c := o.Cost; c != nil {
		w.CalculatedInputCost, w.CalculatedOutputCost, w.CalculatedTotalCost = dollars{c.Input}, dollars{c.Output}, dollars{c.Total}
	}
	if u := o.Usage; u != nil {
		w.Unit, w.PromptTokens, w.CompletionTokens, w.TotalTokens = orNull(u.Unit), u.Input, u.Output, u.Total
		w.Usage = wireUsage{Unit: orNull(u.Unit), Input: u.Input, Output: u.Output, Total: u.Total}
	}
	w.price(o.Pricing)
	return w
}

// price adds what the server knows of the model.
func (w *wireObservation) price(p *store.Pricing) {
	if p == nil {
		return
	}
	w.ModelID = orNull(p.ModelID)
	if w.Unit == "" {
		w.Unit, w.Usage.Unit = orNull(p.Unit), orNull(p.Unit)
	}
	for bucket, field := range map[cost.Bucket]**cost.PicoUSD{cost.Input: &w.InputPrice, cost.Output: &w.OutputPrice, cost.Total: &w.TotalPrice} {
		if price, ok := p.Prices[bucket]; ok {
			*field = &price
		}
	}
}

type wireScore struct {
	ID            string   `json:"id"`
	Timestamp     instant  `json:"timestamp"`
	ProjectID     string   `json:"projectId"`
	Name          string   `json:"name"`
	Source        string   `json:"source"`
	AuthorUserID  *string  `json:"authorUserId"`
	Comment       orNull   `json:"comment"`
	TraceID       orNull   `json:"traceId"`
	ObservationID orNull   `json:"observationId"`
	ConfigID      orNull   `json:"configId"`
	CreatedAt     instant  `json:"createdAt"`
	UpdatedAt     instant  `json:"updatedAt"`
	Value         *float64 `json:"value"`
	StringValue   orNull   `json:"stringValue"`
	DataType      string   `json:"dataType"`
	*currentScore
}

func scoreOnWire(s *store.Score) wireScore {
	return wireScore{
		ID: s.ID, Timestamp: instant(s.Timestamp), ProjectID: s.ProjectID, Name: s.Name, Source: s.Source, Comment: orNull(s.Comment),
		TraceID: orNull(s.TraceID), ObservationID: orNull(s.ObservationID), ConfigID: orNull(s.ConfigID), CreatedAt: instant(s.CreatedAt),
		UpdatedAt: instant(s.UpdatedAt), Value: s.Number, StringValue: orNull(s.Text), DataType: string(s.Type),
	}
}

type wireSession struct {
	ID        string  `json:"id"`
	CreatedAt instant `json:"createdAt"`
	ProjectID string  `json:"projectId"`
	*currentSession
}

type wireSessionDetail struct {
	wireSession
	Traces []wireTrace `json:"traces"`
}

// listing is a page of anything.
type listing struct {
	Data any  `json:"data"`
	Meta meta `json:"meta"`
}

// convert maps rows to objects of the wire; never nil.
func convert[R, W any](rows []R, f func(*R) W) []W {
	list := make([]W, len(rows))
	for i := range rows {
		list[i] = f(&rows[i])
	}
	return list
}
