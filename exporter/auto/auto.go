// Package auto sends records by the wire that a Langfuse or LangShark server
// understands: it asks GET /api/public/health before the first batch, and again
// after an answer 404, 405 or 410.
//
// LangShark and Langfuse 3 get the ingestion API with all kinds, older versions
// of Langfuse that with the ten event types of 2.75, and Langfuse 4 and later
// OTLP.
package auto

import (
	"context"
	"errors"
	"sync"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/ingestion"
	"github.com/langshark/langshark-go/exporter/otlp"
	"github.com/langshark/langshark-go/internal/langfuse"
)

// firstOTLP is the major version of Langfuse whose own SDKs send OTLP only.
const firstOTLP = 4

// Exporter is an [exporter.Exporter]. Make one with [New].
type Exporter struct {
	client    *langfuse.Client
	ingestion *ingestion.Exporter
	otlp      *otlp.Exporter

	mu    sync.Mutex
	known exporter.Exporter // nil until the server has said what it is
	last  exporter.Exporter // what was known before it was asked again
}

// New checks the configuration of both wires. It connects to nothing.
func New(cfg ingestion.Config, opts ...exporter.Option) (*Exporter, error) {
	e := &Exporter{}
	var err error
	cfg.Dialect = ingestion.DialectAuto
	if e.ingestion, err = ingestion.New(cfg); err != nil {
		return nil, err
	}
	if e.otlp, err = otlp.New(otlp.Config{
		Endpoint: cfg.Host, PublicKey: cfg.PublicKey, SecretKey: cfg.SecretKey, Headers: cfg.Headers,
		HTTPClient: cfg.HTTPClient, SDKVersion: cfg.SDKVersion,
	}, opts...); err != nil {
		return nil, err
	}
	e.client, err = langfuse.New(langfuse.Config{
		Base: cfg.Host, PublicKey: cfg.PublicKey, SecretKey: cfg.SecretKey, Headers: cfg.Headers,
		HTTPClient: cfg.HTTPClient, SDKVersion: cfg.SDKVersion,
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// wire returns the exporter that fits the server. Where that says nothing of
// its version, it is the ingestion API's, until the next batch.
func (e *Exporter) wire(ctx context.Context) (exporter.Exporter, error) {
	e.mu.Lock()
	known := e.known
	e.mu.Unlock()
	if known != nil {
		return known, nil
	}
	health, err := e.client.Health(ctx)
	if err != nil {
		return nil, err
	}
	if !health.Known() {
		return e.ingestion, nil
	}
	known = e.ingestion
	if health.Major >= firstOTLP && !health.LangShark {
		known = e.otlp
	}
	e.mu.Lock()
	other := e.last != known
	e.known, e.last = known, known
	e.mu.Unlock()
	if other {
		e.otlp.Ask()
	}
	return known, nil
}

// Export sends the records by the wire that fits.
func (e *Exporter) Export(ctx context.Context, records []exporter.Record) error {
	wire, err := e.wire(ctx)
	if err != nil {
		return err
	}
	err = wire.Export(ctx, records)
	var api *exporter.APIError
	if errors.As(err, &api) && langfuse.Elsewhere(api.StatusCode) {
		e.mu.Lock()
		e.known = nil
		e.mu.Unlock()
	}
	return err
}

// AcceptsUnfinished reports whether an observation may be sent while it runs: unless the
// wire is known to be OTLP, by which each is sent once, when it has ended.
func (e *Exporter) AcceptsUnfinished() bool { return !e.spans() }

// OmitsTraces reports whether the wire is OTLP, as far as is known.
func (e *Exporter) OmitsTraces() bool { return e.spans() }

func (e *Exporter) spans() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.known == exporter.Exporter(e.otlp)
}

// AcceptsMedia reports whether the server has a media API, as far as is known.
func (e *Exporter) AcceptsMedia() bool {
	return e.ingestion.AcceptsMedia()
}

// UploadMedia sends the content of a file by the media API, which is the same beside both wires.
func (e *Exporter) UploadMedia(ctx context.Context, m *exporter.Media) error {
	return e.ingestion.UploadMedia(ctx, m)
}

// AuthCheck asks the server whether the keys are valid; see [exporter.AuthChecker].
func (e *Exporter) AuthCheck(ctx context.Context) error { return e.client.AuthCheck(ctx) }

// TraceURL returns the page of a trace on the server.
func (e *Exporter) TraceURL(traceID string) string { return e.client.TraceURL(traceID) }

// Shutdown closes idle connections.
func (e *Exporter) Shutdown(ctx context.Context) error {
	e.client.Close()
	return errors.Join(e.ingestion.Shutdown(ctx), e.otlp.Shutdown(ctx))
}
