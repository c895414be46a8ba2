package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// maxDocuments is the most that a page has.
const maxDocuments = 10_000

const documentColumns = "rid, id, parent, name, created, updated, data"

// Documents implements [store.Documents].
func (s *Store) Documents(ctx context.Context, projectID string, q store.DocumentQuery) (page store.DocumentPage, err error) {
	project, err := s.project(ctx, projectID)
	if err != nil {
		return page, err
	}
	if err := checkDocumentQuery(q); err != nil {
		return page, err
	}
	err = s.snapshot(ctx, "documents", func(tx *sql.Tx) error {
		run := func(query string, args []any, f func(scanner) error) error {
			return each(ctx, tx, query, args, func(rows *sql.Rows) error { return f(rows) })
		}
		page, err = listDocuments(run, projectID, project, q)
		return err
	})
	return page, err
}

// Document implements [store.Documents].
func (s *Store) Document(ctx context.Context, projectID, kind, id string) (*store.Document, error) {
	page, err := s.Documents(ctx, projectID, store.DocumentQuery{Kind: kind, IDs: []string{id}})
	if err != nil {
		return nil, err
	}
	return oneDocument(page, kind, id)
}

func oneDocument(page store.DocumentPage, kind, id string) (*store.Document, error) {
	if len(page.Documents) == 0 {
		return nil, fmt.Errorf("langshark: %s %q: %w", kind, id, store.ErrNotFound)
	}
	return &page.Documents[0], nil
}

// ChangeDocuments implements [store.Documents].
func (s *Store) ChangeDocuments(ctx context.Context, projectID string, f func(store.DocumentTx) error) error {
	project, err := s.project(ctx, projectID)
	if err != nil {
		return err
	}
	err = s.do(ctx, func(t *tx) error { return f(&documentTx{t, projectID, project}) })
	if s.opts.Pricer != nil {
		s.opts.Pricer.Changed(projectID)
	}
	return err
}

// documentTx is a [store.DocumentTx].
type documentTx struct {
	t         *tx
	projectID string
	project   int64
}

// Documents implements [store.DocumentTx].
func (d *documentTx) Documents(q store.DocumentQuery) (store.DocumentPage, error) {
	if err := checkDocumentQuery(q); err != nil {
		return store.DocumentPage{}, err
	}
	run := func(query string, args []any, f func(scanner) error) error {
		return wrapRead(d.t.d.rows(query, args, func(r driverRow) error { return f(r) }))
	}
	return listDocuments(run, d.projectID, d.project, q)
}

// Document implements [store.DocumentTx].
func (d *documentTx) Document(kind, id string) (*store.Document, error) {
	page, err := d.Documents(store.DocumentQuery{Kind: kind, IDs: []string{id}})
	if err != nil {
		return nil, err
	}
	return oneDocument(page, kind, id)
}

// Put implements [store.DocumentTx].
func (d *documentTx) Put(doc store.Document) error {
	if err := checkDocument(&doc); err != nil {
		return err
	}
	created, updated := d.t.now, d.t.now
	if !doc.CreatedAt.IsZero() {
		created = micros(doc.CreatedAt)
	}
	if !doc.UpdatedAt.IsZero() {
		updated = micros(doc.UpdatedAt)
	}
	return d.t.exec(`INSERT INTO documents (project, kind, id, parent, name, created, updated, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (project, kind, id) DO UPDATE SET parent = excluded.parent, name = excluded.name, updated = excluded.updated, data = excluded.data`,
		d.project, doc.Kind, doc.ID, doc.Parent, doc.Name, created, updated, []byte(doc.Data))
}

