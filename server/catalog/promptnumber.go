package catalog

import (
	"errors"

	"github.com/langshark/langshark-go/server/store"
)

// promptNumber outlives a prompt that was deleted whole, so that no version of a later one by its name
// has a number that was used: what was measured and recorded goes by name and number.
type promptNumber struct {
	Identity `json:"-"`
	Last     int `json:"last"`
}

// keepNumber keeps the highest number of a prompt that goes.
func (e *promptEdit) keepNumber() error {
	n := &promptNumber{Identity: Identity{ID: numberID(e.p.Name)}, Last: e.p.Last}
	return put(e.tx, kindPromptNumber, "", "", n)
}

// lastNumber is the highest number that was used by a prompt of that name which isn't there any more.
func lastNumber(r reader, name string) (int, error) {
	n, err := read[promptNumber](r, kindPromptNumber, numberID(name))
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return n.Last, nil
}

func numberID(name string) string { return objectKey(ObjectPrompt, name) }
