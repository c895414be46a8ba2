package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

func TestDatasets(t *testing.T) {
	c, _ := open(t)
	made := do(t, c.PutDataset, m{"name": "a/b", "description": "d", "metadata": m{"k": 1}})
	for _, x := range []struct {
		body        m
		description string
		metadata    string
	}{
		{m{"name": "a/b"}, "d", `{"k":1}`},
		{m{"name": "a/b", "description": "e"}, "e", `{"k":1}`},
		{m{"name": "a/b", "metadata": nil}, "e", `{"k":1}`},
		{m{"name": "a/b", "description": nil, "metadata": l{2}}, "", `[2]`},
	} {
		got := do(t, c.PutDataset, x.body)
		description := ""
		if got.Description != nil {
			description = *got.Description
		}
		if got.ID != made.ID || description != x.description || string(got.Metadata) != x.metadata || !got.CreatedAt.Equal(made.CreatedAt) {
			t.Errorf("%v: %+v", x.body, got)
		}
	}
	for _, name := range []string{"inputSchema", "expectedOutputSchema"} {
		if _, err := c.PutDataset(t.Context(), projectID, []byte(`{"name":"schemas","`+name+`":{"type":"object"}}`)); err == nil || !strings.Contains(err.Error(), name+": is not supported") {
			t.Errorf("%s: %v", name, err)
		}
	}
	second := do(t, c.PutDataset, m{"name": "", "inputSchema": nil})
	list, total, err := c.Datasets(t.Context(), projectID, store.Page{Total: true})
	if err != nil || total != 2 || list[0].ID != second.ID || list[1].ID != made.ID {
		t.Errorf("list: %+v of %d, %v", list, total, err)
	}
	if got, err := c.Dataset(t.Context(), projectID, ""); err != nil || got.ID != second.ID {
		t.Errorf("the one without a name: %+v, %v", got, err)
	}
	_, err = c.Dataset(t.Context(), projectID, "none")
	wantNotFound(t, "another name", err)
	for _, x := range []struct {
		body any
		want []string
	}{
		{m{}, []string{"name"}},
		{m{"name": 5, "description": 6}, []string{"name", "description"}},
		{m{"name": strings.Repeat("n", catalog.MaxNameChars+1)}, []string{"name"}},
		{m{"name": strings.Repeat("😀", catalog.MaxNameChars)}, []string{"name"}},
		{m{"name": "n", "description": strings.Repeat("n", catalog.MaxTextBytes+1)}, []string{"description"}},
	} {
		_, err := c.PutDataset(t.Context(), projectID, body(t, x.body))
		wantFields(t, fmt.Sprintf("%.80v", x.body), err, x.want...)
	}
}

func TestDatasetItems(t *testing.T) {
	c, _ := open(t)
	do(t, c.PutDataset, m{"name": "one"})
	do(t, c.PutDataset, m{"name": "two"})
	do(t, c.PutDatasetItem, m{"datasetName": "one", "id": "i1", "input": m{"q": 1}, "sourceTraceId": "t1", "sourceObservationId": "o1"})
	got := do(t, c.PutDatasetItem, m{"datasetName": "one", "id": "i1", "input": nil, "expectedOutput": "a", "status": "ARCHIVED"})
	if string(got.Input) != `{"q":1}` || string(got.ExpectedOutput) != `"a"` || got.Status != catalog.StatusArchived || got.SourceTraceID != "t1" || got.DatasetName != "one" {
		t.Errorf("changed: %+v", got)
	}
	do(t, c.PutDatasetItem, m{"datasetName": "two", "id": "i2", "sourceTraceId": "t1"})
	do(t, c.PutDatasetItem, m{"datasetName": "two", "id": "i3", "sourceObservationId": "o1"})
	if made := do(t, c.PutDatasetItem, m{"datasetName": "two"}); made.ID == "" || made.Status != catalog.StatusActive {
		t.Errorf("without an id: %+v", made)
	}
	for _, x := range []struct {
		filter catalog.ItemFilter
		page   store.Page
		want   string
		total  int64
	}{
		{catalog.ItemFilter{DatasetName: "one"}, store.Page{}, "i1", 1},
		{catalog.ItemFilter{SourceTraceID: "t1"}, store.Page{}, "i2 i1", 2},
		{catalog.ItemFilter{SourceTraceID: "t1", DatasetName: "two"}, store.Page{}, "i2", 1},
		{catalog.ItemFilter{SourceObservationID: "o1"}, store.Page{Limit: 10}, "i3 i1", 2},
		{catalog.ItemFilter{SourceObservationID: "o1"}, store.Page{Limit: 1, Offset: 1}, "i1", 2},
		{catalog.ItemFilter{DatasetName: "one", Status: catalog.StatusActive}, store.Page{Limit: 10}, "", 0},
	} {
		x.page.Total = true
		items, total, err := c.DatasetItems(t.Context(), projectID, x.filter, x.page)
		var ids []string
		for _, i := range items {
			ids = append(ids, i.ID)
		}
		if err != nil || strings.Join(ids, " ") != x.want || total != x.total {
			t.Errorf("%+v: %v of %d, %v; want %s", x.filter, ids, total, err, x.want)
		}
	}
	_, err := c.PutDatasetItem(t.Context(), projectID, body(t, m{"datasetName": "two", "id": "i1"}))
	wantRefused(t, "an item of another dataset", err)
	_, err = c.PutDatasetItem(t.Context(), projectID, body(t, m{"datasetName": "none"}))
	wantNotFound(t, "no dataset", err)
	_, err = c.PutDatasetItem(t.Context(), projectID, body(t, m{"status": "X", "id": strings.Repeat("i", 801)}))
	wantFields(t, "bad fields", err, "datasetName", "id", "status")
	_, _, err = c.DatasetItems(t.Context(), projectID, catalog.ItemFilter{DatasetName: "none"}, store.Page{})
	wantNotFound(t, "items of no dataset", err)
	if err := c.DeleteDatasetItem(t.Context(), projectID, "i1"); err != nil {
		t.Error(err)
	}
	wantNotFound(t, "a deleted item", c.DeleteDatasetItem(t.Context(), projectID, "i1"))
	_, err = c.DatasetItem(t.Context(), projectID, "i1")
	wantNotFound(t, "a deleted item", err)
}

