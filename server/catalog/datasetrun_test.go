package catalog_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/langshark/langshark-go/server/store"
)

// TestRunLinks links and deletes at random and compares with a model: a run is
// there from its first link to its delete, once, and has its links in order.
func TestRunLinks(t *testing.T) {
	c, _ := open(t)
	r := rand.New(rand.NewPCG(3, 4))
	datasets := []string{"d0", "d1"}
	for _, d := range datasets {
		do(t, c.PutDataset, m{"name": d})
		for i := range 3 {
			do(t, c.PutDatasetItem, m{"datasetName": d, "id": fmt.Sprint(d, "i", i)})
		}
	}
	type run struct {
		id, description string
		links           []string
	}
	model := map[string]map[string]*run{"d0": {}, "d1": {}}
	for step := range 150 {
		d, name := datasets[r.IntN(2)], fmt.Sprint("run/", r.IntN(3))
		if r.IntN(6) == 0 {
			err := c.DeleteDatasetRun(t.Context(), projectID, d, name)
			if model[d][name] == nil {
				wantNotFound(t, "delete of no run", err)
			} else if err != nil {
				t.Fatal(err)
			}
			delete(model[d], name)
			continue
		}
		body := m{"runName": name, "datasetItemId": fmt.Sprint(d, "i", r.IntN(3)), "traceId": fmt.Sprint("t", step)}
		if r.IntN(2) == 0 {
			body["runDescription"] = fmt.Sprint("step ", step)
		}
		link := do(t, c.LinkRunItem, body)
		if model[d][name] == nil {
			model[d][name] = &run{id: link.DatasetRunID}
		}
		want := model[d][name]
		want.links = append(want.links, link.ID)
		if text, ok := body["runDescription"].(string); ok {
			want.description = text
		}
		if link.DatasetRunID != want.id || link.DatasetRunName != name {
			t.Fatalf("step %d: linked to run %s %q, want %s", step, link.DatasetRunID, link.DatasetRunName, want.id)
		}
	}
	for _, d := range datasets {
		runs, total, err := c.DatasetRuns(t.Context(), projectID, d, store.Page{Total: true})
		if err != nil || len(runs) != len(model[d]) || total != int64(len(runs)) {
			t.Fatalf("%s: %+v of %d, %v; want %d", d, runs, total, err, len(model[d]))
		}
		for _, got := range runs {
			want := model[d][got.Name]
			links, _, err := c.RunItemsOf(t.Context(), projectID, got.DatasetID, got.Name, store.Page{Limit: 1000})
			var ids []string
			for _, link := range links {
				ids = append(ids, link.ID)
			}
			description := ""
			if got.Description != nil {
				description = *got.Description
			}
			if err != nil || got.ID != want.id || description != want.description || got.DatasetName != d || !slices.Equal(ids, want.links) {
				t.Errorf("%s %s: %+v with %v, %v; want %+v", d, got.Name, got, ids, err, want)
			}
			again, err := c.DatasetRun(t.Context(), projectID, d, got.Name)
			if err != nil || again.ID != got.ID {
				t.Errorf("%s %s by name: %+v, %v", d, got.Name, again, err)
			}
		}
	}
	_, err := c.DatasetRun(t.Context(), projectID, "d0", "none")
	wantNotFound(t, "no run", err)
	_, _, err = c.DatasetRuns(t.Context(), projectID, "none", store.Page{})
	wantNotFound(t, "no dataset", err)
	_, _, err = c.RunItemsOf(t.Context(), projectID, "none", "run/1", store.Page{})
	wantNotFound(t, "no dataset of that id", err)
}
