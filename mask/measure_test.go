package mask_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/mask"
)

var update = flag.Bool("update", false, "write the figures into docs/masking.md")

const (
	positivesPerType = 1000
	negativeTexts    = 6500
)

// figures is how often a detector was right.
type figures struct{ hit, missed, wrong int }

func (f figures) precision() float64 { return float64(f.hit) / float64(f.hit+f.wrong) }
func (f figures) recall() float64    { return float64(f.hit) / float64(f.hit+f.missed) }

// TestDetectors measures every detector. A value is found if one match of its
// type covers it. Each match elsewhere, in positives of any type or in
// negatives, counts against the detector that made it.
func TestDetectors(t *testing.T) {
	m := masker(t, mask.Config{Keys: []string{}})
	m.SetYear(2026)
	measured := map[mask.Type]*figures{}
	shown := map[string]int{}
	show := func(what string, typ mask.Type, text string) {
		if shown[what+string(typ)]++; shown[what+string(typ)] <= 5 {
			t.Logf("%s %s: %q", what, typ, text)
		}
	}
	for _, typ := range mask.Types() {
		measured[typ] = &figures{}
	}
	for i, typ := range mask.Types() {
		w := writer{rand.New(rand.NewPCG(2024, uint64(i)))}
		for _, p := range w.positivesOf(typ, positivesPerType) {
			start := strings.Index(p.text, p.value)
			end := start + len(p.value)
			found := false
			for _, f := range m.FindBelow(p.key, p.text) {
				switch {
				case f.Type == typ && f.Start <= start && f.End >= end:
					found = true
				case f.Type == typ && f.Start < end && f.End > start: // cut short: counted as missed
				default:
					measured[f.Type].wrong++
					show("wrong", f.Type, p.text)
				}
			}
			if found {
				measured[typ].hit++
			} else {
				measured[typ].missed++
				show("missed", typ, p.key+"|"+p.text)
			}
		}
	}
	for _, text := range negatives(2024, negativeTexts) {
		for _, f := range m.Find(text) {
			measured[f.Type].wrong++
			show("wrong", f.Type, text)
		}
	}
	var table strings.Builder
	table.WriteString("| type | found | missed | wrong | precision | recall |\n|---|---|---|---|---|---|\n")
	for _, typ := range mask.Types() {
		f := measured[typ]
		fmt.Fprintf(&table, "| %s | %d | %d | %d | %.3f | %.3f |\n", typ, f.hit, f.missed, f.wrong, f.precision(), f.recall())
		if f.precision() < 0.98 || f.recall() < 0.95 {
			t.Errorf("%s: precision %.3f, recall %.3f", typ, f.precision(), f.recall())
		}
	}
	t.Log("\n" + table.String())
	documented(t, table.String())
}

// documented compares the figures with those in the documentation.
func documented(t *testing.T, table string) {
	t.Helper()
	const file, begin, end = "../docs/masking.md", "<!-- figures -->\n", "<!-- end -->"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(b), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the figures", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(head+begin+table+end+tail), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != table {
		t.Errorf("%s has other figures: run go test ./mask -run TestDetectors -update", file)
	}
}
