package filter

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/store"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// sample is an item that has everything.
func sample() Item {
	start := time.Date(2026, 3, 4, 15, 30, 0, 0, time.UTC)
	cost := exporter.NanoUSD(12_500_000)
	half, one, zero := 0.5, 1.0, 0.0
	return Item{
		Trace: &store.Trace{ID: "t", Name: "Support request", UserID: "kim", SessionID: "s-1", Tags: []string{"배송", "vip"}, Release: "r1", Version: "tv", Environment: "prod", Metadata: json.RawMessage(`{"plan":"pro","only":{"trace":true}}`)},
		Observation: &store.Observation{
			ID: "o", Name: "answer", Kind: exporter.KindGeneration, Model: "gpt-4o-mini", Level: exporter.LevelWarning, Environment: "staging", Start: start, End: start.Add(1500 * time.Millisecond),
			PromptName: "greeting", PromptVersion: 3, Usage: &store.Usage{Total: 1200}, Cost: &store.Cost{Total: &cost},
			Metadata: json.RawMessage(`{"plan":"free","n":5,"s":"7","list":["a",2],"deep":{"x":{"y":"z"}},"a.b":"dotted","yes":true,"null":null}`),
		},
		Scores: []store.Score{
			{Name: "helpful", Type: exporter.ScoreNumeric, Number: &half},
			{Name: "helpful", Type: exporter.ScoreNumeric, Number: &one, ObservationID: "other"},
			{Name: "ok", Type: exporter.ScoreBoolean, Number: &one, Text: "True"},
			{Name: "bad", Type: exporter.ScoreBoolean, Number: &zero, Text: "False", ObservationID: "o"},
			{Name: "label", Type: exporter.ScoreCategorical, Text: "good"},
			{Name: "two words", Type: exporter.ScoreCategorical, Text: "x"},
		},
	}
}

func TestMatch(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "   ": true,
		"name = answer": true, "name=answer": true, "name == 'answer'": true, "name = Answer": false, "name != answer": false, "name != x": true,
		"name ~ SWE": true, `trace.name = "Support request"`: true, `trace.name ~ support`: true, "model ~ gpt-4o": true, "model = gpt-4o": false,
		"kind = generation": true, "kind = GENERATION": true, "kind != span": true, "kind = span": false,
		"level = WARNING": true, "level >= warning": true, "level > WARNING": false, "level >= DEFAULT": true, "level < ERROR": true, "level <= DEBUG": false,
		"user = kim": true, "session = s-1": true, "tag = vip": true, "tag = 배송": true, "tag ~ 배": true, "tag != vip": false, "tag != other": true,
		"environment = staging": true, "environment = prod": false, "release = r1": true, "version = tv": true,
		"prompt = greeting": true, "prompt = greeting:3": true, "prompt = greeting:2": false,
		"latency = 1.5s": true, "latency > 1s": true, "latency >= 1501ms": false, "latency < 2m": true,
		"tokens = 1200": true, "tokens > 1.2e3": false, "tokens >= 1000": true,
		"cost = 0.0125": true, "cost = $0.0125": true, "cost > 0.01": true, "cost <= 1.25e-2": true, "cost < 0.0125": false,
		"start >= 2026-03-04": true, "start > 2026-03-04": false, "start <= 2026-03-04": true, "start < 2026-03-04": false, "start < 2026-03-05": true,
		"start >= 2026-03-04T15:30:00Z": true, "start > 2026-03-04T15:30:00Z": false, "start <= 2026-03-04T15:30:00Z": true, `start >= "2026-03-04 15:31"`: false,
		"start >= 2026-03-05T00:30:00+09:00": true, "start > 2026-03-05T00:30:00+09:00": false,
		"score.helpful >= 0.5": true, "score.helpful > 0.5": false, "score.helpful = 1": false, "score.helpful != 1": true,
		"score.ok = true": true, "score.ok = True": true, "score.ok = 1": true, "score.bad = true": false, "score.bad = false": true,
		"score.label = good": true, "score.label ~ OO": true, "score.none = 1": false, "score.none != 1": true, `score."two words" = x`: true, `score.'two words' != x`: false,
		"metadata.plan = free": true, "metadata.plan = pro": false, "metadata.n >= 5": true, "metadata.n = 5": true, `metadata.n = "5"`: false, "metadata.s = 7": true,
		"metadata.list = a": true, "metadata.list = 2": true, "metadata.list = b": false, "metadata.deep.x.y = z": true, "metadata.a.b = dotted": true, "metadata.yes = true": true,
		"metadata.only.trace = true": true, "metadata.none = x": false, "metadata.none != x": true, "metadata.null = x": false,
		"name = answer and kind = span": false, "name = answer or kind = span": true, "not name = answer": false, "not (kind = span or name = x)": true,
		"name = x or name = answer and kind = span": false, "(name = x or name = answer) and kind = generation": true, "NOT kind = span AND name = answer": true,
		"not not name = answer": true, `user = "\k\im"`: true, `name = "and"`: false, `release = ""`: false, `user ~ ""`: true,
	} {
		f, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.Match(sample()); got != want {
			t.Errorf("%s: %t", text, got)
		}
		if f.String() != strings.TrimSpace(text) && f.String() != text {
			t.Errorf("%q is %q", text, f)
		}
	}
}

