package catalog

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"

	"github.com/langshark/langshark-go/server/ingest"
)

// LabelPrompt moves labels to a version, given as JSON: newLabels, which it gets besides those
// that it has, removeLabels, which it gives up, and as one likes message, and expect: for labels the
// versions that must have them, 0 for none, else a [ConflictError].
func (c *Catalog) LabelPrompt(ctx context.Context, projectID, name string, version int, body []byte) (*Prompt, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	if !o.has("removeLabels") {
		o.need("newLabels")
	}
	add, remove := readLabels(o, "newLabels"), readLabels(o, "removeLabels")
	for field, labels := range map[string][]string{"newLabels": add, "removeLabels": remove} {
		if slices.Contains(labels, LabelLatest) {
			o.fail(field, "custom", "latest is always on the newest version: leave it out")
		}
	}
	for _, label := range remove {
		if slices.Contains(add, label) {
			o.fail("removeLabels", "custom", "label %s is in newLabels too: leave it out of one", label)
		}
	}
	expect, message := readExpect(o), o.text("message")
	if err := o.err(); err != nil {
		return nil, err
	}
	var labelled *Prompt
	err = c.editPrompt(ctx, projectID, name, func(e *promptEdit) error {
		if e.p == nil || e.p.ref(version) == nil {
			return promptNotFound(name, sayVersion(version))
		}
		if err := e.p.meets(expect); err != nil {
			return err
		}
		e.say(message)
		for _, label := range remove {
			if e.p.labelled(label) == version {
				if err := e.unlabel(label); err != nil {
					return err
				}
			}
		}
		for _, label := range add {
			if err := e.label(label, version, ActionLabel); err != nil {
				return err
			}
		}
		labelled, err = e.moved(version)
		return err
	})
	if err != nil {
		return nil, err
	}
	return labelled, nil
}

// moved is the version that labels have moved to, whose references must lead somewhere.
func (e *promptEdit) moved(version int) (*Prompt, error) {
	if err := e.saveHead(); err != nil { // references may lead back to it
		return nil, err
	}
	if len(e.history) > 0 {
		if err := e.p.check(e.tx, version); err != nil {
			return nil, err
		}
	}
	return e.p.load(e.tx, version)
}

func (e *promptEdit) say(message *string) {
	if message != nil {
		e.message = *message
	}
}

const maxExpected = 100

// readExpect reads which versions must have which labels.
func readExpect(o *object) map[string]int {
	if !o.is("expect", "object") {
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(o.members["expect"], &members); err != nil {
		o.fail("expect", "invalid_type", "%v", err)
		return nil
	}
	if len(members) > maxExpected {
		o.fail("expect", "too_big", "must have at most %d labels, has %d", maxExpected, len(members))
		return nil
	}
	in := &object{members: members, path: append(slices.Clone(o.path), "expect"), errs: o.errs}
	expect := map[string]int{}
	for label := range members {
		if n := in.whole(label, 0, math.MaxInt32); n != nil {
			expect[label] = *n
		} else if !in.has(label) {
			expect[label] = 0
		}
	}
	return expect
}

// meets complains unless the labels are where they are expected.
func (p *prompt) meets(expect map[string]int) error {
	for _, label := range slices.Sorted(maps.Keys(expect)) {
		if got, want := p.labelled(label), expect[label]; got != want {
			return conflict("Label '%s' of prompt '%s' is on %s, not on %s as expected: look at what has changed, then ask again", label, p.Name, onVersion(got), onVersion(want))
		}
	}
	return nil
}

func onVersion(n int) ingest.Reason {
	if n == 0 {
		return say("no version")
	}
	return sayVersion(n)
}

func sayVersion(n int) ingest.Reason { return say("version %d", n) }

// RolledBack is a version to which a label has gone back.
type RolledBack struct {
	*Prompt
	// From is the version that had the label, 0 if none had.
	From int
	// Experiments are the names of those by which some units still get that version.
	Experiments []string
}

// RollbackPrompt takes the last move of a label back, given as JSON: name, and as one
// likes label (production), version, to move it there instead, message, and expect as in
// [Catalog.LabelPrompt]. Asked again it goes back further. A [ConflictError] says that there is nothing before.
func (c *Catalog) RollbackPrompt(ctx context.Context, projectID string, body []byte) (*RolledBack, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	name, label, to := o.name("name"), LabelProduction, o.whole("version", 1, math.MaxInt32)
	if o.has("label") {
		label = o.needID("label")
	}
	if label == LabelLatest {
		o.fail("label", "custom", "latest is always on the newest version: delete that, or name another label")
	}
	expect, message := readExpect(o), o.text("message")
	if err := o.err(); err != nil {
		return nil, err
	}
	var back RolledBack
	err = c.editPrompt(ctx, projectID, name, func(e *promptEdit) error {
		if e.p == nil {
			return notFound("Prompt not found: '%s'", name)
		}
		if err := e.p.meets(expect); err != nil {
			return err
		}
		e.say(message)
		back.From = e.p.labelled(label)
		version, err := e.rollback(label, to)
		if err != nil {
			return err
		}
		if back.Experiments, err = e.p.givenBy(e.tx, back.From); err != nil {
			return err
		}
		back.Prompt, err = e.moved(version)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &back, nil
}

// rollback moves a label to a version, or to where it was, and returns that.
func (e *promptEdit) rollback(label string, to *int) (version int, err error) {
	if to != nil {
		if e.p.ref(*to) == nil {
			return 0, promptNotFound(e.p.Name, sayVersion(*to))
		}
		if e.p.labelled(label) == *to {
			return *to, nil
		}
		if err := e.label(label, *to, ActionRollback); err != nil {
			return 0, err
		}
		e.p.rolledBack(label)
		return *to, nil
	}
	version, trail := e.p.back(label)
	if version == 0 {
		return 0, conflict("Label '%s' of prompt '%s' was on no other version before that is still there: name the version to move it to", label, e.p.Name)
	}
	trail = slices.Clone(trail)
	if err := e.label(label, version, ActionRollback); err != nil {
		return 0, err
	}
	e.p.trail(label).Versions = trail
	return version, nil
}
