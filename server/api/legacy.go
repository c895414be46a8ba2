package api

import (
	"errors"
	"net/http"

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
	wireObserved
	InternalModel        orNull `json:"internalModel"`
	InternalModelID      orNull `json:"internalModelId"`
	InputCost            orNull `json:"inputCost"`
	OutputCost           orNull `json:"outputCost"`
	TotalCost            orNull `json:"totalCost"`
	CalculatedInputCost  orNull `json:"calculatedInputCost"`
	CalculatedOutputCost orNull `json:"calculatedOutputCost"`
	CalculatedTotalCost  orNull `json:"calculatedTotalCost"`
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
		wireObserved: w.wireObserved, InternalModel: internalModel(w), InternalModelID: w.ModelID,
		CalculatedInputCost: amount(w.CalculatedInputCost), CalculatedOutputCost: amount(w.CalculatedOutputCost), CalculatedTotalCost: amount(w.CalculatedTotalCost),
	}
	if given := o.Cost; given != nil && (o.Pricing == nil || o.Pricing.Cost == nil) {
		single.InputCost, single.OutputCost, single.TotalCost = amount(dollars{given.Input}), amount(dollars{given.Output}), amount(dollars{given.Total})
	}
	return single
}
