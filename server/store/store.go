// Package store says what the server keeps and how it is written and read,
// without saying where. An engine implements [Store]; package storetest holds
// the suite every engine passes; package merge the rule by which writes meet.
//
// A store knows projects, traces, observations, scores, sessions and documents. Reads see
// every write that has returned before them.
package store

import (
	"context"
	"errors"
	"time"
)

// Errors that a [Store] returns, wrapped.
var (
	// ErrNotFound says that the project has nothing of that id.
	ErrNotFound = errors.New("not found")
	// ErrBusy says that too many writes wait; try again after [RetryAfter].
	ErrBusy = errors.New("too many writes are waiting")
	// ErrClosed says that the store has been closed.
	ErrClosed = errors.New("store is closed")
	// ErrExists says that a name or key is taken.
	ErrExists = errors.New("exists already")
	// ErrRemoved says that a key was taken away, and is not let in again.
	ErrRemoved = errors.New("was taken away")
	// ErrLastKey says that a key is the only one of its project.
	ErrLastKey = errors.New("the last key of its project")
	// ErrBadCursor says that a cursor isn't one that the store gave.
	ErrBadCursor = errors.New("not a cursor of this list")
	// ErrBadOrder says that a list can't be sorted so.
	ErrBadOrder = errors.New("not an order of this list")
	// ErrFull says that there is no room left. Nothing can be written until
	// there is; reads go on.
	ErrFull = errors.New("no room left on the disk: reads go on, writes resume when there is")
	// ErrReadOnly says that the store was opened for reading alone.
	ErrReadOnly = errors.New("opened for reading alone")
	// ErrOlder says that the data is that of an older version, opened for reading alone.
	ErrOlder = errors.New("langshark serve brings it up to date")
	// ErrBadQuery says that a query makes no sense.
	ErrBadQuery = errors.New("not a query")
)

// MinRetention is the shortest time for which traces can be kept.
const MinRetention = time.Microsecond

// RetryAfter is the time to wait after [ErrBusy].
const RetryAfter = time.Second

