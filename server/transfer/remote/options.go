package remote

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/transfer"
)

// Options say what [Import] reads, and how. URL and keys are needed.
type Options struct {
	// URL is the address of the server, as https://cloud.langfuse.com, with the
	// path below which it serves /api, if there is one.
	URL string
	// PublicKey and SecretKey are those of the project there.
	PublicKey, SecretKey string
	// Concurrency is how many requests run at once. Defaults to 4.
	Concurrency int
	// Rate bounds the requests a second. Defaults to no bound but the server's.
	Rate float64
	// PageSize is how many rows a page has. Defaults to 100, the most that servers
	// take. It is halved by itself where pages are too large or take too long.
	PageSize int
	// Timeout bounds each request. Defaults to a minute.
	Timeout time.Duration
	// MaxResponseBytes bounds each answer. Defaults to 64 MiB.
	MaxResponseBytes int64
	// Attempts is how often a request is tried that fails. Defaults to 8; answers of
	// 429 don't count.
	Attempts int
	// State is a file that keeps how far the import got. Empty keeps nothing.
	State string
	// Resume goes on where State says that an import stopped. After an import that
	// ended well it fetches what has come since.
	Resume bool
	// Revive brings back what was deleted here after it was written there. By default that stays deleted, and a note counts it.
	// With Resume it is about what is still to be read.
	Revive bool
	// Patience is how long a batch is tried while the store is busy or full.
	// Defaults to 5 minutes.
	Patience time.Duration
	// Transport sends the requests. Defaults to a transport of its own.
	Transport http.RoundTripper
	// Progress, if not nil, is called after each page, one call at a time.
	Progress func(Progress)
	// Waiting, if not nil, is called when a request will be tried again after the
	// pause, or a write. Calls may overlap.
	Waiting func(reason error, pause time.Duration)
}

func (o Options) withDefaults() (Options, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return o, fmt.Errorf("langshark: %q is not the address of a server, as https://langfuse.example.com is", o.URL)
	}
	if u.User != nil {
		return o, errors.New("langshark: give the keys as keys, not in the address")
	}
	if o.PublicKey == "" || o.SecretKey == "" {
		return o, errors.New("langshark: the public and the secret key of the project there are needed")
	}
	o.URL = strings.TrimRight(o.URL, "/")
	o.Concurrency = max(cmp.Or(o.Concurrency, 4), 1)
	o.PageSize = min(max(cmp.Or(o.PageSize, 100), 1), 100)
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	o.MaxResponseBytes = cmp.Or(o.MaxResponseBytes, 64<<20)
	o.Attempts = max(cmp.Or(o.Attempts, 8), 1)
	return o, nil
}

// Progress says how far an import is.
type Progress struct {
	// List is what is read now: traces, observations or scores.
	List string
	// Done and Total are the rows of this list.
	Done, Total int64
	// Counts are the rows of all lists so far.
	transfer.Counts
}

// Result is what an import did.
type Result struct {
	// Server is the version that the other server says it has; empty if it doesn't.
	Server string
	// Lists are the traces, observations and scores.
	Lists []List
	// SessionsThere and SessionsHere count sessions, which come of the traces; -1 if unknown.
	SessionsThere, SessionsHere int64
	// Notes count what was changed on the way in, by what it is.
	Notes map[string]int64
	// Differences say in words where this project and the source differ.
	Differences []string
}

// List is what became of the rows of one list.
type List struct {
	Name string
	// There is how many rows the source says it has, -1 if it doesn't.
	There int64
	// Read is how many came, those of the runs before a resume included; Left how
	// many of them could not be written, by reason.
	Read int64
	Left map[string]int64
	// Here is how many the project has now, whatever wrote them.
	Here int64
}

// Written is how many rows were written.
func (l *List) Written() int64 {
	n := l.Read
	for _, left := range l.Left {
		n -= left
	}
	return n
}
