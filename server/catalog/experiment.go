package catalog

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/langshark/langshark-go/server/store"
)

// Bounds of experiments.
const (
	MaxExperiments = 100 // on one prompt
	MaxVariants    = 100 // of one experiment
)

// Experiment gives some of an application's units one version of a prompt and some another, by the
// bucket into which each falls. What falls outside of all ranges is not part of it.
type Experiment struct {
	Identity
	Prompt   string
	Name     string
	Salt     string
	Variants []Variant
	// Revision is a number that grows whenever an experiment on the prompt is set; never 0.
	Revision int
	// Ranges are sorted and don't overlap.
	Ranges []BucketRange
	// Cleared are the protected labels that who set it last may move, or "*", which is all. Others can't come to the
	// prompt beside it.
	Cleared []string
	// Prompts are the versions that variants have, each once, with what they refer to in its
	// place; nil in a list.
	Prompts []Prompt
}

// experiment is kept below its prompt, with its name.
type experiment struct {
	Identity `json:"-"`
	Name     string        `json:"name"`
	Salt     string        `json:"salt"`
	Variants []Variant     `json:"variants"`
	Ranges   []BucketRange `json:"ranges"`
	Revision int           `json:"revision"` // 0 of those that were kept before it was counted
	// Cleared are the protected labels that who set it last may move.
	Cleared []string `json:"cleared,omitempty"`
}

func (e *experiment) of(p *prompt) *Experiment {
	return &Experiment{Identity: e.Identity, Prompt: p.Name, Name: e.Name, Salt: e.Salt, Variants: e.Variants, Ranges: e.Ranges, Cleared: e.Cleared, Revision: e.revision()}
}

func (e *experiment) revision() int { return max(e.Revision, 1) }

// isAt complains unless the experiment is as who asks has seen it: nil is one that isn't there, whose revision is 0.
func (e *experiment) isAt(expected *int, promptName, name string) error {
	is := 0
	if e != nil {
		is = e.revision()
	}
	if expected == nil || *expected == is {
		return nil
	}
	return conflict("Experiment '%s' on prompt '%s' is at revision %d, not %d as expected: look at what has changed, then ask again", name, promptName, is, *expected)
}

