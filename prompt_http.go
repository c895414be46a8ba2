package langshark

import (
	"bufio"
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

	"github.com/langshark/langshark-go/internal/langfuse"
)

// startPrompts makes the cache of prompts, if there is anything to fetch them from.
func (c *Client) startPrompts(cfg *Config) error {
	source := cfg.Prompts
	if source == nil {
		if cfg.Host == "" || cfg.PublicKey == "" || cfg.SecretKey == "" {
			return nil
		}
		client, err := langfuse.New(langfuse.Config{
			Base: cfg.Host, PublicKey: cfg.PublicKey, SecretKey: cfg.SecretKey, HTTPClient: cfg.HTTPClient, SDKVersion: Version,
		})
		if err != nil {
			return fmt.Errorf("%w (from Config.Host or LANGSHARK_HOST)", err)
		}
		source = &httpPrompts{client: client}
	}
	c.prompts = newPromptCache(source, cfg, c.report)
	return nil
}

// httpPrompts fetches prompts from a server of Langfuse or LangShark.
type httpPrompts struct {
	client *langfuse.Client

	mu    sync.Mutex
	epoch string // of the last event
	seq   int64
}

// FetchPrompt asks the API.
func (h *httpPrompts) FetchPrompt(ctx context.Context, r PromptRequest) (PromptResponse, error) {
	path := "/api/public/v2/prompts/" + url.PathEscape(r.Name)
	switch {
	case r.Experiment != "":
		path = "/api/public/prompt-experiments/" + url.PathEscape(r.Experiment) + "?prompt=" + url.QueryEscape(r.Name)
	case r.Version > 0:
		path += "?version=" + strconv.Itoa(r.Version)
	default:
		path += "?label=" + url.QueryEscape(r.Label)
	}
	answer, err := h.client.Do(ctx, langfuse.Request{Method: http.MethodGet, Path: path, IfNoneMatch: r.ETag, MaxAnswerBytes: maxPromptBytes})
	if err != nil {
		return PromptResponse{}, err
	}
	switch answer.Status {
	case http.StatusOK:
		return PromptResponse{Body: answer.Body, ETag: answer.Header.Get("ETag")}, nil
	case http.StatusNotModified:
		return PromptResponse{NotModified: true, ETag: r.ETag}, nil
	}
	refused := answer.Error()
	if answer.Status == http.StatusNotFound && refused.Code != "" { // of the API, and not of a proxy or another program
		return PromptResponse{}, fmt.Errorf("%w: %w", ErrPromptNotFound, refused)
	}
	if r.Experiment != "" && langfuse.Elsewhere(answer.Status) {
		return PromptResponse{}, fmt.Errorf("the server has no experiments (%w): %w", errors.ErrUnsupported, refused)
	}
	return PromptResponse{}, refused
}

const (
	// maxPromptBytes bounds an answer: an experiment has some versions.
	maxPromptBytes = 64 << 20
	// maxEventSilence is how long nothing may come: our server sends a comment every 15 s.
	maxEventSilence = 45 * time.Second
	maxEventBytes   = 64 << 10 // of a line
)

// WatchPrompts reads the server's events.
func (h *httpPrompts) WatchPrompts(ctx context.Context, changed func(name string)) error {
	return h.watchPrompts(ctx, func() {}, changed)
}

// watchPrompts reads the server's events (Server-Sent Events, as the HTML standard has them).
func (h *httpPrompts) watchPrompts(ctx context.Context, connected func(), changed func(name string)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(maxEventSilence, cancel)
	defer silence.Stop()
	body, err := h.client.Stream(ctx, "/api/public/prompt-events")
	var answer *APIError
	if errors.As(err, &answer) && langfuse.Elsewhere(answer.StatusCode) {
		return fmt.Errorf("langshark: the server tells of no changed prompts: %w", errors.ErrUnsupported)
	}
	if err != nil {
		return err
	}
	defer body.Close()
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxEventBytes)
	var event, data string
	for lines.Scan() {
		silence.Reset(maxEventSilence)
		line := lines.Text()
		if line == "" {
			if event == "hello" {
				connected()
			}
			h.take(event, data, changed)
			event, data = "", ""
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			event = value
		case "data":
			data += value
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("langshark: reading events of prompts: %w", err)
	}
	return io.ErrUnexpectedEOF
}

// take handles one event.
func (h *httpPrompts) take(event, data string, changed func(name string)) {
	var e struct {
		Epoch string `json:"epoch"`
		Seq   int64  `json:"seq"`
		Name  string `json:"name"`
	}
	if json.Unmarshal([]byte(data), &e) != nil {
		return
	}
	h.mu.Lock()
	missed := h.epoch != e.Epoch || h.seq != e.Seq
	if event == "hello" {
		h.epoch = e.Epoch
	}
	h.seq = e.Seq
	h.mu.Unlock()
	switch {
	case event == "hello" && missed:
		changed("")
	case event == "prompt" && e.Name != "":
		changed(e.Name)
	}
}
