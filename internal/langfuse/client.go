// Package langfuse is what both wires to a Langfuse or LangShark server share:
// requests and their answers, what its health says, the JSON of usage, costs and values.
package langfuse

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// SDKName is what the SDK calls itself.
const SDKName = "langshark-go"

const maxAnswerBytes = 4 << 20

// Config says where a [Client] sends.
type Config struct {
	// Base is the URL that paths are appended to.
	Base string
	// PublicKey and SecretKey are both set or both empty.
	PublicKey, SecretKey string
	// Headers are sent with every request and win over the client's own.
	Headers map[string]string
	// HTTPClient defaults to one of the client's own.
	HTTPClient *http.Client
	// SDKVersion is sent in the User-Agent.
	SDKVersion string
}

// Client sends requests to one server. Its methods are safe for concurrent use.
type Client struct {
	cfg    Config
	base   string
	client *http.Client
	stream *http.Client    // the same without a timeout
	own    *http.Transport // closed by Close; nil if the client was given
}

// New checks the configuration. It connects to nothing.
func New(cfg Config) (*Client, error) {
	u, err := ParseURL(cfg.Base)
	if err != nil {
		return nil, err
	}
	if (cfg.PublicKey == "") != (cfg.SecretKey == "") {
		return nil, errors.New("langshark: public key and secret key belong together: one of them is missing")
	}
	u.RawQuery = ""
	c := &Client{cfg: cfg, base: strings.TrimRight(u.String(), "/"), client: cfg.HTTPClient}
	if c.client == nil {
		c.own = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			MaxIdleConnsPerHost:   2,
			WriteBufferSize:       128 << 10, // bodies are large; the default writes them by 4 KiB and 32 KiB
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   10 * time.Second,
			ExpectContinueTimeout: time.Second,
			ForceAttemptHTTP2:     true,
		}
		c.client = &http.Client{Transport: c.own, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a redirect would lose the body and could leak the keys
		}}
	}
	endless := *c.client
	endless.Timeout = 0
	c.stream = &endless
	return c, nil
}

// ParseURL reads the URL of a server, whose errors don't repeat credentials.
func ParseURL(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(s, "/"))
	switch {
	case err != nil:
		return nil, fmt.Errorf("langshark: host %q: %w", s, errors.Unwrap(err))
	case u.User != nil:
		return nil, errors.New("langshark: host must not contain a user or password")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("langshark: host %q is not a URL like https://langshark.example.com", s)
	}
	u.Fragment = ""
	return u, nil
}

// Base is the server's URL without a slash at its end.
func (c *Client) Base() string { return c.base }

// TraceURL returns the page of a trace on the server.
func (c *Client) TraceURL(traceID string) string {
	return c.base + "/trace/" + url.PathEscape(traceID)
}

// Close closes idle connections of the client's own.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// Request is a request to a path of the server.
type Request struct {
	Method string
	// Path begins with a slash and may have a query, which errors don't repeat.
	Path string
	// Body may be nil.
	Body []byte
	// ContentType and ContentEncoding are those of the body; an empty encoding is none.
	ContentType, ContentEncoding string
	// IngestionVersion is sent as x-langfuse-ingestion-version unless it is empty.
	IngestionVersion string
	// IfNoneMatch is sent as If-None-Match unless it is empty.
	IfNoneMatch string
	// MaxAnswerBytes bounds the answer. Defaults to 4 MiB.
	MaxAnswerBytes int64
}

// Do sends a request and reads its answer, within limits. Any status is an answer.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	resp, asked, err := c.send(ctx, c.client, r)
	if err != nil {
		return nil, err
	}
	return read(resp, asked, cmp.Or(r.MaxAnswerBytes, maxAnswerBytes))
}

// Stream asks for a path and returns the body of an answer 200 while it comes, for the caller to close: the timeout
// of Config.HTTPClient does not bound it, ctx does. Any other status is an [*exporter.APIError].
func (c *Client) Stream(ctx context.Context, path string) (io.ReadCloser, error) {
	resp, asked, err := c.send(ctx, c.stream, Request{Method: http.MethodGet, Path: path})
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	answer, err := read(resp, asked, maxAnswerBytes)
	if err != nil {
		return nil, err
	}
	return nil, answer.Error()
}

// send returns the answer with its body still to be read, and the URL that was asked.
func (c *Client) send(ctx context.Context, by *http.Client, r Request) (*http.Response, *url.URL, error) {
	var reader io.Reader
	if r.Body != nil {
		reader = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, c.base+r.Path, reader)
	if err != nil {
		return nil, nil, fmt.Errorf("langshark: %w", withoutQuery(err))
	}
	c.header(req.Header, r)
	if c.cfg.PublicKey != "" && req.Header.Get("Authorization") == "" {
		req.SetBasicAuth(c.cfg.PublicKey, c.cfg.SecretKey)
	}
	resp, err := by.Do(req)
	if err != nil {
		return nil, nil, fmt.Errorf("langshark: %w", withoutQuery(err))
	}
	return resp, req.URL, nil
}

// read reads an answer to its end, within limits.
func read(resp *http.Response, asked *url.URL, most int64) (*Answer, error) {
	defer resp.Body.Close()
	b, err := readLimited(resp.Body, most)
	if err != nil {
		return nil, fmt.Errorf("langshark: reading the answer of %s: %w", asked.Path, err)
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: b, url: asked}, nil
}

func (c *Client) header(h http.Header, r Request) {
	h.Set("User-Agent", SDKName+"/"+c.cfg.SDKVersion)
	if c.cfg.PublicKey != "" {
		h.Set("X-Langfuse-Sdk-Name", SDKName)
		h.Set("X-Langfuse-Sdk-Version", c.cfg.SDKVersion)
		h.Set("X-Langfuse-Public-Key", c.cfg.PublicKey)
		if r.IngestionVersion != "" {
			h.Set("X-Langfuse-Ingestion-Version", r.IngestionVersion)
		}
	}
	if r.IfNoneMatch != "" {
		h.Set("If-None-Match", r.IfNoneMatch)
	}
	for name, value := range c.cfg.Headers {
		h.Set(name, value)
	}
	if r.Body != nil {
		h.Set("Content-Type", r.ContentType)
		if r.ContentEncoding != "" {
			h.Set("Content-Encoding", r.ContentEncoding)
		}
	}
}

func readLimited(r io.Reader, limit int64) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, limit)) //nolint:wrapcheck // callers say of what
}

// withoutQuery removes the query, which may hold a key, from the error of a request.
func withoutQuery(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		u.URL, _, _ = strings.Cut(u.URL, "?")
	}
	return err
}

// AuthCheck asks the server whether the keys are valid: nil, an
// [*exporter.APIError] with status 401 or 403, or a network error.
func (c *Client) AuthCheck(ctx context.Context) error {
	answer, err := c.Do(ctx, Request{Method: http.MethodGet, Path: "/api/public/projects"})
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return answer.Error()
	}
	return nil
}
