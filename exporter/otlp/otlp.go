// Package otlp sends records as spans by OTLP over HTTP: to Langfuse 4, and to
// any backend of OpenTelemetry.
//
// The wire is opentelemetry-proto 1.x, in protobuf or JSON; what is written as
// which attribute is in package semconv and in docs/wire.md. An observation is
// sent once, when it has ended. The attributes of its trace are on every span.
package otlp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/ingestion"
	"github.com/langshark/langshark-go/internal/langfuse"
	"github.com/langshark/langshark-go/semconv"
)

// Encoding is the form of the bodies.
type Encoding uint8

const (
	// EncodingProtobuf is the smaller one, and the faster one to write.
	EncodingProtobuf Encoding = iota
	// EncodingJSON is for people to read.
	EncodingJSON
)

// Conventions say whose names the attributes have: a set.
type Conventions uint8

const (
	// Langfuse names carry everything that a record holds.
	Langfuse Conventions = 1 << iota
	// GenAI names are OpenTelemetry's for generative AI.
	GenAI
	// OpenInference names are those of Phoenix. They carry input and output where Langfuse's don't.
	OpenInference

	// AllConventions is what zero means.
	AllConventions = Langfuse | GenAI | OpenInference
)

// DefaultMaxBodyBytes bounds one request before it is compressed.
const DefaultMaxBodyBytes = 3_400_000

// Config says where to send and what.
type Config struct {
	// Endpoint is, with keys, the base URL of a Langfuse or LangShark server; without,
	// that of a backend, where /v1/traces is meant if it has no path. Required.
	Endpoint string
	// PublicKey and SecretKey are the project's API keys: both, or none for other backends.
	PublicKey, SecretKey string
	// Headers are sent with every request, those by Langfuse's other APIs too, as in an
	// Authorization of another kind.
	Headers map[string]string
	// HTTPClient defaults to one of the exporter's own. A call is bounded by Export's context.
	HTTPClient *http.Client
	// Encoding defaults to EncodingProtobuf.
	Encoding Encoding
	// Conventions defaults to AllConventions.
	Conventions Conventions
	// WithoutContent leaves inputs and outputs out, and files, and metadata of observations that
	// holds content by its name (semconv.ContentOf).
	WithoutContent bool
	// Resource has attributes of the resource. service.name defaults to OTEL_SERVICE_NAME,
	// else to the name of the executable.
	Resource map[string]string
	// MaxBodyBytes bounds one request before it is compressed. Defaults to DefaultMaxBodyBytes;
	// at most 200 MB. A record that is larger goes alone.
	MaxBodyBytes int
	// SDKVersion is that of the instrumentation scope and of telemetry.sdk.version.
	SDKVersion string
}

// Exporter is an [exporter.Exporter]. Make one with [New].
type Exporter struct {
	cfg        Config
	client     *langfuse.Client
	path       string
	compressor exporter.Compressor
	beside     *ingestion.Exporter       // for scores, trace updates and media; nil without keys
	noBeside   atomic.Pointer[time.Time] // when the server was found to have no ingestion API

	spans      spans
	protobuf   protobuf
	json       textJSON
	head       []byte // resource and scope, encoded
	compressed []byte
	limit      int // of a body in protobuf, whose lengths take four bytes
}

// besideAgain is how long a server without an ingestion API is left alone with it.
const besideAgain = 5 * time.Minute

// mostBodyBytes leaves room below maxLength.
const mostBodyBytes = 200_000_000

