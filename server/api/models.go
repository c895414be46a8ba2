package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/langshark/langshark-go/server/catalog"
)

type wireModel struct {
	ID                string          `json:"id"`
	CreatedAt         instant         `json:"createdAt"`
	ModelName         string          `json:"modelName"`
	MatchPattern      string          `json:"matchPattern"`
	StartDate         instant         `json:"startDate"`
	TokenizerID       *string         `json:"tokenizerId"`
	TokenizerConfig   json.RawMessage `json:"tokenizerConfig"`
	Unit              string          `json:"unit"`
	InputPrice        *catalog.Price  `json:"inputPrice"`
	OutputPrice       *catalog.Price  `json:"outputPrice"`
	TotalPrice        *catalog.Price  `json:"totalPrice"`
	IsLangfuseManaged bool            `json:"isLangfuseManaged"`
	*currentModel
}

func modelOnWire(m *catalog.Model) wireModel {
	w := wireModel{
		ID: m.ID, CreatedAt: instant(m.CreatedAt), ModelName: m.ModelName, MatchPattern: m.MatchPattern, TokenizerID: m.TokenizerID,
		TokenizerConfig: m.TokenizerConfig, Unit: m.Unit, InputPrice: m.InputPrice, OutputPrice: m.OutputPrice, TotalPrice: m.TotalPrice,
		IsLangfuseManaged: m.Builtin,
	}
	if m.StartDate != nil {
		w.StartDate = instant(*m.StartDate)
	}
	return w
}

func (c *call) postModel() { change(c, http.StatusOK, c.Catalog.CreateModel, c.modelOnWire) }

func (c *call) putModel() {
	change(c, http.StatusOK, func(ctx context.Context, projectID string, body []byte) (*catalog.Model, error) {
		return c.Catalog.PutModel(ctx, projectID, c.params["id"], body)
	}, c.modelOnWire)
}

func (c *call) getModel() {
	m, err := c.Catalog.Model(c.ctx(), c.access.ProjectID, c.params["id"])
	answer(c, http.StatusOK, m, err, c.modelOnWire)
}

func (c *call) listModels() {
	p := c.query()
	page := p.page()
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	list, total, err := c.Catalog.Models(c.ctx(), c.access.ProjectID, page.store())
	answerList(c, page, list, total, err, c.modelOnWire)
}

func (c *call) deleteModel() {
	if err := c.Catalog.DeleteModel(c.ctx(), c.access.ProjectID, c.params["id"]); err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, message{"Model successfully deleted"})
}
