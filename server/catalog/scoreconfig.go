package catalog

import (
	"context"
	"errors"
	"slices"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// ScoreConfig says which values the scores that name it may have.
type ScoreConfig struct {
	Identity    `json:"-"`
	Name        string             `json:"name"`
	Description *string            `json:"description"`
	Type        exporter.ScoreType `json:"dataType"`
	// Min and Max bound numeric scores, both inclusive; nil is no bound.
	Min *float64 `json:"minValue"`
	Max *float64 `json:"maxValue"`
	// Categories are those of categorical and boolean scores.
	Categories []Category `json:"categories"`
	Archived   bool       `json:"isArchived"`
}

// Category is one value of a categorical score.
type Category struct {
	Label string  `json:"label"`
	Value float64 `json:"value"`
}

// CreateScoreConfig adds a config, given as JSON: name, dataType, and as they apply
// minValue, maxValue, categories, description.
func (c *Catalog) CreateScoreConfig(ctx context.Context, projectID string, body []byte) (*ScoreConfig, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	config := &ScoreConfig{Identity: Identity{ID: newID()}, Name: o.name("name")}
	if o.need("dataType") {
		config.Type = exporter.ScoreType(o.oneOf("dataType", "NUMERIC", "CATEGORICAL", "BOOLEAN"))
	}
	config.change(o)
	if err := o.err(); err != nil {
		return nil, err
	}
	if config.Type == exporter.ScoreBoolean {
		config.Categories = []Category{{"True", 1}, {"False", 0}}
	}
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error { return put(tx, kindScoreConfig, "", config.Name, config) })
	return config, err
}

// UpdateScoreConfig changes what the JSON gives: name, description, isArchived, and as they
// apply minValue, maxValue, categories. The data type stays: to give another is an error.
func (c *Catalog) UpdateScoreConfig(ctx context.Context, projectID, id string, body []byte) (*ScoreConfig, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	var config *ScoreConfig
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error {
		if config, err = scoreConfig(tx, id); err != nil {
			return err
		}
		again := &object{members: o.members, errs: new(ingest.FieldErrors)}
		for field, is := range map[string]string{"dataType": string(config.Type), "id": config.ID, "projectId": projectID} {
			if given := again.text(field); given != nil && *given != is {
				again.fail(field, "custom", "is %s and can't change: leave it out, or make another config", is)
			}
		}
		if again.given("name") {
			config.Name = again.name("name")
		}
		if archived := again.flag("isArchived"); archived != nil {
			config.Archived = *archived
		}
		config.change(again)
		if err := again.err(); err != nil {
			return err
		}
		return put(tx, kindScoreConfig, "", config.Name, config)
	})
	if err != nil {
		return nil, err
	}
	return config, nil
}

// change applies what a request gives for the data type of the config.
func (c *ScoreConfig) change(o *object) {
	if o.given("description") {
		c.Description = o.text("description")
	}
	for _, bound := range []struct {
		name string
		dst  **float64
	}{{"minValue", &c.Min}, {"maxValue", &c.Max}} {
		switch {
		case !o.given(bound.name):
		case o.has(bound.name) && c.Type != exporter.ScoreNumeric:
			o.fail(bound.name, "custom", "is for configs of dataType NUMERIC: leave it out")
		default:
			*bound.dst = o.number(bound.name)
		}
	}
	if c.Min != nil && c.Max != nil && *c.Min >= *c.Max {
		o.fail("maxValue", "custom", "must be greater than minValue")
	}
	switch {
	case o.has("categories") && c.Type != exporter.ScoreCategorical:
		o.fail("categories", "custom", "are for configs of dataType CATEGORICAL: leave them out")
	case o.has("categories"):
		c.Categories = readCategories(o)
	case c.Type == exporter.ScoreCategorical && len(c.Categories) == 0:
		o.fail("categories", "invalid_type", "required for dataType CATEGORICAL: give at least one label with its value")
	}
}

func readCategories(o *object) []Category {
	var list []Category
	for _, e := range o.objects("categories") {
		category := Category{Label: e.name("label")}
		if value := e.number("value"); value != nil {
			category.Value = *value
		} else {
			e.need("value")
		}
		if slices.ContainsFunc(list, func(other Category) bool { return other.Label == category.Label }) {
			e.fail("label", "custom", "is there twice: give each category its own label")
		}
		if slices.ContainsFunc(list, func(other Category) bool { return other.Value == category.Value }) {
			e.fail("value", "custom", "is there twice: give each category its own value")
		}
		list = append(list, category)
	}
	if len(list) == 0 {
		o.fail("categories", "too_small", "must have at least one label with its value")
	}
	return list
}

// ScoreConfig returns a config.
func (c *Catalog) ScoreConfig(ctx context.Context, projectID, id string) (*ScoreConfig, error) {
	return scoreConfig(c.reader(ctx, projectID), id)
}

func scoreConfig(r reader, id string) (*ScoreConfig, error) {
	config, err := read[ScoreConfig](r, kindScoreConfig, id)
	if errors.Is(err, store.ErrNotFound) {
		err = notFound("Score config not found within authorized project")
	}
	return config, err
}

// ScoreConfigs lists configs, newest first.
func (c *Catalog) ScoreConfigs(ctx context.Context, projectID string, page store.Page) ([]ScoreConfig, int64, error) {
	return list[ScoreConfig](c.reader(ctx, projectID), store.DocumentQuery{Kind: kindScoreConfig, Page: page})
}
