package mask_test

import (
	"math"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/mask"
)

// TestConfigErrors has a wrong Config for each check; the error names the field.
func TestConfigErrors(t *testing.T) {
	for _, c := range []struct {
		want string
		cfg  mask.Config
	}{
		{"Config.HashKey is empty", mask.Config{Mode: mask.ModeHash}},
		{"Config.HashKey has 5 bytes: give at least 16", mask.Config{HashKey: []byte("short")}},
		{`Config.Modes["email"] is ModeHash`, mask.Config{Modes: map[mask.Type]mask.Mode{mask.TypeEmail: mask.ModeHash}}},
		{"Config.Rules[0].Mode is ModeHash", mask.Config{Rules: []mask.Rule{{Mode: mask.ModeHash}}}},
		{"Config.Mode is 9", mask.Config{Mode: 9}},
		{`Config.Types has "mail"`, mask.Config{Types: []mask.Type{"mail"}}},
		{`Config.Without has "mail"`, mask.Config{Without: []mask.Type{"mail"}}},
		{`Config.Modes has the type "mail"`, mask.Config{Modes: map[mask.Type]mask.Mode{"mail": mask.ModeKeep}}},
		{`Config.Rules[0].Types has the type "mail"`, mask.Config{Rules: []mask.Rule{{Types: []mask.Type{"mail"}, Mode: mask.ModeKeep}}}},
		{`Config.Rules[0].Fields has "in"`, mask.Config{Rules: []mask.Rule{{Fields: []mask.Field{"in"}, Mode: mask.ModeKeep}}}},
		{"Config.Rules[0] has no effect", mask.Config{Rules: []mask.Rule{{}}}},
		{"Config.Rules[0] has Whole with", mask.Config{Rules: []mask.Rule{{Whole: true, Mode: mask.ModeKeep}}}},
		{`Config.Rules[0].Keys has "-"`, mask.Config{Rules: []mask.Rule{{Keys: []string{"-"}, Whole: true}}}},
		{`Config.Keys has ""`, mask.Config{Keys: []string{""}}},
		{"Config.Allow has an empty", mask.Config{Allow: []string{""}}},
		{"Config.AllowPatterns[0]", mask.Config{AllowPatterns: []string{"("}}},
		{"Config.MinConfidence is 2", mask.Config{MinConfidence: 2}},
		{"Config.MinConfidence is NaN", mask.Config{MinConfidence: math.NaN()}},
		{`Config.Detectors[0].Name is "A b"`, mask.Config{Detectors: []mask.Detector{{Name: "A b", Pattern: "x"}}}},
		{`Config.Detectors[0].Name is "email", which is taken`, mask.Config{Detectors: []mask.Detector{{Name: "email", Pattern: "x"}}}},
		{`Config.Detectors[0].Name is "redacted", which is taken`, mask.Config{Detectors: []mask.Detector{{Name: "redacted", Pattern: "x"}}}},
		{`Config.Detectors[1].Name is "a", which is taken`, mask.Config{Detectors: []mask.Detector{{Name: "a", Pattern: "x"}, {Name: "a", Pattern: "x"}}}},
		{"Config.Detectors[0].Pattern is not", mask.Config{Detectors: []mask.Detector{{Name: "a", Pattern: "("}}}},
		{"Config.Detectors[0].Pattern \"x*\" fits the empty", mask.Config{Detectors: []mask.Detector{{Name: "a", Pattern: "x*"}}}},
		{"Config.Detectors[0].Keywords", mask.Config{Detectors: []mask.Detector{{Name: "a", Pattern: "x", Keywords: []string{""}}}}},
		{"Config.Detectors[0].Confidence is -1", mask.Config{Detectors: []mask.Detector{{Name: "a", Pattern: "x", Confidence: -1}}}},
	} {
		m, err := mask.New(c.cfg)
		if err == nil || !strings.HasPrefix(err.Error(), "mask: ") || !strings.Contains(err.Error(), c.want) || m != nil {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
}

func TestConfigIsCopied(t *testing.T) {
	key := append([]byte(nil), hashKey...)
	rules := []mask.Rule{{Types: []mask.Type{mask.TypePhone}, Mode: mask.ModeKeep}}
	m := masker(t, mask.Config{Mode: mask.ModeHash, HashKey: key, Rules: rules})
	before := m.String("kim@example.com 010-1234-5678")
	clear(key)
	rules[0].Types[0] = mask.TypeEmail
	if after := m.String("kim@example.com 010-1234-5678"); after != before {
		t.Errorf("%q, then %q", before, after)
	}
}