// Store keeps the data of all projects. Its methods are safe for concurrent
// use and honour ctx.
type Store interface {
	// Write applies a batch. It returns nil once the batch is committed and
	// will survive a crash; [ErrBusy] if the queue of writes is full; [ErrFull] if
	// there is no room for it. A write
	// that ctx ends while it waits may still be committed: events are
	// idempotent, so sending them again is safe.
	Write(ctx context.Context, batch *Batch) error

	// Traces lists traces by filter, order and page.
	Traces(ctx context.Context, projectID string, q TraceQuery) (TracePage, error)
	// Trace returns one trace with its payload.
	Trace(ctx context.Context, projectID, traceID string) (*Trace, error)
	// TraceMembers returns the ids of the observations and of the scores of each trace, sorted.
	TraceMembers(ctx context.Context, projectID string, traceIDs []string) (map[string]Members, error)
	// Observations lists observations by filter, order and page.
	Observations(ctx context.Context, projectID string, q ObservationQuery) (ObservationPage, error)
	// Observation returns one observation with its payload.
	Observation(ctx context.Context, projectID, observationID string) (*Observation, error)
	// Scores lists scores by filter, newest first.
	Scores(ctx context.Context, projectID string, q ScoreQuery) (ScorePage, error)
	// Sessions lists sessions, newest first.
	Sessions(ctx context.Context, projectID string, q SessionQuery) (SessionPage, error)
	// Session returns one session.
	Session(ctx context.Context, projectID, sessionID string) (*Session, error)

	// Metrics adds up observations or traces, exactly but for quantiles: every
	// write that has returned is in, and whatever is deleted is out.
	Metrics(ctx context.Context, projectID string, q MetricsQuery) ([]MetricsRow, error)
	// Search finds text in inputs and outputs. What was just written may take
	// some seconds to be found.
	Search(ctx context.Context, projectID string, q SearchQuery) (SearchPage, error)

	Facts
	Documents

	// CreateProject adds a project; [ErrExists] if the id or name is taken.
	CreateProject(ctx context.Context, p Project) error
	// Projects lists all projects, oldest first.
	Projects(ctx context.Context) ([]Project, error)
	// SetRetention says how long the traces of a project are kept, from their
	// timestamp on, which is [MinRetention] at least; zero is for ever. What is older goes in the background, in
	// small steps, with its observations and scores.
	SetRetention(ctx context.Context, projectID string, keep time.Duration) error
	// CreateAPIKey adds a key; [ErrExists] if its public half is that of a key, or once was that of
	// another project's: it may stand in pages still. [ErrRemoved] if the same key, public half and secret, was taken away.
	CreateAPIKey(ctx context.Context, k APIKey) error
	// APIKeys lists the keys of a project, oldest first.
	APIKeys(ctx context.Context, projectID string) ([]APIKey, error)
	// APIKey returns the key with that public half.
	APIKey(ctx context.Context, publicKey string) (*APIKey, error)
	// DeleteAPIKey takes a key of a project away for good; [ErrNotFound] if it has none such,
	// [ErrLastKey] if it has no other.
	DeleteAPIKey(ctx context.Context, projectID, publicKey string) error
	// RemovedAPIKeys lists the keys with that public half that were taken away, oldest first.
	RemovedAPIKeys(ctx context.Context, publicKey string) ([]RemovedAPIKey, error)

	// Watch calls f after each commit, on the writer's goroutine: f must not
	// block. The returned function ends it, from within f too; a call that has
	// begun may still end after it.
	Watch(f func(Commit)) (stop func())
	// Backup writes a copy of everything to a new file, as it is at one moment,
	// while writes go on. progress, if not nil, is called now and then with bytes.
	Backup(ctx context.Context, path string, progress func(done, total int64)) error
	// Check looks for damage: whether all can be read, and whether what is kept
	// as sums is the sum of what is kept. It takes a time that grows with the data.
	Check(ctx context.Context) error
	// Stats says how the store is doing, at no cost.
	Stats() Stats
	// Close commits what waits, then releases everything. It is idempotent.
	Close() error
}

// Commit says what a commit has changed.
type Commit struct {
	ProjectID string
	// TraceIDs are the traces whose rows, observations or scores changed, each once.
	TraceIDs []string
}

// Project separates the data of one application from all others.
type Project struct {
	ID        string
	Name      string
	CreatedAt time.Time
	// Retention is how long traces are kept; zero is for ever.
	Retention time.Duration
}

// Stats says how a store is doing. Counters run from when it was opened.
type Stats struct {
	// Pending and PendingBytes are the writes that wait or are being committed.
	Pending      int
	PendingBytes int
	// Commits, and the Writes they held.
	Commits int64
	Writes  int64
	// Busy and Full count the writes refused with [ErrBusy] and [ErrFull], Failed all others that failed.
	Busy   int64
	Full   int64
	Failed int64
	// CommitTime has how long commits took, waiting in the queue apart.
	CommitTime Histogram
	// Expired counts traces that went because of their age.
	Expired int64
	// SearchLag is about how many observations can't be found by search yet.
	SearchLag int64
	// FileBytes is the size of all files, FreeBytes what of it is free for reuse.
	FileBytes int64
	FreeBytes int64
	// ReadOnly says that the last write failed with [ErrFull] and none has succeeded since.
	ReadOnly bool
}

// APIKey lets an application write to and read from one project.
type APIKey struct {
	ProjectID string
	PublicKey string
	// SecretHash is the SHA-256 of the secret half, which is not kept.
	SecretHash []byte
	CreatedAt  time.Time
}

// RemovedAPIKey is a key that was taken away.
type RemovedAPIKey struct {
	ProjectID string
	PublicKey string
	// SecretHash is as that of [APIKey].
	SecretHash []byte
	RemovedAt  time.Time
}
