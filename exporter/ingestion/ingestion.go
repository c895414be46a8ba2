// Package ingestion sends records to a LangShark or Langfuse server by
// POST /api/public/ingestion.
//
// The wire is that of Langfuse 2.75 and later, read from its source and from
// recorded answers of a LangShark server; docs/wire.md has the details.
package ingestion

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/langfuse"
)

// Dialect is what a server understands.
type Dialect uint8

const (
	// DialectAuto asks the server's GET /api/public/health before the first batch,
	// until it names a version, and again after an answer 404, 405 or 410.
	DialectAuto Dialect = iota
	// DialectV2 has the ten event types of Langfuse 2.75: kinds other than span,
	// generation and event are sent as one of these, with metadata langshark.kind.
	DialectV2
	// DialectV3 has an event type for each kind, as Langfuse 3 and LangShark for Go do.
	DialectV3
)

// MaxBodyBytes bounds one request. Servers take 4.5 MB and document 3.5 MB.
const MaxBodyBytes = 3_400_000

// Config says where to send. Host, PublicKey and SecretKey are required.
type Config struct {
	// Host is the server's base URL, as in http://127.0.0.1:3000, with or without a path.
	Host string
	// PublicKey and SecretKey are the project's API keys.
	PublicKey, SecretKey string
	// Headers are sent with every request to the server and win over the exporter's own, as in
	// an Authorization of another kind; not with uploads to where the server says.
	Headers map[string]string
	// HTTPClient sends the requests. Defaults to a client of its own, whose
	// idle connections Shutdown closes. A call is bounded by Export's context.
	HTTPClient *http.Client
	// Dialect defaults to DialectAuto.
	Dialect Dialect
	// SDKVersion is sent in the batch's metadata and the User-Agent.
	SDKVersion string
}

// Exporter is an [exporter.Exporter]. Make one with [New].
type Exporter struct {
	cfg     Config
	client  *langfuse.Client
	uploads *langfuse.Uploads
	encoder encoder

	mu      sync.Mutex
	dialect Dialect // DialectAuto while unknown
}

// New checks the configuration. It connects to nothing.
func New(cfg Config) (*Exporter, error) {
	if cfg.PublicKey == "" || cfg.SecretKey == "" {
		return nil, errors.New("langshark: public key and secret key are both required")
	}
	client, err := langfuse.New(langfuse.Config{
		Base: cfg.Host, PublicKey: cfg.PublicKey, SecretKey: cfg.SecretKey, Headers: cfg.Headers,
		HTTPClient: cfg.HTTPClient, SDKVersion: cfg.SDKVersion,
	})
	if err != nil {
		return nil, err
	}
	e := &Exporter{cfg: cfg, client: client, uploads: langfuse.NewUploads(client), dialect: cfg.Dialect}
	e.encoder.metadata = batchMetadata(cfg)
	return e, nil
}

// TraceURL returns the page of a trace on the server.
func (e *Exporter) TraceURL(traceID string) string { return e.client.TraceURL(traceID) }

// AcceptsMedia reports whether the server has a media API, as far as is known.
func (e *Exporter) AcceptsMedia() bool { return e.uploads.Accepts() }

// UploadMedia sends the content of a file by the media API.
func (e *Exporter) UploadMedia(ctx context.Context, m *exporter.Media) error {
	return e.uploads.Upload(ctx, m)
}

// Export sends the records in as few requests as their size allows.
func (e *Exporter) Export(ctx context.Context, records []exporter.Record) error {
	dialect, err := e.speak(ctx)
	if err != nil {
		return err
	}
	var failed []exporter.Failure
	for start := 0; start < len(records); {
		body, n := e.encoder.encode(records[start:], dialect)
		failures, err := e.post(ctx, body, records[start:start+n])
		if err != nil {
			e.forget(err)
			if start == 0 {
				return err
			}
			return &exporter.PartialError{Failed: append(failed, langfuse.Unsent(indices(start, len(records)), err)...), Err: err}
		}
		for _, f := range failures {
			f.Index += start
			failed = append(failed, f)
		}
		start += n
	}
	if len(failed) > 0 {
		return &exporter.PartialError{Failed: failed}
	}
	return nil
}

func indices(from, to int) (all []int) {
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

// AcceptsUnfinished returns true: running observations are created and later updated.
func (e *Exporter) AcceptsUnfinished() bool { return true }

// Shutdown closes idle connections.
func (e *Exporter) Shutdown(context.Context) error {
	e.client.Close()
	return nil
}

// AuthCheck asks the server whether the keys are valid: nil, an
// [*exporter.APIError] with status 401 or 403, or a network error.
func (e *Exporter) AuthCheck(ctx context.Context) error { return e.client.AuthCheck(ctx) }