// New checks the configuration. It connects to nothing.
func New(cfg Config, opts ...exporter.Option) (*Exporter, error) {
	o := exporter.Options{Compressor: exporter.Gzip()}
	for _, opt := range opts {
		opt(&o)
	}
	if cfg.Encoding > EncodingJSON {
		return nil, fmt.Errorf("langshark: otlp: Encoding %d is neither EncodingProtobuf nor EncodingJSON", cfg.Encoding)
	}
	if cfg.MaxBodyBytes < 0 || cfg.MaxBodyBytes > mostBodyBytes {
		return nil, fmt.Errorf("langshark: otlp: MaxBodyBytes must be from 0 to %d", mostBodyBytes)
	}
	client, err := langfuse.New(langfuse.Config{
		Base: cfg.Endpoint, PublicKey: cfg.PublicKey, SecretKey: cfg.SecretKey, Headers: cfg.Headers,
		HTTPClient: cfg.HTTPClient, SDKVersion: cfg.SDKVersion,
	})
	if err != nil {
		return nil, err
	}
	cfg.MaxBodyBytes = cmp.Or(cfg.MaxBodyBytes, DefaultMaxBodyBytes)
	cfg.Conventions = cmp.Or(cfg.Conventions&AllConventions, AllConventions)
	e := &Exporter{cfg: cfg, client: client, compressor: o.Compressor, limit: maxLength}
	e.spans = spans{conventions: cfg.Conventions, withoutContent: cfg.WithoutContent}
	switch u, _ := langfuse.ParseURL(cfg.Endpoint); {
	case cfg.PublicKey != "":
		e.path = "/api/public/otel/v1/traces"
		e.beside, err = ingestion.New(ingestion.Config{
			Host: cfg.Endpoint, PublicKey: cfg.PublicKey, SecretKey: cfg.SecretKey, Headers: cfg.Headers, HTTPClient: cfg.HTTPClient,
			Dialect: ingestion.DialectV3, SDKVersion: cfg.SDKVersion,
		})
		if err != nil {
			return nil, err
		}
	case u.Path == "":
		e.path = "/v1/traces"
	}
	e.begin()
	return e, nil
}

// resource returns the attributes in order of their names.
func (c *Config) resource() (names []string, values map[string]string) {
	values = map[string]string{
		semconv.ServiceName:          cmp.Or(os.Getenv("OTEL_SERVICE_NAME"), filepath.Base(os.Args[0])),
		semconv.TelemetrySDKName:     langfuse.SDKName,
		semconv.TelemetrySDKLanguage: "go",
	}
	if c.SDKVersion != "" {
		values[semconv.TelemetrySDKVersion] = c.SDKVersion
	}
	maps.Copy(values, c.Resource)
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, values
}

// Export sends the spans in as few requests as their size allows, then scores
// and changes of traces by the ingestion API, where the server has one.
//
// A partial success of a backend names no spans: as many of the last ones count
// as refused.
func (e *Exporter) Export(ctx context.Context, records []exporter.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	plan := e.plan(records)
	var failed []exporter.Failure
	for start := 0; start < len(plan.spans); {
		body, n := e.encode(records, plan.spans[start:])
		if body == nil {
			failed = append(failed, exporter.Failure{Index: plan.spans[start], Reason: fmt.Sprintf("a span takes %d MB at most", e.limit/1_000_000)})
			start += n
			continue
		}
		rejected, err := e.post(ctx, body)
		if err != nil {
			if start == 0 {
				return err
			}
			return &exporter.PartialError{Failed: append(failed, langfuse.Unsent(slices.Concat(plan.spans[start:], plan.beside), err)...), Err: err}
		}
		for _, i := range plan.spans[start+n-int(min(rejected.spans, int64(n))) : start+n] {
			failed = append(failed, exporter.Failure{Index: i, Reason: cmp.Or(rejected.message, "the backend rejected it")})
		}
		start += n
	}
	more, err := e.send(ctx, records, plan.beside)
	failed = append(failed, more...)
	for _, i := range plan.unsupported {
		failed = append(failed, exporter.Failure{Index: i, Reason: "spans have no place for it", Unsupported: true})
	}
	if err != nil && len(plan.spans) == 0 && len(plan.unsupported) == 0 && len(plan.beside) == len(records) {
		return err
	}
	if len(failed) > 0 {
		return &exporter.PartialError{Failed: failed, Err: err}
	}
	return nil
}

// plan says by index which record goes where. In none: what is there already.
type plan struct{ spans, beside, unsupported []int }

func (e *Exporter) plan(records []exporter.Record) (p plan) {
	hasBeside := e.hasBeside()
	for i := range records {
		r := &records[i]
		switch {
		case r.Observation != nil:
			if !skipped(records, i) {
				p.spans = append(p.spans, i)
			}
		case hasBeside && (r.Score != nil || r.Op == exporter.OpUpdate):
			p.beside = append(p.beside, i)
		case r.Score != nil && r.Score.TraceID != "":
			p.spans = append(p.spans, i)
		case r.Score != nil || r.Op == exporter.OpUpdate:
			p.unsupported = append(p.unsupported, i)
		default: // a trace, which its root's span tells
		}
	}
	return p
}

