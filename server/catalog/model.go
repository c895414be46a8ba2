package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

// MaxModels is how many models of its own a project may have.
const MaxModels = 1000

// The units of usage.
var units = []string{"TOKENS", "CHARACTERS", "MILLISECONDS", "SECONDS", "IMAGES", "REQUESTS"}

// Model says what the calls of those models cost whose name matches, in dollars a
// unit. Its JSON is that of Langfuse's API for models, which prices are read from.
type Model struct {
	Identity  `json:"-"`
	ModelName string `json:"modelName"`
	// MatchPattern is a regular expression, of RE2's syntax, for the names that the price is for.
	MatchPattern string `json:"matchPattern"`
	// StartDate is since when the price is valid; nil is always.
	StartDate *time.Time `json:"startDate"`
	Unit      string     `json:"unit"`
	// Either TotalPrice alone is given, or any of the other two.
	InputPrice  *Price `json:"inputPrice"`
	OutputPrice *Price `json:"outputPrice"`
	TotalPrice  *Price `json:"totalPrice"`
	// TokenizerID is openai or claude, or empty for none.
	TokenizerID     *string         `json:"tokenizerId"`
	TokenizerConfig json.RawMessage `json:"tokenizerConfig"`
	// Builtin says that the price came along, and is no project's own.
	Builtin bool `json:"-"`
}

// Price is dollars a unit. In JSON it has no exponent.
type Price float64

// MarshalJSON implements [json.Marshaler].
func (p Price) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(p), 'f', -1, 64), nil
}

const (
	maxPrice        = 1e6 // dollars
	maxPatternBytes = 2000
)

// CreateModel adds a model, given as JSON in the form of [Model], or with its prices in one tier.
func (c *Catalog) CreateModel(ctx context.Context, projectID string, body []byte) (*Model, error) {
	return c.putModel(ctx, projectID, newID(), body)
}

// PutModel makes a model with that id, or puts another in its place. One that came along can't be replaced.
func (c *Catalog) PutModel(ctx context.Context, projectID, id string, body []byte) (*Model, error) {
	switch m, err := builtinModel(id); {
	case err != nil:
		return nil, err
	case m != nil:
		return nil, refused("Built-in models can't be changed: add a model with the same name")
	case len(id) > store.MaxDocumentName:
		return nil, refused("The id has %d bytes: it must have at most %d", len(id), store.MaxDocumentName)
	}
	return c.putModel(ctx, projectID, id, body)
}

func (c *Catalog) putModel(ctx context.Context, projectID, id string, body []byte) (*Model, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	model, err := readModel(o)
	if err != nil {
		return nil, err
	}
	model.Identity = Identity{ID: id}
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error {
		page, err := tx.Documents(store.DocumentQuery{Kind: kindModel, Page: store.Page{Limit: -1, Total: true}})
		if err != nil {
			return err
		}
		if page.Total >= MaxModels {
			return refused("The project has %d models: delete some", MaxModels)
		}
		return put(tx, kindModel, "", model.ModelName, model)
	})
	if err != nil {
		return nil, err
	}
	return model, nil
}

func readModel(o *object) (*Model, error) {
	m := &Model{ModelName: o.needID("modelName"), StartDate: readDate(o, "startDate")}
	if pattern := o.text("matchPattern"); pattern != nil {
		if m.MatchPattern = *pattern; *pattern == "" {
			o.fail("matchPattern", "too_small", "must not be empty: give an expression for the names that the price is for")
		}
	} else if !o.has("matchPattern") {
		o.need("matchPattern")
	}
	if len(m.MatchPattern) > maxPatternBytes {
		o.fail("matchPattern", "too_big", "must have at most %d bytes", maxPatternBytes)
	}
	if m.Unit = o.oneOf("unit", units...); m.Unit == "" && !o.has("unit") {
		m.Unit = units[0]
	}
	readPrices(o, m)
	if id := o.oneOf("tokenizerId", "openai", "claude"); id != "" {
		m.TokenizerID = &id
	}
	if o.is("tokenizerConfig", "object") {
		m.TokenizerConfig = o.any("tokenizerConfig")
		var config struct {
			TokenizerModel                  string
			TokensPerName, TokensPerMessage int64
		}
		if err := json.Unmarshal(m.TokenizerConfig, &config); err != nil {
			o.fail("tokenizerConfig", "invalid_type", "must have the string tokenizerModel, and the whole numbers tokensPerMessage and tokensPerName")
		}
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	if _, err := regexp.Compile(m.MatchPattern); err != nil {
		return nil, refused("matchPattern is not a regular expression of RE2: %v", err)
	}
	if m.checkMatch(o); len(*o.errs) > 0 {
		return nil, o.err()
	}
	return m, nil
}

// checkMatch complains about a name or pattern that no call could be priced by.
func (m *Model) checkMatch(o *object) {
	var wrong cost.FieldErrors
	if err := (&cost.Model{ModelName: m.ModelName, MatchPattern: m.MatchPattern}).Validate(); errors.As(err, &wrong) {
		for _, e := range wrong {
			o.fail(e.Field, "custom", "%s", e.Message)
		}
	}
}

func readPrice(o *object, name string) *Price {
	f := o.number(name)
	if f == nil {
		return nil
	}
	if *f < 0 || *f > maxPrice || math.IsNaN(*f) {
		o.fail(name, "too_small", "must be from 0 to %d dollars", int64(maxPrice))
	}
	return (*Price)(f)
}

// readDate reads an instant, or a day.
func readDate(o *object, name string) *time.Time {
	s := o.text(name)
	if s == nil {
		return nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, *s); err == nil && t.Year() > 1 && t.Year() <= 9999 {
			t = t.UTC().Truncate(time.Millisecond)
			return &t
		}
	}
	o.fail(name, "invalid_string", "must be a date as 2024-09-01 or 2024-09-01T00:00:00Z, received %.60q", *s)
	return nil
}

// Model returns a model of the project, or one that came along.
func (c *Catalog) Model(ctx context.Context, projectID, id string) (*Model, error) {
	if m, err := builtinModel(id); m != nil || err != nil {
		return m, err
	}
	m, err := read[Model](c.reader(ctx, projectID), kindModel, id)
	if errors.Is(err, store.ErrNotFound) {
		err = notFound("No model with this id found.")
	}
	return m, err
}

// Models lists the models of a project, and those that came along, by name. Limits and offsets of the page count, cursors don't.
func (c *Catalog) Models(ctx context.Context, projectID string, page store.Page) ([]Model, int64, error) {
	all, _, err := list[Model](c.reader(ctx, projectID), store.DocumentQuery{Kind: kindModel, Page: store.Page{Limit: MaxModels}})
	if err != nil {
		return nil, 0, err
	}
	others, err := builtin()
	if err != nil {
		return nil, 0, err
	}
	all = append(all, others...)
	slices.SortStableFunc(all, func(a, b Model) int { return cmp.Compare(a.ModelName, b.ModelName) })
	total := int64(len(all))
	all = all[min(page.Offset, len(all)):]
	return all[:min(max(page.Limit, 0), len(all))], total, nil
}

// DeleteModel removes a model. Costs that were computed with it stay.
func (c *Catalog) DeleteModel(ctx context.Context, projectID, id string) error {
	err := c.change(ctx, projectID, func(tx store.DocumentTx) error { return remove(tx, kindModel, id) })
	if errors.Is(err, store.ErrNotFound) {
		err = notFound("No model with this id found. Note: You cannot delete built-in models, override them with a model with the same name.")
	}
	return err
}
