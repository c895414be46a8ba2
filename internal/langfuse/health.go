package langfuse

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// Health is what a server says of itself. The zero Health says nothing: the
// answer was that of a proxy, perhaps.
type Health struct {
	// LangShark is set for our own server.
	LangShark bool
	// Major is the major version of the API of Langfuse that it speaks; 0 if unknown.
	Major int
}

// Known reports whether the server said what it is.
func (h Health) Known() bool { return h.LangShark || h.Major > 0 }

// Health asks GET /api/public/health. A server that can't be reached, has an
// error of its own or wants to be left alone for a while is an error.
func (c *Client) Health(ctx context.Context) (Health, error) {
	a, err := c.Do(ctx, Request{Method: http.MethodGet, Path: "/api/public/health"})
	if err != nil {
		return Health{}, err
	}
	if a.Status >= 500 || a.Status == http.StatusTooManyRequests {
		return Health{}, a.Error()
	}
	h := Health{LangShark: a.Header.Get("X-LangShark-Version") != ""}
	var body struct {
		Version string `json:"version"`
	}
	if a.Status == http.StatusOK && json.Unmarshal(a.Body, &body) == nil {
		h.Major = major(body.Version)
	}
	return h, nil
}

func major(version string) int {
	first, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	n, err := strconv.Atoi(first)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
