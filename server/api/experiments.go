package api

import (
	"context"
	"math"
	"net/http"

	"github.com/langshark/langshark-go/server/catalog"
)

type wireExperiment struct {
	Prompt     string                `json:"prompt"`
	Experiment string                `json:"experiment"`
	Salt       string                `json:"salt"`
	Revision   int                   `json:"revision"`
	Variants   []catalog.Variant     `json:"variants"`
	Ranges     []catalog.BucketRange `json:"ranges"`
	Cleared    []string              `json:"clearedLabels"`
	Prompts    []wirePrompt          `json:"prompts,omitempty"` // left out in lists
	CreatedAt  instant               `json:"createdAt"`
	UpdatedAt  instant               `json:"updatedAt"`
}

func experimentOnWire(x *catalog.Experiment) wireExperiment {
	w := wireExperiment{Prompt: x.Prompt, Experiment: x.Name, Salt: x.Salt, Revision: x.Revision, Variants: x.Variants, Ranges: x.Ranges, Cleared: append([]string{}, x.Cleared...), CreatedAt: instant(x.CreatedAt), UpdatedAt: instant(x.UpdatedAt)}
	if x.Prompts != nil {
		w.Prompts = convert(x.Prompts, promptOnWire)
	}
	return w
}

func (c *call) listExperiments() {
	p := c.query()
	prompt := p.needed("prompt")
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	all, err := c.Catalog.Experiments(c.ctx(), c.access.ProjectID, prompt)
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, dataOf[wireExperiment]{convert(all, experimentOnWire)})
}

func (c *call) getExperiment() {
	p := c.query()
	prompt := p.needed("prompt")
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	x, err := c.Catalog.Experiment(c.ctx(), c.access.ProjectID, prompt, c.params["experiment"])
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, experimentOnWire(x))
}

func (c *call) putExperiment() {
	set := func(ctx context.Context, projectID string, body []byte) (*catalog.Experiment, error) {
		return c.Catalog.SetExperiment(ctx, projectID, c.params["experiment"], body)
	}
	change(c, http.StatusOK, set, experimentOnWire)
}

func (c *call) deleteExperiment() {
	p := c.query()
	prompt, revision := p.needed("prompt"), p.whole("revision", 0, 1, math.MaxInt32)
	if p.values.Has("revision") && p.text("revision") == "" {
		p.fail("revision", "custom", "must be that of the experiment: leave it out to end it whatever it is")
	}
	err := p.err()
	if err == nil {
		err = c.Catalog.DeleteExperiment(c.acting(), c.access.ProjectID, prompt, c.params["experiment"], revision)
	}
	if err != nil {
		c.fail(err)
		return
	}
	c.w.WriteHeader(http.StatusNoContent)
}
