package store

import (
	"context"
	"encoding/json"
	"time"
)

// Document is a thing that people and programs keep in a project beside what
// applications record: a version of a prompt, a dataset, one of its items, a price.
// What its data means is not the store's business.
type Document struct {
	ProjectID string
	// Kind names the collection; ID is unique in it, within the project.
	Kind string
	ID   string
	// Parent is the id of what it belongs to, such as the dataset of an item; may be empty.
	Parent string
	// Name is what it is looked for by; may be empty, and need not be unique.
	Name string
	// Data is JSON, at most [MaxDocumentBytes].
	Data json.RawMessage
	// CreatedAt and UpdatedAt are set by the store, unless what is put has them.
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Bounds of documents.
const (
	MaxDocumentBytes = 8 << 20
	MaxDocumentName  = 1000 // bytes of kind, id, parent and name each
)

// DocumentQuery selects documents of a kind, newest first.
type DocumentQuery struct {
	Kind string
	// IDs and Names match any of these. Zero fields match all.
	IDs    []string
	Names  []string
	Parent string
	// Search matches a part of the name, whatever the case.
	Search string
	From   time.Time // CreatedAt, inclusive
	To     time.Time // CreatedAt, exclusive
	// Ascending lists the oldest first.
	Ascending bool
	Page
}

// DocumentPage is a page of documents.
type DocumentPage struct {
	Documents []Document
	Total     int64
	Next      Cursor
}

// Documents keeps documents. A [Store] has them.
type Documents interface {
	// Documents lists documents by filter and page.
	Documents(ctx context.Context, projectID string, q DocumentQuery) (DocumentPage, error)
	// Document returns one, or [ErrNotFound].
	Document(ctx context.Context, projectID, kind, id string) (*Document, error)
	// ChangeDocuments calls f in a transaction, in which nobody else changes
	// documents: what f has read stays so until it has written. If f returns an error,
	// nothing has changed and that error is returned. f must not use the store
	// otherwise, must not wait for anything, and may be called more than once.
	ChangeDocuments(ctx context.Context, projectID string, f func(DocumentTx) error) error
}

// DocumentTx reads and changes the documents of a project within a transaction.
// It sees its own changes.
type DocumentTx interface {
	Documents(q DocumentQuery) (DocumentPage, error)
	Document(kind, id string) (*Document, error)
	// Put adds a document or replaces the one of the same kind and id, whose
	// CreatedAt stays.
	Put(d Document) error
	// Delete removes one; [ErrNotFound] if there is none.
	Delete(kind, id string) error
}
