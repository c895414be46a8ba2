package api

import (
	"encoding/json"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

// Current Langfuse answers with more fields than the recorded system does, and
// its SDKs count on them: some refuse an answer without. They all say their name
// in a header, and who does gets these fields too.

// current says whether the client is an SDK of Langfuse.
func (c *call) current() bool { return c.r.Header.Get("X-Langfuse-Sdk-Name") != "" }

// For each object the fields that it has more.
type (
	currentTrace struct {
		Environment string `json:"environment"`
	}
	currentObservation struct {
		Environment  string             `json:"environment"`
		UsageDetails any                `json:"usageDetails"`
		CostDetails  map[string]dollars `json:"costDetails"`
	}
	currentScore struct {
		Environment  string          `json:"environment"`
		SessionID    orNull          `json:"sessionId"`
		DatasetRunID orNull          `json:"datasetRunId"`
		Metadata     json.RawMessage `json:"metadata"`
		QueueID      orNull          `json:"queueId"`
	}
	currentSession struct {
		Environment string `json:"environment"`
	}
	currentProject struct {
		Organization wireOrganization `json:"organization"`
		Metadata     struct{}         `json:"metadata"`
	}
	currentDataset struct {
		InputSchema          json.RawMessage `json:"inputSchema"`
		ExpectedOutputSchema json.RawMessage `json:"expectedOutputSchema"`
	}
	currentDatasetItem struct {
		MediaReferences []string `json:"mediaReferences"`
	}
	currentPromptInfo struct {
		Type string `json:"type"`
	}
	currentModel struct {
		Prices       map[string]wireModelPrice `json:"prices"`
		PricingTiers []wirePricingTier         `json:"pricingTiers"`
	}
)

// wireOrganization stands for the one that a server of one owner has no record of.
type wireOrganization struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type wireModelPrice struct {
	Price catalog.Price `json:"price"`
}

// wirePricingTier is the one tier that a model has whose prices are for a unit.
type wirePricingTier struct {
	ID         string                   `json:"id"`
	Name       string                   `json:"name"`
	IsDefault  bool                     `json:"isDefault"`
	Priority   int                      `json:"priority"`
	Conditions []string                 `json:"conditions"`
	Prices     map[string]catalog.Price `json:"prices"`
}

func (c *call) traceOnWire(t *store.Trace) wireTrace {
	w := traceOnWire(t)
	if c.current() {
		w.currentTrace = &currentTrace{t.Environment}
	}
	return w
}

func (c *call) observationOnWire(o *store.Observation) wireObservation {
	w := observationOnWire(o)
	if c.current() {
		w.currentObservation = &currentObservation{o.Environment, usageDetails(o.Usage), costDetails(o.Cost)}
	}
	return w
}

func (c *call) scoreOnWire(s *store.Score) wireScore {
	w := scoreOnWire(s)
	if c.current() {
		w.currentScore = &currentScore{Environment: s.Environment, SessionID: orNull(s.SessionID), DatasetRunID: orNull(s.DatasetRunID), QueueID: orNull(s.QueueID), Metadata: s.Metadata}
	}
	return w
}

func (c *call) sessionOnWire(s *store.Session) wireSession {
	w := wireSession{ID: s.ID, CreatedAt: instant(s.CreatedAt), ProjectID: s.ProjectID}
	if c.current() {
		w.currentSession = &currentSession{s.Environment}
	}
	return w
}

func (c *call) projectOnWire(p store.Project) wireProject {
	w := wireProject{ID: p.ID, Name: p.Name}
	if c.current() {
		w.currentProject = &currentProject{Organization: wireOrganization{p.ID, p.Name}}
	}
	return w
}

func (c *call) datasetOnWire(d *catalog.Dataset) wireDataset {
	w := datasetOnWire(d)
	if c.current() {
		w.currentDataset = &currentDataset{}
	}
	return w
}

func (c *call) datasetItemOnWire(i *catalog.DatasetItem) wireDatasetItem {
	w := datasetItemOnWire(i)
	if c.current() {
		w.currentDatasetItem = &currentDatasetItem{MediaReferences: []string{}}
	}
	return w
}

func (c *call) modelOnWire(m *catalog.Model) wireModel {
	w := modelOnWire(m)
	if !c.current() {
		return w
	}
	tier := wirePricingTier{ID: m.ID, Name: "Standard", IsDefault: true, Conditions: []string{}, Prices: map[string]catalog.Price{}}
	w.currentModel = &currentModel{map[string]wireModelPrice{}, []wirePricingTier{}}
	for name, price := range map[string]*catalog.Price{"input": m.InputPrice, "output": m.OutputPrice, "total": m.TotalPrice} {
		if price != nil {
			w.Prices[name], tier.Prices[name] = wireModelPrice{*price}, *price
		}
	}
	if len(tier.Prices) > 0 {
		w.PricingTiers = append(w.PricingTiers, tier)
	}
	return w
}
