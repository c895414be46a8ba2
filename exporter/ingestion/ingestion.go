// Package ingestion sends records to a LangShark or Langfuse server by
// POST /api/public/ingestion.
//
// The wire is that of Langfuse 2.75 and later, read from its source and from
// recorded answers of a LangShark server; docs/wire.md has the details.
package ingestion

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/langshark/langshark-go/exporter"
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

const (
	maxAnswerBytes  = 4 << 20
	maxMessageBytes = 500
)

// Config says where to send. Host, PublicKey and SecretKey are required.
type Config struct {
	// Host is the server's base URL, as in http://127.0.0.1:3000, with or without a path.
	Host string
	// PublicKey and SecretKey are the project's API keys.
	PublicKey, SecretKey string
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
	base    string
	client  *http.Client
	own     *http.Transport // closed at Shutdown; nil if the client was given
	encoder encoder

	mu      sync.Mutex
	dialect Dialect // DialectAuto while unknown
}

// New checks the configuration. It connects to nothing.
func New(cfg Config) (*Exporter, error) {
	u, err := url.Parse(strings.TrimRight(cfg.Host, "/"))
	switch {
	case err != nil:
		return nil, fmt.Errorf("langshark: host %q: %w", cfg.Host, errors.Unwrap(err))
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("langshark: host %q is not a URL like https://langshark.example.com", cfg.Host)
	case u.User != nil:
		return nil, errors.New("langshark: host must not contain a user or password")
	case cfg.PublicKey == "" || cfg.SecretKey == "":
		return nil, errors.New("langshark: public key and secret key are both required")
	}
	u.RawQuery, u.Fragment = "", ""
	e := &Exporter{cfg: cfg, base: u.String(), client: cfg.HTTPClient, dialect: cfg.Dialect}
	if e.client == nil {
		e.own = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			MaxIdleConnsPerHost:   2,
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   10 * time.Second,
			ExpectContinueTimeout: time.Second,
			ForceAttemptHTTP2:     true,
		}
		e.client = &http.Client{Transport: e.own, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a redirect would lose the body and could leak the keys
		}}
	}
	e.encoder.metadata = batchMetadata(cfg)
	return e, nil
}

// TraceURL returns the page of a trace on the server.
func (e *Exporter) TraceURL(traceID string) string {
	return e.base + "/trace/" + url.PathEscape(traceID)
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
			return &exporter.PartialError{Failed: append(failed, unsent(start, len(records), err)...), Err: err}
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

// unsent marks the records that a failed later request left.
func unsent(from, to int, cause error) []exporter.Failure {
	var failed []exporter.Failure
	for i := from; i < to; i++ {
		failed = append(failed, exporter.Failure{Index: i, Reason: cause.Error(), Retry: true})
	}
	return failed
}

// AcceptsUnfinished returns true: running observations are created and later updated.
func (e *Exporter) AcceptsUnfinished() bool { return true }

// Shutdown closes idle connections.
func (e *Exporter) Shutdown(context.Context) error {
	if e.own != nil {
		e.own.CloseIdleConnections()
	}
	return nil
}

// AuthCheck asks the server whether the keys are valid: nil, an
// [*exporter.APIError] with status 401 or 403, or a network error.
func (e *Exporter) AuthCheck(ctx context.Context) error {
	answer, err := e.do(ctx, http.MethodGet, "/api/public/projects", nil)
	if err != nil {
		return err
	}
	if answer.status != http.StatusOK {
		return answer.apiError()
	}
	return nil
}

// answer is a response, read whole within limits.
type answer struct {
	status int
	url    *url.URL // that was asked
	header http.Header
	body   []byte
}

func (e *Exporter) do(ctx context.Context, method, path string, body []byte) (*answer, error) {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, e.base+path, reader)
	if err != nil {
		return nil, fmt.Errorf("langshark: %w", err)
	}
	req.SetBasicAuth(e.cfg.PublicKey, e.cfg.SecretKey)
	req.Header.Set("User-Agent", "langshark-go/"+e.cfg.SDKVersion)
	req.Header.Set("X-Langfuse-Sdk-Name", sdkName)
	req.Header.Set("X-Langfuse-Sdk-Version", e.cfg.SDKVersion)
	req.Header.Set("X-Langfuse-Public-Key", e.cfg.PublicKey)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("langshark: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil {
		return nil, fmt.Errorf("langshark: reading the answer of %s: %w", path, err)
	}
	return &answer{status: resp.StatusCode, url: req.URL, header: resp.Header, body: b}, nil
}

// apiError makes an error of an answer that isn't the expected one.
func (a *answer) apiError() *exporter.APIError {
	var body struct {
		Message string          `json:"message"`
		Error   json.RawMessage `json:"error"`
	}
	e := &exporter.APIError{
		StatusCode: a.status,
		RequestID:  a.header.Get("X-Request-Id"),
		RetryAfter: retryAfter(a.header.Get("Retry-After"), time.Now()),
	}
	if a.status >= 300 && a.status < 400 {
		e.Location = a.redirect()
	}
	if json.Unmarshal(a.body, &body) == nil {
		e.Message = body.Message
		var code string
		if json.Unmarshal(body.Error, &code) == nil {
			e.Code = code
		}
	}
	e.Message = cut(cmp.Or(e.Message, string(bytes.ToValidUTF8(a.body, nil))))
	e.Code = cut(e.Code)
	return e
}

// redirect returns the host that a redirect leads to, with its path if that goes on as ours does.
func (a *answer) redirect() string {
	to, err := a.url.Parse(a.header.Get("Location"))
	if err != nil || a.header.Get("Location") == "" {
		return ""
	}
	to.User, to.RawQuery, to.Fragment = nil, "", ""
	host, _, _ := strings.Cut(to.String(), "/api/public/")
	return cut(host)
}

func cut(s string) string { return exporter.TruncateText(strings.TrimSpace(s), maxMessageBytes) }

// retryAfter reads seconds or a date (RFC 9110, 10.2.3).
func retryAfter(s string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(s, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
