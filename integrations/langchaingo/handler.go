package langchaingo

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/schema"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
)

// What a Handler keeps open of what began and has not ended.
const (
	MaxOpen = 1000
	MaxAge  = 10 * time.Minute
)

// Handler is a [callbacks.Handler] for code that can't be wrapped. One may be
// shared by any number of goroutines.
//
// The library calls a handler on the goroutine that does the work and with the
// caller's own context, so what begins stands below what this goroutine has
// begun at the same observation, and else below the observation in the context.
// Many of the library's clients don't tell the end of a call, or its error
// (OpenAI's never an error, Anthropic's never an end): a generation then ends
// when its goroutine goes on to something that can't be inside of it, with the
// error of its chain if that failed, and otherwise marked by metadata
// langshark.unfinished. At most [MaxOpen] observations are kept open, for
// [MaxAge]; the oldest is ended first.
//
// The zero Handler is one without options, and nil does nothing.
type Handler struct {
	options *options

	mu      sync.Mutex
	current map[uint64]*entry // by goroutine, the innermost
	oldest  *entry
	newest  *entry
	open    int
}

var _ callbacks.Handler = (*Handler)(nil)

// NewHandler makes a handler.
func NewHandler(opts ...Option) *Handler {
	return &Handler{options: newOptions(opts)}
}

// settings are the handler's options.
func (h *Handler) settings() *options {
	if h.options == nil {
		return &options{}
	}
	return h.options
}

// entry is an observation that is open.
type entry struct {
	kind       langshark.Kind
	ctx        context.Context //nolint:containedctx // for what begins below
	handle     handle
	generation *langshark.Generation
	base       string              // the observation of the context it began with
	action     *schema.AgentAction // what an agent does next
	goroutine  uint64
	since      time.Time
	outer      *entry
	prev, next *entry // by age
}

// Close ends what is still open. The handler may be used on.
func (h *Handler) Close() {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.oldest != nil {
		h.abandon(h.oldest, nil)
	}
}

// begin opens an observation. What is open on this goroutine and can't hold it
// has ended. below may change the context in which it begins.
func (h *Handler) begin(ctx context.Context, kind langshark.Kind, name string, in func() any, below func(context.Context, *langshark.Client) context.Context) {
	if h == nil || ctx == nil || isCovered(ctx, kind) {
		return
	}
	client := h.settings().recorder(ctx)
	if client == nil {
		return
	}
	e := &entry{kind: kind, base: langshark.ObservationID(ctx), goroutine: goroutineID(), since: time.Now()}
	parent := h.parent(ctx, e)
	if below != nil {
		parent = below(parent, client)
	}
	if kind == langshark.KindGeneration {
		e.ctx, e.generation = client.StartGeneration(parent, h.settings().named(name), langshark.WithCapture(h.settings().capture))
		e.handle = e.generation
	} else {
		e.ctx, e.handle = startSpan(parent, client, kind, h.settings().named(name), h.settings().capture)
	}
	if !h.settings().noInput {
		e.handle.SetInput(in())
	}
	h.push(e)
}

// startSpan keeps the context of a trace that isn't sampled, whose handle does nothing.
func startSpan(ctx context.Context, c *langshark.Client, kind langshark.Kind, name string, m langshark.CaptureMode) (context.Context, handle) {
	ctx, span := c.StartObservation(ctx, kind, name, langshark.WithCapture(m))
	return ctx, span
}

// parent is the context below which e begins.
func (h *Handler) parent(ctx context.Context, e *entry) context.Context {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.oldest != nil && e.since.Sub(h.oldest.since) > MaxAge {
		h.abandon(h.oldest, nil)
	}
	top := h.current[e.goroutine]
	for top != nil && (isLeaf(top.kind) || top.kind == langshark.KindTool && e.kind == langshark.KindTool) {
		h.abandon(top, nil)
		top = h.current[e.goroutine]
	}
	if top != nil && top.base == e.base {
		return top.ctx
	}
	return ctx
}

func isLeaf(k langshark.Kind) bool {
	return k == langshark.KindGeneration || k == langshark.KindRetriever
}

