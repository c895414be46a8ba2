package catalog

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// promptEdit is a change of one prompt within a transaction. Every change goes through it, so that
// none escapes the protection of labels, the history, or those who are told.
type promptEdit struct {
	tx      store.DocumentTx
	by      Actor
	now     time.Time
	message string  // why, may be empty
	p       *prompt // nil if there is none of that name
	before  prompt  // how it was
	history []promptHistory
	taken   bool                      // a version or label has gone
	barred  map[string]*ingest.Reason // of the labels that were asked for: who else may move them, or nothing
	woken   []string                  // webhooks that have a delivery
}

// editPrompt has f change the prompt of that name, and tells of it once that is committed.
func (c *Catalog) editPrompt(ctx context.Context, projectID, name string, f func(*promptEdit) error) error {
	var e *promptEdit
	err := c.change(ctx, projectID, func(tx store.DocumentTx) error {
		p, err := promptNamed(tx, name)
		if err != nil {
			return err
		}
		e = &promptEdit{tx: tx, by: actorOf(ctx), now: time.Now(), p: p, barred: map[string]*ingest.Reason{}}
		if p != nil {
			e.before = *p
			e.before.Labels, e.before.Versions = slices.Clone(p.Labels), slices.Clone(p.Versions)
		}
		if err := f(e); err != nil {
			return err
		}
		return e.save()
	})
	if err != nil {
		return err
	}
	c.tell(ctx, projectID, e)
	return nil
}

// note adds to the history.
func (e *promptEdit) note(h promptHistory) {
	h.By, h.Message = e.by.String(), e.message
	e.history = append(e.history, h)
}

// label gives a label to a version, if it hasn't it already.
func (e *promptEdit) label(label string, version int, action PromptAction) error {
	from := e.p.labelled(label)
	if from == version {
		return nil
	}
	if label == LabelLatest { // moves by itself
		e.p.move(label, version, e.now)
		return nil
	}
	if err := e.mayMove(label); err != nil {
		return err
	}
	if from == 0 {
		if err := e.mayPlace(label); err != nil {
			return err
		}
	}
	e.p.move(label, version, e.now)
	e.p.follow(label, from, version)
	e.note(promptHistory{Action: action, Version: version, Label: label, From: from})
	return nil
}

// unlabel takes a label away from the version that has it.
func (e *promptEdit) unlabel(label string) error {
	from := e.p.labelled(label)
	if from == 0 {
		return nil
	}
	if err := e.mayMove(label); err != nil {
		return err
	}
	e.p.Labels = slices.DeleteFunc(e.p.Labels, func(l promptLabel) bool { return l.Label == label })
	e.p.touch(from, e.now)
	e.p.follow(label, from, 0)
	e.note(promptHistory{Action: ActionUnlabel, Label: label, From: from})
	e.taken = true
	return nil
}

// drop removes versions, with their labels.
func (e *promptEdit) drop(refs []versionRef) error {
	for _, ref := range refs {
		for _, label := range e.p.labels(ref.Version) {
			if label == LabelLatest {
				continue
			}
			if err := e.unlabel(label); err != nil {
				return err
			}
		}
	}
	e.taken = true
	for _, ref := range refs {
		if err := e.mayDrop(ref.Version); err != nil {
			return err
		}
		if err := e.tx.Delete(kindPromptVersion, ref.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		e.p.drop(ref.Version, e.now)
		if err := dropReferences(e.tx, ref.ID); err != nil {
			return err
		}
	}
	return nil
}

// save writes what has become of the prompt.
func (e *promptEdit) save() error {
	if e.p == nil {
		return nil
	}
	if err := e.saveHead(); err != nil {
		return err
	}
	if e.taken {
		if err := e.p.freed(e.tx); err != nil {
			return err
		}
		if err := e.dropExperiments(); err != nil {
			return err
		}
	}
	if err := e.keepReadable(); err != nil {
		return err
	}
	if err := e.saveHistory(); err != nil {
		return err
	}
	return e.enqueue()
}

func (e *promptEdit) saveHead() error {
	if len(e.p.Versions) == 0 {
		if err := e.keepNumber(); err != nil {
			return err
		}
		return e.tx.Delete(kindPrompt, e.p.ID)
	}
	return put(e.tx, kindPrompt, "", e.p.Name, e.p)
}
