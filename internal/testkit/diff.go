package testkit

import (
	"fmt"
	"slices"
	"strings"
)

const (
	diffContext  = 3       // lines around a change
	diffCells    = 4 << 20 // of the table of common lines: beyond it, all between the first and the last change counts as changed
	maxDiffLines = 400
)

// Diff shows how the lines of got differ from those of want: two spaces before those that both have, "- " before
// those of want alone and "+ " before those of got alone, with what is far from a change left out. It is empty if
// they don't differ, and at most some hundred lines long.
func Diff(want, got string) string {
	edits := compare(splitLines(want), splitLines(got))
	near := make([]bool, len(edits))
	for i, e := range edits {
		if e.mark == ' ' {
			continue
		}
		for k := max(0, i-diffContext); k <= min(len(edits)-1, i+diffContext); k++ {
			near[k] = true
		}
	}
	if !slices.Contains(near, true) {
		return ""
	}
	var b strings.Builder
	line, shown := 0, 0
	for i, e := range edits {
		if e.mark != '+' {
			line++
		}
		if !near[i] {
			continue
		}
		if shown++; shown > maxDiffLines {
			b.WriteString("… more lines differ\n")
			break
		}
		if i > 0 && !near[i-1] {
			fmt.Fprintf(&b, "@@ line %d\n", line)
		}
		b.WriteByte(e.mark)
		if e.text != "" {
			b.WriteString(" " + e.text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

type edit struct {
	mark byte // ' ', '-' or '+'
	text string
}

func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// compare finds a longest common subsequence of the lines between the first and the last change.
func compare(a, b []string) (edits []edit) {
	var end []edit
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		edits = append(edits, edit{' ', a[0]})
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		end = append(end, edit{' ', a[len(a)-1]})
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	slices.Reverse(end)
	width := len(b) + 1
	var common []int32 // [i*width+k]: the lines that a[i:] and b[k:] have in common
	if (len(a)+1)*width <= diffCells {
		common = make([]int32, (len(a)+1)*width)
		for i, old := range slices.Backward(a) {
			for k, line := range slices.Backward(b) {
				if old == line {
					common[i*width+k] = common[(i+1)*width+k+1] + 1
				} else {
					common[i*width+k] = max(common[(i+1)*width+k], common[i*width+k+1])
				}
			}
		}
	}
	i, k := 0, 0
	for i < len(a) || k < len(b) {
		switch {
		case common != nil && i < len(a) && k < len(b) && a[i] == b[k]:
			edits = append(edits, edit{' ', a[i]})
			i, k = i+1, k+1
		case k == len(b) || i < len(a) && (common == nil || common[(i+1)*width+k] >= common[i*width+k+1]):
			edits = append(edits, edit{'-', a[i]})
			i++
		default:
			edits = append(edits, edit{'+', b[k]})
			k++
		}
	}
	return append(edits, end...)
}
