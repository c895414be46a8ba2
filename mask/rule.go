package mask

import (
	"slices"

	"github.com/langshark/langshark-go/exporter"
)

// rule is a compiled Rule.
type rule struct {
	kinds  []exporter.Kind
	fields []Field
	types  []Type
	keys   names
	mode   Mode
	whole  bool
}

// place is where a text stands; plain is a text that stands nowhere.
type place struct {
	kind  exporter.Kind
	field Field
	key   string
	plain bool
	mixed bool // a match was replaced otherwise than by its label
}

func (r *rule) fits(p *place) bool {
	if p.plain && len(r.kinds)+len(r.fields) > 0 {
		return false
	}
	return (len(r.kinds) == 0 || slices.Contains(r.kinds, p.kind)) &&
		(len(r.fields) == 0 || slices.Contains(r.fields, p.field)) &&
		(len(r.keys) == 0 || r.keys.match(p.key))
}

// wholeRule returns whether a rule replaces all of the text there.
func (m *Masker) wholeRule(p *place) bool {
	for i := range m.rules {
		if r := &m.rules[i]; (r.whole || len(r.types) == 0) && r.fits(p) {
			return r.whole
		}
	}
	return false
}

// modeFor returns how matches of the type are replaced there.
func (m *Masker) modeFor(p *place, t Type) Mode {
	for i := range m.rules {
		r := &m.rules[i]
		if !r.whole && (len(r.types) == 0 || slices.Contains(r.types, t)) && r.fits(p) {
			return r.mode
		}
	}
	if mode, ok := m.modes[t]; ok {
		return mode
	}
	return m.mode
}
