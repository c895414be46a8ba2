package mask

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// New returns a Masker. Its errors name the field of the Config that is wrong
// and what it should be.
func New(cfg Config) (*Masker, error) {
	m := &Masker{
		minConfidence: cfg.MinConfidence,
		hashKey:       bytes.Clone(cfg.HashKey),
		modes:         map[Type]Mode{},
		labels:        map[Type]string{TypeRedacted: TypeRedacted.Label()},
		now:           time.Now().Year(),
	}
	if cfg.MinConfidence < 0 || cfg.MinConfidence > 1 || cfg.MinConfidence != cfg.MinConfidence {
		return nil, fmt.Errorf("mask: Config.MinConfidence is %v: it must be between 0 and 1", cfg.MinConfidence)
	}
	if cfg.MinConfidence == 0 {
		m.minConfidence = DefaultMinConfidence
	}
	for _, step := range []func(*Config) error{m.detectors, m.types, m.replacements, m.rulesOf, m.allowed, m.names} {
		if err := step(&cfg); err != nil {
			return nil, err
		}
	}
	return m, nil
}

var detectorName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (m *Masker) detectors(cfg *Config) error {
	for i, d := range cfg.Detectors {
		field := fmt.Sprintf("mask: Config.Detectors[%d]", i)
		if !detectorName.MatchString(string(d.Name)) {
			return fmt.Errorf("%s.Name is %q: use lower-case letters, digits and underscores, first a letter", field, d.Name)
		}
		if _, taken := m.labels[d.Name]; taken || slices.Contains(types, d.Name) {
			return fmt.Errorf("%s.Name is %q, which is taken: choose another", field, d.Name)
		}
		re, err := regexp.Compile(d.Pattern)
		if err != nil {
			return fmt.Errorf("%s.Pattern is not a regular expression (RE2): %w", field, err)
		}
		if re.MatchString("") {
			return fmt.Errorf("%s.Pattern %q fits the empty text: let it need at least one character", field, d.Pattern)
		}
		if slices.Contains(d.Keywords, "") {
			return fmt.Errorf("%s.Keywords has an empty text: remove it", field)
		}
		if d.Confidence < 0 || d.Confidence > 1 || d.Confidence != d.Confidence {
			return fmt.Errorf("%s.Confidence is %v: it must be between 0 and 1", field, d.Confidence)
		}
		if d.Confidence == 0 {
			d.Confidence = 0.8
		}
		m.custom = append(m.custom, custom{Detector: d, re: re})
		m.labels[d.Name] = d.Name.Label()
	}
	return nil
}

func (m *Masker) types(cfg *Config) error {
	want := cfg.Types
	if want == nil {
		want = types
	}
	for _, list := range []struct {
		name  string
		types []Type
	}{{"Types", want}, {"Without", cfg.Without}} {
		for _, t := range list.types {
			if !slices.Contains(types, t) {
				return fmt.Errorf("mask: Config.%s has %q: it must be one of %q", list.name, t, types)
			}
		}
	}
	for i, t := range types {
		m.labels[t] = t.Label()
		if slices.Contains(want, t) && !slices.Contains(cfg.Without, t) {
			m.enabled |= 1 << i
		}
	}
	return nil
}

func (m *Masker) replacements(cfg *Config) error {
	if cfg.HashKey != nil && len(cfg.HashKey) < MinHashKeyBytes {
		return fmt.Errorf("mask: Config.HashKey has %d bytes: give at least %d random bytes", len(cfg.HashKey), MinHashKeyBytes)
	}
	m.mode = cfg.Mode
	if m.mode == ModeDefault {
		m.mode = ModeLabel
	}
	if err := m.checkMode("Config.Mode", m.mode); err != nil {
		return err
	}
	for t, mode := range cfg.Modes {
		if err := m.checkType("Config.Modes", t); err != nil {
			return err
		}
		if err := m.checkMode(fmt.Sprintf("Config.Modes[%q]", t), mode); err != nil {
			return err
		}
		if mode != ModeDefault {
			m.modes[t] = mode
		}
	}
	return nil
}

func (m *Masker) checkType(field string, t Type) error {
	if _, ok := m.labels[t]; !ok {
		return fmt.Errorf("mask: %s has the type %q: it must be one of %q, %q or a detector's name", field, t, types, TypeRedacted)
	}
	return nil
}

func (m *Masker) checkMode(field string, mode Mode) error {
	if mode >= modeEnd {
		return fmt.Errorf("mask: %s is %d, which is no Mode: use one of the Mode constants", field, mode)
	}
	if mode == ModeHash && len(m.hashKey) == 0 {
		return fmt.Errorf("mask: %s is ModeHash, but Config.HashKey is empty: set it to at least %d random bytes", field, MinHashKeyBytes)
	}
	return nil
}

func (m *Masker) rulesOf(cfg *Config) error {
	for i, r := range cfg.Rules {
		field := fmt.Sprintf("Config.Rules[%d]", i)
		if r.Whole && (len(r.Types) > 0 || r.Mode != ModeDefault) {
			return fmt.Errorf("mask: %s has Whole with Types or Mode: a rule that replaces the whole text has neither", field)
		}
		if !r.Whole && r.Mode == ModeDefault {
			return fmt.Errorf("mask: %s has no effect: set Mode or Whole", field)
		}
		for _, f := range r.Fields {
			if !slices.Contains(fields, f) {
				return fmt.Errorf("mask: %s.Fields has %q: it must be one of %q", field, f, fields)
			}
		}
		for _, t := range r.Types {
			if err := m.checkType(field+".Types", t); err != nil {
				return err
			}
		}
		if err := m.checkMode(field+".Mode", r.Mode); err != nil {
			return err
		}
		keys, err := newNames("mask: "+field+".Keys", r.Keys)
		if err != nil {
			return err
		}
		m.rules = append(m.rules, rule{
			kinds: slices.Clone(r.Kinds), fields: slices.Clone(r.Fields), types: slices.Clone(r.Types),
			keys: keys, mode: r.Mode, whole: r.Whole,
		})
	}
	return nil
}

func (m *Masker) allowed(cfg *Config) error {
	m.allow = map[string]bool{}
	for _, s := range cfg.Allow {
		if s == "" {
			return fmt.Errorf("mask: Config.Allow has an empty text: remove it")
		}
		m.allow[s] = true
	}
	for i, p := range cfg.AllowPatterns {
		if _, err := regexp.Compile(p); err != nil {
			return fmt.Errorf("mask: Config.AllowPatterns[%d] is not a regular expression (RE2): %w", i, err)
		}
		m.allowPatterns = append(m.allowPatterns, regexp.MustCompile(`^(?:`+p+`)$`))
	}
	return nil
}

func (m *Masker) names(cfg *Config) error {
	keys := cfg.Keys
	if keys == nil {
		keys = DefaultKeys()
	}
	var err error
	m.keys, err = newNames("mask: Config.Keys", keys)
	return err
}
