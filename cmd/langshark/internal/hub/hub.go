// Package hub speaks the part of the public API that is about prompts, as people and
// programs that edit them need it. It works with servers of LangShark and Langfuse.
package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Prompt is one version of a prompt.
type Prompt struct {
	Name          string          `json:"name"`
	Version       int             `json:"version,omitempty"`
	Type          string          `json:"type"`
	Prompt        json.RawMessage `json:"prompt"`
	Config        json.RawMessage `json:"config,omitempty"`
	Labels        []string        `json:"labels"`
	Tags          []string        `json:"tags,omitempty"`
	CommitMessage string          `json:"commitMessage,omitempty"`
	// Expect is where labels, and latest, have to be for the version to be made: 0 is nowhere. Langfuse overlooks it.
	Expect map[string]int `json:"expect,omitempty"`
}

// Info is a prompt in a list.
type Info struct {
	Name          string    `json:"name"`
	Tags          []string  `json:"tags"`
	Labels        []string  `json:"labels"`
	Versions      []int     `json:"versions"`
	LastUpdatedAt time.Time `json:"lastUpdatedAt"`
}

var (
	// ErrNotFound says that there is no such prompt.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that things are not as was expected, or as they have to be: what the server says of it follows.
	ErrConflict = errors.New("conflict")
)

// Client asks one server for one project.
type Client struct {
	host, publicKey, secretKey string

	http *http.Client
}

const (
	timeout        = 30 * time.Second
	maxAnswerBytes = 32 << 20
	pageSize       = 100
)

// New returns a client, or what is missing.
func New(host, publicKey, secretKey string) (*Client, error) {
	u, err := url.Parse(strings.TrimRight(host, "/"))
	switch {
	case host == "":
		return nil, errors.New("the server is needed: --host URL or LANGSHARK_HOST")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil:
		return nil, fmt.Errorf("host %q is not a URL like https://langshark.example.com", host)
	case publicKey == "" || secretKey == "":
		return nil, errors.New("the keys of the project are needed: set LANGSHARK_PUBLIC_KEY and LANGSHARK_SECRET_KEY")
	}
	return &Client{u.String(), publicKey, secretKey, &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // which could leak the keys
	}}}, nil
}

// PublicKey is the key that the client's changes are noted under.
func (c *Client) PublicKey() string { return c.publicKey }

// Close lets go of connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// List returns all prompts.
func (c *Client) List(ctx context.Context) (list []Info, err error) {
	for page := 1; ; page++ {
		var answer struct {
			Data []Info `json:"data"`
			Meta struct {
				TotalPages int `json:"totalPages"`
			} `json:"meta"`
		}
		if err := c.do(ctx, http.MethodGet, fmt.Sprintf("/v2/prompts?limit=%d&page=%d", pageSize, page), nil, &answer); err != nil {
			return nil, err
		}
		list = append(list, answer.Data...)
		if page >= answer.Meta.TotalPages || len(answer.Data) == 0 {
			return list, nil
		}
	}
}

// Selection names a version: by its number, or by a label if that is 0.
type Selection struct {
	Version int
	Label   string
}

func (s Selection) query() url.Values {
	q := url.Values{}
	if s.Version > 0 {
		q.Set("version", strconv.Itoa(s.Version))
	} else if s.Label != "" {
		q.Set("label", s.Label)
	}
	return q
}

// Get returns a version as it is written, with its references to other prompts.
func (c *Client) Get(ctx context.Context, name string, s Selection) (*Prompt, error) {
	q := s.query()
	q.Set("resolve", "false")
	return c.get(ctx, name, q)
}

// Resolved returns a version as applications get it, with the prompts that it refers to in it.
func (c *Client) Resolved(ctx context.Context, name string, s Selection) (*Prompt, error) {
	return c.get(ctx, name, s.query())
}

func (c *Client) get(ctx context.Context, name string, q url.Values) (*Prompt, error) {
	var p Prompt
	if err := c.do(ctx, http.MethodGet, "/v2/prompts/"+url.PathEscape(name)+"?"+q.Encode(), nil, &p); err != nil {
		return nil, err
	}
	return &p, nil
}

// Create adds a version.
func (c *Client) Create(ctx context.Context, p *Prompt) (*Prompt, error) {
	var made Prompt
	if err := c.do(ctx, http.MethodPost, "/v2/prompts", p, &made); err != nil {
		return nil, err
	}
	return &made, nil
}

// Label moves labels to a version, if labels are where expect says, as in [Prompt].
func (c *Client) Label(ctx context.Context, name string, version int, labels []string, expect map[string]int) error {
	path := "/v2/prompts/" + url.PathEscape(name) + "/versions/" + strconv.Itoa(version)
	return c.do(ctx, http.MethodPatch, path, map[string]any{"newLabels": labels, "expect": expect}, nil)
}

// ProtectedLabel is a label that only some may move.
type ProtectedLabel struct {
	Label   string   `json:"label"`
	Keys    []string `json:"keys"`
	Roles   []string `json:"roles"`
	MayMove bool     `json:"mayMove"` // by the client's key
}

// ProtectedLabels returns those that are protected; none where the server doesn't say.
func (c *Client) ProtectedLabels(ctx context.Context) ([]ProtectedLabel, error) {
	var answer struct {
		Data []ProtectedLabel `json:"data"`
	}
	if err := c.do(ctx, http.MethodGet, "/prompt-labels/protected", nil, &answer); err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return answer.Data, nil
}

// Delete removes the versions that the selection names, all if it names none.
func (c *Client) Delete(ctx context.Context, name string, s Selection) error {
	path := "/v2/prompts/" + url.PathEscape(name)
	if q := s.query(); len(q) > 0 {
		path += "?" + q.Encode()
	}
	return c.do(ctx, http.MethodDelete, path, nil, nil)
}

func (c *Client) do(ctx context.Context, method, path string, body, into any) error {
	var reader io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encoding: %w", err)
		}
		reader = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.host+"/api/public"+path, reader)
	if err != nil {
		return err
	}
	req.SetBasicAuth(c.publicKey, c.secretKey)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if resp.StatusCode >= 300 {
		return refusal(resp.StatusCode, b)
	}
	if into == nil || len(b) == 0 {
		return nil
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("the answer of %s is no JSON of prompts: %w", c.host, err)
	}
	return nil
}

// refusal is the error of an answer that isn't success.
func refusal(status int, body []byte) error {
	var answer struct {
		Message string `json:"message"`
	}
	const most = 500
	text := strings.TrimSpace(string(body[:min(len(body), most)]))
	if json.Unmarshal(body, &answer) == nil && answer.Message != "" {
		text = answer.Message
	}
	switch status {
	case http.StatusNotFound:
		return fmt.Errorf("%w: %s", ErrNotFound, text)
	case http.StatusConflict:
		return fmt.Errorf("%w: %s", ErrConflict, text)
	}
	return fmt.Errorf("the server answered %d: %s", status, text)
}