// SetExperiment makes or changes an experiment, given as JSON: prompt, variants, each with name, version
// and weight, when it is made as one likes salt, and revision, the one that it must have (0: it must not be there), else a [ConflictError]. Nobody changes sides who need not. Of a prompt that has
// protected labels, only who may move all of them makes, changes and ends experiments.
func (c *Catalog) SetExperiment(ctx context.Context, projectID, name string, body []byte) (*Experiment, error) {
	request, err := readExperiment(name, body)
	if err != nil {
		return nil, err
	}
	var set *Experiment
	err = c.editPrompt(ctx, projectID, request.prompt, func(e *promptEdit) (err error) {
		set, err = request.set(e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return set, nil
}

// experimentRequest is what a request to make or change an experiment gives.
type experimentRequest struct {
	name, prompt, salt string
	variants           []Variant
	revision           *int // that it must have
}

func readExperiment(name string, body []byte) (*experimentRequest, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(name) > MaxNameChars || name == "" || !utf8.ValidString(name) {
		o.fail("experiment", "invalid_string", "must be a name of at most %d characters", MaxNameChars)
	}
	request := &experimentRequest{name: name, prompt: o.name("prompt"), variants: readVariants(o), salt: o.short("salt", MaxNameChars), revision: o.whole("revision", 0, math.MaxInt32)}
	if strings.ContainsRune(request.salt, 0) {
		o.fail("salt", "invalid_string", "must not have the character 0, which stands between salt and unit")
	}
	return request, o.err()
}

// set makes or changes it.
func (request *experimentRequest) set(e *promptEdit) (*Experiment, error) {
	if e.p == nil {
		return nil, notFound("Prompt not found: '%s'", request.prompt)
	}
	if err := e.mayDivert(); err != nil {
		return nil, err
	}
	for _, v := range request.variants {
		if e.p.ref(v.Version) == nil {
			return nil, promptNotFound(request.prompt, sayVersion(v.Version))
		}
	}
	kept, err := e.experiment(request)
	if err != nil {
		return nil, err
	}
	kept.Variants, kept.Ranges = request.variants, assign(kept.Ranges, request.variants)
	if kept.Cleared, err = e.mayMoveOf(); err != nil {
		return nil, err
	}
	if err := put(e.tx, kindExperiment, e.p.ID, request.name, kept); err != nil {
		return nil, err
	}
	e.note(promptHistory{Action: ActionExperiment, Experiment: request.name, Variants: kept.Variants})
	set := kept.of(e.p)
	return set, set.load(e.tx, e.p)
}

// experiment is the one of that name, or a new one.
func (e *promptEdit) experiment(request *experimentRequest) (*experiment, error) {
	name, salt := request.name, request.salt
	found, err := experimentNamed(e.tx, e.p, name)
	if err != nil {
		return nil, err
	}
	if err := found.isAt(request.revision, e.p.Name, name); err != nil {
		return nil, err
	}
	if found != nil {
		e.p.Revised = max(e.p.Revised, found.revision())
	}
	e.p.Revised++
	if found != nil {
		found.Revision = e.p.Revised
		if salt != "" && salt != found.Salt {
			return nil, refused("Experiment '%s' has another salt, which would deal everybody anew: leave salt out, or make another experiment", name)
		}
		return found, nil
	}
	_, total, err := list[experiment](e.tx, store.DocumentQuery{Kind: kindExperiment, Parent: e.p.ID, Page: store.Page{Limit: -1, Total: true}})
	if err != nil {
		return nil, err
	}
	if total >= MaxExperiments {
		return nil, refused("Prompt '%s' has %d experiments: delete one first", e.p.Name, MaxExperiments)
	}
	if salt == "" {
		var random [8]byte
		_, _ = rand.Read(random[:]) // it never fails
		salt = hex.EncodeToString(random[:])
	}
	return &experiment{Identity: Identity{ID: newID()}, Name: name, Salt: salt, Revision: e.p.Revised}, nil
}

func readVariants(o *object) []Variant {
	if !o.need("variants") {
		return nil
	}
	var variants []Variant
	var names []string
	sum, before := 0, len(*o.errs)
	for _, e := range o.objects("variants") {
		v := Variant{Name: e.needID("name")}
		if e.need("version") {
			if n := e.whole("version", 1, math.MaxInt32); n != nil {
				v.Version = *n
			}
		}
		if e.need("weight") {
			if n := e.whole("weight", 0, Buckets); n != nil {
				v.Weight = *n
			}
		}
		if slices.Contains(names, v.Name) {
			e.fail("name", "custom", "another variant has this name: give it one of its own")
		}
		names, variants, sum = append(names, v.Name), append(variants, v), sum+v.Weight
	}
	switch {
	case len(variants) == 0 && len(*o.errs) == before:
		o.fail("variants", "too_small", "must have at least one variant")
	case len(variants) > MaxVariants:
		o.fail("variants", "too_big", "must have at most %d variants", MaxVariants)
	case sum > Buckets:
		o.fail("variants", "too_big", "weights add up to %d: there are %d buckets to give", sum, Buckets)
	}
	return variants
}

// load fills in the prompts.
func (x *Experiment) load(r reader, p *prompt) error {
	x.Prompts = []Prompt{}
	for _, v := range x.Variants {
		if slices.ContainsFunc(x.Prompts, func(have Prompt) bool { return have.Version == v.Version }) {
			continue
		}
		if p.ref(v.Version) == nil { // the prompt was read before the experiment
			return errMoved
		}
		whole, err := p.load(r, v.Version)
		if err != nil {
			return err
		}
		if err := whole.resolve(r); err != nil {
			return err
		}
		x.Prompts = append(x.Prompts, *whole)
	}
	return nil
}

// Experiment returns one experiment on a prompt.
func (c *Catalog) Experiment(ctx context.Context, projectID, promptName, name string) (x *Experiment, err error) {
	r := c.reader(ctx, projectID)
	err = again(func() error {
		p, err := promptNamed(r, promptName)
		if err != nil {
			return err
		}
		if p == nil {
			return experimentNotFound(promptName, name)
		}
		found, err := experimentNamed(r, p, name)
		if err != nil {
			return err
		}
		if found == nil {
			return experimentNotFound(promptName, name)
		}
		x = found.of(p)
		return x.load(r, p)
	})
	if errors.Is(err, errMoved) {
		err = experimentNotFound(promptName, name)
	}
	if err != nil {
		return nil, err
	}
	return x, nil
}

func experimentNamed(r reader, p *prompt, name string) (*experiment, error) {
	return named[experiment](r, store.DocumentQuery{Kind: kindExperiment, Parent: p.ID}, name)
}

func experimentNotFound(promptName, name string) error {
	return notFound("Experiment not found: '%s' on prompt '%s'", name, promptName)
}

// Experiments lists those on a prompt, newest first, without the prompts themselves.
func (c *Catalog) Experiments(ctx context.Context, projectID, promptName string) ([]Experiment, error) {
	r := c.reader(ctx, projectID)
	p, err := promptNamed(r, promptName)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, notFound("Prompt not found: '%s'", promptName)
	}
	kept, err := p.experiments(r)
	all := make([]Experiment, len(kept))
	for i := range kept {
		all[i] = *kept[i].of(p)
	}
	return all, err
}

func (p *prompt) experiments(r reader) ([]experiment, error) {
	kept, _, err := list[experiment](r, store.DocumentQuery{Kind: kindExperiment, Parent: p.ID, Page: store.Page{Limit: MaxExperiments}})
	return kept, err
}

// given are the versions that the experiment gives to some units.
func (e *experiment) given() (versions []int) {
	for _, v := range e.Variants {
		if v.Weight > 0 && !slices.Contains(versions, v.Version) {
			versions = append(versions, v.Version)
		}
	}
	return versions
}

// givenBy are the names of the experiments that give a version to some units, sorted.
func (p *prompt) givenBy(r reader, version int) (names []string, err error) {
	kept, err := p.experiments(r)
	for _, x := range kept {
		if slices.Contains(x.given(), version) {
			names = append(names, x.Name)
		}
	}
	slices.Sort(names)
	return names, err
}

// DeleteExperiment ends an experiment: all get the label again that they ask for. If revision isn't 0, it must have
// that one, else a [ConflictError].
func (c *Catalog) DeleteExperiment(ctx context.Context, projectID, promptName, name string, revision int) error {
	return c.editPrompt(ctx, projectID, promptName, func(e *promptEdit) error {
		if e.p == nil {
			return experimentNotFound(promptName, name)
		}
		kept, err := experimentNamed(e.tx, e.p, name)
		if err != nil {
			return err
		}
		if kept == nil {
			return experimentNotFound(promptName, name)
		}
		if revision != 0 {
			if err := kept.isAt(&revision, promptName, name); err != nil {
				return err
			}
		}
		if err := e.mayDivert(); err != nil {
			return err
		}
		e.p.Revised = max(e.p.Revised, kept.revision())
		e.note(promptHistory{Action: ActionExperimentEnd, Experiment: name})
		return e.tx.Delete(kindExperiment, kept.ID)
	})
}

// dropExperiments refuses, after versions were dropped, if an experiment has one of them; those on a
// prompt that is gone as a whole go with it.
func (e *promptEdit) dropExperiments() error {
	kept, err := e.p.experiments(e.tx)
	if err != nil {
		return err
	}
	for _, x := range kept {
		if len(e.p.Versions) == 0 {
			if err := e.tx.Delete(kindExperiment, x.ID); err != nil {
				return err
			}
			continue
		}
		for _, v := range x.Variants {
			if e.p.ref(v.Version) == nil {
				return refused("Version %d of prompt '%s' is in experiment '%s': change or delete that first", v.Version, e.p.Name, x.Name)
			}
		}
	}
	return nil
}
