package langshark

import "context"

// WithPrompt links a generation to the managed prompt that it used, so that its
// name and version are on the trace. A fallback, and nil, link it to none, also where
// the context would.
func WithPrompt(p *Prompt) GenerationOption {
	return generationScope(func(s *settings) { s.link(p) })
}

// WithPromptVersion is [WithPrompt] for a prompt that was had otherwise. Versions begin at 1.
func WithPromptVersion(name string, version int) GenerationOption {
	return generationScope(func(s *settings) {
		s.promptName, s.promptVersion, s.assigned = name, version, assignment{}
	})
}

// SetPrompt links the managed prompt that was used. See [WithPrompt].
func (g *Generation) SetPrompt(p *Prompt) {
	if g == nil {
		return
	}
	if p == nil || p.IsFallback() {
		g.set(func(d *generationData) { d.promptName, d.promptVersion = "", 0 })
		return
	}
	g.SetPromptVersion(p.name, p.version)
	g.span.trace.assigned(p.experiment)
}

// SetPromptVersion is [Generation.SetPrompt] for a prompt that was had otherwise. Versions begin at 1.
func (g *Generation) SetPromptVersion(name string, version int) {
	g.set(func(d *generationData) { d.promptName, d.promptVersion = g.span.trace.client.label(name), version })
}

// ContextWithPrompt links all generations that start below the returned context to
// a prompt, unless they are given another; integrations start theirs so. A fallback,
// and nil, end what an outer context linked.
func ContextWithPrompt(ctx context.Context, p *Prompt) context.Context {
	if !anyEnabled.Load() {
		return ctx
	}
	at := locate(ctx)
	o := &overlay{outer: at.overlay, client: at.client, prompt: p, prompts: true}
	if at.overlay != nil {
		o.outer = at.overlay.of(at.client)
	}
	return &scopeNode{Context: background(ctx), span: at.span, client: at.client, overlay: o}
}

// linked is the prompt for generations below, nil if there is none.
func (o *overlay) linked() *Prompt {
	for ; o != nil; o = o.outer {
		if o.prompts {
			return o.prompt
		}
	}
	return nil
}

func (s *settings) link(p *Prompt) {
	if s.unlinked = p == nil || p.IsFallback(); s.unlinked {
		s.promptName, s.promptVersion, s.assigned = "", 0, assignment{}
		return
	}
	s.promptName, s.promptVersion, s.assigned = p.name, p.version, p.experiment
}

// assigned records on the trace what an experiment gave.
func (t *traceState) assigned(a assignment) {
	if a.experiment == "" {
		return
	}
	key := "langshark.experiment." + a.prompt + ":" + a.experiment
	t.update(traceSettings([]TraceOption{WithMetadata(key, a.variant), WithMetadata(key+".unit", a.unit)}))
}