// TestNothing matches what isn't there by != alone.
func TestNothing(t *testing.T) {
	empty := Item{Trace: &store.Trace{}, Observation: &store.Observation{}}
	for text, want := range map[string]bool{
		"cost = 0": false, "cost != 0": true, "cost < 5": false, "tokens >= 0": false, "tokens != 1": true, "latency < 1s": false, "latency != 1s": true, "user = kim": false, "user != kim": true,
		`user = ""`: true, "tag = x": false, "score.x < 1": false, "metadata.x = 1": false, "prompt ~ a": false,
	} {
		f, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := f.Match(empty); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// TestErrors say where, what was expected and what was found.
func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"name":                                   "column 5: expected an operator (=, !=, ~) after name, found the end",
		"name =":                                 "column 7: expected a value after name =, found the end",
		"name = and":                             "column 8: expected a value after name =, found and: put the word in quotes",
		"naem = x":                               "column 1: there is no field naem: fields are cost, environment,",
		"name = x kind = y":                      "column 10: expected and, or, or the end, found kind",
		"name = x and":                           "column 13: expected a field (",
		"(name = x":                              "column 10: expected and, or, or the ) of the ( in column 1, found the end",
		"name = x)":                              "column 9: expected and, or, or the end, found )",
		"()":                                     "column 2: expected a field (",
		`name = "x`:                              `column 8: the text that begins here has no closing "`,
		"name < x":                               "column 6: name knows =, !=, ~, not <",
		"latency ~ 1s":                           "column 9: latency knows =, !=, <, <=, >, >=, not ~",
		"latency > 5":                            `column 11: expected a duration, as 1.5s, 300ms or 2m, found "5"`,
		"cost > much":                            `column 8: expected an amount in dollars`,
		"tokens > NaN":                           `column 10: expected a number, found "NaN"`,
		"start = 2026-01-01":                     "column 7: start knows <, <=, >, >=, not =",
		"start > yesterday":                      `column 9: expected a date, as 2026-01-31`,
		"kind = robot":                           "column 8: expected a kind: span, generation, event, agent, tool, chain, retriever, embedding, evaluator, guardrail, found \"robot\"",
		"level = loud":                           "column 9: expected DEBUG, DEFAULT, WARNING or ERROR",
		"score > 1":                              "column 1: expected score.NAME, found score alone",
		"score. > 1":                             "column 1: expected score.NAME",
		"score.x > good":                         "column 9: score.x",
		"name.x = 1":                             "column 1: there is no field name.x",
		"한글 = x":                                 "column 1: there is no field 한글",
		`user = "김" name`:                        "column 12: expected and, or, or the end, found name",
		"name ! x":                               "column 6: expected an operator",
		"= x":                                    "column 1: expected a field",
		strings.Repeat("(", 100):                 "nested deeper than 64 levels",
		strings.Repeat("not ", 100) + "name = x": "nested deeper than 64 levels",
		strings.Repeat("x", 20<<10):              "longer than",
		"name = \xff":                            "not UTF-8",
	} {
		_, err := Parse(text)
		var wrong *Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %s", text, err, want)
		}
	}
}

