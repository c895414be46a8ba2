package chatset

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/transfer/filter"
)

// Options say what [Export] writes, and where.
type Options struct {
	// Sets are what the conversations are divided into; at least one. Their shares
	// add up to 1. All conversations of a trace are in the same set.
	Sets []Set
	// Seed changes the division.
	Seed int64
	// Filter selects generations; nil means all. With "kind = …" it may ask for
	// observations of another kind.
	Filter *filter.Filter
	// From and To bound the start of the generations, if not zero: From
	// inclusive, To exclusive.
	From, To time.Time
	// Metadata adds to each line where it comes from.
	Metadata bool
	// Dedupe writes equal conversations once. It holds 16 bytes a line in memory.
	Dedupe bool
	// Progress, if not nil, is called after each page.
	Progress func(Result)
}

// Set is a part of what is written.
type Set struct {
	Name  string
	Share float64
	W     io.Writer
	lines int64
}

// Result counts what was done. Selected is the sum of Written, Duplicates and all of Skipped.
type Result struct {
	// Read is how many generations were looked at, Selected how many the filter let through.
	Read, Selected int64
	Written        int64
	// Sets are the lines of each set, in the order of the options.
	Sets       []int64
	Duplicates int64
	Skipped    map[Reason]int64
	Notes      map[Note]int64
}

// ParseSets reads shares by name, as in train=0.9,test=0.1. They must add up to 1.
func ParseSets(text string) ([]Set, error) {
	var sets []Set
	for part := range strings.SplitSeq(text, ",") {
		name, share, ok := strings.Cut(strings.TrimSpace(part), "=")
		f, err := strconv.ParseFloat(share, 64)
		switch {
		case !ok || err != nil || math.IsNaN(f) || f <= 0 || f > 1:
			return nil, fmt.Errorf("langshark: %q is not a share: expected NAME=SHARE with a share above 0 and up to 1, as in train=0.9,test=0.1", part)
		case name == "" || strings.ContainsAny(name, `/\.`):
			return nil, fmt.Errorf("langshark: %q can't be part of a file's name", name)
		case slices.ContainsFunc(sets, func(s Set) bool { return s.Name == name }):
			return nil, fmt.Errorf("langshark: there are two sets named %q", name)
		}
		sets = append(sets, Set{Name: name, Share: f})
	}
	return sets, checkShares(sets)
}

func checkShares(sets []Set) error {
	sum := 0.0
	for _, s := range sets {
		sum += s.Share
	}
	if math.Abs(sum-1) > 1e-6 {
		return fmt.Errorf("langshark: the shares of the sets add up to %g, not to 1", sum)
	}
	return nil
}

// Export writes the selected generations of a project, oldest first. It reads
// page by page: memory is bounded but for what Dedupe holds.
func Export(ctx context.Context, s store.Store, projectID string, opts Options) (Result, error) {
	e := &export{store: s, project: projectID, opts: opts, sets: slices.Clone(opts.Sets), pageRows: 16}
	e.result.Skipped, e.result.Notes = map[Reason]int64{}, map[Note]int64{}
	err := checkShares(e.sets)
	if len(e.sets) == 0 {
		err = errors.New("langshark: no set to write to")
	}
	if err == nil {
		err = e.run(ctx)
	}
	for i := range e.sets {
		e.result.Sets = append(e.result.Sets, e.sets[i].lines)
	}
	if err != nil {
		return e.result, fmt.Errorf("langshark: export: %w", err)
	}
	return e.result, nil
}

type export struct {
	store    store.Store
	project  string
	opts     Options
	sets     []Set
	result   Result
	seen     map[[16]byte]struct{}
	pageRows int
}

const (
	maxRows   = 200
	maxIDs    = 50 // of a list: for longer ones a store may read everything
	pageBytes = 4 << 20
)

func (e *export) run(ctx context.Context) error {
	query := store.ObservationQuery{ObservationFilter: e.opts.Filter.Observations(), Ascending: true, Page: store.Page{Limit: maxRows}}
	if query.Kinds == nil {
		query.Kinds = []exporter.Kind{exporter.KindGeneration}
	}
	if query.From.Before(e.opts.From) {
		query.From = e.opts.From
	}
	if to := e.opts.To; !to.IsZero() && (query.To.IsZero() || to.Before(query.To)) {
		query.To = to
	}
	for {
		page, err := e.store.Observations(ctx, e.project, query)
		if err != nil {
			return err
		}
		if err := e.page(ctx, page.Observations); err != nil {
			return err
		}
		if e.opts.Progress != nil {
			e.opts.Progress(e.result)
		}
		if query.After = page.Next; page.Next == "" {
			return nil
		}
	}
}

