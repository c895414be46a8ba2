package llmhttp

import (
	"context"
	"net/http"
	"sync"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/internal/llmwire"
)

// call is one logical call of a model: a generation and the attempts at it.
type call struct {
	ctx     context.Context //nolint:containedctx // that of the request, which the call belongs to
	options *options

	generation *langshark.Generation
	unwait     func() // guarded by Transport.mu

	mu       sync.Mutex
	request  llmwire.Request
	attempts []map[string]any
	last     *outcome // of the last attempt that failed
	over     bool
	held     bool // a scope decides when it has failed
}

// start opens the generation.
func (t *Transport) start(client *langshark.Client, endpoint llmwire.Endpoint, req *http.Request, r *llmwire.Request, at time.Time) *call {
	c := &call{ctx: req.Context(), options: &t.options, request: *r}
	opts := []langshark.GenerationOption{langshark.WithStartTime(at)}
	if t.options.capture != langshark.CaptureDefault {
		opts = append(opts, langshark.WithCapture(t.options.capture))
	}
	name := t.options.name
	if s, ok := c.ctx.Value(generationKey{}).(*generationSettings); ok {
		opts = append(opts, s.opts...)
		if s.name != "" {
			name = s.name
		}
	}
	if name == "" {
		name = endpoint.Operation()
		if r.Model != "" {
			name += " " + r.Model
		}
	}
	_, c.generation = client.StartGeneration(c.ctx, name, opts...)
	if c.generation == nil {
		return c
	}
	g := c.generation
	g.SetMetadata("gen_ai.operation.name", endpoint.Operation())
	g.SetMetadata("gen_ai.provider.name", endpoint.Provider())
	if host := req.URL.Host; host != "" {
		g.SetMetadata("server.address", host)
	}
	if r.Model != "" {
		g.SetModel(r.Model)
		g.SetMetadata("gen_ai.request.model", r.Model)
	}
	if len(r.Parameters) > 0 {
		g.SetModelParameters(r.Parameters)
	}
	if len(r.Input) > 0 && !t.options.noInput {
		g.SetInput(r.Input)
		if r.Truncated {
			g.SetMetadata("langshark.input.truncated", true)
		}
	}
	return c
}

func (c *call) isOver() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

// finish takes the outcome of one attempt and ends the call, unless another
// attempt may come: a scope then decides, or wait is true.
func (c *call) finish(o *outcome, mayWait bool) (wait bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return false
	}
	c.attempts = append(c.attempts, o.describe())
	c.last = o
	if !o.ok() && (c.held || mayWait) && o.end != endClosedEarly {
		return !c.held
	}
	c.end()
	return false
}

// giveUp ends the call with its last failure.
func (c *call) giveUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over && c.last != nil {
		c.end()
	}
	c.held = false // an attempt that is under way decides
}

// end records the last outcome. c.mu is held.
func (c *call) end() {
	c.over = true
	if len(c.attempts) > 1 {
		c.generation.SetMetadata("langshark.attempts", c.attempts)
	}
	c.last.record(c.generation, c.options)
	c.generation.EndAt(c.last.at)
}
