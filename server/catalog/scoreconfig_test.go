package catalog_test

import (
	"reflect"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

func TestScoreConfigs(t *testing.T) {
	c, _ := open(t)
	first := do(t, c.CreateScoreConfig, m{"name": "quality", "dataType": "NUMERIC", "minValue": 0, "maxValue": 10, "description": "of the answer"})
	second := do(t, c.CreateScoreConfig, m{"name": "ok", "dataType": "BOOLEAN"})
	if first.ID == "" || first.ProjectID != projectID || first.CreatedAt.IsZero() || *first.Max != 10 || *first.Description != "of the answer" {
		t.Errorf("made %+v", first)
	}
	if !reflect.DeepEqual(second.Categories, []catalog.Category{{Label: "True", Value: 1}, {Label: "False", Value: 0}}) {
		t.Errorf("the categories of a truth: %v", second.Categories)
	}
	list, total, err := c.ScoreConfigs(t.Context(), projectID, store.Page{Limit: 1, Total: true})
	if err != nil || total != 2 || len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("list: %+v of %d, %v", list, total, err)
	}
	got, err := c.ScoreConfig(t.Context(), projectID, first.ID)
	if err != nil || !reflect.DeepEqual(got, first) {
		t.Errorf("%+v, %v; want %+v", got, err, first)
	}
	_, err = c.ScoreConfig(t.Context(), projectID, "none")
	wantNotFound(t, "another id", err)
}

func TestScoreConfigRefused(t *testing.T) {
	c, _ := open(t)
	good, bad := m{"label": "good", "value": 1}, m{"label": "bad", "value": 0}
	for _, x := range []struct {
		body any
		want []string
	}{
		{m{}, []string{"name", "dataType"}},
		{m{"name": 5, "dataType": "X"}, []string{"name", "dataType"}},
		{m{"name": "n", "dataType": "NUMERIC", "minValue": 2, "maxValue": 1}, []string{"maxValue"}},
		{m{"name": "n", "dataType": "NUMERIC", "minValue": 1, "maxValue": 1}, []string{"maxValue"}},
		{m{"name": "n", "dataType": "NUMERIC", "minValue": "0"}, []string{"minValue"}},
		{m{"name": "n", "dataType": "NUMERIC", "categories": l{good}}, []string{"categories"}},
		{m{"name": "n", "dataType": "BOOLEAN", "categories": l{good}}, []string{"categories"}},
		{m{"name": "n", "dataType": "BOOLEAN", "maxValue": 1}, []string{"maxValue"}},
		{m{"name": "n", "dataType": "CATEGORICAL"}, []string{"categories"}},
		{m{"name": "n", "dataType": "CATEGORICAL", "categories": l{}}, []string{"categories"}},
		{m{"name": "n", "dataType": "CATEGORICAL", "categories": l{good, m{"label": "good", "value": 2}}}, []string{"categories"}},
		{m{"name": "n", "dataType": "CATEGORICAL", "categories": l{good, m{"label": "fine", "value": 1}}}, []string{"categories"}},
		{m{"name": "n", "dataType": "CATEGORICAL", "categories": l{good, bad, 5}}, []string{"categories"}},
		{m{"name": "n", "dataType": "CATEGORICAL", "categories": l{m{"label": "good"}}}, []string{"categories"}},
	} {
		_, err := c.CreateScoreConfig(t.Context(), projectID, body(t, x.body))
		wantFields(t, string(body(t, x.body)), err, x.want...)
	}
}

