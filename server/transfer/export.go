package transfer

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/transfer/filter"
)

// ExportOptions say what [Export] writes. The zero value is all of the project.
type ExportOptions struct {
	// From and To bound the timestamps of the traces, if not zero: From
	// inclusive, To exclusive. What belongs to a trace goes with it.
	From, To time.Time
	// Filter, if not nil, picks the traces of which an observation matches.
	Filter *filter.Filter
	// Progress, if not nil, is called after each page with what has been written.
	Progress func(Counts)
	// Now is the time in the header. Defaults to time.Now.
	Now func() time.Time
}

// Export writes the project as JSON lines: a header, each trace with its
// observations and scores in the order of the traces' time, then the scores that
// belong to no trace that is there, and a trailer with the counts. It reads page
// by page, so that memory is bounded whatever the size of the project and writers
// don't wait. What is written meanwhile may or may not be in. It returns
// [store.ErrNotFound] for an unknown project.
func Export(ctx context.Context, s store.Store, projectID string, w io.Writer, opts ExportOptions) (Counts, error) {
	e := &export{store: s, project: projectID, w: w, opts: opts}
	if err := e.run(ctx); err != nil {
		return e.counts, fmt.Errorf("langshark: export: %w", err)
	}
	return e.counts, nil
}

type export struct {
	store   store.Store
	project string
	w       io.Writer
	opts    ExportOptions
	counts  Counts
	buf     []byte
	traces  pager
	rows    pager
}

func (e *export) run(ctx context.Context) error {
	project, err := findProject(ctx, e.store, e.project)
	if err != nil {
		return err
	}
	now := e.opts.Now
	if now == nil {
		now = time.Now
	}
	header := &Header{ProjectID: project.ID, ProjectName: project.Name, ExportedAt: now(), From: e.opts.From, To: e.opts.To, Filter: e.opts.Filter.String()}
	e.buf = appendHeader(e.buf, header)
	query := store.TraceQuery{Ascending: true, TraceFilter: e.opts.Filter.Traces()}
	query.From, query.To = e.opts.From, e.opts.To
	for {
		query.Limit = e.traces.limit(maxTraces)
		query.Payloads = e.opts.Filter == nil // else only those of the traces that match are read
		page, err := e.store.Traces(ctx, e.project, query)
		if err != nil {
			return err
		}
		if err := e.page(ctx, page.Traces); err != nil {
			return err
		}
		if query.After = page.Next; page.Next == "" {
			break
		}
	}
	if e.opts.Filter == nil {
		if err := e.orphans(ctx); err != nil {
			return err
		}
	}
	e.buf = appendTrailer(e.buf, e.counts)
	return e.flush()
}

func findProject(ctx context.Context, s store.Store, id string) (store.Project, error) {
	projects, err := s.Projects(ctx)
	if err != nil {
		return store.Project{}, err
	}
	for _, p := range projects {
		if p.ID == id {
			return p, nil
		}
	}
	return store.Project{}, fmt.Errorf("project %q: %w", id, store.ErrNotFound)
}

// Bounds of what one query reads.
const (
	maxTraces = 100
	maxRows   = 200
	pageBytes = 4 << 20
)

// pager chooses how many rows to ask for, so that a page has about pageBytes.
type pager struct{ next int }

func (p *pager) limit(most int) int {
	if p.next == 0 {
		p.next = 16
	}
	return min(p.next, most)
}

// read learns from a page.
func (p *pager) read(rows, bytes int) {
	if rows == 0 {
		return
	}
	fit := pageBytes / (bytes/rows + 1)
	p.next = max(1, min(fit, 2*max(p.next, 1), 1<<10))
}

// flushBytes is how much is gathered before it is written.
const flushBytes = 256 << 10

