package langshark_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/langshark/langshark-go"
)

const toneExperiment = `{"prompt":"a","experiment":"tone","salt":"s1","variants":[{"name":"control","version":1,"weight":5000},{"name":"kind","version":2,"weight":3000}],
	"ranges":[{"from":0,"to":5000,"variant":"control"},{"from":5000,"to":8000,"variant":"kind"}],
	"prompts":[{"name":"a","version":1,"prompt":"Say it."},{"name":"a","version":2,"prompt":"Say it kindly."}]}`

func TestPromptsAreLinked(t *testing.T) {
	h := newHub(map[string]string{"a@production": "one", "b@production": "other!"})
	r := record(t, langshark.Config{Prompts: h})
	ctx, tr := r.StartTrace(t.Context(), "trace")
	a, err := r.Prompt(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Prompt(ctx, "b")
	if err != nil {
		t.Fatal(err)
	}
	fallback, err := r.Prompt(ctx, "none", langshark.WithFallback("x"))
	if err != nil {
		t.Fatal(err)
	}
	start := func(name string, opts ...langshark.GenerationOption) *langshark.Generation {
		_, g := langshark.StartGeneration(ctx, name, opts...)
		return g
	}
	start("option", langshark.WithPrompt(a)).End()
	g := start("setter")
	g.SetPrompt(a)
	g.End()
	start("none", langshark.WithPrompt(nil), langshark.WithPrompt(fallback)).End()
	below := langshark.ContextWithPrompt(ctx, a)
	_, g = langshark.StartGeneration(below, "below")
	g.End()
	spanCtx, s := langshark.StartSpan(below, "span")
	_, g = langshark.StartGeneration(spanCtx, "deeper")
	g.SetPrompt(fallback)
	g.End()
	s.End()
	_, g = langshark.StartGeneration(below, "another", langshark.WithPrompt(b))
	g.End()
	_, g = langshark.StartGeneration(langshark.ContextWithPrompt(below, fallback), "ended")
	g.End()
	tr.End()
	for name, want := range map[string]string{"option": "a 3", "setter": "a 3", "none": " 0", "below": "a 3", "deeper": " 0", "another": "b 6", "ended": " 0"} {
		o := r.one(name)
		if got := fmt.Sprint(o.Generation.PromptName, " ", o.Generation.PromptVersion); got != want {
			t.Errorf("%s is linked to %q, not %q", name, got, want)
		}
	}
}

func TestExperiments(t *testing.T) {
	h := newHub(map[string]string{"a@production": "Say.", "a@experiment tone": toneExperiment})
	r := record(t, langshark.Config{Prompts: h})
	ctx, tr := r.StartTrace(t.Context(), "trace")
	counts := map[string]int{}
	const units = 100_000
	for i := range units {
		p, err := r.Prompt(t.Context(), "a", langshark.InExperiment("tone", fmt.Sprintf("user-%d", i)))
		if err != nil {
			t.Fatal(err)
		}
		name, variant := p.Experiment()
		if (name == "") != (p.Text() == "Say.") {
			t.Fatalf("%q is of %q", p.Text(), name)
		}
		counts[variant]++
	}
	for variant, share := range map[string]float64{"control": 0.5, "kind": 0.3, "": 0.2} {
		sigma := math.Sqrt(units * share * (1 - share))
		if off := math.Abs(float64(counts[variant]) - units*share); off > 3*sigma {
			t.Errorf("%q was given %d times, %.1f sigma off", variant, counts[variant], off/sigma)
		}
	}
	p, err := r.Prompt(ctx, "a", langshark.InExperiment("tone", "user-1"))
	if err != nil {
		t.Fatal(err)
	}
	_, variant := p.Experiment()
	again, err := r.Prompt(ctx, "a", langshark.InExperiment("tone", "user-1"), langshark.AtLabel("other"))
	if err != nil || again.Version() != p.Version() {
		t.Errorf("%v, %v", again, err)
	}
	tr.End()
	trace := r.trace()
	if got := meta(trace.Attributes.Metadata, "langshark.experiment.a:tone"); got != fmt.Sprintf("%q", variant) {
		t.Errorf("the trace says %s, not %q", got, variant)
	}
	if got := meta(trace.Attributes.Metadata, "langshark.experiment.a:tone.unit"); len(got) != 18 || strings.Contains(got, "user") {
		t.Errorf("the unit is %s", got)
	}
}

func TestAPromptFetchedBeforeItsTrace(t *testing.T) {
	h := newHub(map[string]string{"a@production": "Say.", "a@experiment tone": strings.ReplaceAll(toneExperiment, "8000", "10000")})
	r := record(t, langshark.Config{Prompts: h})
	p, err := r.Prompt(t.Context(), "a", langshark.InExperiment("tone", "u"))
	if err != nil {
		t.Fatal(err)
	}
	_, variant := p.Experiment()
	_, g := r.StartGeneration(t.Context(), "g", langshark.WithPrompt(p))
	g.End()
	if got := meta(r.trace().Attributes.Metadata, "langshark.experiment.a:tone"); got != fmt.Sprintf("%q", variant) || variant == "" {
		t.Errorf("the trace says %s, not %q", got, variant)
	}
}

func TestAnExperimentThatIsNotThere(t *testing.T) {
	h := newHub(map[string]string{"a@production": "one", "bad@production": "two", "bad@experiment x": `{"experiment":"x","ranges":[{"from":0,"to":5,"variant":"gone"}]}`})
	c := prompts(t, h, nil)
	for range 3 {
		want(t, textOf(c.Prompt(t.Context(), "a", langshark.InExperiment("x", "u"))), "one")
		want(t, textOf(c.Prompt(t.Context(), "bad", langshark.InExperiment("x", "u"))), "two")
	}
	if h.count() != 4 {
		t.Errorf("%d fetches", h.count())
	}
}

// TestAnExperimentOfAPromptThatWasNotUsed: what the context links is not on the trace where options say another.
func TestAnExperimentOfAPromptThatWasNotUsed(t *testing.T) {
	h := newHub(map[string]string{"a@production": "Say.", "a@experiment tone": strings.ReplaceAll(toneExperiment, "8000", "10000"), "b@production": "other"})
	for name, c := range map[string]struct {
		opts func(a, b *langshark.Prompt) []langshark.GenerationOption
		used bool
	}{
		"the context's": {func(_, _ *langshark.Prompt) []langshark.GenerationOption { return nil }, true},
		"another option": {func(_, _ *langshark.Prompt) []langshark.GenerationOption {
			return []langshark.GenerationOption{langshark.WithModel("m")}
		}, true},
		"itself": {func(a, _ *langshark.Prompt) []langshark.GenerationOption {
			return []langshark.GenerationOption{langshark.WithPrompt(a)}
		}, true},
		"another": {func(_, b *langshark.Prompt) []langshark.GenerationOption {
			return []langshark.GenerationOption{langshark.WithPrompt(b)}
		}, false},
		"none": {func(_, _ *langshark.Prompt) []langshark.GenerationOption {
			return []langshark.GenerationOption{langshark.WithPrompt(nil)}
		}, false},
		"by version": {func(_, _ *langshark.Prompt) []langshark.GenerationOption {
			return []langshark.GenerationOption{langshark.WithPromptVersion("c", 4)}
		}, false},
		"itself, then another": {func(a, b *langshark.Prompt) []langshark.GenerationOption {
			return []langshark.GenerationOption{langshark.WithPrompt(a), langshark.WithPrompt(b)}
		}, false},
		"itself, then a number": {func(a, _ *langshark.Prompt) []langshark.GenerationOption {
			return []langshark.GenerationOption{langshark.WithPrompt(a), langshark.WithPromptVersion("c", 4)}
		}, false},
	} {
		for _, root := range []bool{true, false} {
			r := record(t, langshark.Config{Prompts: h})
			a, err := r.Prompt(t.Context(), "a", langshark.InExperiment("tone", "u"))
			if err != nil {
				t.Fatal(err)
			}
			b, err := r.Prompt(t.Context(), "b")
			if err != nil {
				t.Fatal(err)
			}
			ctx, tr := langshark.ContextWithPrompt(langshark.ContextWithClient(t.Context(), r.Client), a), (*langshark.Trace)(nil)
			if !root {
				ctx, tr = r.StartTrace(ctx, "trace")
			}
			_, g := r.StartGeneration(ctx, "g", c.opts(a, b)...)
			g.End()
			tr.End()
			_, variant := a.Experiment()
			expected := ""
			if c.used {
				expected = fmt.Sprintf("%q", variant)
			}
			if got := meta(r.trace().Attributes.Metadata, "langshark.experiment.a:tone"); got != expected || variant == "" {
				t.Errorf("%s, root %t: the trace says %s, not %s", name, root, got, expected)
			}
		}
	}
}
