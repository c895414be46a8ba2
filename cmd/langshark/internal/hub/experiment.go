package hub

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
)

// Experiment gives some units another version of a prompt than that with the label that they ask for.
type Experiment struct {
	Name string `json:"experiment"`
	// ClearedLabels are the protected labels that may come to the prompt beside it; nil if the server doesn't say.
	ClearedLabels []string `json:"clearedLabels"`
}

// Clears reports whether a protected label may come to the prompt beside the experiment, as far as the server says.
func (x *Experiment) Clears(label string) bool {
	const all = "*" // by who runs the server
	return x.ClearedLabels == nil || slices.Contains(x.ClearedLabels, label) || slices.Contains(x.ClearedLabels, all)
}

// Experiments returns those on a prompt; none where the server has no such prompt, or no experiments, as Langfuse.
func (c *Client) Experiments(ctx context.Context, prompt string) ([]Experiment, error) {
	var answer struct {
		Data []Experiment `json:"data"`
	}
	q := url.Values{"prompt": {prompt}}
	if err := c.do(ctx, http.MethodGet, "/prompt-experiments?"+q.Encode(), nil, &answer); err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return answer.Data, nil
}
