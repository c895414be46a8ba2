package hub

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// What is done to prompts, as far as a push goes by it.
const (
	ActionCreate = "create"
	ActionDelete = "delete"
)

// Change is an entry of the history of a prompt.
type Change struct {
	At time.Time `json:"at"`
	// By is the public key, or the name of a person; may be empty.
	By     string `json:"by"`
	Action string `json:"action"`
	// Version is the one that was made, deleted or got the label; 0 for all, and for none.
	Version int `json:"version"`
	// Label is the one that moved, From the version that had it before.
	Label   string `json:"label"`
	From    int    `json:"from"`
	Message string `json:"message"`
}

// History returns what was done to a prompt, newest first. Entries outlive the prompt. Where the server keeps none, as
// Langfuse, the error is [ErrNotFound].
func (c *Client) History(ctx context.Context, name string) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		q := url.Values{"name": {name}, "limit": {"100"}}
		for {
			var page struct {
				Data []Change `json:"data"`
				Meta struct {
					Cursor string `json:"cursor"`
				} `json:"meta"`
			}
			if err := c.do(ctx, http.MethodGet, "/prompt-history?"+q.Encode(), nil, &page); err != nil {
				yield(Change{}, err)
				return
			}
			for _, change := range page.Data {
				if !yield(change, nil) {
					return
				}
			}
			if page.Meta.Cursor == "" || page.Meta.Cursor == q.Get("cursor") {
				return
			}
			q.Set("cursor", page.Meta.Cursor)
		}
	}
}
