package catalog_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

const projectID = "p1"

// open makes a catalog in a new store with one project.
func open(tb testing.TB) (*catalog.Catalog, store.Store) {
	tb.Helper()
	s, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "catalog.db"), sqlite.Options{Ephemeral: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := s.CreateProject(tb.Context(), store.Project{ID: projectID, Name: projectID, CreatedAt: time.Now()}); err != nil {
		tb.Fatal(err)
	}
	return catalog.New(s), s
}

// body is JSON.
func body(tb testing.TB, v any) []byte {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

type (
	m = map[string]any
	l = []any
)

// do makes a thing that must be accepted.
func do[T any](tb testing.TB, f func(context.Context, string, []byte) (*T, error), v any) *T {
	tb.Helper()
	made, err := f(tb.Context(), projectID, body(tb, v))
	if err != nil {
		tb.Fatalf("%s: %v", body(tb, v), err)
	}
	return made
}

// wantFields complains unless the error names exactly these fields.
func wantFields(tb testing.TB, what string, err error, want ...string) {
	tb.Helper()
	fields, ok := ingest.IsInvalid(err)
	var got []string
	for _, f := range fields {
		name := ""
		if len(f.Path) > 0 {
			name = f.Path[0]
		}
		if f.Message == "" || f.Code == "" {
			tb.Errorf("%s: an error without a text or code: %+v", what, f)
		}
		got = append(got, name)
	}
	if !ok || !slices.Equal(got, want) {
		tb.Errorf("%s: errors of %q (%v), want %q", what, got, err, want)
	}
}

func wantNotFound(tb testing.TB, what string, err error) {
	tb.Helper()
	var missing *catalog.NotFoundError
	if !errors.As(err, &missing) || !errors.Is(err, store.ErrNotFound) {
		tb.Errorf("%s: %v, want that it isn't there", what, err)
	}
}

func wantRefused(tb testing.TB, what string, err error) {
	tb.Helper()
	if _, ok := errors.AsType[*ingest.RequestError](err); !ok {
		tb.Errorf("%s: %v, want that it is refused", what, err)
	}
}

// TestBodies has what no change takes, whatever it is of.
func TestBodies(t *testing.T) {
	c, _ := open(t)
	if _, err := c.CreateScoreConfig(t.Context(), projectID, []byte(`{"name":`)); !errors.Is(err, ingest.ErrNotJSON) {
		t.Errorf("half an object: %v", err)
	}
	_, err := c.CreateScoreConfig(t.Context(), projectID, []byte(`[]`))
	wantFields(t, "an array", err, "")
	deep := slices.Concat([]byte(`{"name":`), slices.Repeat([]byte("["), 200), slices.Repeat([]byte("]"), 200), []byte("}"))
	_, err = c.CreateScoreConfig(t.Context(), projectID, deep)
	wantFields(t, "too deep", err, "")
}

// FuzzBodies has no body make a panic, and no error but the sender's.
func FuzzBodies(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `{"name":"n","dataType":"NUMERIC","minValue":1e999}`, `{"name":"n","dataType":"CATEGORICAL","categories":[{"label":"a","value":1},null,{"value":"x"}]}`,
		`{"name":" \ud800","dataType":"BOOLEAN","description":null}`, `{"name":"p","prompt":[{"role":"user","content":"{{x}}"}],"type":"chat","labels":["a",1]}`,
		`{"datasetName":"d","runName":"r","datasetItemId":"i","traceId":"t","metadata":{"a":[]}}`, `{"modelName":"m","matchPattern":"(","unit":"TOKENS"}`,
		`{"objectType":"TRACE","objectId":"t","content":"c","projectId":"p1"}`, `{"name":"p","prompt":"@@@langfusePrompt:name=p|label=latest@@@","expect":{"latest":0,"x":null}}`,
		`{"newLabels":["a"],"removeLabels":["b"],"expect":{"a":1},"message":"m"}`, `{"name":"p","label":"a","version":1}`, `{"url":"https://a.example","events":["labels",1]}`,
		`{"prompt":"p","salt":"s","variants":[{"name":"a","version":1,"weight":5000},{"name":"a","version":1e9,"weight":-0.5}]}`,
	} {
		f.Add([]byte(seed))
	}
	c, _ := open(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		for name, err := range creates(t.Context(), c, b) {
			_, invalid := ingest.IsInvalid(err)
			var refused *ingest.RequestError
			var conflict *catalog.ConflictError
			if err != nil && !invalid && !errors.As(err, &refused) && !errors.As(err, &conflict) && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, ingest.ErrNotJSON) {
				t.Errorf("%s: %s: %v", name, b, err)
			}
		}
	})
}
