package api

import (
	"net/http"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/catalog"
)

type wireScoreConfig struct {
	ID          string             `json:"id"`
	Name        string             `json:"name"`
	IsArchived  bool               `json:"isArchived"`
	Description *string            `json:"description"`
	CreatedAt   instant            `json:"createdAt"`
	UpdatedAt   instant            `json:"updatedAt"`
	ProjectID   string             `json:"projectId"`
	MaxValue    *float64           `json:"maxValue"`
	MinValue    *float64           `json:"minValue"`
	DataType    exporter.ScoreType `json:"dataType"`
	Categories  []catalog.Category `json:"categories" nullable:"true"`
}

func scoreConfigOnWire(s *catalog.ScoreConfig) wireScoreConfig {
	return wireScoreConfig{
		ID: s.ID, Name: s.Name, IsArchived: s.Archived, Description: s.Description, CreatedAt: instant(s.CreatedAt), UpdatedAt: instant(s.UpdatedAt),
		ProjectID: s.ProjectID, MaxValue: s.Max, MinValue: s.Min, DataType: s.Type, Categories: s.Categories,
	}
}

func (c *call) postScoreConfig() {
	change(c, http.StatusOK, c.Catalog.CreateScoreConfig, scoreConfigOnWire)
}

func (c *call) patchScoreConfig() {
	body, err := c.body(maxBodyBytes)
	if err != nil {
		c.fail(err)
		return
	}
	config, err := c.Catalog.UpdateScoreConfig(c.ctx(), c.access.ProjectID, c.params["id"], body)
	answer(c, http.StatusOK, config, err, scoreConfigOnWire)
}

func (c *call) getScoreConfig() {
	config, err := c.Catalog.ScoreConfig(c.ctx(), c.access.ProjectID, c.params["id"])
	answer(c, http.StatusOK, config, err, scoreConfigOnWire)
}

func (c *call) listScoreConfigs() {
	p := c.query()
	page := p.page()
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	configs, total, err := c.Catalog.ScoreConfigs(c.ctx(), c.access.ProjectID, page.store())
	answerList(c, page, configs, total, err, scoreConfigOnWire)
}
