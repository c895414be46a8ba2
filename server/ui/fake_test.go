//go:build !noui

package ui

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
)

// fake is a Reader in memory: enough of the store's rules for the pages.
type fake struct {
	mu     sync.Mutex
	traces []query.TraceDetail
	subs   []chan query.Change
	err    error
	// found is the answer to every search, if set.
	found *store.SearchPage
}

func (f *fake) add(traces ...query.TraceDetail) {
	f.mu.Lock()
	var ids []string
	for _, t := range traces {
		f.traces = slices.DeleteFunc(f.traces, func(have query.TraceDetail) bool { return have.ID == t.ID })
		f.traces = append(f.traces, t)
		ids = append(ids, t.ID)
	}
	slices.SortFunc(f.traces, func(a, b query.TraceDetail) int {
		return cmp.Or(b.Timestamp.Compare(a.Timestamp), strings.Compare(a.ID, b.ID))
	})
	subs := slices.Clone(f.subs)
	f.mu.Unlock()
	for _, s := range subs {
		select {
		case s <- query.Change{TraceIDs: ids}:
		default:
		}
	}
}

func (f *fake) Traces(_ context.Context, projectID string, q store.TraceQuery) (store.TracePage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return store.TracePage{}, f.err
	}
	var page store.TracePage
	limit := cmp.Or(q.Limit, 50)
	reached := q.After == ""
	for _, t := range f.traces {
		if t.ProjectID != projectID || !matches(t.Trace, q.TraceFilter) {
			continue
		}
		if !reached {
			reached = store.Cursor(t.ID) == q.After
			continue
		}
		if len(page.Traces) == limit {
			page.Next = store.Cursor(page.Traces[limit-1].ID)
			break
		}
		page.Traces = append(page.Traces, t.Trace)
	}
	return page, nil
}

func matches(t store.Trace, f store.TraceFilter) bool {
	has := func(want, have string) bool { return want == "" || want == have }
	text := strings.ToLower(t.ID + "\n" + t.Name + "\n" + t.UserID + "\n" + t.SessionID)
	for _, tag := range f.Tags {
		if !slices.Contains(t.Tags, tag) {
			return false
		}
	}
	return has(f.Name, t.Name) && has(f.UserID, t.UserID) && has(f.SessionID, t.SessionID) && has(f.Release, t.Release) &&
		has(f.Version, t.Version) && (len(f.Environments) == 0 || slices.Contains(f.Environments, t.Environment)) && strings.Contains(text, strings.ToLower(f.Search)) &&
		(len(f.Levels) == 0 || slices.Contains(f.Levels, t.Rollup.Level)) && (len(f.IDs) == 0 || slices.Contains(f.IDs, t.ID)) &&
		!t.Timestamp.Before(f.From) && (f.To.IsZero() || t.Timestamp.Before(f.To))
}

func (f *fake) find(projectID, id string) (*query.TraceDetail, error) {
	for i := range f.traces {
		if f.traces[i].ID == id && f.traces[i].ProjectID == projectID {
			return &f.traces[i], nil
		}
	}
	return nil, fmt.Errorf("trace %q: %w", id, store.ErrNotFound)
}

func (f *fake) TraceTree(_ context.Context, projectID, id string) (*query.TraceDetail, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, err := f.find(projectID, id)
	if err != nil {
		return nil, err
	}
	c := *t
	c.Observations = slices.Clone(t.Observations)
	for i := range c.Observations {
		c.Observations[i].Input, c.Observations[i].Output = nil, nil
	}
	return &c, nil
}

func (f *fake) Observation(_ context.Context, projectID, id string) (*store.Observation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.traces {
		for _, o := range t.Observations {
			if o.ID == id && t.ProjectID == projectID {
				return &o, nil
			}
		}
	}
	return nil, fmt.Errorf("observation %q: %w", id, store.ErrNotFound)
}

func (f *fake) Sessions(_ context.Context, projectID string, q store.SessionQuery) (store.SessionPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var page store.SessionPage
	for _, t := range f.traces {
		if t.ProjectID != projectID || t.SessionID == "" || !strings.Contains(t.SessionID, q.Search) {
			continue
		}
		at := slices.IndexFunc(page.Sessions, func(s store.Session) bool { return s.ID == t.SessionID })
		if at < 0 {
			page.Sessions = append(page.Sessions, store.Session{ProjectID: projectID, ID: t.SessionID, LastTrace: t.Timestamp, UserIDs: []string{t.UserID}})
			at = len(page.Sessions) - 1
		}
		s := &page.Sessions[at]
		s.Traces++
		s.FirstTrace = t.Timestamp
		s.TotalTokens += t.Rollup.TotalTokens
		s.Errors += t.Rollup.Errors
	}
	return page, nil
}

func (f *fake) Session(ctx context.Context, projectID, id string) (*query.SessionDetail, error) {
	page, err := f.Sessions(ctx, projectID, store.SessionQuery{})
	if err != nil {
		return nil, err
	}
	for _, s := range page.Sessions {
		if s.ID != id {
			continue
		}
		d := &query.SessionDetail{Session: s}
		turns, err := f.Traces(ctx, projectID, store.TraceQuery{TraceFilter: store.TraceFilter{SessionID: id}})
		slices.Reverse(turns.Traces)
		d.Turns = turns.Traces
		return d, err
	}
	return nil, store.ErrNotFound
}

