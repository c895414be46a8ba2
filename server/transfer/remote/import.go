package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/transfer"
	"github.com/langshark/langshark-go/server/transfer/internal/batch"
	"github.com/langshark/langshark-go/server/transfer/internal/state"
)

// Import copies traces, observations and scores from the other server into the
// project, which must be there. Sessions come of the traces; prompts and datasets
// are not copied. It may be repeated and interrupted: rows that were read again
// are written once, and what has been written here since is left as it is. The
// result is filled as far as it got, also with an error.
func Import(ctx context.Context, s store.Store, projectID string, opts Options) (Result, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return Result{}, err
	}
	j := &job{opts: opts, store: s, project: projectID, client: newClient(opts), now: time.Now}
	defer j.client.close()
	err = j.run(ctx)
	if err != nil {
		err = fmt.Errorf("langshark: import: %w", err)
	}
	return j.result, err
}

// job is an import that is going on.
type job struct {
	opts    Options
	store   store.Store
	project string
	client  *client
	now     func() time.Time
	result  Result

	states progress
	saved  time.Time

	mu    sync.Mutex
	notes map[string]int64
	// came are the rows of other lists that came with the window that is being read.
	came map[string]*tally
	// scoresOfTraces says that the source has no list of scores.
	scoresOfTraces bool
}

// progress is the state that is kept in a file.
type progress struct {
	Kind   string                `json:"kind"`
	URL    string                `json:"url"`
	Key    string                `json:"publicKey"`
	Target string                `json:"targetProject"`
	Lists  map[string]*listState `json:"lists"`
	Notes  map[string]int64      `json:"notes"`
}

// listState says how far a list is.
type listState struct {
	// Watermark is before when all has been read.
	Watermark time.Time `json:"watermark"`
	tally
	// Beyond has what was read of the time from the watermark on, which a resume
	// reads again.
	Beyond tally `json:"beyond"`
	// Cursor is the page to go on with, of rows up to Until; empty if there is none.
	Cursor string    `json:"cursor,omitempty"`
	Until  time.Time `json:"until"`
}

// tally counts rows.
type tally struct {
	Read int64 `json:"read"`
	// Left are those that could not be written, by reason.
	Left map[string]int64 `json:"left,omitempty"`
}

func (t *tally) add(o tally) {
	t.Read += o.Read
	for reason, n := range o.Left {
		if t.Left == nil {
			t.Left = map[string]int64{}
		}
		t.Left[reason] += n
	}
}

// all is what was read on both sides of the watermark.
func (s *listState) all() (t tally) {
	t.add(s.tally)
	t.add(s.Beyond)
	return t
}

const stateKind = "langshark import from a server"

// The names of the lists.
const (
	traces       = "traces"
	observations = "observations"
	scores       = "scores"
)

func (j *job) run(ctx context.Context) error {
	j.result = Result{SessionsThere: -1, SessionsHere: -1}
	j.states = progress{Kind: stateKind, URL: j.opts.URL, Key: j.opts.PublicKey, Target: j.project, Lists: map[string]*listState{}, Notes: map[string]int64{}}
	if _, err := j.store.Traces(ctx, j.project, store.TraceQuery{Page: store.Page{Limit: 1}}); err != nil {
		return err
	}
	if err := j.resume(); err != nil {
		return err
	}
	j.notes = maps.Clone(j.states.Notes)
	if j.notes == nil {
		j.notes = map[string]int64{}
	}
	lists, err := j.lists(ctx)
	if err != nil {
		return err
	}
	for _, l := range lists {
		st := j.states.Lists[l.name]
		if st == nil {
			st = &listState{}
			j.states.Lists[l.name] = st
		}
		w := &walker{job: j, list: l, state: st, limit: j.opts.PageSize}
		if err = w.run(ctx); err != nil {
			err = fmt.Errorf("%s: %w", l.name, err)
			break
		}
	}
	err = errors.Join(err, j.save(true))
	j.result.Notes = j.notes
	return errors.Join(err, j.report(context.WithoutCancel(ctx), lists, err == nil))
}

func (j *job) resume() error {
	if j.opts.State == "" || !j.opts.Resume {
		return nil
	}
	var p progress
	found, err := state.Load(j.opts.State, &p)
	if err != nil || !found {
		return err
	}
	if p.Kind != stateKind || p.URL != j.opts.URL || p.Key != j.opts.PublicKey || p.Target != j.project {
		return fmt.Errorf("the state in %s is of another import: name another file, or remove it to begin anew", j.opts.State)
	}
	if p.Lists == nil {
		p.Lists = map[string]*listState{}
	}
	for _, st := range p.Lists {
		st.Beyond = tally{}
	}
	j.states = p
	return nil
}

// save keeps the state, at most once a second.
func (j *job) save(force bool) error {
	if j.opts.State == "" || !force && time.Since(j.saved) < time.Second {
		return nil
	}
	j.saved = time.Now()
	j.mu.Lock()
	j.states.Notes = maps.Clone(j.notes)
	j.mu.Unlock()
	return state.Save(j.opts.State, j.states)
}