// page selects of rows without payloads, and writes those it selects.
func (e *export) page(ctx context.Context, rows []store.Observation) error {
	e.result.Read += int64(len(rows))
	var scores map[string][]store.Score
	if e.opts.Filter != nil || e.opts.Metadata {
		var ids []string
		for i := range rows {
			ids = append(ids, rows[i].TraceID)
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		var err error
		if scores, err = e.scores(ctx, ids); err != nil {
			return err
		}
		if rows, err = e.selected(ctx, rows, ids, scores); err != nil {
			return err
		}
	}
	e.result.Selected += int64(len(rows))
	for len(rows) > 0 {
		n := min(len(rows), e.pageRows)
		if err := e.payloads(ctx, rows[:n], scores); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (e *export) selected(ctx context.Context, rows []store.Observation, ids []string, scores map[string][]store.Score) ([]store.Observation, error) {
	if e.opts.Filter == nil || len(rows) == 0 {
		return rows, nil
	}
	traces := make(map[string]*store.Trace, len(ids))
	for chunk := range slices.Chunk(ids, maxIDs) {
		page, err := e.store.Traces(ctx, e.project, store.TraceQuery{TraceFilter: store.TraceFilter{IDs: chunk}, Page: store.Page{Limit: len(chunk)}})
		if err != nil {
			return nil, err
		}
		for i := range page.Traces {
			traces[page.Traces[i].ID] = &page.Traces[i]
		}
	}
	var kept []store.Observation
	for i := range rows {
		t := traces[rows[i].TraceID]
		if t != nil && e.opts.Filter.Match(filter.Item{Trace: t, Observation: &rows[i], Scores: scores[t.ID]}) {
			kept = append(kept, rows[i])
		}
	}
	return kept, nil
}

func (e *export) scores(ctx context.Context, traceIDs []string) (map[string][]store.Score, error) {
	scores := map[string][]store.Score{}
	for chunk := range slices.Chunk(traceIDs, maxIDs) {
		query := store.ScoreQuery{TraceIDs: chunk, Page: store.Page{Limit: maxRows}}
		for more := true; more; more = query.After != "" {
			page, err := e.store.Scores(ctx, e.project, query)
			if err != nil {
				return nil, err
			}
			for _, s := range page.Scores {
				scores[s.TraceID] = append(scores[s.TraceID], s)
			}
			query.After = page.Next
		}
	}
	return scores, nil
}

// payloads reads the payloads of the rows and writes them in their order.
func (e *export) payloads(ctx context.Context, rows []store.Observation, scores map[string][]store.Score) error {
	query := store.ObservationQuery{Page: store.Page{Limit: len(rows)}, Payloads: true}
	for i := range rows {
		query.IDs = append(query.IDs, rows[i].ID)
	}
	page, err := e.store.Observations(ctx, e.project, query)
	if err != nil {
		return err
	}
	bytes := 0
	byID := make(map[string]*store.Observation, len(rows))
	for i := range page.Observations {
		o := &page.Observations[i]
		byID[o.ID] = o
		bytes += len(o.Input) + len(o.Output)
	}
	e.pageRows = max(1, min(maxIDs, 2*e.pageRows, pageBytes/(bytes/len(rows)+1)))
	for i := range rows {
		o := byID[rows[i].ID]
		if o == nil { // deleted meanwhile
			e.result.Selected--
			continue
		}
		if err := e.write(o, scores[o.TraceID]); err != nil {
			return err
		}
	}
	return nil
}

func (e *export) write(o *store.Observation, scores []store.Score) error {
	line, notes, reason := Convert(o.Input, o.Output)
	if reason != "" {
		e.result.Skipped[reason]++
		return nil
	}
	if e.opts.Dedupe {
		text, err := encode(line)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		if _, twice := e.seen[[16]byte(sum[:16])]; twice {
			e.result.Duplicates++
			return nil
		}
		if e.seen == nil {
			e.seen = map[[16]byte]struct{}{}
		}
		e.seen[[16]byte(sum[:16])] = struct{}{}
	}
	if e.opts.Metadata {
		line.Metadata = metadata(o, scores)
	}
	text, err := encode(line)
	if err != nil {
		return err
	}
	set := e.set(o.TraceID)
	if _, err := set.W.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	set.lines++
	e.result.Written++
	for _, n := range notes {
		e.result.Notes[n]++
	}
	return nil
}

func metadata(o *store.Observation, scores []store.Score) *Metadata {
	m := &Metadata{TraceID: o.TraceID, ObservationID: o.ID, Name: o.Name, Model: o.Model, Start: o.Start}
	for i := range scores {
		s := &scores[len(scores)-1-i] // the newest last, so that it stays
		if s.ObservationID != "" && s.ObservationID != o.ID {
			continue
		}
		if m.Scores == nil {
			m.Scores = map[string]any{}
		}
		switch {
		case s.Type == exporter.ScoreBoolean:
			m.Scores[s.Name] = s.Text == "True"
		case s.Text != "" || s.Number == nil:
			m.Scores[s.Name] = s.Text
		default:
			m.Scores[s.Name] = *s.Number
		}
	}
	return m
}

// set is the set of a trace: always the same for the same trace, seed and shares.
func (e *export) set(traceID string) *Set {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s", e.opts.Seed, traceID))
	at := float64(binary.BigEndian.Uint64(sum[:8])>>11) / (1 << 53)
	for i := range e.sets {
		if at -= e.sets[i].Share; at < 0 {
			return &e.sets[i]
		}
	}
	return &e.sets[len(e.sets)-1]
}