func TestScoreConfigChange(t *testing.T) {
	c, _ := open(t)
	config := do(t, c.CreateScoreConfig, m{"name": "quality", "dataType": "NUMERIC", "minValue": 0, "maxValue": 10, "description": "d"})
	got, err := c.UpdateScoreConfig(t.Context(), projectID, config.ID, body(t, m{"isArchived": true, "maxValue": 5, "minValue": nil}))
	if err != nil || !got.Archived || *got.Max != 5 || got.Min != nil || got.Name != "quality" || *got.Description != "d" || got.CreatedAt != config.CreatedAt {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = c.UpdateScoreConfig(t.Context(), projectID, config.ID, body(t, m{"minValue": 6}))
	wantFields(t, "a minimum above the maximum", err, "maxValue")
	if kept, err := c.ScoreConfig(t.Context(), projectID, config.ID); err != nil || kept.Min != nil {
		t.Errorf("what was refused has changed %+v, %v", kept, err)
	}
	_, err = c.UpdateScoreConfig(t.Context(), projectID, "none", body(t, m{"isArchived": true}))
	wantNotFound(t, "another id", err)
	for _, field := range []string{"dataType", "id", "projectId"} {
		_, err = c.UpdateScoreConfig(t.Context(), projectID, config.ID, body(t, m{field: "BOOLEAN", "name": "other"}))
		wantFields(t, "another "+field, err, field)
	}
	_, err = c.UpdateScoreConfig(t.Context(), projectID, config.ID, body(t, m{"id": config.ID, "dataType": "NUMERIC", "name": "other"}))
	if err != nil {
		t.Errorf("what it is already: %v", err)
	}
}

func TestCheckScore(t *testing.T) {
	c, _ := open(t)
	numeric := do(t, c.CreateScoreConfig, m{"name": "n", "dataType": "NUMERIC", "minValue": 0, "maxValue": 1}).ID
	truth := do(t, c.CreateScoreConfig, m{"name": "n", "dataType": "BOOLEAN"}).ID
	category := do(t, c.CreateScoreConfig, m{"name": "n", "dataType": "CATEGORICAL", "categories": l{m{"label": "good", "value": 7}}}).ID
	archived := do(t, c.CreateScoreConfig, m{"name": "n", "dataType": "NUMERIC"}).ID
	if _, err := c.UpdateScoreConfig(t.Context(), projectID, archived, body(t, m{"isArchived": true})); err != nil {
		t.Fatal(err)
	}
	number := func(config string, f float64) store.ScoreWrite {
		return store.ScoreWrite{Name: "n", Type: exporter.ScoreNumeric, Number: &f, ConfigID: config}
	}
	text := func(config, s string) store.ScoreWrite {
		return store.ScoreWrite{Name: "n", Type: exporter.ScoreCategorical, Text: s, ConfigID: config}
	}
	named := number(numeric, 0.5)
	named.Name = "other"
	for _, x := range []struct {
		name    string
		score   store.ScoreWrite
		given   exporter.ScoreType
		refused bool
		number  float64
		text    string
	}{
		{name: "no config", score: number("", 5), number: 5},
		{name: "within", score: number(numeric, 1), number: 1},
		{name: "above", score: number(numeric, 1.01), refused: true},
		{name: "below", score: number(numeric, -0.01), refused: true},
		{name: "other name", score: named, refused: true},
		{name: "other type named", score: number(numeric, 1), given: exporter.ScoreBoolean, refused: true},
		{name: "a text for a number", score: text(numeric, "x"), refused: true},
		{name: "true", score: number(truth, 1), number: 1, text: "True"},
		{name: "false", score: number(truth, 0), given: exporter.ScoreBoolean, text: "False"},
		{name: "neither", score: number(truth, 0.5), refused: true},
		{name: "category", score: text(category, "good"), number: 7, text: "good"},
		{name: "another category", score: text(category, "fine"), refused: true},
		{name: "a number for a category", score: number(category, 7), refused: true},
		{name: "archived", score: number(archived, 1), refused: true},
	} {
		err := c.CheckScore(t.Context(), projectID, &x.score, x.given)
		if x.refused {
			wantRefused(t, x.name, err)
			continue
		}
		if err != nil || *x.score.Number != x.number || x.score.Text != x.text {
			t.Errorf("%s: %v, %v %q", x.name, err, *x.score.Number, x.score.Text)
		}
	}
	missing := number("none", 1)
	wantNotFound(t, "no such config", c.CheckScore(t.Context(), projectID, &missing, ""))
}