// end closes the innermost observation of a kind on this goroutine; what is
// within it has ended untold, by err if there is one.
func (h *Handler) end(ctx context.Context, kind langshark.Kind, err error, record func(*entry)) {
	if h == nil || ctx == nil || isCovered(ctx, kind) {
		return
	}
	if e := h.take(kind, err); e != nil {
		if record != nil {
			record(e)
		}
		finish(e.handle, err)
	}
}

func (h *Handler) take(kind langshark.Kind, err error) *entry {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == 0 {
		return nil
	}
	e := h.current[goroutineID()]
	for e != nil && e.kind != kind {
		e = e.outer
	}
	if e == nil {
		return nil
	}
	for h.current[e.goroutine] != e {
		h.abandon(h.current[e.goroutine], err)
	}
	h.remove(e)
	return e
}

// abandon ends an observation whose end was not told. A nil err says nothing of how.
func (h *Handler) abandon(e *entry, err error) {
	if err == nil {
		e.handle.SetMetadata("langshark.unfinished", true)
		e.handle.End()
	} else {
		finish(e.handle, err)
	}
	h.remove(e)
}

func (h *Handler) push(e *entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.current == nil {
		h.current = map[uint64]*entry{}
	}
	e.outer = h.current[e.goroutine]
	h.current[e.goroutine] = e
	e.prev = h.newest
	if e.prev != nil {
		e.prev.next = e
	} else {
		h.oldest = e
	}
	h.newest = e
	if h.open++; h.open > MaxOpen {
		h.abandon(h.oldest, nil)
	}
}

func (h *Handler) remove(e *entry) {
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		h.oldest = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	} else {
		h.newest = e.prev
	}
	h.open--
	top := h.current[e.goroutine]
	switch {
	case top == e && e.outer == nil:
		delete(h.current, e.goroutine)
	case top == e:
		h.current[e.goroutine] = e.outer
	default:
		for ; top != nil; top = top.outer {
			if top.outer == e {
				top.outer = e.outer
				break
			}
		}
	}
}

// HandleText does nothing; the library never calls it.
func (h *Handler) HandleText(context.Context, string) {}

// HandleLLMStart begins a generation. The library never calls it.
func (h *Handler) HandleLLMStart(ctx context.Context, prompts []string) {
	h.begin(ctx, langshark.KindGeneration, "chat", func() any { return prompts }, nil)
}

// HandleLLMGenerateContentStart begins a generation, and records the tools whose
// results are sent with it, for the library tells of its own tools only.
func (h *Handler) HandleLLMGenerateContentStart(ctx context.Context, messages []llms.MessageContent) {
	h.begin(ctx, langshark.KindGeneration, "chat", func() any { return messagesOf(messages) }, func(ctx context.Context, c *langshark.Client) context.Context {
		h.settings().sent(ctx, c, messages)
		return ctx
	})
}

// HandleLLMGenerateContentEnd ends the generation, with the answer and its usage.
func (h *Handler) HandleLLMGenerateContentEnd(ctx context.Context, r *llms.ContentResponse) {
	if r == nil {
		return // as the library's Mistral client says before it tells the answer, or the error
	}
	h.end(ctx, langshark.KindGeneration, nil, func(e *entry) {
		call := modelCall{options: h.settings(), Generation: e.generation}
		call.answered(r)
	})
}

// HandleLLMError ends the generation.
func (h *Handler) HandleLLMError(ctx context.Context, err error) {
	h.end(ctx, langshark.KindGeneration, err, nil)
}

// HandleChainStart begins a chain.
func (h *Handler) HandleChainStart(ctx context.Context, inputs map[string]any) {
	h.begin(ctx, langshark.KindChain, "chain", func() any { return valuesOf(inputs) }, nil)
}

// HandleChainEnd ends the chain.
func (h *Handler) HandleChainEnd(ctx context.Context, outputs map[string]any) {
	h.end(ctx, langshark.KindChain, nil, func(e *entry) { h.settings().output(e.handle, valuesOf(outputs)) })
}

