package catalog_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

func TestModels(t *testing.T) {
	c, s := open(t)
	second := do(t, c.CreateModel, m{"modelName": "b", "matchPattern": "(?i)^b$", "unit": "TOKENS", "inputPrice": 0.000001, "outputPrice": 2, "startDate": nil})
	first := do(t, c.CreateModel, m{
		"modelName": "a", "matchPattern": "^a$", "totalPrice": 0.01, "startDate": "2024-01-02",
		"tokenizerId": "openai", "tokenizerConfig": m{"tokenizerModel": "gpt-4", "tokensPerMessage": 3, "tokensPerName": 1},
	})
	if first.Unit != "TOKENS" || !first.StartDate.Equal(time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)) || *first.TokenizerID != "openai" || second.StartDate != nil || second.TotalPrice != nil {
		t.Errorf("made %+v and %+v", first, second)
	}
	d, err := s.Document(t.Context(), projectID, "model", second.ID)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"modelName":"b","matchPattern":"(?i)^b$","startDate":null,"unit":"TOKENS","inputPrice":0.000001,"outputPrice":2,"totalPrice":null,"tokenizerId":null,"tokenizerConfig":null}`
	if string(d.Data) != want || d.Name != "b" {
		t.Errorf("kept as %s, want %s", d.Data, want)
	}
	all, builtin, err := c.Models(t.Context(), projectID, store.Page{Limit: 100_000})
	if err != nil || builtin < 100 {
		t.Fatalf("%d models, %v", builtin, err)
	}
	list, total, err := c.Models(t.Context(), projectID, store.Page{Limit: 1, Offset: 1})
	if err != nil || total != builtin || len(list) != 1 || list[0].ID != all[1].ID {
		t.Errorf("second page: %+v of %d, %v", list, total, err)
	}
	if got, err := c.Model(t.Context(), projectID, first.ID); err != nil || *got.TotalPrice != 0.01 || !got.StartDate.Equal(*first.StartDate) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := c.DeleteModel(t.Context(), projectID, first.ID); err != nil {
		t.Error(err)
	}
	wantNotFound(t, "a deleted model", c.DeleteModel(t.Context(), projectID, first.ID))
	_, err = c.Model(t.Context(), projectID, first.ID)
	wantNotFound(t, "a deleted model", err)
}

// TestModelTiers has the prices in a tier, as newer clients send them.
func TestModelTiers(t *testing.T) {
	c, _ := open(t)
	tier := func(prices m, conditions ...any) m {
		return m{"name": "Standard", "isDefault": true, "priority": 0, "conditions": append([]any{}, conditions...), "prices": prices}
	}
	made := do(t, c.CreateModel, m{"modelName": "a", "matchPattern": "a", "pricingTiers": []m{tier(m{"input": 0.25, "output": 0.5})}})
	if *made.InputPrice != 0.25 || *made.OutputPrice != 0.5 || made.TotalPrice != nil {
		t.Errorf("made %+v", made)
	}
	for want, more := range map[string]m{
		"prices.input_cached_tokens": {"pricingTiers": []m{tier(m{"input": 1, "input_cached_tokens": 0.1})}},
		"prices.input":               {"pricingTiers": []m{tier(m{"input": -1})}},
		"must have a price":          {"pricingTiers": []m{tier(m{})}},
		"prices: required":           {"pricingTiers": []m{{"name": "x"}}},
		"expected object":            {"pricingTiers": []m{{"prices": 1}}},
		"without conditions":         {"pricingTiers": []m{tier(m{"input": 1}, m{"operator": "gt"})}},
		"one tier":                   {"pricingTiers": []m{tier(m{"input": 1}), tier(m{"input": 2})}},
		"must be left out":           {"pricingTiers": []m{tier(m{"input": 1})}, "outputPrice": 2},
		"totalPrice: must be null":   {"pricingTiers": []m{tier(m{"input": 1, "total": 2})}},
	} {
		more["modelName"], more["matchPattern"] = "b", "b"
		body, err := json.Marshal(more)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.CreateModel(t.Context(), projectID, body); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
}

// TestPutModel makes a model with an id of its own, and another in its place.
func TestPutModel(t *testing.T) {
	c, _ := open(t)
	put := func(id string, price float64) (*catalog.Model, error) {
		return c.PutModel(t.Context(), projectID, id, fmt.Appendf(nil, `{"modelName":"a","matchPattern":"a","inputPrice":%v}`, price))
	}
	for _, price := range []float64{1, 2} {
		if _, err := put("mine", price); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Model(t.Context(), projectID, "mine"); err != nil || float64(*got.InputPrice) != price {
			t.Errorf("%+v, %v, want the price %v", got, err, price)
		}
	}
	list, _, err := c.Models(t.Context(), projectID, store.Page{Limit: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range list {
		if !model.Builtin {
			continue
		}
		if _, err := put(model.ID, 1); err == nil || !strings.Contains(err.Error(), "Built-in") {
			t.Errorf("replaced the model %s that came along: %v", model.ID, err)
		}
		break
	}
	if _, err := put(strings.Repeat("x", store.MaxDocumentName+1), 1); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("an id that is too long: %v", err)
	}
}

// TestBuiltinModels lists what came along with the models of the project; it can't be deleted.
func TestBuiltinModels(t *testing.T) {
	c, _ := open(t)
	own := do(t, c.CreateModel, m{"modelName": "gpt-4o", "matchPattern": "(?i)^(gpt-4o)$", "inputPrice": 1})
	list, total, err := c.Models(t.Context(), projectID, store.Page{Limit: 100_000})
	if err != nil || int64(len(list)) != total {
		t.Fatalf("%d of %d, %v", len(list), total, err)
	}
	ids, owned := map[string]bool{}, 0
	for i, model := range list {
		if i > 0 && list[i-1].ModelName > model.ModelName || ids[model.ID] || model.MatchPattern == "" || model.Unit == "" || model.CreatedAt.IsZero() {
			t.Errorf("%+v after %q", model, list[max(i-1, 0)].ModelName)
		}
		ids[model.ID] = true
		if !model.Builtin {
			owned++
			continue
		}
		if got, err := c.Model(t.Context(), projectID, model.ID); err != nil || got.ModelName != model.ModelName {
			t.Errorf("%s: %+v, %v", model.ID, got, err)
		}
	}
	if owned != 1 || !ids[own.ID] {
		t.Errorf("%d of its own", owned)
	}
	for _, model := range list {
		if model.Builtin {
			wantNotFound(t, "delete of what came along", c.DeleteModel(t.Context(), projectID, model.ID))
			break
		}
	}
}

func TestModelRefused(t *testing.T) {
	c, _ := open(t)
	for _, x := range []struct {
		body any
		want []string
	}{
		{m{}, []string{"modelName", "matchPattern"}},
		{m{"modelName": 5, "matchPattern": 6}, []string{"modelName", "matchPattern"}},
		{m{"modelName": "", "matchPattern": "x"}, []string{"modelName"}},
		{m{"modelName": "n", "matchPattern": ""}, []string{"matchPattern"}},
		{m{"modelName": "n", "matchPattern": `\Qn`}, []string{"matchPattern"}}, // an expression, though not one for all of a name
		{m{"modelName": strings.Repeat("김", 400), "matchPattern": "n"}, []string{"modelName"}},
		{m{"modelName": "n", "matchPattern": strings.Repeat("x", 2001)}, []string{"matchPattern"}},
		{m{"modelName": "n", "matchPattern": "x", "unit": "X"}, []string{"unit"}},
		{m{"modelName": "n", "matchPattern": "x", "inputPrice": -1, "outputPrice": 1e7}, []string{"inputPrice", "outputPrice"}},
		{m{"modelName": "n", "matchPattern": "x", "totalPrice": 1, "inputPrice": 1}, []string{"totalPrice"}},
		{m{"modelName": "n", "matchPattern": "x", "startDate": "soon"}, []string{"startDate"}},
		{m{"modelName": "n", "matchPattern": "x", "tokenizerId": "foo"}, []string{"tokenizerId"}},
		{m{"modelName": "n", "matchPattern": "x", "tokenizerConfig": 5}, []string{"tokenizerConfig"}},
		{m{"modelName": "n", "matchPattern": "x", "tokenizerConfig": m{"tokensPerName": 0.5}}, []string{"tokenizerConfig"}},
	} {
		_, err := c.CreateModel(t.Context(), projectID, body(t, x.body))
		wantFields(t, fmt.Sprintf("%.80v", x.body), err, x.want...)
	}
	_, err := c.CreateModel(t.Context(), projectID, body(t, m{"modelName": "n", "matchPattern": "["}))
	wantRefused(t, "no expression", err)
}

// TestTooManyModels refuses one more than a project may have.
func TestTooManyModels(t *testing.T) {
	c, s := open(t)
	err := s.ChangeDocuments(t.Context(), projectID, func(tx store.DocumentTx) error {
		for i := range catalog.MaxModels {
			if err := tx.Put(store.Document{Kind: "model", ID: fmt.Sprint(i), Data: json.RawMessage(`{}`)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateModel(t.Context(), projectID, body(t, m{"modelName": "n", "matchPattern": "x"}))
	wantRefused(t, "one too many", err)
}
