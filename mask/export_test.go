package mask

// FindBelow is Find for a text below a member's name.
func (m *Masker) FindBelow(key, text string) []Match {
	sc := new(scan)
	return append([]Match(nil), sc.find(m, text, key, m.custom)...)
}

// Work returns how many bytes the detectors looked at besides the pass over s.
func (m *Masker) Work(s string) int {
	sc := new(scan)
	sc.find(m, s, "", m.custom)
	return sc.work
}

// SetYear sets the year after which nobody was born.
func (m *Masker) SetYear(year int) { m.now = year }
