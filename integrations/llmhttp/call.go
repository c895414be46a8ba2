package llmhttp

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/internal/llmwire"
)

const requestModel = "gen_ai.request.model"

// call is one logical call of a model: a generation and the attempts at it.
type call struct {
	ctx     context.Context //nolint:containedctx // that of the first request, which the call belongs to; it may end before the next
	options *options

	observation observation           // nil if it isn't sampled
	generation  *langshark.Generation // the same, nil if the call asks no model
	unwait      func()                // guarded by Transport.mu

	mu       sync.Mutex
	request  llmwire.Request
	attempts []map[string]any // those before the last, once there are several
	last     *outcome         // of the last attempt
	running  int              // attempts
	failed   []*attempt       // of those that run: the answer is known to be a failure
	over     bool
	held     bool // a scope decides when it has failed
}

// observation is what generations and spans have in common.
type observation interface {
	ID() string
	TraceID() string
	SetInput(v any)
	SetOutput(v any)
	SetMetadata(key string, v any)
	SetLevel(l langshark.Level)
	SetStatusMessage(text string)
	EndAt(t time.Time)
}

// start opens the observation.
func (t *Transport) start(client *langshark.Client, endpoint llmwire.Endpoint, req *http.Request, r *llmwire.Request, at time.Time) *call {
	c := &call{ctx: req.Context(), options: &t.options, request: *r}
	if len(r.ToolResults) > 0 {
		c.recordTools(client, at)
	}
	if endpoint.Kind() == llmwire.Management {
		c.startSpan(client, endpoint, at)
	} else {
		c.startGeneration(client, endpoint, at)
	}
	if c.observation == nil {
		return c
	}
	o := c.observation
	o.SetMetadata("gen_ai.provider.name", endpoint.Provider())
	if host := req.URL.Host; host != "" {
		o.SetMetadata("server.address", host)
	}
	if len(r.Parameters) > 0 {
		c.generation.SetModelParameters(r.Parameters)
	}
	if len(r.Input) > 0 && !t.options.noInput {
		o.SetInput(r.Input)
		if r.Truncated {
			o.SetMetadata("langshark.input.truncated", true)
		}
	}
	c.request.Input, c.request.Parameters, c.request.ToolResults = nil, nil, nil // they have been recorded
	return c
}

func (c *call) startSpan(client *langshark.Client, endpoint llmwire.Endpoint, at time.Time) {
	opts := []langshark.SpanOption{langshark.WithStartTime(at)}
	if c.options.capture != langshark.CaptureDefault {
		opts = append(opts, langshark.WithCapture(c.options.capture))
	}
	if _, span := client.StartSpan(c.ctx, endpoint.Operation(), opts...); span != nil {
		c.observation = span
		if c.request.Model != "" {
			span.SetMetadata(requestModel, c.request.Model)
		}
	}
}

func (c *call) startGeneration(client *langshark.Client, endpoint llmwire.Endpoint, at time.Time) {
	opts := []langshark.GenerationOption{langshark.WithStartTime(at)}
	if c.options.capture != langshark.CaptureDefault {
		opts = append(opts, langshark.WithCapture(c.options.capture))
	}
	name, model := c.options.name, c.request.Model
	if s, ok := c.ctx.Value(generationKey{}).(*generationSettings); ok {
		opts = append(opts, s.opts...)
		if s.name != "" {
			name = s.name
		}
	}
	if name == "" {
		name = endpoint.Operation()
		if model != "" {
			name += " " + model
		}
	}
	start := client.StartGeneration
	if endpoint.Kind() == llmwire.Embedding {
		start = client.StartEmbedding
	}
	_, g := start(c.ctx, name, opts...)
	if g == nil {
		return
	}
	c.observation, c.generation = g, g
	g.SetMetadata("gen_ai.operation.name", endpoint.Operation())
	if model != "" {
		g.SetModel(model)
		g.SetMetadata(requestModel, model)
	}
}

// enter notes that an attempt begins.
func (c *call) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running++
}

// enterAlone is enter unless the call is over or an attempt runs, and reports
// which. One that has failed and whose body is only waiting to be closed, as by a
// defer in a loop, doesn't run. A call that isn't sampled stays so.
func (c *call) enterAlone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.observation == nil {
		return true
	}
	if c.over || c.running > len(c.failed) {
		return false
	}
	for _, a := range c.failed {
		a.listed = true
		c.attempts = append(c.attempts, map[string]any{
			"start": a.start.UTC().Format(time.RFC3339Nano), "end": endError, "status": a.outcome.status, "error": a.outcome.statusLine(),
		})
	}
	c.running, c.failed = 1, nil
	return true
}

// failing notes that the answer to an attempt is a failure.
func (c *call) failing(a *attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = append(c.failed, a)
}

func (c *call) isOver() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

// finish takes the outcome of one attempt and ends the call, unless another
// attempt may come: a scope then decides, or wait is true.
func (c *call) finish(a *attempt, o *outcome, mayWait bool) (wait bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.listed {
		return false
	}
	c.running--
	c.failed = slices.DeleteFunc(c.failed, func(other *attempt) bool { return other == a })
	if c.over {
		return false
	}
	if c.last != nil {
		c.attempts = append(c.attempts, c.last.describe())
	}
	c.last = o
	if !o.ok() && (c.held || mayWait) && o.end != endClosedEarly {
		c.soFar(o)
		return !c.held
	}
	c.end()
	return false
}

// soFar says how it stands, for a program that ends before the call does.
func (c *call) soFar(o *outcome) {
	c.observation.SetLevel(langshark.LevelError)
	c.observation.SetStatusMessage(o.message)
	if o.status != 0 {
		c.observation.SetMetadata(statusCode, o.status)
	}
}

// giveUp ends the call with its last failure.
func (c *call) giveUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over && c.last != nil && c.observation != nil {
		c.end()
	}
	c.held = false // an attempt that is under way decides
}

// end records the last outcome. c.mu is held.
func (c *call) end() {
	c.over = true
	if len(c.attempts) > 0 {
		c.observation.SetMetadata("langshark.attempts", append(c.attempts, c.last.describe()))
		c.observation.SetLevel(langshark.LevelDefault)
		c.observation.SetStatusMessage("")
	}
	c.last.record(c)
	c.observation.EndAt(c.last.at)
}