func (j *job) waiting(reason error, pause time.Duration) {
	if j.opts.Waiting != nil {
		j.opts.Waiting(reason, pause)
	}
}

// progress is what is told of the list that is being walked, of which done rows are in no finished window yet.
func (j *job) progress(name string, done, total int64) Progress {
	j.mu.Lock()
	defer j.mu.Unlock()
	read := func(list string) int64 {
		if st := j.states.Lists[list]; st != nil {
			return st.all().Read
		}
		return 0
	}
	p := Progress{List: name, Done: read(name) + done, Total: total}
	p.Counts = transfer.Counts{Traces: read(traces), Observations: read(observations), Scores: read(scores)}
	switch name {
	case traces:
		p.Traces += done
	case observations:
		p.Observations += done
	case scores:
		p.Scores += done
	}
	return p
}

// lists asks what the server has.
func (j *job) lists(ctx context.Context) ([]*listing, error) {
	var health struct {
		Version string `json:"version"`
	}
	one := url.Values{"page": {"1"}, "limit": {"1"}}
	if err := j.client.get(ctx, "/api/public/health", nil, &health); err != nil && !errors.Is(err, errMissing) && !errors.Is(err, ErrDenied) {
		return nil, err
	}
	j.result.Server = health.Version
	var p page
	if err := j.client.get(ctx, "/api/public/traces", one, &p); err != nil {
		if !errors.Is(err, errMissing) {
			return nil, err
		}
		lists, without := j.cursorLists(ctx)
		if errors.Is(without, errMissing) {
			without = fmt.Errorf("%w: an import needs GET /api/public/traces, or /api/public/v2/observations of Langfuse 4", err)
		}
		return lists, without
	}
	lists := []*listing{
		{name: traces, path: "/api/public/traces", from: "fromTimestamp", to: "toTimestamp", write: j.writeTraces},
		{name: observations, path: "/api/public/observations", from: "fromStartTime", to: "toStartTime", write: j.writeObservations},
	}
	for _, path := range []string{"/api/public/v2/scores", "/api/public/scores"} { // v2 has those of sessions too
		err := j.client.get(ctx, path, one, &p)
		switch {
		case errors.Is(err, errMissing):
			continue
		case err != nil:
			return nil, err
		}
		return append(lists, &listing{name: scores, path: path, from: "fromTimestamp", to: "toTimestamp", write: j.writeScores}), nil
	}
	lists[0].write, j.scoresOfTraces = j.writeTracesAndScores, true
	return lists, nil
}

// gather turns rows into a batch.
func (j *job) gather(rows []json.RawMessage, put func(*reader, *store.Batch, json.RawMessage) error) (*store.Batch, map[string]int64) {
	b := &store.Batch{ProjectID: j.project}
	left := map[string]int64{}
	r := &reader{notes: map[string]int64{}, finer: j.client.langshark.Load()}
	for _, raw := range rows {
		if err := put(r, b, raw); err != nil {
			left[err.Error()]++
		}
	}
	j.mu.Lock()
	for what, n := range r.notes {
		j.notes[what] += n
	}
	j.mu.Unlock()
	return b, left
}

// errOddRow says that a row is not as the API says.
const errOddRow = leftError("that are not as the API says")

// plain reads rows that have all they say in fields of their own.
func plain(put func(*reader, *store.Batch, *row) error) func(*reader, *store.Batch, json.RawMessage) error {
	return func(r *reader, b *store.Batch, raw json.RawMessage) error {
		var in row
		if json.Unmarshal(raw, &in) != nil {
			return errOddRow
		}
		return put(r, b, &in)
	}
}

func (j *job) write(ctx context.Context, b *store.Batch) error {
	b.Revive = j.opts.Revive
	if err := batch.Write(ctx, j.store, b, j.opts.Patience, func(err error) { j.waiting(err, 0) }); err != nil {
		return err
	}
	if b.Dropped > 0 {
		j.mu.Lock()
		j.notes[noteDeleted] += b.Dropped
		j.mu.Unlock()
	}
	return nil
}

func putTrace(r *reader, b *store.Batch, in *row) error {
	w, err := r.trace(in)
	if err == nil {
		b.Traces = append(b.Traces, w)
	}
	return err
}

func putObservation(r *reader, b *store.Batch, in *row) error {
	w, err := r.observation(in)
	if err == nil {
		b.Observations = append(b.Observations, w)
	}
	return err
}

func putScore(r *reader, b *store.Batch, in *row) error {
	w, err := r.score(in)
	if err == nil {
		b.Scores = append(b.Scores, w)
	}
	return err
}

func (j *job) writeTraces(ctx context.Context, rows []json.RawMessage) (map[string]int64, error) {
	b, left := j.gather(rows, plain(putTrace))
	return left, j.write(ctx, b)
}

func (j *job) writeObservations(ctx context.Context, rows []json.RawMessage) (map[string]int64, error) {
	b, left := j.gather(rows, plain(putObservation))
	return left, j.write(ctx, b)
}

func (j *job) writeScores(ctx context.Context, rows []json.RawMessage) (map[string]int64, error) {
	b, left := j.gather(rows, plain(putScore))
	return left, j.write(ctx, b)
}

