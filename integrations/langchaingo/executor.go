package langchaingo

import (
	"context"
	"maps"

	"github.com/tmc/langchaingo/agents"
	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/tools"

	langshark "github.com/langshark/langshark-go"
)

// WrapExecutor returns c, an [agents.Executor] or a chain that stands for one,
// with each call recorded as an agent. Of an executor, each plan is a chain
// below it, the tools are wrapped as by [WrapTool], and the output has the
// steps besides the result, as intermediateSteps, also if the run fails. The executor is read at each
// call and never changed.
//
// Options but the name hold for plans and tools as well.
func WrapExecutor(c chains.Chain, opts ...Option) chains.Chain {
	if isNil(c) {
		return c
	}
	if _, ok := c.(*executor); ok {
		return c
	}
	o := newOptions(opts)
	below := *o
	below.name = ""
	name := typeName(c)
	if w, ok := c.(*chain); ok {
		c, name = w.inner, w.name
	}
	return &executor{c, o, &below, name}
}

// stepsOutput is the library's own name for them.
const stepsOutput = "intermediateSteps"

type executor struct {
	inner          chains.Chain
	options, below *options
	name           string
}

// Call records the run of the wrapped executor.
func (e *executor) Call(ctx context.Context, inputs map[string]any, opts ...chains.ChainCallOption) (map[string]any, error) {
	client := e.options.recorder(ctx)
	if client == nil {
		return e.inner.Call(ctx, inputs, opts...)
	}
	below, span := e.options.start(ctx, client, langshark.KindAgent, e.name)
	run := &steps{}
	below = withSteps(below, run)
	inner := e.inner
	if x, ok := inner.(*agents.Executor); ok && !isNil(x.Agent) {
		traced := *x
		traced.Agent = &agent{x.Agent, e.below}
		if _, ours := traced.CallbacksHandler.(*Handler); ours {
			traced.CallbacksHandler = nil
		}
		inner = &traced
	}
	span.SetMetadata("gen_ai.operation.name", "invoke_agent")
	e.options.input(span, inputs)
	return observed(span, func(out map[string]any) {
		known := run.list()
		if len(known) == 0 {
			if out != nil {
				e.options.output(span, valuesOf(out))
			}
			return
		}
		values := maps.Clone(out)
		if values == nil {
			values = map[string]any{}
		}
		values[stepsOutput] = known
		e.options.output(span, values)
	}, func() (map[string]any, error) { return inner.Call(below, inputs, opts...) })
}

// GetMemory is that of the wrapped executor.
func (e *executor) GetMemory() schema.Memory { return e.inner.GetMemory() }

// GetInputKeys are those of the wrapped executor.
func (e *executor) GetInputKeys() []string { return e.inner.GetInputKeys() }

// GetOutputKeys are those of the wrapped executor.
func (e *executor) GetOutputKeys() []string { return e.inner.GetOutputKeys() }

// GetCallbackHandler is that of the wrapped executor, unless it is a [Handler].
func (e *executor) GetCallbackHandler() callbacks.Handler { return handlerOf(e.inner) }

// agent records the plans of an executor's agent.
type agent struct {
	inner   agents.Agent
	options *options
}

// plan is the recorded output of one.
type plan struct {
	Actions []step         `json:"actions,omitempty"`
	Thought string         `json:"thought,omitempty"`
	Finish  map[string]any `json:"finish,omitempty"`
}

type planned struct {
	actions []schema.AgentAction
	finish  *schema.AgentFinish
}

// Plan records one decision of the agent.
func (a *agent) Plan(ctx context.Context, before []schema.AgentStep, inputs map[string]string, opts ...chains.ChainCallOption) ([]schema.AgentAction, *schema.AgentFinish, error) {
	client := a.options.recorder(ctx)
	if client == nil {
		return a.inner.Plan(ctx, before, inputs, opts...)
	}
	below, span := a.options.start(ctx, client, langshark.KindChain, "plan")
	if !a.options.noInput {
		span.SetInput(map[string]any{"inputs": inputs, "steps": stepsOf(before)})
	}
	p, err := observed(span, func(p planned) {
		stepsFrom(below).planned(before, p.actions)
		if a.options.noOutput {
			return
		}
		out := plan{Actions: actionsOf(p.actions)}
		if p.finish != nil {
			out.Finish, out.Thought = p.finish.ReturnValues, finalThought(p.finish.Log)
		}
		if len(out.Actions) > 0 || p.finish != nil {
			span.SetOutput(out)
		}
	}, func() (p planned, err error) {
		p.actions, p.finish, err = a.inner.Plan(below, before, inputs, opts...)
		return p, err
	})
	return p.actions, p.finish, err
}

// GetInputKeys are those of the wrapped agent.
func (a *agent) GetInputKeys() []string { return a.inner.GetInputKeys() }

// GetOutputKeys are those of the wrapped agent.
func (a *agent) GetOutputKeys() []string { return a.inner.GetOutputKeys() }

// GetTools are those of the wrapped agent, recorded.
func (a *agent) GetTools() []tools.Tool {
	all := a.inner.GetTools()
	wrapped := make([]tools.Tool, len(all))
	for i, t := range all {
		wrapped[i] = t
		if _, ok := t.(*tool); !ok && !isNil(t) {
			wrapped[i] = &tool{t, a.options}
		}
	}
	return wrapped
}
