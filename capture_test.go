package langshark_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/langshark/langshark-go"
)

type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic("in MarshalJSON") }

type panickingError struct{}

func (panickingError) Error() string { panic("in Error") }

func TestCapture(t *testing.T) {
	cycle := map[string]any{}
	cycle["self"] = cycle
	deep := any(1)
	for range 65 {
		deep = []any{deep}
	}
	atLimit := any(1)
	for range 64 {
		atLimit = []any{atLimit}
	}
	for name, c := range map[string]struct {
		value any
		want  string // all, or the beginning if it ends with …
	}{
		"string":      {`a"b`, `"a\"b"`},
		"empty":       {"", `""`},
		"bytes":       {[]byte("text"), `"text"`},
		"binary":      {[]byte{0xff, 0}, `"/wA="`},
		"error":       {errors.New("e"), `"e"`},
		"number":      {12345678901234567, `12345678901234567`},
		"html":        {map[string]string{"a": "<b>&"}, `{"a":"<b>&"}`},
		"raw":         {json.RawMessage(` {"a" : 1} `), `{"a":1}`},
		"invalid raw": {json.RawMessage(`{"a"`), `{"$error":"invalid JSON: …`},
		"channel":     {make(chan int), `{"$error":"json: unsupported type: chan int"}`},
		"NaN":         {math.NaN(), `{"$error":"json: unsupported value: NaN"}`},
		"function":    {func() {}, `{"$error":…`},
		"panic":       {panicking{}, `{"$error":"panic while encoding langshark_test.panicking: in MarshalJSON"}`},
		"error panic": {panickingError{}, `"langshark_test.panickingError: its Error method panicked"`},
		"cycle":       {cycle, `{"$error":…`},
		"too deep":    {deep, `{"$error":"nested deeper than 64 levels"}`},
		"deep":        {atLimit, `[[[…`},
		"nil":         {nil, `null`},
		"nil pointer": {(*panicking)(nil), `null`},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, langshark.Config{})
			_, s := r.StartSpan(t.Context(), "s")
			s.SetInput(c.value)
			s.SetMetadata("k", c.value)
			s.End()
			got := jsonOf(r.one("s").Input)
			begin, open := strings.CutSuffix(c.want, "…")
			if open && !strings.HasPrefix(got, begin) || !open && got != c.want || !json.Valid([]byte(got)) {
				t.Errorf("got %.200s, want %s", got, c.want)
			}
		})
	}
}

func TestCaptureIsBounded(t *testing.T) {
	r := record(t, langshark.Config{})
	_, s := r.StartSpan(t.Context(), "s")
	s.SetInput(strings.Repeat("가", langshark.MaxValueBytes))
	s.SetOutput([]string{strings.Repeat("x", 2*langshark.MaxValueBytes)})
	s.End()
	o := r.one("s")
	for _, v := range []string{jsonOf(o.Input), jsonOf(o.Output)} {
		if len(v) > langshark.MaxValueBytes+100 || !strings.Contains(v[len(v)-60:], "<truncated: ") || !json.Valid([]byte(v)) {
			t.Errorf("%d bytes, end %q", len(v), v[len(v)-60:])
		}
	}
}

func TestCopyStrings(t *testing.T) {
	// A framework that reuses the memory of its strings, like fasthttp.
	memory := []byte("original")
	lent := unsafeString(memory)
	for _, copies := range []bool{true, false} {
		copy(memory, "original")
		r := record(t, langshark.Config{CopyStrings: copies})
		_, s := r.StartSpan(t.Context(), "s")
		s.SetInput(lent)
		copy(memory, "REUSED!!")
		s.End()
		want := map[bool]string{true: `"original"`, false: `"REUSED!!"`}[copies]
		if got := jsonOf(r.one("s").Input); got != want {
			t.Errorf("CopyStrings %t: %s", copies, got)
		}
	}
}

func TestMask(t *testing.T) {
	r := record(t, langshark.Config{OnError: func(error) {}, Mask: langshark.MaskFunc(func(m langshark.MaskText) (string, error) {
		switch {
		case m.Key == "password":
			return "***", nil
		case m.Text == "boom":
			panic("in the mask")
		case m.Text == "error":
			return m.Text, errors.New("mask")
		}
		return strings.ReplaceAll(m.Text, "kim@example.com", "<EMAIL>"), nil
	})})
	ctx, tr := r.StartTrace(t.Context(), "root", langshark.WithMetadata("contact", "kim@example.com"))
	_, g := langshark.StartGeneration(ctx, "g", langshark.WithModelParameters(map[string]any{"user": "kim@example.com"}))
	g.SetInput("write to kim@example.com")
	g.SetOutput(map[string]any{"a": []any{"kim@example.com", 12, true, nil, map[string]any{}}, "password": 1234})
	g.SetMetadata("password", "secret")
	g.SetError(fmt.Errorf("cannot reach kim@example.com"))
	g.End()
	_, s := langshark.StartSpan(ctx, "s", langshark.WithInput("boom"), langshark.WithOutput([]string{"fine", "error"}), langshark.WithStatusMessage("boom"))
	s.End()
	tr.End()
	if err := langshark.RecordScore(ctx, "x", langshark.Numeric(1), langshark.WithComment("kim@example.com liked it")); err != nil {
		t.Fatal(err)
	}
	o := r.one("g")
	if jsonOf(o.Input) != `"write to <EMAIL>"` || jsonOf(o.Output) != `{"a":["<EMAIL>",12,true,null,{}],"password":"***"}` || meta(o.Metadata, "password") != `"***"` ||
		o.StatusMessage != "cannot reach <EMAIL>" || meta(o.Generation.Parameters, "user") != `"<EMAIL>"` {
		t.Errorf("%+v in %s out %s", o, jsonOf(o.Input), jsonOf(o.Output))
	}
	if o := r.one("s"); jsonOf(o.Input) != `{"$masked":"mask failed"}` || jsonOf(o.Output) != `{"$masked":"mask failed"}` || o.StatusMessage != "<masked: mask failed>" {
		t.Errorf("a mask that fails lets something through: in %s out %s %q", jsonOf(o.Input), jsonOf(o.Output), o.StatusMessage)
	}
	if a := r.trace().Attributes; meta(a.Metadata, "contact") != `"<EMAIL>"` {
		t.Errorf("%+v", a)
	}
	for _, rec := range r.mem.Records() {
		if s := rec.Score; s != nil && s.Comment != "<EMAIL> liked it" {
			t.Errorf("comment %q", s.Comment)
		}
	}
	if n := r.Stats().Masked; n < 9 {
		t.Errorf("%d masked", n)
	}
}
