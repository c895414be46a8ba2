package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// documentModel is what a list of documents should answer.
type documentModel struct {
	docs  []store.Document // in the order of creation
	clock time.Time
}

func (m *documentModel) put(d store.Document) {
	d.CreatedAt, d.UpdatedAt = m.clock, m.clock
	if i := m.index(d.Kind, d.ID); i >= 0 {
		d.CreatedAt = m.docs[i].CreatedAt
		m.docs[i] = d
		return
	}
	m.docs = append(m.docs, d)
}

func (m *documentModel) index(kind, id string) int {
	return slices.IndexFunc(m.docs, func(d store.Document) bool { return d.Kind == kind && d.ID == id })
}

func (m *documentModel) list(q store.DocumentQuery) []store.Document {
	var list []store.Document
	for _, d := range m.docs {
		if d.Kind == q.Kind && (len(q.IDs) == 0 || slices.Contains(q.IDs, d.ID)) && (len(q.Names) == 0 || slices.Contains(q.Names, d.Name)) &&
			(q.Parent == "" || d.Parent == q.Parent) && strings.Contains(strings.ToLower(d.Name), strings.ToLower(q.Search)) &&
			(q.From.IsZero() || !d.CreatedAt.Before(q.From)) && (q.To.IsZero() || d.CreatedAt.Before(q.To)) {
			list = append(list, d)
		}
	}
	slices.SortStableFunc(list, func(a, b store.Document) int { return a.CreatedAt.Compare(b.CreatedAt) })
	if !q.Ascending {
		slices.Reverse(list)
	}
	return list
}