// Search finds each word, or quoted words, in the strings of inputs and outputs,
// whatever the case. Its cursor is the number of hits before.
func (f *fake) Search(_ context.Context, projectID string, q store.SearchQuery) (store.SearchPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil || f.found != nil {
		return *cmp.Or(f.found, &store.SearchPage{}), f.err
	}
	terms := searchTerms(q.Text)
	if len(terms) == 0 {
		return store.SearchPage{}, fmt.Errorf("%q: %w", q.Text, store.ErrBadQuery)
	}
	skip := 0
	if q.After != "" {
		var err error
		if skip, err = strconv.Atoi(string(q.After)); err != nil {
			return store.SearchPage{}, fmt.Errorf("%q: %w", q.After, store.ErrBadCursor)
		}
	}
	var hits []store.SearchHit
	look := func(hit store.SearchHit, input, output json.RawMessage) {
		texts := append(stringsOf(nil, input), stringsOf(nil, output)...)
		for n, term := range slices.Backward(terms) {
			at := slices.IndexFunc(texts, func(s string) bool { return strings.Contains(string(lower(s)), string(term)) })
			if at < 0 {
				return
			}
			if n == 0 {
				hit.Snippet, hit.Output = texts[at], at >= len(stringsOf(nil, input))
			}
		}
		hits = append(hits, hit)
	}
	for _, t := range f.traces {
		if t.ProjectID != projectID || t.Timestamp.Before(q.From) {
			continue
		}
		look(store.SearchHit{TraceID: t.ID, Time: t.Timestamp, Name: t.Name}, t.Input, t.Output)
		for _, o := range t.Observations {
			look(store.SearchHit{TraceID: t.ID, ObservationID: o.ID, Time: t.Timestamp, Name: o.Name}, o.Input, o.Output)
		}
	}
	var page store.SearchPage
	page.Hits = hits[min(skip, len(hits)):]
	if limit := cmp.Or(q.Limit, 50); len(page.Hits) > limit {
		page.Hits, page.Next = page.Hits[:limit], store.Cursor(strconv.Itoa(skip+limit))
	}
	return page, nil
}

// stringsOf are the strings of a payload.
func stringsOf(texts []string, payload json.RawMessage) []string {
	var v any
	if json.Unmarshal(payload, &v) != nil {
		return texts
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				walk(v[k])
			}
		}
	}
	walk(v)
	return texts
}

func (f *fake) PromptUses(context.Context, string, time.Time, time.Time) (map[string]int64, error) {
	return map[string]int64{}, f.err
}

func (f *fake) PromptMetrics(context.Context, string, query.PromptQuery) (*query.PromptMetrics, error) {
	return &query.PromptMetrics{}, f.err
}

func (f *fake) ObservationRows(context.Context, string, store.ObservationQuery, []query.ObservationFilter) ([]query.ObservationRow, store.Cursor, error) {
	return nil, "", f.err
}

func (f *fake) Subscribe(ctx context.Context, _ string) <-chan query.Change {
	c := make(chan query.Change, 16)
	f.mu.Lock()
	f.subs = append(f.subs, c)
	f.mu.Unlock()
	context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.subs = slices.DeleteFunc(f.subs, func(s chan query.Change) bool { return s == c })
	})
	return c
}

// watched reports whether a page listens.
func (f *fake) watched() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.subs) > 0
}

// builder makes a trace out of steps.
type builder struct {
	query.TraceDetail
}

type step struct {
	id, parent string
	kind       exporter.Kind
	name       string
	at, length time.Duration
	first      time.Duration
	level      exporter.Level
	status     string
	model      string
	in, out    any
	metadata   any
	usage      *store.Usage
	counted    bool // the usage is
	cost       float64
	running    bool
}

func newTrace(projectID, id, name string, start time.Time) *builder {
	return &builder{query.TraceDetail{Trace: store.Trace{
		ProjectID: projectID, ID: id, Name: name, Timestamp: start, Environment: "default", CreatedAt: start, UpdatedAt: start,
	}}}
}

func (b *builder) step(s step) *builder {
	o := store.Observation{
		ProjectID: b.ProjectID, ID: s.id, TraceID: b.ID, ParentID: s.parent, Kind: s.kind, Name: s.name, Level: s.level,
		StatusMessage: s.status, Start: b.Timestamp.Add(s.at), Input: raw(s.in), Output: raw(s.out), Metadata: raw(s.metadata),
		Model: s.model, Usage: s.usage,
	}
	if s.counted {
		o.Pricing = &store.Pricing{Usage: s.usage}
	}
	if !s.running && s.kind != exporter.KindEvent {
		o.End = o.Start.Add(s.length)
	}
	if s.first > 0 {
		o.CompletionStart = o.Start.Add(s.first)
	}
	if s.model != "" {
		o.ModelParameters = raw(map[string]any{"temperature": 0.2, "max_tokens": 1024, "stream": s.first > 0})
	}
	if s.cost > 0 {
		n := exporter.USD(s.cost)
		o.Cost = &store.Cost{Total: &n}
		sum := n
		if b.Rollup.Cost != nil {
			sum += *b.Rollup.Cost
		}
		b.Rollup.Cost = &sum
	}
	if s.usage != nil {
		b.Rollup.InputTokens += s.usage.Input
		b.Rollup.OutputTokens += s.usage.Output
		b.Rollup.TotalTokens += s.usage.Total
	}
	switch s.level {
	case exporter.LevelError:
		b.Rollup.Errors++
	case exporter.LevelWarning:
		b.Rollup.Warnings++
	case exporter.LevelDefault, exporter.LevelDebug:
	}
	if b.Rollup.Level < s.level {
		b.Rollup.Level = s.level
	}
	b.Rollup.Running = b.Rollup.Running || s.running
	b.Rollup.Latency = max(b.Rollup.Latency, s.at+s.length)
	b.Rollup.Observations++
	b.Observations = append(b.Observations, o)
	return b
}

func raw(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}
