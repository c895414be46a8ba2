package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// MissingError says that there is no observation to update.
type MissingError struct{ ID string }

// Error names the observation.
func (e *MissingError) Error() string { return "there is no observation " + short(e.ID) + " to update" }

// Score stores one score, given as the body of a score-create, and returns its
// id. Errors are as those of Ingest, and those of [ScoreConfigs].
func (g *Ingester) Score(ctx context.Context, projectID string, body []byte) (id string, err error) {
	raw, err := parseObject(body)
	if err != nil {
		return "", err
	}
	it, err := newItem(eventKind{thing: store.ThingScore}, raw)
	if err != nil {
		return "", err
	}
	c := &checker{}
	w := readScore(c, raw)
	w.Stamp, w.ID = it.stamp(), cmp.Or(w.ID, derivedID(it.id))
	it.score = &w
	if len(c.errors) > 0 {
		g.counts.rejected(it.kind)
		return "", c.errors
	}
	if err := g.checkScore(ctx, projectID, &it); err != nil {
		g.counts.rejected(it.kind)
		return "", err
	}
	return w.ID, g.writeOne(ctx, projectID, it)
}

// oldNames are the names of fields in the routes for single observations, which differ from those of events.
var oldNames = map[string]string{"spanId": "id", "generationId": "id", "eventId": "id", "prompt": "input", "completion": "output"}

// Observation stores one observation, given in the form of the routes for single
// ones, and returns its id. An update names the observation in the field idField,
// spanId or generationId; if there is none, the error is [*MissingError]. Other errors are
// as those of Ingest.
func (g *Ingester) Observation(ctx context.Context, projectID string, kind exporter.Kind, idField string, body []byte) (id string, err error) {
	raw, err := parseObject(body)
	if err != nil {
		return "", err
	}
	update := idField != ""
	it, err := newItem(eventKind{thing: store.ThingObservation, kind: kind, update: update}, raw)
	if err != nil {
		return "", err
	}
	c := &checker{}
	if raw, err = renamed(c, raw, idField, derivedID(it.id)); err != nil {
		return "", err
	}
	w := readObservation(c, raw, it.kind)
	w.Stamp = it.stamp()
	it.observation = &w
	if len(c.errors) > 0 {
		for _, e := range c.errors {
			if update && len(e.Path) > 0 && e.Path[0] == "id" {
				e.Path[0] = idField
			}
		}
		g.counts.rejected(it.kind)
		return "", c.errors
	}
	if update {
		page, err := g.store.Observations(ctx, projectID, store.ObservationQuery{ObservationFilter: store.ObservationFilter{IDs: []string{w.ID}}})
		if err != nil {
			return "", err
		}
		if len(page.Observations) == 0 {
			g.counts.rejected(it.kind)
			return "", &MissingError{w.ID}
		}
	}
	return w.ID, g.writeOne(ctx, projectID, it)
}

// renamed gives the fields of an observation the names that events have, and an id if there may be none.
func renamed(c *checker, raw json.RawMessage, idField, id string) (json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	fields(raw, func(key string, v json.RawMessage) {
		if kindOf(v) == "null" || key == "id" && idField != "" {
			return
		}
		if name, ok := oldNames[key]; ok {
			if name == "id" && key != idField {
				return
			}
			key = name
		}
		members[key] = v
	})
	if _, ok := members["id"]; !ok {
		if idField != "" {
			c.missing(idField)
		}
		members["id"], _ = json.Marshal(id) // a string
	}
	b, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("langshark: body: %w", err)
	}
	return b, nil
}

// parseObject reads a body that must be an object, and sanitizes it.
func parseObject(body []byte) (json.RawMessage, error) {
	raw, err := parse(body)
	if err != nil {
		return nil, err
	}
	c := &checker{}
	switch {
	case kindOf(raw) != "object":
		c.wrongType("", "object", raw)
	case TooDeep(raw):
		c.fail("", "too_big", "%v", errDepth)
	default:
		c.noNUL(raw, idFields)
	}
	if len(c.errors) > 0 {
		return nil, c.errors
	}
	return sanitize(raw), nil
}

// newItem is an event of now around a body.
func newItem(kind eventKind, body json.RawMessage) (item, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return item{}, fmt.Errorf("langshark: event id: %w", err)
	}
	kind.known = true
	return item{envelope: envelope{id: id.String(), at: now(), kind: kind, body: body}}, nil
}

func (g *Ingester) writeOne(ctx context.Context, projectID string, it item) error {
	if _, err := g.write(ctx, projectID, []item{it}, &Result{}); err != nil {
		return err
	}
	g.counts.accepted(it.kind)
	return nil
}
