// Package worddiff says which words of a text have changed. It takes a bounded time for
// any two texts: where too much differs, whole lines that are equal are looked for first, and
// what is still too much between them counts as replaced.
package worddiff

import (
	"slices"
	"strings"
)

// Op is what has become of a part.
type Op string

// What becomes of parts.
const (
	Equal  Op = "equal"
	Delete Op = "delete"
	Insert Op = "insert"
)

// Part is a run of words of which the same has become.
type Part struct {
	Op   Op     `json:"op"`
	Text string `json:"text"`
}

// Diff is what makes b of a: without the inserts it is a, without the deletes b. Where
// something is replaced, the delete stands before the insert. Two empty texts have no parts.
func Diff(a, b string) []Part {
	numbers := map[string]int32{}
	x, y := words(a, numbers), words(b, numbers)
	var m merger
	left := budget
	runs, ok := compare(x.ids, y.ids, &left)
	if ok {
		m.addRuns(runs, x.parts, y.parts)
	} else {
		byLines(&m, x, y)
	}
	return m.parts()
}

// byLines takes for equal the lines that both texts have once, in the same order, and compares
// the words between them.
func byLines(m *merger, x, y tokens) {
	numbers := map[string]int32{}
	p, q := lines(x, numbers), lines(y, numbers)
	left := budget
	i, j := 0, 0
	between := func(toI, toJ int) {
		before, after := strings.Join(p.parts[i:toI], ""), strings.Join(q.parts[j:toJ], "")
		numbers := map[string]int32{}
		x, y := words(before, numbers), words(after, numbers)
		if runs, ok := compare(x.ids, y.ids, &left); ok {
			m.addRuns(runs, x.parts, y.parts)
			return
		}
		m.add(Delete, before)
		m.add(Insert, after)
	}
	for _, at := range anchors(p.ids, q.ids) {
		between(at.i, at.j)
		m.add(Equal, p.parts[at.i])
		i, j = at.i+1, at.j+1
	}
	between(len(p.parts), len(q.parts))
}

// Step is a run of elements of which the same has become.
type Step struct {
	Op Op
	N  int
}

// Steps is what makes a sequence of another; where too much differs, all is replaced.
func Steps[T comparable](a, b []T) []Step {
	numbers := map[T]int32{}
	ids := func(list []T) []int32 {
		out := make([]int32, len(list))
		for i, v := range list {
			n, ok := numbers[v]
			if !ok {
				n = int32(len(numbers))
				numbers[v] = n
			}
			out[i] = n
		}
		return out
	}
	left := budget
	runs, ok := compare(ids(a), ids(b), &left)
	if !ok {
		runs = []run{{Delete, len(a)}, {Insert, len(b)}}
	}
	steps := make([]Step, len(runs))
	for i, r := range runs {
		steps[i] = Step{r.op, r.n}
	}
	return steps
}

// merger joins parts.
type merger struct {
	list       []Part
	gone, come strings.Builder
}

func (m *merger) addRuns(runs []run, a, b []string) {
	for _, r := range runs {
		switch r.op {
		case Equal:
			m.add(Equal, strings.Join(a[:r.n], ""))
			a, b = a[r.n:], b[r.n:]
		case Delete:
			m.add(Delete, strings.Join(a[:r.n], ""))
			a = a[r.n:]
		case Insert:
			m.add(Insert, strings.Join(b[:r.n], ""))
			b = b[r.n:]
		}
	}
}

func (m *merger) add(op Op, text string) {
	switch {
	case text == "":
	case op == Delete:
		m.gone.WriteString(text)
	case op == Insert:
		m.come.WriteString(text)
	default:
		m.flush()
		if last := len(m.list) - 1; last >= 0 && m.list[last].Op == Equal {
			m.list[last].Text += text
			return
		}
		m.list = append(m.list, Part{Equal, text})
	}
}

// flush ends a change. Blanks alone between it and the one before belong to both.
func (m *merger) flush() {
	if m.gone.Len() == 0 && m.come.Len() == 0 {
		return
	}
	gone, come := m.gone.String(), m.come.String()
	m.gone.Reset()
	m.come.Reset()
	if n := len(m.list); n >= 2 && m.list[n-1].Op == Equal && isBlank(m.list[n-1].Text) {
		blank := m.list[n-1].Text
		at := n - 1
		var goneBefore, comeBefore string
		if m.list[at-1].Op == Insert {
			at--
			comeBefore = m.list[at].Text
		}
		if at > 0 && m.list[at-1].Op == Delete {
			at--
			goneBefore = m.list[at].Text
		}
		m.list = m.list[:at]
		gone, come = goneBefore+blank+gone, comeBefore+blank+come
	}
	if gone != "" {
		m.list = append(m.list, Part{Delete, gone})
	}
	if come != "" {
		m.list = append(m.list, Part{Insert, come})
	}
}

func (m *merger) parts() []Part {
	m.flush()
	return slices.Clip(m.list)
}

// isBlank reports whether a text is spaces within a line.
func isBlank(s string) bool { return strings.Trim(s, " \t") == "" }
