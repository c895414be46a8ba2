package langshark_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/mask"
)

const personal = "write to kim@example.com"

func shown(v exporter.Value) string {
	if v.IsZero() {
		return ""
	}
	return string(v.AppendJSON(nil))
}

func TestCaptureModes(t *testing.T) {
	for name, c := range map[string]struct {
		global, own langshark.CaptureMode
		want        string
	}{
		"all by default":              {langshark.CaptureDefault, langshark.CaptureDefault, `"write to kim@example.com"`},
		"masked globally":             {langshark.CaptureMasked, langshark.CaptureDefault, `"write to <EMAIL>"`},
		"masked for one":              {langshark.CaptureAll, langshark.CaptureMasked, `"write to <EMAIL>"`},
		"none globally":               {langshark.CaptureNone, langshark.CaptureDefault, ""},
		"none for one":                {langshark.CaptureAll, langshark.CaptureNone, ""},
		"masked where none is global": {langshark.CaptureNone, langshark.CaptureMasked, `"write to <EMAIL>"`},
		"all where masked is global":  {langshark.CaptureMasked, langshark.CaptureAll, `"write to kim@example.com"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, langshark.Config{Capture: c.global})
			ctx, s := r.StartSpan(t.Context(), "span", langshark.WithCapture(c.own), langshark.WithInput(personal))
			s.SetOutput(personal)
			_, g := langshark.StartGeneration(ctx, "generation", langshark.WithCapture(c.own), langshark.WithInput(personal))
			g.SetOutput(personal)
			g.End()
			wrapped := langshark.Observe("wrapped", func(_ context.Context, in string) (string, error) { return in, nil }, langshark.WithCapture(c.own))
			if _, err := wrapped(ctx, personal); err != nil {
				t.Fatal(err)
			}
			s.End()
			for _, name := range []string{"span", "generation", "wrapped"} {
				o := r.one(name)
				if in, out := shown(o.Input), shown(o.Output); in != c.want || out != c.want {
					t.Errorf("%s: input %s, output %s; want %s", name, in, out, c.want)
				}
			}
			if in := shown(r.trace().Input); in != c.want {
				t.Errorf("the trace's input is %s", in)
			}
		})
	}
}

func TestCaptureMaskedIsForMessagesAndMetadataToo(t *testing.T) {
	r := record(t, langshark.Config{Capture: langshark.CaptureMasked})
	_, s := r.StartSpan(t.Context(), "s", langshark.WithMetadata("contact", personal))
	s.SetError(errors.New(personal))
	s.End()
	o := r.one("s")
	if got := o.StatusMessage + meta(o.Metadata, "contact"); strings.Contains(got, "kim@") || strings.Count(got, "<EMAIL>") != 2 {
		t.Errorf("recorded %s", got)
	}
}

// What a provider answered with an error was recorded where nothing is to be.
func TestCaptureNoneIsForErrorBodiesToo(t *testing.T) {
	for mode, want := range map[langshark.CaptureMode]string{langshark.CaptureAll: personal, langshark.CaptureMasked: "write to <EMAIL>", langshark.CaptureNone: ""} {
		r := record(t, langshark.Config{Capture: mode})
		_, s := r.StartSpan(t.Context(), "s")
		s.SetMetadata("langshark.error.body", personal)
		s.SetMetadata("langshark.unfinished", true)
		s.End()
		o := r.one("s")
		if got := meta(o.Metadata, "langshark.error.body"); strings.Trim(got, `"`) != want || meta(o.Metadata, "langshark.unfinished") == "" {
			t.Errorf("mode %d: %v", mode, got)
		}
	}
}

func TestTheMaskAppliesInEveryMode(t *testing.T) {
	r := record(t, langshark.Config{Capture: langshark.CaptureAll, Mask: langshark.MaskFunc(func(langshark.MaskText) (string, error) { return "gone", nil })})
	_, s := r.StartSpan(t.Context(), "s", langshark.WithCapture(langshark.CaptureAll), langshark.WithInput(personal))
	s.End()
	if got := shown(r.one("s").Input); got != `"gone"` {
		t.Errorf("recorded %s", got)
	}
}

func TestTheMaskIsToldTheKindAndTheField(t *testing.T) {
	seen := map[langshark.MaskText]bool{}
	r := record(t, langshark.Config{Mask: langshark.MaskFunc(func(m langshark.MaskText) (string, error) { seen[m] = true; return m.Text, nil })})
	ctx, s := r.StartObservation(t.Context(), langshark.KindTool, "tool")
	s.SetInput(map[string]string{"q": "in"})
	_, g := langshark.StartGeneration(ctx, "g")
	g.SetOutput("out")
	g.SetModelParameters(map[string]any{"stop": "x"})
	g.SetStatusMessage("status")
	g.End()
	s.End()
	for _, want := range []langshark.MaskText{
		{Kind: langshark.KindTool, Field: langshark.FieldInput, Key: "q", Text: "in"},
		{Kind: langshark.KindGeneration, Field: langshark.FieldOutput, Text: "out"},
		{Kind: langshark.KindGeneration, Field: langshark.FieldParameters, Key: "stop", Text: "x"},
		{Kind: langshark.KindGeneration, Field: langshark.FieldStatusMessage, Text: "status"},
	} {
		if !seen[want] {
			t.Errorf("not masked: %+v; seen %+v", want, seen)
		}
	}
}

func TestAPanickingDetectorLetsNothingThrough(t *testing.T) {
	m, err := mask.New(mask.Config{Detectors: []mask.Detector{{Name: "broken", Pattern: `kim`, Validate: func(string) bool { panic("in a detector") }}}})
	if err != nil {
		t.Fatal(err)
	}
	r := record(t, langshark.Config{Mask: m, OnError: func(error) {}})
	_, s := r.StartSpan(t.Context(), "s", langshark.WithInput(map[string]string{"a": personal}))
	s.SetError(errors.New(personal))
	s.End()
	o := r.one("s")
	if got := shown(o.Input) + o.StatusMessage; strings.Contains(got, "kim") || !strings.Contains(got, "mask failed") {
		t.Errorf("recorded %s", got)
	}
}