// testDocuments changes documents at random and compares with a model, by
// pages from outside and from within the transaction.
func testDocuments(t *testing.T, open Opener) {
	t.Helper()
	m := &documentModel{clock: epoch}
	s := open(t, func() time.Time { return m.clock })
	addProject(t, s, projectID)
	addProject(t, s, "p2")
	r := rand.New(rand.NewPCG(1, 2))
	name := func() string { return fmt.Sprint("Name ", r.IntN(4)) }
	queries := func() []store.DocumentQuery {
		return []store.DocumentQuery{
			{Kind: "a"},
			{Kind: "b", Ascending: true},
			{Kind: "a", Parent: "x1"},
			{Kind: "a", Names: []string{name(), name()}},
			{Kind: "b", IDs: []string{"i1", "i2", "none"}},
			{Kind: "a", Search: "NAME 1"},
			{Kind: "a", From: epoch.Add(20 * time.Second), To: epoch.Add(60 * time.Second)},
			{Kind: "none"},
		}
	}
	for range short(120, 60) {
		m.clock = m.clock.Add(time.Second)
		err := s.ChangeDocuments(t.Context(), projectID, func(tx store.DocumentTx) error {
			for range 1 + r.IntN(3) {
				kind, id := []string{"a", "b"}[r.IntN(2)], fmt.Sprint("i", r.IntN(30))
				if r.IntN(4) == 0 {
					err := tx.Delete(kind, id)
					if i := m.index(kind, id); i >= 0 {
						m.docs = slices.Delete(m.docs, i, i+1)
					} else if errors.Is(err, store.ErrNotFound) {
						err = nil
					} else {
						t.Errorf("delete of nothing: %v", err)
					}
					if err != nil {
						return err
					}
					continue
				}
				d := store.Document{ProjectID: projectID, Kind: kind, ID: id, Parent: fmt.Sprint("x", r.IntN(3)), Name: name(), Data: fmt.Appendf(nil, `{"n":%d}`, r.IntN(1000))}
				if err := tx.Put(d); err != nil {
					return err
				}
				m.put(d)
				if got, err := tx.Document(kind, id); err != nil || string(got.Data) != string(d.Data) {
					t.Errorf("within the transaction: %+v, %v", got, err)
				}
			}
			page, err := tx.Documents(store.DocumentQuery{Kind: "a", Page: store.Page{Limit: 1000}})
			compareDocuments(t, "within", page.Documents, m.list(store.DocumentQuery{Kind: "a"}))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range queries() {
		want := m.list(q)
		q.Page = store.Page{Limit: 3, Total: true}
		var got []store.Document
		for {
			page, err := s.Documents(t.Context(), projectID, q)
			if err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			if page.Total != int64(len(want)) {
				t.Errorf("%+v: %d in all, want %d", q, page.Total, len(want))
			}
			got = append(got, page.Documents...)
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		compareDocuments(t, fmt.Sprintf("%+v", q), got, want)
		for _, d := range want {
			if one, err := s.Document(t.Context(), projectID, d.Kind, d.ID); err != nil || !reflect.DeepEqual(*one, d) {
				t.Errorf("%s %s: %+v, %v, want %+v", d.Kind, d.ID, one, err, d)
			}
		}
	}
	if page, err := s.Documents(t.Context(), "p2", store.DocumentQuery{Kind: "a"}); err != nil || len(page.Documents) > 0 {
		t.Errorf("another project has %+v, %v", page.Documents, err)
	}
}

// compareDocuments compares two lists; those of one moment may be in any order.
func compareDocuments(t *testing.T, what string, got, want []store.Document) {
	t.Helper()
	sorted := func(list []store.Document) []store.Document {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b store.Document) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
		})
		return list
	}
	for i := range got {
		if i < len(want) && !got[i].CreatedAt.Equal(want[i].CreatedAt) {
			t.Errorf("%s: number %d is of %v, want %v", what, i, got[i].CreatedAt, want[i].CreatedAt)
			break
		}
	}
	if !reflect.DeepEqual(sorted(got), sorted(want)) {
		t.Errorf("%s:\n%+v\nwant\n%+v", what, got, want)
	}
}

// testDocumentsRefused has what can't be kept refused by name, and a transaction
// that fails leave nothing.
func testDocumentsRefused(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	good := store.Document{Kind: "k", ID: "i", Data: []byte("1")}
	enough := errors.New("enough")
	for what, f := range map[string]func(store.DocumentTx) error{
		"no kind": func(tx store.DocumentTx) error { return tx.Put(store.Document{ID: "i", Data: []byte("1")}) },
		"no id":   func(tx store.DocumentTx) error { return tx.Put(store.Document{Kind: "k", Data: []byte("1")}) },
		"no JSON": func(tx store.DocumentTx) error { return tx.Put(store.Document{Kind: "k", ID: "i", Data: []byte("{")}) },
		"a long name": func(tx store.DocumentTx) error {
			return tx.Put(store.Document{Kind: "k", ID: "i", Name: strings.Repeat("n", 1001), Data: []byte("1")})
		},
		"no query": func(tx store.DocumentTx) error { _, err := tx.Documents(store.DocumentQuery{}); return err },
	} {
		err := s.ChangeDocuments(t.Context(), projectID, func(tx store.DocumentTx) error { return errors.Join(tx.Put(good), f(tx)) })
		if !errors.Is(err, store.ErrBadQuery) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.ChangeDocuments(t.Context(), projectID, func(tx store.DocumentTx) error { return errors.Join(tx.Put(good), enough) }); !errors.Is(err, enough) {
		t.Errorf("the error of f: %v", err)
	}
	if _, err := s.Document(t.Context(), projectID, "k", "i"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after it failed: %v", err)
	}
	if err := s.ChangeDocuments(t.Context(), "none", func(store.DocumentTx) error { return nil }); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown project: %v", err)
	}
}

// testDocumentsMeet has many count in one document: no change is lost.
func testDocumentsMeet(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	const callers, times = 8, 10
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range times {
				err := s.ChangeDocuments(t.Context(), projectID, func(tx store.DocumentTx) error {
					n := 0
					d, err := tx.Document("k", "i")
					if err == nil {
						_, err = fmt.Sscan(string(d.Data), &n)
					} else if errors.Is(err, store.ErrNotFound) {
						err = nil
					}
					return errors.Join(err, tx.Put(store.Document{Kind: "k", ID: "i", Data: fmt.Append(nil, n+1)}))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if d, err := s.Document(t.Context(), projectID, "k", "i"); err != nil || string(d.Data) != strconv.Itoa(callers*times) {
		t.Errorf("%+v, %v, want %d", d, err, callers*times)
	}
}
