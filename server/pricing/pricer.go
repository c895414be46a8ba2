package pricing

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

// refreshAfter is how old what was read may be.
const refreshAfter = 10 * time.Second

// maxModels is how many models of a project count.
const maxModels = 10_000

// Config says where prices are from. The zero value has those that come along.
type Config struct {
	// File is a table in the format of [cost.ReadCSV] that comes before the one that
	// comes along. It need not be there.
	File string
	// Logger gets what can't be read. Defaults to slog.Default().
	Logger *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Pricer is a [store.Pricer]. Use [New].
type Pricer struct {
	log  *slog.Logger
	now  func() time.Time
	file file

	mu        sync.RWMutex
	documents store.Documents
	projects  map[string]*models
}

// models are what a project has set.
type models struct {
	reading sync.Mutex // held by who reads them
	table   *cost.Table
	read    time.Time
	changes int // how often they have changed, and had when the table was read
	seen    int
}

var _ store.Pricer = (*Pricer)(nil)

// New makes a pricer. It knows no project's own prices before [Pricer.Read].
func New(cfg Config) *Pricer {
	p := &Pricer{log: cfg.Logger, now: cfg.Now, file: file{path: cfg.File}, projects: map[string]*models{}}
	if p.log == nil {
		p.log = slog.Default()
	}
	if p.now == nil {
		p.now = time.Now
	}
	return p
}

// Check reads Config.File and says what is wrong with it; nil if it isn't there. A pricer that
// can't read the file goes on with what it had: none, if it has just begun.
func (p *Pricer) Check() error {
	if p.file.path == "" {
		return nil
	}
	_, err := p.file.read()
	return err
}

// Read says where the projects' own prices are.
func (p *Pricer) Read(d store.Documents) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.documents = d
}

// Changed implements [store.Pricer].
func (p *Pricer) Changed(projectID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.project(projectID).changes++
}

// project is called with p.mu held.
func (p *Pricer) project(id string) *models {
	m := p.projects[id]
	if m == nil {
		m = &models{}
		p.projects[id] = m
	}
	return m
}

// Prepare implements [store.Pricer].
func (p *Pricer) Prepare(ctx context.Context, projectID string) {
	now := p.now()
	if err := p.file.refresh(now); err != nil {
		p.log.WarnContext(ctx, "langshark: imported prices", "error", err)
	}
	p.mu.RLock()
	m := p.projects[projectID]
	fresh := p.documents == nil || m != nil && m.fresh(now)
	p.mu.RUnlock()
	if fresh {
		return
	}
	p.mu.Lock()
	m = p.project(projectID)
	p.mu.Unlock()
	m.reading.Lock()
	defer m.reading.Unlock()
	p.mu.RLock()
	changes, documents, fresh := m.changes, p.documents, m.fresh(now)
	p.mu.RUnlock()
	if fresh { // somebody else has just read them
		return
	}
	table, err := p.load(ctx, documents, projectID)
	if err != nil {
		p.log.WarnContext(ctx, "langshark: models of a project", "project", projectID, "error", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m.read = now
	if err == nil {
		m.table, m.seen = table, changes
	}
}

// fresh is called with p.mu held.
func (m *models) fresh(now time.Time) bool {
	return m.seen == m.changes && !m.read.IsZero() && now.Sub(m.read) < refreshAfter
}

// load reads the models of a project, oldest first: of two that began alike the first made
// wins, as recorded.
func (p *Pricer) load(ctx context.Context, documents store.Documents, projectID string) (*cost.Table, error) {
	var entries []*cost.Entry
	q := store.DocumentQuery{Kind: cost.ModelKind, Ascending: true, Page: store.Page{Limit: 1000}}
	for {
		page, err := documents.Documents(ctx, projectID, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Documents {
			e, err := entryOf(&page.Documents[i])
			if err != nil {
				p.log.WarnContext(ctx, "langshark: a model that can't be used", "project", projectID, "error", err)
				continue
			}
			entries = append(entries, e)
		}
		if q.After = page.Next; q.After == "" {
			return cost.NewTable(entries)
		}
		if len(entries) >= maxModels {
			p.log.WarnContext(ctx, "langshark: the project has more models than count: delete some", "project", projectID, "count", maxModels)
			return cost.NewTable(entries[:maxModels])
		}
	}
}

func entryOf(d *store.Document) (*cost.Entry, error) {
	var m cost.Model
	if err := json.Unmarshal(d.Data, &m); err != nil {
		return nil, fmt.Errorf("langshark: %s %q: %w", d.Kind, d.ID, err)
	}
	return m.Entry(d.ID)
}

// match finds the entry of a call.
func (p *Pricer) match(projectID, model, unit string, at time.Time) *cost.Entry {
	p.mu.RLock()
	var own *cost.Table
	if m := p.projects[projectID]; m != nil {
		own = m.table
	}
	p.mu.RUnlock()
	for _, t := range []*cost.Table{own, p.file.current()} {
		if e := t.Match(model, unit, at); e != nil {
			return e
		}
	}
	return cost.Builtin().Match(model, unit, at)
}