// writeTracesAndScores is for servers without a list of scores: those of a trace come with it.
func (j *job) writeTracesAndScores(ctx context.Context, rows []json.RawMessage) (map[string]int64, error) {
	left, err := j.writeTraces(ctx, rows)
	if err != nil {
		return nil, err
	}
	for _, raw := range rows {
		var in row
		var ids []json.RawMessage
		if json.Unmarshal(raw, &in) != nil || json.Unmarshal(in.Scores, &ids) != nil || len(ids) == 0 {
			continue
		}
		var whole struct{ Scores []json.RawMessage }
		if err := j.client.get(ctx, "/api/public/traces/"+url.PathEscape(string(in.ID)), nil, &whole); err != nil {
			if errors.Is(err, errMissing) { // it has gone meanwhile
				continue
			}
			return nil, err
		}
		b, lost := j.gather(whole.Scores, plain(putScore))
		if err := j.write(ctx, b); err != nil {
			return nil, err
		}
		j.count(scores, int64(len(whole.Scores)), lost)
	}
	return left, nil
}

// count counts rows of another list than the one that is walked, until the
// window is finished.
func (j *job) count(list string, n int64, left map[string]int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.came == nil {
		j.came = map[string]*tally{}
	}
	if j.came[list] == nil {
		j.came[list] = &tally{}
	}
	j.came[list].add(tally{n, left})
}

// forget forgets the other rows of a window that is read again.
func (j *job) forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.came = nil
}

// keep adds what a finished window had to the state. beyond says that the
// window has no end.
func (j *job) keep(st *listState, t tally, beyond bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	add := func(to *listState, t tally) {
		if beyond {
			to.Beyond.add(t)
		} else {
			to.add(t)
		}
	}
	add(st, t)
	for list, t := range j.came {
		of := j.states.Lists[list]
		if of == nil {
			of = &listState{}
			j.states.Lists[list] = of
		}
		add(of, *t)
	}
	j.came = nil
}

// report compares what is there with what is here. ended says that all has been read.
func (j *job) report(ctx context.Context, lists []*listing, ended bool) error {
	r := &j.result
	for _, name := range []string{traces, observations, scores} {
		l := List{Name: name, There: -1}
		if st := j.states.Lists[name]; st != nil {
			all := st.all()
			l.Read, l.Left = all.Read, all.Left
		}
		if i := slices.IndexFunc(lists, func(l *listing) bool { return l.name == name }); i >= 0 && ended {
			l.There = j.total(ctx, lists[i].path)
		}
		here, err := j.here(ctx, name)
		if err != nil {
			return err
		}
		l.Here = here
		r.Lists = append(r.Lists, l)
	}
	if !ended {
		return nil
	}
	r.SessionsThere = j.total(ctx, "/api/public/sessions")
	sessions, err := j.store.Sessions(ctx, j.project, store.SessionQuery{Page: store.Page{Limit: -1, Total: true}})
	if err != nil {
		return err
	}
	r.SessionsHere = sessions.Total
	r.Differences = r.differences(j.scoresOfTraces)
	return nil
}

func (r *Result) differences(scoresOfTraces bool) (list []string) {
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for i := range r.Lists {
		l := &r.Lists[i]
		for _, reason := range slices.Sorted(maps.Keys(l.Left)) {
			say("%d %s were not written: those %s", l.Left[reason], l.Name, reason)
		}
		switch {
		case l.There > l.Read:
			say("the source has %d %s, of which %d came: resume, to fetch what has arrived meanwhile", l.There, l.Name, l.Read)
		case l.Here < l.Written():
			say("%d %s were written, but %d are here: the source may have named one twice, or one was deleted here", l.Written(), l.Name, l.Here)
		}
	}
	if scoresOfTraces {
		say("the source has no list of scores: those of traces came, those of sessions alone did not")
	}
	if r.SessionsThere >= 0 && r.SessionsHere < r.SessionsThere {
		say("the source has %d sessions, here are %d: those without a trace are none here", r.SessionsThere, r.SessionsHere)
	}
	return list
}

// total asks how many rows a list has; -1 if the server doesn't say.
func (j *job) total(ctx context.Context, path string) int64 {
	var p page
	ctx, cancel := context.WithTimeout(ctx, j.opts.Timeout)
	defer cancel()
	if err := j.client.get(ctx, path, url.Values{"page": {"1"}, "limit": {"1"}}, &p); err != nil || p.Meta.TotalItems == nil {
		return -1
	}
	return *p.Meta.TotalItems
}

// here counts the rows of the project.
func (j *job) here(ctx context.Context, name string) (int64, error) {
	count := store.Page{Limit: -1, Total: true}
	switch name {
	case traces:
		p, err := j.store.Traces(ctx, j.project, store.TraceQuery{Page: count})
		return p.Total, err
	case observations:
		p, err := j.store.Observations(ctx, j.project, store.ObservationQuery{Page: count})
		return p.Total, err
	}
	p, err := j.store.Scores(ctx, j.project, store.ScoreQuery{Page: count})
	return p.Total, err
}