func (e *export) flush() error {
	_, err := e.w.Write(e.buf)
	e.buf = e.buf[:0]
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func (e *export) flushIfFull() error {
	if len(e.buf) < flushBytes {
		return nil
	}
	return e.flush()
}

// page writes traces with all that belongs to them.
func (e *export) page(ctx context.Context, traces []store.Trace) error {
	if len(traces) == 0 {
		return nil
	}
	bytes := 0
	ids := make([]string, len(traces))
	for i := range traces {
		t := &traces[i]
		ids[i] = t.ID
		bytes += len(t.Input) + len(t.Output) + len(t.Metadata)
	}
	e.traces.read(len(traces), bytes)
	members, err := e.store.TraceMembers(ctx, e.project, ids)
	if err != nil {
		return err
	}
	scores, err := e.scoresOf(ctx, ids, members)
	if err != nil {
		return err
	}
	if e.opts.Filter != nil {
		if traces, err = e.matching(ctx, traces, members, scores); err != nil {
			return err
		}
	}
	rows := &lookup{export: e, got: map[string]store.Observation{}}
	for i := range traces {
		rows.queue = append(rows.queue, members[traces[i].ID].Observations...)
	}
	for i := range traces {
		t := &traces[i]
		e.buf = appendTrace(e.buf, t)
		e.counts.Traces++
		for _, id := range members[t.ID].Observations {
			o, ok, err := rows.take(ctx, id)
			if err != nil {
				return err
			}
			if !ok || o.TraceID != t.ID { // deleted meanwhile, or moved
				continue
			}
			e.buf = appendObservation(e.buf, &o)
			e.counts.Observations++
			if err := e.flushIfFull(); err != nil {
				return err
			}
		}
		for i := range scores[t.ID] {
			e.buf = appendScore(e.buf, &scores[t.ID][i])
			e.counts.Scores++
		}
		if err := e.flushIfFull(); err != nil {
			return err
		}
	}
	if e.opts.Progress != nil {
		e.opts.Progress(e.counts)
	}
	return nil
}

// lookup reads the observations of a queue of ids, a page ahead of who takes them.
type lookup struct {
	export *export
	queue  []string
	got    map[string]store.Observation
}

func (l *lookup) take(ctx context.Context, id string) (o store.Observation, ok bool, err error) {
	for len(l.queue) > 0 {
		if o, ok = l.got[id]; ok {
			delete(l.got, id)
			return o, true, nil
		}
		if len(l.got) > 0 { // it should have come with these
			return o, false, nil
		}
		if err := l.fill(ctx); err != nil {
			return o, false, err
		}
	}
	o, ok = l.got[id]
	delete(l.got, id)
	return o, ok, nil
}

func (l *lookup) fill(ctx context.Context) error {
	n := min(len(l.queue), l.export.rows.limit(maxRows))
	page, err := l.export.store.Observations(ctx, l.export.project, store.ObservationQuery{
		ObservationFilter: store.ObservationFilter{IDs: l.queue[:n]}, Page: store.Page{Limit: n}, Payloads: true,
	})
	if err != nil {
		return err
	}
	l.queue = l.queue[n:]
	bytes := 0
	for i := range page.Observations {
		o := &page.Observations[i]
		bytes += len(o.Input) + len(o.Output) + len(o.Metadata)
		l.got[o.ID] = *o
	}
	l.export.rows.read(len(page.Observations), bytes)
	return nil
}

// scoresOf reads the scores of the traces that have any, sorted by id.
func (e *export) scoresOf(ctx context.Context, ids []string, members map[string]store.Members) (map[string][]store.Score, error) {
	scores := map[string][]store.Score{}
	query := store.ScoreQuery{Page: store.Page{Limit: maxRows}}
	for _, id := range ids {
		if len(members[id].Scores) > 0 {
			query.TraceIDs = append(query.TraceIDs, id)
		}
	}
	if len(query.TraceIDs) == 0 {
		return scores, nil
	}
	for {
		page, err := e.store.Scores(ctx, e.project, query)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Scores {
			scores[s.TraceID] = append(scores[s.TraceID], s)
		}
		if query.After = page.Next; page.Next == "" {
			break
		}
	}
	for _, list := range scores {
		slices.SortFunc(list, func(a, b store.Score) int { return cmp.Compare(a.ID, b.ID) })
	}
	return scores, nil
}

// orphans writes the scores of sessions, and of traces that aren't there.
func (e *export) orphans(ctx context.Context) error {
	query := store.ScoreQuery{Page: store.Page{Limit: maxRows}}
	for {
		page, err := e.store.Scores(ctx, e.project, query)
		if err != nil {
			return err
		}
		there, err := e.existing(ctx, page.Scores)
		if err != nil {
			return err
		}
		for i := range page.Scores {
			s := &page.Scores[i]
			early := !e.opts.From.IsZero() && s.Timestamp.Before(e.opts.From)
			late := !e.opts.To.IsZero() && !s.Timestamp.Before(e.opts.To)
			if there[s.TraceID] || early || late {
				continue
			}
			e.buf = appendScore(e.buf, s)
			e.counts.Scores++
		}
		if err := e.flushIfFull(); err != nil {
			return err
		}
		if query.After = page.Next; page.Next == "" {
			return nil
		}
	}
}

// existing says which traces of the scores are there.
func (e *export) existing(ctx context.Context, scores []store.Score) (map[string]bool, error) {
	var ids []string
	for i := range scores {
		if id := scores[i].TraceID; id != "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	there := make(map[string]bool, len(ids))
	if len(ids) == 0 {
		return there, nil
	}
	page, err := e.store.Traces(ctx, e.project, store.TraceQuery{TraceFilter: store.TraceFilter{IDs: ids}, Page: store.Page{Limit: len(ids)}})
	if err != nil {
		return nil, err
	}
	for i := range page.Traces {
		there[page.Traces[i].ID] = true
	}
	return there, nil
}

// matching leaves the traces of which an observation matches the filter, with their payloads.
func (e *export) matching(ctx context.Context, traces []store.Trace, members map[string]store.Members, scores map[string][]store.Score) ([]store.Trace, error) {
	byID := make(map[string]*store.Trace, len(traces))
	var ids []string
	for i := range traces {
		byID[traces[i].ID] = &traces[i]
		ids = append(ids, members[traces[i].ID].Observations...)
	}
	matched := map[string]bool{}
	for chunk := range slices.Chunk(ids, maxRows) {
		query := store.ObservationQuery{ObservationFilter: e.opts.Filter.Observations(), Page: store.Page{Limit: len(chunk)}}
		query.IDs = chunk
		page, err := e.store.Observations(ctx, e.project, query)
		if err != nil {
			return nil, err
		}
		for i := range page.Observations {
			o := &page.Observations[i]
			if t := byID[o.TraceID]; t != nil && !matched[t.ID] {
				matched[t.ID] = e.opts.Filter.Match(filter.Item{Trace: t, Observation: o, Scores: scores[t.ID]})
			}
		}
	}
	var kept []string
	for i := range traces {
		if matched[traces[i].ID] {
			kept = append(kept, traces[i].ID)
		}
	}
	if len(kept) == 0 {
		return nil, nil
	}
	page, err := e.store.Traces(ctx, e.project, store.TraceQuery{
		TraceFilter: store.TraceFilter{IDs: kept}, Ascending: true, Page: store.Page{Limit: len(kept)}, Payloads: true,
	})
	return page.Traces, err
}
