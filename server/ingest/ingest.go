// Package ingest turns what clients send into writes to the store: events of
// the ingestion API, and records of an exporter in the same process.
package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/server/store"
)

// Access is what the sender of events may do.
type Access struct {
	ProjectID string
	// ScoresOnly allows nothing but scores: the sender showed only the public half of its key. It may have
	// [MaxFeedback] of them at once, and change none that came with the whole key.
	ScoresOnly bool
	// Charge, if not nil, is told how many events a batch has before any is stored; an error refuses it.
	Charge func(events int) error
}

// Success is an event that has been stored.
type Success struct {
	ID     string `json:"id"`
	Status int    `json:"status"`
}

// Failure is an event that has not been stored.
type Failure struct {
	ID      string `json:"id"`
	Status  int    `json:"status"`
	Message string `json:"message,omitempty"`
	Error   string `json:"error,omitempty"`
}

// Result is what became of each event of a batch.
type Result struct {
	Successes []Success `json:"successes"`
	Errors    []Failure `json:"errors"`

	rejected []eventKind // those of Errors whose content is at fault
}

// Ingester decodes events and writes them. Its methods are safe for concurrent use.
type Ingester struct {
	store   store.Store
	log     *slog.Logger
	configs ScoreConfigs // may be nil
	counts  counts
}

// New returns an ingester that writes to s.
func New(s store.Store, log *slog.Logger) *Ingester { return &Ingester{store: s, log: log} }

// RetryAfterFull is the time to wait after [store.ErrFull]: somebody has to make room.
const RetryAfterFull = 30 * time.Second

// ErrNotJSON says that a body is no JSON.
var ErrNotJSON = errNotJSON

// MaxEvents is how many events a batch may have.
const MaxEvents = 50_000

// ErrTooMany says that a batch has more events than [MaxEvents].
var ErrTooMany = fmt.Errorf("the batch has more than %d events: send it in parts", MaxEvents)

// ErrTooManyScores says that a batch with the public half of a key has more events than [MaxFeedback].
var ErrTooManyScores = fmt.Errorf("a batch with a public key alone has at most %d scores: send it in parts", MaxFeedback)

const invalid = "Invalid request data"

// item is an event that has been read.
type item struct {
	envelope
	trace       *store.TraceWrite
	observation *store.ObservationWrite
	score       *store.ScoreWrite
}

