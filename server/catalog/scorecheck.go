package catalog

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// CheckScore checks a score against the config that it names, if any, and completes
// it: of a category the number, of a truth the text. given is the data type that
// the sender named, empty if the value alone told it. Errors are
// [*NotFoundError] and [*ingest.RequestError].
func (c *Catalog) CheckScore(ctx context.Context, projectID string, w *store.ScoreWrite, given exporter.ScoreType) error {
	if w.ConfigID == "" {
		return nil
	}
	config, err := read[ScoreConfig](c.reader(ctx, projectID), kindScoreConfig, w.ConfigID)
	if errors.Is(err, store.ErrNotFound) {
		return notFound("The configId you provided does not match a valid config in this project")
	}
	if err != nil {
		return err
	}
	return config.Check(w, given)
}

// Check checks a score against the config and completes it; given is as in [Catalog.CheckScore].
func (c *ScoreConfig) Check(w *store.ScoreWrite, given exporter.ScoreType) error {
	switch {
	case c.Archived:
		return refused("Config is archived and cannot be used to create new scores: restore it or use another configId")
	case w.Name != c.Name:
		return refused("Name mismatch based on config: expected %s, got %s", c.Name, w.Name)
	case given != "" && given != c.Type:
		return refused("Data type mismatch based on config: expected %s, got %s", c.Type, given)
	case w.Type == store.ScoreText, w.Type == store.ScoreCorrection, (c.Type == exporter.ScoreCategorical) != (w.Type == exporter.ScoreCategorical):
		return invalidScore("Value is of data type %s, the config of %s", w.Type, c.Type)
	}
	w.Type = c.Type
	switch c.Type {
	case exporter.ScoreCategorical:
		return c.checkCategory(w)
	case exporter.ScoreBoolean:
		return checkTruth(w)
	case exporter.ScoreNumeric:
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	switch {
	case c.Max != nil && *w.Number > *c.Max:
		return invalidScore("Value exceeds maximum value of %s defined in config", number(*c.Max))
	case c.Min != nil && *w.Number < *c.Min:
		return invalidScore("Value is below minimum value of %s defined in config", number(*c.Min))
	}
	return nil
}

func (c *ScoreConfig) checkCategory(w *store.ScoreWrite) error {
	for _, category := range c.Categories {
		if category.Label == w.Text {
			value := category.Value
			w.Number = &value
			return nil
		}
	}
	return invalidScore("Value %.200s does not map to a valid category. Pass a valid category value.", w.Text)
}

func checkTruth(w *store.ScoreWrite) error {
	switch *w.Number {
	case 0:
		w.Text = "False"
	case 1:
		w.Text = "True"
	default:
		return invalidScore("Value must be 0 or 1 for data type BOOLEAN")
	}
	return nil
}

// invalidScore is the form in which clients know these errors.
func invalidScore(format string, args ...any) error {
	return refused("Ingested score body not valid against provided config:  - %s", fmt.Sprintf(format, args...))
}
