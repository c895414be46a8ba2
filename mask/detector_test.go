package mask_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/langshark/langshark-go/mask"
)

func TestDetectorsOfOnesOwn(t *testing.T) {
	m := masker(t, mask.Config{
		Detectors: []mask.Detector{
			{Name: "employee", Pattern: `\bEMP(\d{6})\b`, Keywords: []string{"EMP"}, Validate: func(s string) bool { return s != "000000" }},
			{Name: "project", Pattern: `(?i)project [a-z]+`},
		},
		Modes: map[mask.Type]mask.Mode{"project": mask.ModePartial},
	})
	for in, want := range map[string]string{
		"EMP123456 and EMP000000":       "EMP<EMPLOYEE> and EMP000000",
		"Project Apollo, 010-1234-5678": "P***, <PHONE>",
		"emp123456":                     "emp123456",
		"kim@example.com project x":     "<EMAIL> p***",
	} {
		if got := m.String(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestLabelIsNotMaskedAgain(t *testing.T) {
	m := masker(t, mask.Config{Detectors: []mask.Detector{{Name: "word", Pattern: `(?i)word`}}})
	if got := m.String("a word, kim@example.com"); got != "a <WORD>, <EMAIL>" {
		t.Error(got)
	}
}

// TestOverlaps has detectors for the same places; the order in which they stand makes no difference.
func TestOverlaps(t *testing.T) {
	all := []mask.Detector{
		{Name: "sure", Pattern: `bcd`, Confidence: 0.9},
		{Name: "long", Pattern: `abcdef`, Confidence: 0.8},
		{Name: "short", Pattern: `efg`, Confidence: 0.8},
		{Name: "tail", Pattern: `xyz`, Confidence: 0.8},
		{Name: "tale", Pattern: `xyz`, Confidence: 0.8},
		{Name: "left", Pattern: `mno`, Confidence: 0.8},
		{Name: "right", Pattern: `opq`, Confidence: 0.8},
		{Name: "brief", Pattern: `HI`, Confidence: 0.8},
		{Name: "wide", Pattern: `IJKL`, Confidence: 0.8},
	}
	const text = "abcdefg xyz mnopq HIJKL"
	want := []mask.Match{{"sure", 1, 4, 0.9}, {"short", 4, 7, 0.8}, {"tail", 8, 11, 0.8}, {"left", 12, 15, 0.8}, {"wide", 19, 23, 0.8}}
	for i := range all {
		turned := append(append([]mask.Detector(nil), all[i:]...), all[:i]...)
		got := masker(t, mask.Config{Detectors: turned}).Find(text)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

// TestPanicFailsClosed proves that no value leaves when a detector panics, whatever it panics with.
func TestPanicFailsClosed(t *testing.T) {
	const secret = "kim@example.com"
	var none []int
	for name, validate := range map[string]func(string) bool{
		"text":    func(s string) bool { panic("could not read " + s) },
		"error":   func(s string) bool { panic(fmt.Errorf("could not read %s", s)) },
		"runtime": func(s string) bool { return none[len(s)] == 0 },
	} {
		m := masker(t, mask.Config{Detectors: []mask.Detector{{Name: "broken", Pattern: `boom`, Validate: validate}}})
		got, err := m.Mask(mask.Text{Text: "boom " + secret})
		if err == nil || got != "" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if err != nil && (strings.Contains(err.Error(), "boom") || !strings.HasPrefix(err.Error(), "mask: ")) {
			t.Errorf("%s: the error quotes the text: %v", name, err)
		}
		if s := m.String("boom " + secret); s != "<REDACTED>" {
			t.Errorf("%s: String: %q", name, s)
		}
		if f := m.Find("boom " + secret); len(f) != 1 || f[0].Type != mask.TypeRedacted || f[0].Start != 0 || f[0].End != len("boom "+secret) {
			t.Errorf("%s: Find: %+v", name, f)
		}
		// the next text is as if nothing had happened
		if s := m.String("to " + secret); s != "to <EMAIL>" {
			t.Errorf("%s: afterwards: %q", name, s)
		}
	}
}

func TestFind(t *testing.T) {
	m := masker(t, mask.Config{Mode: mask.ModeKeep})
	const text = "１ kim＠example.com, 010-1234-5678"
	var got []string
	for _, f := range m.Find(text) {
		got = append(got, fmt.Sprintf("%s %s", f.Type, text[f.Start:f.End]))
		if f.Confidence <= 0.5 || f.Confidence > 1 {
			t.Errorf("confidence %v", f.Confidence)
		}
	}
	if want := []string{"email kim＠example.com", "phone 010-1234-5678"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	if f := m.Find("nothing"); f != nil {
		t.Errorf("%+v", f)
	}
	if got := mask.Types(); len(got) != 14 || got[0] != mask.TypeEmail {
		t.Errorf("%q", got)
	}
}

func TestConcurrentUse(t *testing.T) {
	m := masker(t, mask.Config{})
	want := m.String(dirtyText)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got := m.String(dirtyText); got != want {
					t.Errorf("%q", got)
				}
			}
		})
	}
	wg.Wait()
}