// Ingest stores the events of a request's body. It returns when all that are
// named as successes are committed. An error means that none was: ErrNotJSON,
// ErrTooMany, FieldErrors for a body without a batch, or an error of the store.
func (g *Ingester) Ingest(ctx context.Context, access Access, body []byte) (*Result, error) {
	raw, err := parse(body)
	if err != nil {
		return nil, err
	}
	batch, err := readBatch(raw)
	if err != nil {
		return nil, err
	}
	if access.ScoresOnly && len(batch) > MaxFeedback {
		return nil, fmt.Errorf("langshark: %w", ErrTooManyScores)
	}
	if access.Charge != nil {
		if err := access.Charge(len(batch)); err != nil {
			return nil, err
		}
	}
	r := &Result{Successes: []Success{}, Errors: []Failure{}}
	items := make([]item, 0, len(batch))
	for _, element := range batch {
		it, failure := g.read(ctx, access, element)
		if failure != nil {
			r.rejected = append(r.rejected, it.kind)
			r.Errors = append(r.Errors, *failure)
			continue
		}
		if access.ScoresOnly {
			it.fromPublic(time.Now())
		}
		items = append(items, it)
	}
	if access.ScoresOnly {
		if items, err = g.feedback(ctx, access, items, r); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(items, func(a, b item) int {
		if a.kind.update != b.kind.update {
			if b.kind.update {
				return -1
			}
			return 1
		}
		return a.at.Compare(b.at)
	})
	part(items)
	if items, err = g.configured(ctx, access.ProjectID, items, r); err != nil {
		return nil, err
	}
	items, err = g.existing(ctx, access.ProjectID, items, r)
	if err != nil {
		return nil, err
	}
	if items, err = g.write(ctx, access.ProjectID, items, r); err != nil {
		return nil, err
	}
	for _, kind := range r.rejected {
		g.counts.rejected(kind)
	}
	for _, it := range items {
		g.counts.accepted(it.kind)
		r.Successes = append(r.Successes, Success{ID: it.id, Status: http.StatusCreated})
	}
	return r, nil
}

func readBatch(raw json.RawMessage) ([]json.RawMessage, error) {
	c := &checker{}
	if kindOf(raw) != "object" {
		c.wrongType("", "object", raw)
		return nil, c.errors
	}
	var batch json.RawMessage
	fields(raw, func(key string, v json.RawMessage) {
		if key == "batch" {
			batch = v
		}
	})
	switch {
	case batch == nil:
		c.missing("batch")
		return nil, c.errors
	case kindOf(batch) != "array":
		c.wrongType("batch", "array", batch)
		return nil, c.errors
	}
	list := elements(batch, MaxEvents)
	if len(list) > MaxEvents {
		return nil, ErrTooMany
	}
	return list, nil
}

// read checks one event.
func (g *Ingester) read(ctx context.Context, access Access, raw json.RawMessage) (item, *Failure) {
	e, errs := readEnvelope(sanitize(raw))
	errs = append(errs, eventNUL(raw)...)
	it := item{envelope: e}
	if len(errs) == 0 && access.ScoresOnly && e.kind.thing != store.ThingScore {
		return it, &Failure{ID: e.id, Status: http.StatusUnauthorized, Message: "Access denied", Error: "a public key alone may only send scores: use basic auth with the secret key"}
	}
	if len(errs) == 0 {
		errs = it.readBody()
	}
	if len(errs) > 0 {
		return it, &Failure{ID: e.id, Status: http.StatusBadRequest, Message: invalid, Error: errs.Error()}
	}
	if e.kind.thing == 0 {
		g.log.DebugContext(ctx, "langshark: log of an SDK", "project", access.ProjectID, "body", short(string(e.body)))
	}
	return it, nil
}

func (it *item) readBody() FieldErrors {
	c := &checker{path: []string{"body"}}
	switch it.kind.thing {
	case store.ThingTrace:
		w := readTrace(c, it.body)
		w.Stamp, w.ID = it.stamp(), cmp.Or(w.ID, derivedID(it.id))
		it.trace = &w
	case store.ThingObservation:
		w := readObservation(c, it.body, it.kind)
		w.Stamp = it.stamp()
		it.observation = &w
	case store.ThingScore:
		w := readScore(c, it.body)
		w.Stamp, w.ID = it.stamp(), cmp.Or(w.ID, derivedID(it.id))
		it.score = &w
	default: // sdk-log
		logged := false
		fields(it.body, func(key string, _ json.RawMessage) { logged = logged || key == "log" })
		if !logged {
			c.missing("log")
		}
	}
	return c.errors
}

// existing leaves out the legacy updates of observations that don't exist.
func (g *Ingester) existing(ctx context.Context, projectID string, items []item, r *Result) ([]item, error) {
	made := map[string]bool{}
	kept := items[:0]
	for _, it := range items {
		if it.observation == nil {
			kept = append(kept, it)
			continue
		}
		id := it.observation.ID
		if it.kind.legacy && it.kind.update && !made[id] {
			page, err := g.store.Observations(ctx, projectID, store.ObservationQuery{ObservationFilter: store.ObservationFilter{IDs: []string{id}}})
			if err != nil {
				return nil, err
			}
			if len(page.Observations) == 0 {
				r.rejected = append(r.rejected, it.kind)
				r.Errors = append(r.Errors, Failure{ID: it.id, Status: http.StatusNotFound, Message: "Resource not found", Error: fmt.Sprintf("there is no observation %s to update", short(id))})
				continue
			}
		}
		made[id] = true
		kept = append(kept, it)
	}
	return kept, nil
}

// write stores the items and returns those that are. If the store can't take
// them together, each is tried alone, so that one can't keep out the others.
func (g *Ingester) write(ctx context.Context, projectID string, items []item, r *Result) ([]item, error) {
	err := g.store.Write(ctx, writes(projectID, items))
	if err == nil {
		return items, nil
	}
	if passes(ctx, err) || len(items) < 2 {
		return nil, err
	}
	var kept []item
	var failures []Failure
	for _, it := range items {
		if e := g.store.Write(ctx, writes(projectID, []item{it})); e != nil {
			g.log.ErrorContext(ctx, "langshark: event not stored", "project", projectID, "event", it.id, "error", e)
			failures = append(failures, failureOf(it, e))
			continue
		}
		kept = append(kept, it)
	}
	if len(kept) == 0 {
		return nil, err
	}
	r.Errors = append(r.Errors, failures...)
	return kept, nil
}

// passes reports whether an error of the store has nothing to do with what was written.
func passes(ctx context.Context, err error) bool {
	passing := ctx.Err() != nil
	for _, e := range []error{store.ErrBusy, store.ErrFull, store.ErrClosed, store.ErrNotFound, context.Canceled, context.DeadlineExceeded} {
		passing = passing || errors.Is(err, e)
	}
	return passing
}

// failureOf says why one event was not stored when others were. All are worth another try.
func failureOf(it item, err error) Failure {
	status, text := http.StatusInternalServerError, "the event could not be stored"
	switch {
	case errors.Is(err, store.ErrFull):
		status, text = http.StatusInsufficientStorage, "the server's disk is full: send the event again later"
	case errors.Is(err, store.ErrBusy):
		status, text = http.StatusTooManyRequests, "too many writes are waiting: send the event again"
	case errors.Is(err, store.ErrClosed):
		status, text = http.StatusServiceUnavailable, "the server is shutting down: send the event again"
	}
	return Failure{ID: it.id, Status: status, Message: http.StatusText(status), Error: text}
}

func writes(projectID string, items []item) *store.Batch {
	b := &store.Batch{ProjectID: projectID}
	for _, it := range items {
		switch {
		case it.trace != nil:
			b.Traces = append(b.Traces, *it.trace)
		case it.observation != nil:
			b.Observations = append(b.Observations, *it.observation)
		case it.score != nil:
			b.Scores = append(b.Scores, *it.score)
		}
	}
	return b
}

// Trace stores one trace, given as the body of a trace-create, and returns its
// id. Errors are as those of Ingest.
func (g *Ingester) Trace(ctx context.Context, projectID string, body []byte) (id string, err error) {
	raw, err := parseObject(body)
	if err != nil {
		return "", err
	}
	c := &checker{}
	w := readTrace(c, raw)
	if len(c.errors) > 0 {
		g.counts.rejected(eventKind{thing: store.ThingTrace})
		return "", c.errors
	}
	eventID, err := uuid.NewRandom()
	if err != nil {
		return "", fmt.Errorf("langshark: event id: %w", err)
	}
	w.Stamp = store.NewStamp(now(), false, eventID.String())
	w.ID = cmp.Or(w.ID, derivedID(eventID.String()))
	if err := g.store.Write(ctx, &store.Batch{ProjectID: projectID, Traces: []store.TraceWrite{w}}); err != nil {
		return w.ID, err
	}
	g.counts.accepted(eventKind{thing: store.ThingTrace})
	return w.ID, nil
}

// IsInvalid reports whether the error is the sender's fault, and what is wrong.
func IsInvalid(err error) (FieldErrors, bool) {
	var errs FieldErrors
	return errs, errors.As(err, &errs)
}