// Delete implements [store.DocumentTx].
func (d *documentTx) Delete(kind, id string) error {
	n, err := d.t.d.changed("DELETE FROM documents WHERE project = ? AND kind = ? AND id = ?", d.project, kind, id)
	if err != nil {
		return fmt.Errorf("langshark: write: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("langshark: %s %q: %w", kind, id, store.ErrNotFound)
	}
	return nil
}

// checkDocument refuses what could not be read again.
func checkDocument(d *store.Document) error {
	for _, f := range []struct{ name, value string }{{"kind", d.Kind}, {"id", d.ID}, {"parent", d.Parent}, {"name", d.Name}} {
		switch {
		case len(f.value) > store.MaxDocumentName:
			return fmt.Errorf("langshark: %s of a document has %d bytes: %w: at most %d", f.name, len(f.value), store.ErrBadQuery, store.MaxDocumentName)
		case f.value == "" && (f.name == "kind" || f.name == "id"):
			return fmt.Errorf("langshark: a document without %s: %w: give one", f.name, store.ErrBadQuery)
		}
	}
	switch {
	case len(d.Data) > store.MaxDocumentBytes:
		return fmt.Errorf("langshark: data of %s %q has %d bytes: %w: at most %d", d.Kind, d.ID, len(d.Data), store.ErrBadQuery, store.MaxDocumentBytes)
	case !json.Valid(d.Data):
		return fmt.Errorf("langshark: data of %s %q: %w: give JSON", d.Kind, d.ID, store.ErrBadQuery)
	}
	for _, at := range []time.Time{d.CreatedAt, d.UpdatedAt} {
		if y := at.UTC().Year(); y < 1 || y > 9999 {
			return fmt.Errorf("langshark: a time of %s %q is in the year %d: %w: give one from 1 to 9999", d.Kind, d.ID, y, store.ErrBadQuery)
		}
	}
	return nil
}

func checkDocumentQuery(q store.DocumentQuery) error {
	if q.Kind == "" {
		return fmt.Errorf("langshark: documents without a kind: %w: name one", store.ErrBadQuery)
	}
	if q.Limit > maxDocuments {
		return fmt.Errorf("langshark: a page of %d documents: %w: at most %d", q.Limit, store.ErrBadQuery, maxDocuments)
	}
	w := &where{search: len(q.Search)}
	return errors.Join(checkCursor(ofDocuments, q.After), checkIDs(len(q.IDs)+len(q.Names)), w.check())
}

// listDocuments reads a page by any connection.
func listDocuments(run func(query string, args []any, f func(scanner) error) error, projectID string, project int64, q store.DocumentQuery) (page store.DocumentPage, err error) {
	w := &where{}
	w.add("project = ? AND kind = ?", project, q.Kind)
	in(w, "id", q.IDs)
	in(w, "name", q.Names)
	w.equal("parent", q.Parent)
	w.contains(q.Search, "name")
	w.span("created", q.From, q.To)
	source := "documents" + documentIndex(q)
	if q.Total {
		err := run("SELECT count(*) FROM "+source+w.String(), w.args, func(row scanner) error { return row.Scan(&page.Total) })
		if err != nil {
			return page, err
		}
	}
	if err := w.after(ofDocuments, q.After, q.Ascending, "created, rid"); err != nil {
		return page, err
	}
	order := "created " + direction(q.Ascending) + ", rid " + direction(q.Ascending)
	var last int64
	more := false
	err = run("SELECT "+documentColumns+" FROM "+source+w.String()+tail(q.Page, order), w.args, func(row scanner) error {
		if more = len(page.Documents) == limit(q.Page); more {
			return nil
		}
		d := store.Document{ProjectID: projectID, Kind: q.Kind}
		var created, updated int64
		var data []byte
		if err := row.Scan(&last, &d.ID, &d.Parent, &d.Name, &created, &updated, &data); err != nil {
			return err
		}
		d.Data, d.CreatedAt, d.UpdatedAt = data, fromMicros(created), fromMicros(updated)
		page.Documents = append(page.Documents, d)
		return nil
	})
	if n := len(page.Documents); err == nil && more && n > 0 {
		page.Next = makeCursor(ofDocuments, micros(page.Documents[n-1].CreatedAt), last)
	}
	return page, err
}

// documentIndex is the index to read by, which the engine, without statistics, can't tell.
func documentIndex(q store.DocumentQuery) string {
	switch {
	case len(q.IDs) > 0:
		return ""
	case len(q.Names) > 0:
		return " INDEXED BY documents_by_name"
	case q.Parent != "":
		return " INDEXED BY documents_by_parent"
	}
	return " INDEXED BY documents_by_time"
}