func TestLinkRunItemRefused(t *testing.T) {
	c, _ := open(t)
	do(t, c.PutDataset, m{"name": "d"})
	do(t, c.PutDatasetItem, m{"datasetName": "d", "id": "old", "status": "ARCHIVED"})
	do(t, c.PutDatasetItem, m{"datasetName": "d", "id": "i"})
	for _, x := range []struct {
		body any
		want []string
	}{
		{m{}, []string{"runName", "datasetItemId", "traceId"}},
		{m{"runName": "r", "datasetItemId": "i"}, []string{"traceId"}},
		{m{"runName": 1, "datasetItemId": "", "traceId": "t"}, []string{"runName", "datasetItemId"}},
	} {
		_, err := c.LinkRunItem(t.Context(), projectID, body(t, x.body))
		wantFields(t, fmt.Sprint(x.body), err, x.want...)
	}
	for _, missing := range []m{
		{"runName": "r", "datasetItemId": "old", "traceId": "t"},
		{"runName": "r", "datasetItemId": "none", "traceId": "t"},
		{"runName": "r", "datasetItemId": "i", "observationId": "none"},
	} {
		_, err := c.LinkRunItem(t.Context(), projectID, body(t, missing))
		wantNotFound(t, fmt.Sprint(missing), err)
	}
	if runs, _, err := c.DatasetRuns(t.Context(), projectID, "d", store.Page{}); err != nil || len(runs) > 0 {
		t.Errorf("what was refused has made %+v, %v", runs, err)
	}
}

// TestLinkByObservation gives only the observation: the trace is its own.
func TestLinkByObservation(t *testing.T) {
	c, s := open(t)
	do(t, c.PutDataset, m{"name": "d"})
	do(t, c.PutDatasetItem, m{"datasetName": "d", "id": "i"})
	err := s.Write(t.Context(), &store.Batch{ProjectID: projectID, Observations: []store.ObservationWrite{{Stamp: store.Stamp{Time: 1, EventID: "e"}, ID: "o", TraceID: "t"}}})
	if err != nil {
		t.Fatal(err)
	}
	link := do(t, c.LinkRunItem, m{"runName": "r", "datasetItemId": "i", "observationId": "o"})
	if link.TraceID != "t" || link.ObservationID != "o" {
		t.Errorf("%+v", link)
	}
}

// TestNULInItemID refuses an id that would be another's without the character NUL.
func TestNULInItemID(t *testing.T) {
	c, _ := open(t)
	do(t, c.PutDataset, m{"name": "d"})
	do(t, c.PutDatasetItem, m{"datasetName": "d", "id": "i", "input": 1})
	_, err := c.PutDatasetItem(t.Context(), projectID, body(t, m{"datasetName": "d", "id": "i\x00", "input": 2}))
	wantFields(t, "NUL", err, "id")
	if got, err := c.DatasetItem(t.Context(), projectID, "i"); err != nil || string(got.Input) != "1" {
		t.Errorf("%s, %v", got.Input, err)
	}
}