// TestPushDown gives the store what it can sort out itself.
func TestPushDown(t *testing.T) {
	f, err := Parse(`(name = a and kind = generation) and user = kim and level >= WARNING and tag = x and tag = y and trace.name = n and session = s and release = r ` +
		`and start >= 2026-01-01 and start < 2026-02-01 and start > 2026-01-02 and score.x > 1`)
	if err != nil {
		t.Fatal(err)
	}
	o := f.Observations()
	if o.Name != "a" || !slices.Equal(o.Kinds, []exporter.Kind{exporter.KindGeneration}) || o.UserID != "kim" || !slices.Equal(o.Levels, []exporter.Level{exporter.LevelWarning, exporter.LevelError}) ||
		!o.From.Equal(time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)) || !o.To.Equal(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", o)
	}
	if tr := f.Traces(); tr.Name != "n" || tr.UserID != "kim" || tr.SessionID != "s" || tr.Release != "r" || fmt.Sprint(tr.Tags) != "[x y]" {
		t.Errorf("%+v", tr)
	}
	for _, text := range []string{"name = a or kind = span", "not name = a", "name != a", "name ~ a", "kind != span", ""} {
		f, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if o, tr := f.Observations(), f.Traces(); o.Name != "" || o.Kinds != nil || o.Levels != nil || tr.Name != "" {
			t.Errorf("%s: %+v %+v", text, o, tr)
		}
	}
}

// FuzzParse reads anything without a panic, and what it reads it also evaluates.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"name = x", `not (score."a b" >= 0.5 or tag ~ x) and start < 2026-01-01`, "metadata.a.b != 'x\\''", "cost > $1e-5", "latency<=1.5s", "(((", "score.\"\" = 1"} {
		f.Add(s)
	}
	items := []Item{sample(), {Trace: &store.Trace{}, Observation: &store.Observation{}}}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := Parse(text)
		if err != nil {
			var wrong *Error
			if !errors.As(err, &wrong) || wrong.Column < 1 || wrong.Column > len(text)+1 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := Parse(parsed.String())
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		negated, err := Parse("not (" + text + ")")
		for _, it := range items {
			if parsed.Match(it) != again.Match(it) {
				t.Errorf("%q is not always the same", text)
			}
			if parsed != nil && err == nil && parsed.Match(it) == negated.Match(it) {
				t.Errorf("%q and its negation agree", text)
			}
			if parsed.Match(it) && !passes(parsed.Observations(), it.Observation) {
				t.Errorf("%q matches what the store would leave out: %+v", text, parsed.Observations())
			}
		}
	})
}

// passes is what a store does with a filter.
func passes(f store.ObservationFilter, o *store.Observation) bool {
	has := func(n int, equal func(i int) bool) bool {
		for i := range n {
			if equal(i) {
				return true
			}
		}
		return n == 0
	}
	return (f.Name == "" || f.Name == o.Name) && has(len(f.Kinds), func(i int) bool { return f.Kinds[i] == o.Kind }) &&
		has(len(f.Levels), func(i int) bool { return f.Levels[i] == o.Level }) &&
		(f.From.IsZero() || !o.Start.Before(f.From)) && (f.To.IsZero() || o.Start.Before(f.To))
}
