package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// The routes for single observations, which SDKs used before there was ingestion.

func (c *call) postSpan()        { c.single(exporter.KindSpan, "") }
func (c *call) postGeneration()  { c.single(exporter.KindGeneration, "") }
func (c *call) postEvent()       { c.single(exporter.KindEvent, "") }
func (c *call) patchSpan()       { c.single(exporter.KindSpan, "spanId") }
func (c *call) patchGeneration() { c.single(exporter.KindGeneration, "generationId") }

// single writes one observation and answers with it. An update names it in idField.
func (c *call) single(kind exporter.Kind, idField string) {
	body, err := c.body(maxBodyBytes)
	if err != nil {
		c.fail(err)
		return
	}
	id, err := c.Ingest.Observation(c.ctx(), c.access.ProjectID, kind, idField, body)
	if missing, ok := errors.AsType[*ingest.MissingError](err); ok {
		err = &apiError{status: http.StatusNotFound, message: "Observation with id " + missing.ID + " not found", name: "LangfuseNotFoundError"}
	}
	var o *store.Observation
	if err == nil {
		o, err = c.Reader.Observation(c.ctx(), c.access.ProjectID, id)
	}
	answer(c, http.StatusOK, o, err, singleOnWire)
}

// wireSingle is an observation as these routes answer it. Costs are text, and
// those that the application gave stand beside those that count.
type wireSingle struct {
	ID                   string          `json:"id"`
	TraceID              string          `json:"traceId"`
	ProjectID            string          `json:"projectId"`
	Type                 string          `json:"type"`
	StartTime            instant         `json:"startTime"`
	EndTime              instant         `json:"endTime"`
	Name                 orNull          `json:"name"`
	Metadata             json.RawMessage `json:"metadata"`
	ParentObservationID  orNull          `json:"parentObservationId"`
	Level                string          `json:"level"`
	StatusMessage        orNull          `json:"statusMessage"`
	Version              orNull          `json:"version"`
	CreatedAt            instant         `json:"createdAt"`
	UpdatedAt            instant         `json:"updatedAt"`
	Model                orNull          `json:"model"`
	InternalModel        orNull          `json:"internalModel"`
	InternalModelID      orNull          `json:"internalModelId"`
	ModelParameters      json.RawMessage `json:"modelParameters"`
	Input                json.RawMessage `json:"input"`
	Output               json.RawMessage `json:"output"`
	PromptTokens         int64           `json:"promptTokens"`
	CompletionTokens     int64           `json:"completionTokens"`
	TotalTokens          int64           `json:"totalTokens"`
	Unit                 orNull          `json:"unit"`
	InputCost            orNull          `json:"inputCost"`
	OutputCost           orNull          `json:"outputCost"`
	TotalCost            orNull          `json:"totalCost"`
	CalculatedInputCost  orNull          `json:"calculatedInputCost"`
	CalculatedOutputCost orNull          `json:"calculatedOutputCost"`
	CalculatedTotalCost  orNull          `json:"calculatedTotalCost"`
	CompletionStartTime  instant         `json:"completionStartTime"`
	PromptID             *string         `json:"promptId"`
}

// internalModel is the model whose price was used.
func internalModel(w wireObservation) orNull {
	if w.ModelID == "" {
		return ""
	}
	return w.Model
}

func singleOnWire(o *store.Observation) wireSingle {
	w := observationOnWire(o)
	amount := func(d dollars) orNull {
		if d.amount == nil {
			return ""
		}
		return orNull(d.amount.AppendDecimal(nil))
	}
	single := wireSingle{
		ID: w.ID, TraceID: w.TraceID, ProjectID: w.ProjectID, Type: strings.ToUpper(w.Type), StartTime: w.StartTime, EndTime: w.EndTime, Name: w.Name,
		Metadata: w.Metadata, ParentObservationID: w.ParentObservationID, Level: w.Level, StatusMessage: w.StatusMessage, Version: w.Version,
		CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt, Model: w.Model, InternalModel: internalModel(w), InternalModelID: w.ModelID, ModelParameters: w.ModelParameters, Input: w.Input, Output: w.Output,
		PromptTokens: w.PromptTokens, CompletionTokens: w.CompletionTokens, TotalTokens: w.TotalTokens, Unit: w.Unit,
		CalculatedInputCost: amount(w.CalculatedInputCost), CalculatedOutputCost: amount(w.CalculatedOutputCost), CalculatedTotalCost: amount(w.CalculatedTotalCost),
		CompletionStartTime: w.CompletionStartTime, PromptID: w.PromptID,
	}
	if given := o.Cost; given != nil && (o.Pricing == nil || o.Pricing.Cost == nil) {
		single.InputCost, single.OutputCost, single.TotalCost = amount(dollars{given.Input}), amount(dollars{given.Output}), amount(dollars{given.Total})
	}
	return single
}