// HandleChainError ends the chain, and the generation in it that told no end.
func (h *Handler) HandleChainError(ctx context.Context, err error) {
	h.end(ctx, langshark.KindChain, err, nil)
}

// HandleToolStart begins a tool. Only the library's own tools call it. Its name,
// and the call of the model that it runs for, are known from an agent's action.
func (h *Handler) HandleToolStart(ctx context.Context, input string) {
	name, call := "tool", llmhttp.ToolCall{}
	if a := h.acting(input); a != nil {
		name, call = a.Tool, llmhttp.ToolCall{ID: a.ToolID, Name: a.Tool, Arguments: a.ToolInput}
	}
	h.begin(ctx, langshark.KindTool, name, func() any { return input }, func(ctx context.Context, _ *langshark.Client) context.Context {
		return llmhttp.ContextWithToolCall(ctx, call)
	})
}

// acting takes the action on this goroutine for which a tool is called.
func (h *Handler) acting(input string) *schema.AgentAction {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for e := h.current[goroutineID()]; e != nil; e = e.outer {
		if a := e.action; a != nil && strings.HasPrefix(a.ToolInput, input) {
			e.action = nil
			return a
		}
	}
	return nil
}

// HandleToolEnd ends the tool.
func (h *Handler) HandleToolEnd(ctx context.Context, output string) {
	h.end(ctx, langshark.KindTool, nil, func(e *entry) { h.settings().output(e.handle, output) })
}

// HandleToolError ends the tool.
func (h *Handler) HandleToolError(ctx context.Context, err error) {
	h.end(ctx, langshark.KindTool, err, nil)
}

// HandleAgentAction records an event: thought, tool and input.
func (h *Handler) HandleAgentAction(ctx context.Context, action schema.AgentAction) {
	if h == nil {
		return
	}
	h.event(ctx, "agent action", stepOf(action))
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.current[goroutineID()]; e != nil && e.kind == langshark.KindChain {
		e.action = &action
	}
}

// HandleAgentFinish records an event: what the agent returns.
func (h *Handler) HandleAgentFinish(ctx context.Context, f schema.AgentFinish) {
	h.event(ctx, "agent finish", plan{Finish: f.ReturnValues, Thought: finalThought(f.Log)})
}

// event records one below the chain that is under way. What has begun in it is over.
func (h *Handler) event(ctx context.Context, name string, v any) {
	if h == nil || ctx == nil {
		return
	}
	client := h.settings().recorder(ctx)
	if client == nil {
		return
	}
	ctx = h.around(ctx)
	if h.settings().noOutput {
		client.RecordEvent(ctx, name)
		return
	}
	client.RecordEvent(ctx, name, langshark.WithOutput(v), langshark.WithCapture(h.settings().capture))
}

// around is the context of the chain that is under way.
func (h *Handler) around(ctx context.Context) context.Context {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := goroutineID()
	base := langshark.ObservationID(ctx)
	for top := h.current[id]; top != nil && top.base == base; top = h.current[id] {
		if top.kind == langshark.KindChain {
			return top.ctx
		}
		h.abandon(top, nil)
	}
	return ctx
}

// HandleRetrieverStart begins a retriever.
func (h *Handler) HandleRetrieverStart(ctx context.Context, query string) {
	h.begin(ctx, langshark.KindRetriever, "retriever", func() any { return query }, nil)
}

// HandleRetrieverEnd ends the retriever.
func (h *Handler) HandleRetrieverEnd(ctx context.Context, _ string, docs []schema.Document) {
	h.end(ctx, langshark.KindRetriever, nil, func(e *entry) {
		if !h.settings().noOutput {
			e.handle.SetOutput(documentsOf(docs))
		}
	})
}

// HandleStreamingFunc takes the time to first token of the generation that is under way.
func (h *Handler) HandleStreamingFunc(ctx context.Context, chunk []byte) {
	if h == nil || ctx == nil || len(chunk) == 0 || isCovered(ctx, langshark.KindGeneration) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.current[goroutineID()]; e != nil && e.generation != nil {
		e.generation.FirstToken()
	}
}
