package catalog

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/langshark/langshark-go/server/cost"
)

// builtin are the models whose prices come along, in the form of those that a project makes.
var builtin = sync.OnceValues(func() ([]Model, error) {
	var models []Model
	for _, e := range cost.Builtin().Entries() {
		data, err := json.Marshal(e.Model())
		if err != nil {
			return nil, fmt.Errorf("langshark: built-in model %q: %w", e.ID, err)
		}
		m := Model{Builtin: true}
		if err := json.Unmarshal(data, &m); err != nil {
			return nil, fmt.Errorf("langshark: built-in model %q: %w", e.ID, err)
		}
		m.Identity = Identity{ID: e.ID, CreatedAt: time.Unix(0, 0).UTC()}
		models = append(models, m)
	}
	return models, nil
})

// builtinModel returns one by its id, nil if there is none.
func builtinModel(id string) (*Model, error) {
	models, err := builtin()
	for i := range models {
		if models[i].ID == id {
			return &models[i], err
		}
	}
	return nil, err
}
