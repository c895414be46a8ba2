package langsharktest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/langsharktest"
)

func TestPrompts(t *testing.T) {
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) {
		c.Prompts = langsharktest.Prompts{
			"a": {Text: "Hello {{name}}", Version: 4, Config: map[string]string{"model": "m"}}, "a@staging": {Text: "Hi"}, "a@2": {Text: "two"},
			"chat": {Messages: []langshark.Message{{Role: "system", Content: "Be kind."}, langshark.Placeholder("history")}},
			"bad":  {Config: func() {}},
		}
	})
	ctx := rec.Context()
	for want, opts := range map[string][]langshark.PromptOption{
		"4 Hello {{name}}": nil, "1 Hi": {langshark.AtLabel("staging")}, "2 two": {langshark.AtVersion(2)},
	} {
		p, err := langshark.GetPrompt(ctx, "a", opts...)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(p.Version(), " ", p.Text()); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	if _, err := langshark.GetPrompt(ctx, "a", langshark.AtVersion(3)); !errors.Is(err, langshark.ErrPromptNotFound) {
		t.Errorf("%v", err)
	}
	p, err := langshark.GetPrompt(ctx, "chat", langshark.InExperiment("x", "u"))
	if err != nil || p.String() != "system: Be kind.\n[history]" {
		t.Errorf("%s, %v", p, err)
	}
	if _, err := langshark.GetPrompt(ctx, "bad"); err == nil {
		t.Error("a config that can't be encoded")
	}
}
