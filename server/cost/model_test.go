package cost

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestModelValidates(t *testing.T) {
	for body, fields := range map[string][]string{
		`{"modelName":"m","matchPattern":"(?i)^(my-custom)$","unit":"TOKENS","inputPrice":0.001,"outputPrice":0.002,"startDate":null}`:                    nil,
		`{"modelName":"m","matchPattern":"^m$","unit":"CHARACTERS","totalPrice":0.01,"startDate":"2024-01-01"}`:                                           nil,
		`{"modelName":"m","matchPattern":"m","tokenizerId":"openai","tokenizerConfig":{"tokenizerModel":"gpt-4","tokensPerMessage":3,"tokensPerName":1}}`: nil,
		`{"modelName":"m","matchPattern":"x","unit":"TOKENS","totalPrice":0.01,"inputPrice":1}`:                                                           {"totalPrice"},
		`{"modelName":"m","matchPattern":"[","inputPrice":1}`:                                                                                             {"matchPattern"},
		`{"modelName":"m","matchPattern":"(?=a)b"}`:                                                                                                       {"matchPattern"},
		`{"unit":"X","tokenizerId":"foo","tokenizerConfig":[1]}`:                                                                                          {"matchPattern", "modelName", "tokenizerConfig", "tokenizerId", "unit"},
		`{"modelName":"` + strings.Repeat("n", maxName+1) + `","matchPattern":"` + strings.Repeat("p", maxPattern+1) + `"}`:                               {"matchPattern", "modelName"},
		`{"modelName":"m","matchPattern":"m","outputPrice":1000000}`:                                                                                      nil,
	} {
		var m Model
		if err := json.Unmarshal([]byte(body), &m); err != nil {
			t.Errorf("%.80s: %v", body, err)
			continue
		}
		var errs FieldErrors
		var got []string
		if err := m.Validate(); err != nil && !errors.As(err, &errs) {
			t.Errorf("%.80s: %T", body, err)
		}
		for _, e := range errs {
			got = append(got, e.Field)
			if !strings.Contains(errs.Error(), e.Field+": "+e.Message) {
				t.Errorf("%v doesn't name %s", errs, e.Field)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, fields) {
			t.Errorf("%.80s: wrong are %v, want %v", body, got, fields)
		}
		if _, err := m.Entry("id"); (err == nil) != (fields == nil) {
			t.Errorf("%.80s: entry: %v", body, err)
		}
	}
	price := PicoUSD(-1)
	if (&Model{ModelName: "m", MatchPattern: "m", InputPrice: &price}).Validate() == nil {
		t.Error("a price below zero is none")
	}
}

func TestModelAsJSON(t *testing.T) {
	const text = `{"modelName":"m","matchPattern":"^m$","startDate":"2024-01-01T00:00:00.000Z","unit":"CHARACTERS","inputPrice":null,"outputPrice":null,"totalPrice":0.01,"tokenizerId":null,"tokenizerConfig":null}`
	for _, given := range []string{text, strings.Replace(text, "T00:00:00.000Z", "", 1), strings.Replace(text, "T00:00:00.000Z", "T01:00:00+01:00", 1)} {
		var m Model
		if err := json.Unmarshal([]byte(given), &m); err != nil {
			t.Fatal(err)
		}
		if back, err := json.Marshal(m); err != nil || string(back) != text {
			t.Errorf("written %s, %v", back, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"startDate":"yesterday"}`), new(Model)); err == nil || !strings.Contains(err.Error(), "yesterday") {
		t.Errorf("a date that is none: %v", err)
	}
}

func TestModelAsEntry(t *testing.T) {
	id, price := TokenizerOpenAI, PicoUSD(5)
	start := Date(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	m := Model{
		ModelName: "m", MatchPattern: "a|b", StartDate: &start, OutputPrice: &price, TokenizerID: &id,
		TokenizerConfig: json.RawMessage(`{"tokenizerModel":"gpt-4","tokensPerMessage":4,"tokensPerName":-1}`),
	}
	e, err := m.Entry("the-id")
	if err != nil {
		t.Fatal(err)
	}
	if e.ID != "the-id" || e.Unit != Tokens || e.Tokenizer != CL100K || e.Chat == nil || e.Chat.TokensPerName != -1 || e.Prices[Output] != 5 || len(e.Prices) != 1 {
		t.Errorf("%+v", e)
	}
	table, err := NewTable([]*Entry{e})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"a": true, "b": true, "ab": false, "xb": false, "A": false, "": false} {
		if got := table.Match(name, "", time.Time(start)) != nil; got != want {
			t.Errorf("%q matches: %t, want %t: all of a name must, and case counts", name, got, want)
		}
	}
	if table.Match("a", "", time.Time(start).Add(-1)) != nil || table.Match("a", Images, time.Time(start)) != nil {
		t.Error("matches before its start, or another unit")
	}
}

// TestEntryAsModel: what comes along is valid by the rules for models, and prices as before.
func TestEntryAsModel(t *testing.T) {
	for _, e := range Builtin().Entries() {
		m := e.Model()
		back, err := m.Entry(e.ID)
		if err != nil {
			t.Errorf("%s: %v", e.ID, err)
			continue
		}
		for _, b := range []Bucket{Input, Output, Total} {
			x, okX := e.Prices[b]
			y, okY := back.Prices[b]
			if x != y || okX != okY {
				t.Errorf("%s: %s costs %d, %t, as a model %d, %t", e.ID, b, x, okX, y, okY)
			}
		}
		if back.Tokenizer != e.Tokenizer || !back.From.Equal(e.From) || back.Unit != e.Unit || back.Pattern != e.Pattern {
			t.Errorf("%s: %+v\nas a model %+v", e.ID, e, back)
		}
	}
}

func TestEncodingOf(t *testing.T) {
	for model, want := range map[string]Encoding{
		"gpt-4o-mini": O200K, "gpt-4": CL100K, "gpt-4-turbo": CL100K, "gpt-4.1": O200K, "openai/gpt-5": O200K, "ft:gpt-3.5-turbo-0613:org::id": CL100K,
		"text-embedding-3-small": CL100K, "o3-mini": O200K, "claude-3-opus": "", "gemini-pro": "", "": "",
	} {
		if got := EncodingOf(model); got != want {
			t.Errorf("%q: %q, want %q", model, got, want)
		}
	}
}
