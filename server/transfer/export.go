package transfer

import (
	"cmp"
	"context"
	"errors"
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
	maxTraces = 50 // also of lists of ids: for longer ones a store may read everything
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
	for i := range traces {
		t := &traces[i]
		var scores []store.Score
		if len(members[t.ID].Scores) > 0 {
			if scores, err = e.scoresOf(ctx, t.ID); err != nil {
				return err
			}
		}
		if e.opts.Filter != nil {
			if t, err = e.matching(ctx, t, scores); err != nil {
				return err
			}
			if t == nil {
				continue
			}
		}
		e.buf = appendTrace(e.buf, t)
		e.counts.Traces++
		if len(members[t.ID].Observations) > 0 {
			if err := e.observations(ctx, t.ID); err != nil {
				return err
			}
		}
		for i := range scores {
			e.buf = appendScore(e.buf, &scores[i])
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

// observations writes those of a trace, by their start.
func (e *export) observations(ctx context.Context, traceID string) error {
	query := store.ObservationQuery{ObservationFilter: store.ObservationFilter{TraceID: traceID}, Ascending: true, Payloads: true}
	for {
		query.Limit = e.rows.limit(maxRows)
		page, err := e.store.Observations(ctx, e.project, query)
		if err != nil {
			return err
		}
		bytes := 0
		for i := range page.Observations {
			o := &page.Observations[i]
			bytes += len(o.Input) + len(o.Output) + len(o.Metadata)
			e.buf = appendObservation(e.buf, o)
			e.counts.Observations++
			if err := e.flushIfFull(); err != nil {
				return err
			}
		}
		e.rows.read(len(page.Observations), bytes)
		if query.After = page.Next; page.Next == "" {
			return nil
		}
	}
}

// scoresOf reads the scores of a trace, sorted by id.
func (e *export) scoresOf(ctx context.Context, traceID string) (scores []store.Score, err error) {
	query := store.ScoreQuery{TraceIDs: []string{traceID}, Page: store.Page{Limit: maxRows}}
	for {
		page, err := e.store.Scores(ctx, e.project, query)
		if err != nil {
			return nil, err
		}
		scores = append(scores, page.Scores...)
		if query.After = page.Next; page.Next == "" {
			break
		}
	}
	slices.SortFunc(scores, func(a, b store.Score) int { return cmp.Compare(a.ID, b.ID) })
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
	for chunk := range slices.Chunk(ids, maxTraces) {
		page, err := e.store.Traces(ctx, e.project, store.TraceQuery{TraceFilter: store.TraceFilter{IDs: chunk}, Page: store.Page{Limit: len(chunk)}})
		if err != nil {
			return nil, err
		}
		for i := range page.Traces {
			there[page.Traces[i].ID] = true
		}
	}
	return there, nil
}

// matching returns the trace with its payload if an observation of it matches the filter, else nil.
func (e *export) matching(ctx context.Context, t *store.Trace, scores []store.Score) (*store.Trace, error) {
	query := store.ObservationQuery{ObservationFilter: e.opts.Filter.Observations(), Page: store.Page{Limit: maxRows}}
	query.TraceID = t.ID
	for {
		page, err := e.store.Observations(ctx, e.project, query)
		if err != nil {
			return nil, err
		}
		for i := range page.Observations {
			if !e.opts.Filter.Match(filter.Item{Trace: t, Observation: &page.Observations[i], Scores: scores}) {
				continue
			}
			whole, err := e.store.Trace(ctx, e.project, t.ID)
			if errors.Is(err, store.ErrNotFound) { // deleted meanwhile
				return nil, nil
			}
			return whole, err
		}
		if query.After = page.Next; page.Next == "" {
			return nil, nil
		}
	}
}
