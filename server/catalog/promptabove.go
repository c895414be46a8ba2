package catalog

import (
	"errors"
	"slices"

	"github.com/langshark/langshark-go/server/ingest"
)

// maxAbove is how many versions that lead to a changed prompt are looked at, maxAboveBytes how long they are in
// all when they are resolved. What the change breaks beyond those is found when it is read.
const (
	maxAbove      = 50
	maxAboveBytes = 2 << 20
)

// above is a version that leads to a changed prompt.
type above struct {
	head    *prompt
	version int
}

// keepReadable refuses a change by which a label that others refer to stands for another text, if a version
// that is served (by a label, or in an experiment) could be resolved before and can't be now: it would be too deep, too long, or go round.
func (e *promptEdit) keepReadable() error {
	var moved []string
	for _, l := range e.before.Labels {
		if to := e.p.labelled(l.Label); to != 0 && to != l.Version {
			moved = append(moved, l.Label)
		}
	}
	if len(moved) == 0 {
		return nil
	}
	list, err := leadingTo(e.tx, e.p.Name, moved)
	if err != nil {
		return err
	}
	bytes := 0
	for _, a := range list {
		n, err := e.keepsReadable(a)
		if err != nil {
			return err
		}
		if bytes += n; bytes > maxAboveBytes {
			break
		}
	}
	return nil
}

// keepsReadable also returns how long the version is.
func (e *promptEdit) keepsReadable(a above) (bytes int, err error) {
	served, err := a.served(e.tx)
	if err != nil || !served {
		return 0, err
	}
	bytes, err = a.resolve(e.tx, nil)
	broken, ok := errors.AsType[*ingest.RequestError](err)
	if !ok {
		return bytes, err
	}
	_, before := a.resolve(e.tx, &e.before)
	if _, ok := errors.AsType[*ingest.RequestError](before); ok { // it couldn't be read anyway
		return bytes, nil
	}
	if before != nil {
		return 0, before
	}
	return 0, refused("Prompt '%s' version %d leads to this one and could not be read any more: %s", a.head.Name, a.version, broken.Reason)
}

// resolve resolves the version, as if a prompt were still as it was before if that is given. It returns how long it is.
func (a above) resolve(r reader, before *prompt) (bytes int, err error) {
	whole, err := a.head.load(r, a.version)
	if err != nil {
		return 0, err
	}
	heads := map[string]*prompt{}
	if before != nil {
		heads[before.Name] = before
	}
	err = whole.resolveWith(r, heads)
	return len(whole.Prompt), err
}

// served reports whether somebody gets the version who doesn't ask for its number.
func (a above) served(r reader) (bool, error) {
	if len(a.head.labels(a.version)) > 0 {
		return true, nil
	}
	kept, err := a.head.experiments(r)
	return slices.ContainsFunc(kept, func(x experiment) bool {
		return slices.ContainsFunc(x.Variants, func(v Variant) bool { return v.Version == a.version })
	}), err
}

// leadingTo are the versions that refer to a prompt by one of these labels, and those that refer to them, nearest first.
func leadingTo(r reader, name string, labels []string) (list []above, err error) {
	heads := map[string]*prompt{}
	add := func(ref *promptReference) (more bool, err error) {
		head, known := heads[ref.Prompt]
		if !known {
			if head, err = promptNamed(r, ref.Prompt); err != nil {
				return false, err
			}
			heads[ref.Prompt] = head
		}
		a := above{head, ref.Version}
		if head != nil && head.ref(ref.Version) != nil && !slices.Contains(list, a) {
			list = append(list, a)
		}
		return len(list) < maxAbove, nil
	}
	err = eachReferring(r, name, func(ref *promptReference) (bool, error) {
		if !slices.Contains(labels, ref.ToLabel) {
			return true, nil
		}
		return add(ref)
	})
	for i := 0; err == nil && i < len(list) && len(list) < maxAbove; i++ {
		of := list[i]
		err = eachReferring(r, of.head.Name, func(ref *promptReference) (bool, error) {
			if (PromptSelection{Version: ref.ToVersion, Label: ref.ToLabel}).of(of.head) != of.version {
				return true, nil
			}
			return add(ref)
		})
	}
	return list, err
}
