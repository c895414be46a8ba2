// Package catalog keeps what people and programs make in a project beside what
// applications record: score configs, datasets with their items and runs, prompts
// with their versions and labels, models and prices, comments and annotation queues,
// what is known of the files that payloads refer to, and what keys of applications are for.
//
// All of it are documents of the store; this package knows what is in them and
// which rules hold between them. Every change is one transaction. It knows no HTTP and no SQL.
package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/server/store"
)

// The kinds of documents.
const (
	kindScoreConfig     = "score-config"
	kindDataset         = "dataset"
	kindDatasetItem     = "dataset-item"
	kindDatasetRun      = "dataset-run"
	kindDatasetRunItem  = "dataset-run-item"
	kindPrompt          = "prompt"
	kindPromptVersion   = "prompt-version"
	kindPromptNumber    = "prompt-number"
	kindPromptReference = "prompt-reference"
	kindExperiment      = "prompt-experiment"
	kindPromptHistory   = "prompt-history"
	kindProtectedLabel  = "protected-label"
	kindWebhook         = "prompt-webhook"
	kindDelivery        = "prompt-delivery"
	kindModel           = "model"
	kindComment         = "comment"
	kindTraceNote       = "trace-note"
	kindQueue           = "annotation-queue"
	kindQueueItem       = "annotation-queue-item"
	kindQueueAssignment = "annotation-queue-assignment"
	kindMedia           = "media"
	kindMediaLink       = "media-link"
	kindAPIKey          = "api-key"
)

// Catalog reads and changes the documents of all projects. Its methods are safe
// for concurrent use and honour ctx.
type Catalog struct {
	store    store.Store
	events   *promptEvents
	webhooks webhookHooks
}

// New returns the catalog in s. Close it.
func New(s store.Store) *Catalog { return &Catalog{store: s, events: newPromptEvents()} }

// Close ends what watches. It is idempotent, and does not close the store.
func (c *Catalog) Close() { c.events.close() }

// Identity is what every thing has from the store.
type Identity struct {
	ID        string
	ProjectID string
	CreatedAt time.Time
	UpdatedAt time.Time
}

func (i *Identity) identity() *Identity { return i }

// thing is a pointer to what is kept in documents.
type thing[T any] interface {
	*T
	identity() *Identity
}

// reader reads documents of one project, in a transaction or not.
type reader interface {
	Documents(q store.DocumentQuery) (store.DocumentPage, error)
	Document(kind, id string) (*store.Document, error)
}

// outside is a reader without a transaction.
type outside struct {
	ctx       context.Context //nolint:containedctx // it lives as long as the call
	store     store.Documents
	projectID string
}

// Documents implements [reader].
func (o outside) Documents(q store.DocumentQuery) (store.DocumentPage, error) {
	return o.store.Documents(o.ctx, o.projectID, q)
}

// Document implements [reader].
func (o outside) Document(kind, id string) (*store.Document, error) {
	return o.store.Document(o.ctx, o.projectID, kind, id)
}

func (c *Catalog) reader(ctx context.Context, projectID string) reader {
	return outside{ctx, c.store, projectID}
}

// change runs f in a transaction.
func (c *Catalog) change(ctx context.Context, projectID string, f func(tx store.DocumentTx) error) error {
	return c.store.ChangeDocuments(ctx, projectID, f)
}

// decode is the thing that a document keeps.
func decode[T any, P thing[T]](d *store.Document) (*T, error) {
	v := new(T)
	if err := json.Unmarshal(d.Data, v); err != nil {
		return nil, fmt.Errorf("langshark: %s %q: %w", d.Kind, d.ID, err)
	}
	*P(v).identity() = Identity{ID: d.ID, ProjectID: d.ProjectID, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt}
	return v, nil
}

// read returns one thing, or [store.ErrNotFound].
func read[T any, P thing[T]](r reader, kind, id string) (*T, error) {
	if id == "" || len(id) > store.MaxDocumentName {
		return nil, fmt.Errorf("langshark: %s: %w", kind, store.ErrNotFound)
	}
	d, err := r.Document(kind, id)
	if err != nil {
		return nil, err
	}
	return decode[T, P](d)
}

// list returns a page of things.
func list[T any, P thing[T]](r reader, q store.DocumentQuery) (things []T, total int64, err error) {
	page, err := r.Documents(q)
	if err != nil {
		return nil, 0, err
	}
	things = make([]T, len(page.Documents))
	for i := range page.Documents {
		v, err := decode[T, P](&page.Documents[i])
		if err != nil {
			return nil, 0, err
		}
		things[i] = *v
	}
	return things, page.Total, nil
}

// each calls f with all documents of a query, page by page, until it says that it has enough.
func each(r reader, q store.DocumentQuery, f func(d *store.Document) (more bool, err error)) error {
	for q.Page = (store.Page{Limit: 200}); ; {
		page, err := r.Documents(q)
		if err != nil {
			return err
		}
		for i := range page.Documents {
			if more, err := f(&page.Documents[i]); err != nil || !more {
				return err
			}
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
}

// put keeps a thing and fills in what the store gives it.
func put[T any, P thing[T]](tx store.DocumentTx, kind, parent, name string, v *T) error {
	data, err := encode(v)
	if err != nil {
		return fmt.Errorf("langshark: encode %s: %w", kind, err)
	}
	id := P(v).identity()
	if err := tx.Put(store.Document{Kind: kind, ID: id.ID, Parent: parent, Name: name, Data: data}); err != nil {
		return err
	}
	d, err := tx.Document(kind, id.ID)
	if err != nil {
		return err
	}
	*id = Identity{ID: d.ID, ProjectID: d.ProjectID, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt}
	return nil
}

// encode is JSON without escapes for HTML.
func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// newID makes an id.
func newID() string { return uuid.NewString() }
