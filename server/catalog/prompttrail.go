package catalog

import "slices"

// MaxRollbacks is how many moves of a label can be taken back.
const MaxRollbacks = 100

// labelTrail is where a label has been: the last is the version that has it, 0 is none.
type labelTrail struct {
	Label    string `json:"label"`
	Versions []int  `json:"versions"`
}

// trail is that of a label, nil if it has never moved.
func (p *prompt) trail(label string) *labelTrail {
	for i := range p.Trails {
		if p.Trails[i].Label == label {
			return &p.Trails[i]
		}
	}
	return nil
}

// follow notes a move.
func (p *prompt) follow(label string, from, to int) {
	t := p.trail(label)
	if t == nil {
		p.Trails = append(p.Trails, labelTrail{Label: label})
		t = &p.Trails[len(p.Trails)-1]
	}
	if n := len(t.Versions); n == 0 && from != 0 || n > 0 && t.Versions[n-1] != from { // it was kept before trails were
		t.Versions = append(t.Versions, from)
	}
	t.Versions = append(t.Versions, to)
	if n := len(t.Versions) - 1 - MaxRollbacks; n > 0 {
		t.Versions = append([]int(nil), t.Versions[n:]...)
	}
}

// rolledBack shortens the trail of a label that has just moved to an older version: what it was moved away from,
// and what came after it was there before, is not where the next rollback goes.
func (p *prompt) rolledBack(label string) {
	t := p.trail(label)
	if t == nil || len(t.Versions) < 2 {
		return
	}
	last := len(t.Versions) - 1
	from, to := t.Versions[last-1], t.Versions[last]
	if from < to {
		return
	}
	keep := last - 1
	for i := keep - 1; i >= 0; i-- {
		if t.Versions[i] == to {
			keep = i
			break
		}
	}
	t.Versions = append(slices.Clone(t.Versions[:keep]), to)
}

// back is where a label was before its last move that hasn't been taken back, and the trail
// up to there; 0 if it was nowhere. Versions that have been deleted are passed over.
func (p *prompt) back(label string) (version int, trail []int) {
	t := p.trail(label)
	if t == nil {
		return 0, nil
	}
	now := p.labelled(label)
	for i := len(t.Versions) - 2; i >= 0; i-- {
		if v := t.Versions[i]; v != 0 && v != now && p.ref(v) != nil {
			return v, t.Versions[:i+1]
		}
	}
	return 0, nil
}
