package catalog_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

const maxMedia = 1000

// fileOf is a request for a content.
func fileOf(content string, more m) m {
	sum := sha256.Sum256([]byte(content))
	r := m{"contentType": "image/png", "contentLength": len(content), "sha256Hash": base64.StdEncoding.EncodeToString(sum[:]), "field": "input"}
	maps.Copy(r, more)
	return r
}

func request(t *testing.T, c *catalog.Catalog, v m) *catalog.Media {
	t.Helper()
	r, err := catalog.ReadMediaRequest(body(t, v), maxMedia)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.RequestMedia(t.Context(), projectID, r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestMedia follows a file from its request to its content.
func TestMedia(t *testing.T) {
	c, _ := open(t)
	got := request(t, c, fileOf("abc", m{"traceId": "t", "contentType": "application/octet-stream"}))
	sum := sha256.Sum256([]byte("abc"))
	if got.ID != "ungWv48Bz-pBQUDeXa4iI7" || got.SHA256 != hex.EncodeToString(sum[:]) || got.StoredAt != nil { // RFC 6234's "abc"
		t.Errorf("%+v", got)
	}
	if got = request(t, c, fileOf("abc", m{"traceId": "t"})); got.ContentType != "image/png" {
		t.Errorf("a type that says more: %+v", got)
	}
	if got = request(t, c, fileOf("abc", m{"traceId": "t", "contentType": "application/octet-stream"})); got.ContentType != "image/png" {
		t.Errorf("a type that says less: %+v", got)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := errors.Join(c.MediaStored(t.Context(), projectID, got.ID, at), c.MediaStored(t.Context(), projectID, got.ID, at.Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if err := c.PatchMedia(t.Context(), projectID, got.ID, body(t, m{"uploadedAt": at, "uploadHttpStatus": 200, "uploadTimeMs": 7, "uploadHttpError": nil})); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Media(t.Context(), projectID, got.ID); err != nil || !got.StoredAt.Equal(at) || *got.Upload != (catalog.MediaUpload{UploadedAt: at, HTTPStatus: 200, TimeMs: 7}) {
		t.Errorf("%+v, %v", got, err)
	}
	if r, err := catalog.ReadMediaRequest(body(t, fileOf("abc", m{"traceId": "t", "contentLength": 4})), maxMedia); err != nil {
		t.Error(err)
	} else if _, err := c.RequestMedia(t.Context(), projectID, r); err == nil || !strings.Contains(err.Error(), "has 3 bytes, not 4") {
		t.Errorf("another length of a content that is there: %v", err)
	}
	for _, err := range []error{c.PatchMedia(t.Context(), projectID, "none", body(t, m{"uploadedAt": at, "uploadHttpStatus": 200})), c.MediaStored(t.Context(), projectID, "none", at)} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("of a file that isn't there: %v", err)
		}
	}
}

// TestMediaRequestErrors names the field of each.
func TestMediaRequestErrors(t *testing.T) {
	for _, x := range []struct {
		change m
		want   string
	}{
		{m{"traceId": nil}, "traceId"},
		{m{"traceId": ""}, "traceId"},
		{m{"contentType": "image/x-own"}, "contentType"},
		{m{"contentType": nil}, "contentType"},
		{m{"contentLength": 0}, "contentLength"},
		{m{"contentLength": maxMedia + 1}, "contentLength"},
		{m{"contentLength": 1.5}, "contentLength"},
		{m{"contentLength": "3"}, "contentLength"},
		{m{"sha256Hash": "abc"}, "sha256Hash"},
		{m{"sha256Hash": strings.Repeat("a", 64)}, "sha256Hash"},
		{m{"field": "expectedOutput"}, "field"},
		{m{"field": nil}, "field"},
		{m{"datasetId": "d", "datasetItemId": "i"}, "traceId"},
		{m{"traceId": nil, "datasetId": "d"}, "datasetItemId"},
		{m{"traceId": nil, "datasetId": "d", "datasetItemId": "i", "field": "output"}, "field"},
	} {
		v := fileOf("abc", m{"traceId": "t"})
		maps.Copy(v, x.change)
		_, err := catalog.ReadMediaRequest(body(t, v), maxMedia)
		fields, ok := ingest.IsInvalid(err)
		if !ok || len(fields) != 1 || strings.Join(fields[0].Path, ".") != x.want {
			t.Errorf("%v: %v, want one error of %s", x.change, err, x.want)
		}
	}
	c, _ := open(t)
	for _, x := range []m{{}, {"uploadedAt": "soon", "uploadHttpStatus": 200}, {"uploadedAt": time.Now(), "uploadHttpStatus": 1e9}, {"uploadedAt": time.Now(), "uploadHttpStatus": 200, "uploadTimeMs": -1}} {
		if _, ok := ingest.IsInvalid(c.PatchMedia(t.Context(), projectID, "x", body(t, x))); !ok {
			t.Errorf("%v is taken", x)
		}
	}
}

// ids are those of files, sorted.
func ids(list []catalog.Media, err error) string {
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, m := range list {
		all = append(all, m.ID)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// TestForgetMedia keeps a file for as long as a trace refers to it.
func TestForgetMedia(t *testing.T) {
	c, _ := open(t)
	both := request(t, c, fileOf("both", m{"traceId": "a"}))
	for _, field := range []string{"input", "output"} {
		request(t, c, fileOf("both", m{"traceId": "b", "observationId": "o", "field": field}))
	}
	only := request(t, c, fileOf("only", m{"traceId": "a"}))
	if got := ids(c.ForgetMedia(t.Context(), projectID, "a", "nothing")); got != only.ID {
		t.Errorf("after a: %s", got)
	}
	if got := ids(c.ForgetMedia(t.Context(), projectID, "a")); got != "" {
		t.Errorf("after a again: %s", got)
	}
	if got := ids(c.ForgetMedia(t.Context(), projectID, "x", "b")); got != both.ID {
		t.Errorf("after b: %s", got)
	}
	if _, err := c.Media(t.Context(), projectID, both.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("still there: %v", err)
	}
}

// TestSweepMedia has more links than a page, of traces and items that are there and that are not.
func TestSweepMedia(t *testing.T) {
	c, s := open(t)
	stamp := store.NewStamp(time.Now(), false, "e")
	batch := &store.Batch{ProjectID: projectID}
	var kept, gone []string
	for i := range 120 {
		trace := fmt.Sprintf("t%d", i)
		id := request(t, c, fileOf(trace, m{"traceId": trace})).ID
		if i%3 == 0 {
			gone = append(gone, id)
			continue
		}
		kept = append(kept, id)
		batch.Traces = append(batch.Traces, store.TraceWrite{Stamp: stamp, ID: trace})
	}
	if err := s.Write(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	do(t, c.PutDataset, m{"name": "d"})
	item := do(t, c.PutDatasetItem, m{"datasetName": "d", "id": "i"})
	kept = append(kept, request(t, c, fileOf("of an item", m{"datasetId": item.DatasetID, "datasetItemId": "i", "field": "expectedOutput"})).ID)
	gone = append(gone, request(t, c, fileOf("of none", m{"datasetId": item.DatasetID, "datasetItemId": "none"})).ID)
	slices.Sort(gone)
	if got := ids(c.SweepMedia(t.Context(), projectID, time.Now().Add(-time.Hour))); got != "" {
		t.Errorf("what is new went: %s", got)
	}
	if got := ids(c.SweepMedia(t.Context(), projectID, time.Now().Add(time.Hour))); got != strings.Join(gone, " ") {
		t.Errorf("%s\nwant %s", got, gone)
	}
	var left []string
	err := c.EachMedia(t.Context(), projectID, func(m *catalog.Media) (bool, error) {
		left = append(left, m.ID)
		return true, nil
	})
	slices.Sort(left)
	slices.Sort(kept)
	if err != nil || !slices.Equal(left, kept) {
		t.Errorf("%d files are left, want %d; %v", len(left), len(kept), err)
	}
}

func FuzzMediaRequest(f *testing.F) {
	f.Add([]byte(`{"traceId":"t","contentType":"image/png","contentLength":3,"sha256Hash":"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=","field":"input"}`))
	f.Add([]byte(`{"contentLength":1e999,"sha256Hash":"\ud800","field":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := catalog.ReadMediaRequest(b, maxMedia)
		if (err == nil) == (r == nil) {
			t.Fatalf("%v, %v", r, err)
		}
		if err == nil && (r.ContentLength < 1 || r.ContentLength > maxMedia || !slices.Contains(catalog.MediaTypes, r.ContentType) || (r.TraceID == "") == (r.DatasetItemID == "")) {
			t.Errorf("%+v", r)
		}
	})
}