// hasBeside reports whether the server has an ingestion API, as far as is known.
// One that had none is asked again after a while.
func (e *Exporter) hasBeside() bool {
	gone := e.noBeside.Load()
	return e.beside != nil && (gone == nil || time.Since(*gone) >= besideAgain)
}

// Ask forgets that the server has no ingestion API: it may be another one now.
func (e *Exporter) Ask() { e.noBeside.Store(nil) }

// send sends records by the ingestion API. A server that has none gets them as
// spans from the next attempt on.
func (e *Exporter) send(ctx context.Context, records []exporter.Record, indices []int) ([]exporter.Failure, error) {
	if len(indices) == 0 {
		return nil, nil
	}
	some := make([]exporter.Record, len(indices))
	for at, i := range indices {
		some[at] = records[i]
		if t := some[at].Trace; t != nil && e.cfg.WithoutContent {
			without := *t
			without.Input, without.Output = exporter.Value{}, exporter.Value{}
			some[at].Trace = &without
		}
	}
	err := e.beside.Export(ctx, some)
	var partial *exporter.PartialError
	if errors.As(err, &partial) {
		failed := slices.Clone(partial.Failed)
		for at := range failed {
			failed[at].Index = indices[failed[at].Index]
		}
		return failed, partial.Err
	}
	var api *exporter.APIError
	if errors.As(err, &api) && langfuse.Elsewhere(api.StatusCode) {
		now := time.Now()
		e.noBeside.Store(&now)
	}
	if err != nil {
		return langfuse.Unsent(indices, err), err
	}
	e.noBeside.Store(nil)
	return nil, nil
}

// post sends one body.
func (e *Exporter) post(ctx context.Context, body []byte) (rejection, error) {
	r := langfuse.Request{Method: http.MethodPost, Path: e.path, Body: body, ContentType: "application/x-protobuf", IngestionVersion: "4"}
	if e.cfg.Encoding == EncodingJSON {
		r.ContentType = "application/json"
	}
	if e.compressor != nil {
		var err error
		if e.compressed, err = e.compressor.Compress(e.compressed[:0], body); err != nil {
			return rejection{}, err
		}
		r.Body, r.ContentEncoding = e.compressed, e.compressor.Encoding()
	}
	answer, err := e.client.Do(ctx, r)
	if err != nil {
		return rejection{}, err
	}
	if answer.Status < 200 || answer.Status > 299 {
		return rejection{}, answer.Error()
	}
	rejected, err := readAnswer(answer.Header.Get("Content-Type"), answer.Body)
	if err != nil {
		return rejection{}, fmt.Errorf("langshark: the answer to spans is %w: %s", err, langfuse.Cut(strings.ToValidUTF8(string(answer.Body), "")))
	}
	return rejected, nil
}

// OmitsTraces returns true: spans have the attributes of their trace.
func (e *Exporter) OmitsTraces() bool { return true }

// AcceptsMedia reports whether the server has a media API, as far as is known: one of Langfuse or LangShark.
// Files are content.
func (e *Exporter) AcceptsMedia() bool {
	return !e.cfg.WithoutContent && e.hasBeside() && e.beside.AcceptsMedia()
}

// AcceptsUnfinished returns false: each observation is sent once, when it has ended.
func (e *Exporter) AcceptsUnfinished() bool { return false }

// UploadMedia sends the content of a file by the media API of Langfuse or LangShark.
func (e *Exporter) UploadMedia(ctx context.Context, m *exporter.Media) error {
	if e.beside == nil || e.cfg.WithoutContent {
		return &exporter.PartialError{Failed: []exporter.Failure{{Reason: "spans have no place for it", Unsupported: true}}}
	}
	return e.beside.UploadMedia(ctx, m)
}

// AuthCheck asks a server of Langfuse or LangShark whether the keys are valid; see [exporter.AuthChecker].
func (e *Exporter) AuthCheck(ctx context.Context) error {
	if e.beside == nil {
		return nil
	}
	return e.client.AuthCheck(ctx)
}

// TraceURL returns the page of a trace, or "" for backends of other kinds.
func (e *Exporter) TraceURL(traceID string) string {
	if e.beside == nil {
		return ""
	}
	return e.client.TraceURL(traceID)
}

// Shutdown closes idle connections.
func (e *Exporter) Shutdown(ctx context.Context) error {
	e.client.Close()
	if e.beside != nil {
		return e.beside.Shutdown(ctx)
	}
	return nil
}
