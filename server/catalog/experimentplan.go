package catalog

import (
	"context"
	"errors"
)

// ExperimentPlan says what a change of an experiment would do. Buckets out of [Buckets] are shares of all units.
type ExperimentPlan struct {
	// Moved is how many buckets get another variant, or have one and had none, or the other way round.
	Moved int
	// Renewed is how many keep their variant, which has another version.
	Renewed int
	// Outside is how many have no variant afterwards.
	Outside int
}

var errOnlyPlanned = errors.New("langshark: the change was only planned")

// PlanExperiment says what [Catalog.SetExperiment] would do, and changes nothing. It complains about the same.
func (c *Catalog) PlanExperiment(ctx context.Context, projectID, name string, body []byte) (*ExperimentPlan, error) {
	request, err := readExperiment(name, body)
	if err != nil {
		return nil, err
	}
	var plan ExperimentPlan
	err = c.editPrompt(ctx, projectID, request.prompt, func(e *promptEdit) error {
		var before experiment
		if e.p != nil {
			kept, err := experimentNamed(e.tx, e.p, name)
			if err != nil {
				return err
			}
			if kept != nil {
				before = *kept
			}
		}
		after, err := request.set(e)
		if err != nil {
			return err
		}
		plan = compareDeals(&before, &experiment{Variants: after.Variants, Ranges: after.Ranges})
		return errOnlyPlanned
	})
	if errors.Is(err, errOnlyPlanned) {
		return &plan, nil
	}
	return nil, err
}

// compareDeals looks at each bucket.
func compareDeals(before, after *experiment) (plan ExperimentPlan) {
	was, is := before.deal(), after.deal()
	for b := range is {
		switch {
		case was[b].Name != is[b].Name:
			plan.Moved++
		case was[b].Version != is[b].Version:
			plan.Renewed++
		}
		if is[b].Name == "" {
			plan.Outside++
		}
	}
	return plan
}

// deal says which variant each bucket has.
func (e *experiment) deal() *[Buckets]Variant {
	var buckets [Buckets]Variant
	for _, r := range e.Ranges {
		for _, v := range e.Variants {
			if v.Name == r.Variant {
				for b := r.From; b < r.To; b++ {
					buckets[b] = v
				}
			}
		}
	}
	return &buckets
}
