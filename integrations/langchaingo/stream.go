package langchaingo

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/tmc/langchaingo/llms"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
)

// maxHeard bounds what is kept of a stream, in bytes, for when it breaks off.
const maxHeard = 1 << 20

// heard is what a stream has brought.
type heard struct {
	text, reasoning strings.Builder
	calls           []langshark.ToolCall
	bytes           int
	refused         bool // the application wanted no more

	library, own context.Context //nolint:containedctx // the library's, and that in which the application's function runs
}

// with adds the option that listens to a stream, if the application asks for one.
func (c *modelCall) with(opts []llms.CallOption) []llms.CallOption {
	return append(slices.Clip(opts), c.listen)
}

// listen is applied last, so that it finds the application's functions, and the
// parameters that the library's client adds.
func (c *modelCall) listen(o *llms.CallOptions) {
	safely(func() { c.added(o) })
	stream, reasoning := o.StreamingFunc, o.StreamingReasoningFunc
	if stream != nil {
		o.StreamingFunc = func(ctx context.Context, chunk []byte) error {
			c.hears(nil, chunk)
			return c.refusing(stream(c.outside(ctx), chunk))
		}
	}
	if reasoning != nil {
		o.StreamingReasoningFunc = func(ctx context.Context, thought, chunk []byte) error {
			if stream != nil {
				c.hears(thought, nil) // the chunk comes by the other function too
			} else {
				c.hears(thought, chunk)
			}
			return c.refusing(reasoning(c.outside(ctx), thought, chunk))
		}
	}
}

// added records the parameters that a client sends without being told.
func (c *modelCall) added(o *llms.CallOptions) {
	c.mu.Lock()
	c.stream = o.StreamingFunc != nil || o.StreamingReasoningFunc != nil
	c.mu.Unlock()
	all := *o
	if all.Temperature == 0 && c.request.Temperature == notSet {
		all.Temperature = notSet
	}
	p := parametersOf(&all)
	for name := range parametersOf(&c.request) {
		delete(p, name)
	}
	if len(p) > 0 {
		c.SetModelParameters(p)
	}
	if c.request.Model == "" && c.options.model == "" && o.Model != "" {
		c.SetModel(o.Model)
		c.SetMetadata("gen_ai.request.model", o.Model)
	}
}

// outside is the context in which the application's function runs: what it asks
// a model there is a call of its own.
func (c *modelCall) outside(ctx context.Context) context.Context {
	if ctx == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx != c.heard.library {
		own := llmhttp.ContextWithRecording(ctx, true)
		own = context.WithValue(own, modelCallKey{}, (*modelCall)(nil))
		c.heard.library, c.heard.own = ctx, context.WithValue(own, coveredKey{}, nil) //nolint:fatcontext // made of the library's each time
	}
	return c.heard.own
}

func (c *modelCall) refusing(err error) error {
	if err != nil {
		c.mu.Lock()
		c.heard.refused = true
		c.mu.Unlock()
	}
	return err
}

// hears keeps what a stream brings. The library may go on to call it after the end.
func (c *modelCall) hears(thought, chunk []byte) {
	if len(thought) == 0 && len(chunk) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	h := &c.heard
	if h.bytes == 0 {
		c.FirstToken()
	}
	if h.bytes >= maxHeard {
		return
	}
	h.bytes += len(thought) + len(chunk)
	h.reasoning.Write(thought)
	if c.provider != "openai" || !h.callsIn(chunk) {
		h.text.Write(chunk)
	}
}

type callPiece struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function *struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// callsIn takes the pieces of tool calls, which the library's OpenAI client
// hands on as JSON where others have text.
func (h *heard) callsIn(chunk []byte) bool {
	if !strings.HasPrefix(string(chunk[:min(len(chunk), 2)]), "[{") {
		return false
	}
	var pieces []callPiece
	if json.Unmarshal(chunk, &pieces) != nil || slices.ContainsFunc(pieces, func(p callPiece) bool { return p.Function == nil }) {
		return false
	}
	for _, p := range pieces {
		if last := len(h.calls) - 1; p.Type == "" && last >= 0 {
			h.calls[last].Arguments += p.Function.Arguments
			continue
		}
		h.calls = append(h.calls, langshark.ToolCall{ID: p.ID, Name: p.Function.Name, Arguments: p.Function.Arguments})
	}
	return true
}

// message is what was said, or heard if that is empty.
func (c *modelCall) message(text string) (m langshark.Message, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := &c.heard
	m = langshark.Message{Role: "assistant", Content: text, Reasoning: h.reasoning.String()}
	if text == "" {
		m.Content, m.ToolCalls = h.text.String(), slices.Clone(h.calls)
	}
	return m, m.Content != "" || m.Reasoning != "" || len(m.ToolCalls) > 0
}

// ended records how a stream ended, in the words of package llmhttp. Some of the
// library's clients take a stream that breaks off, or reports an error, for an
// answer: it then has no reason for its end.
func (c *modelCall) ended(complete bool) {
	c.mu.Lock()
	stream, refused, heard := c.stream, c.heard.refused, c.heard.bytes > 0
	c.mu.Unlock()
	end := "complete"
	switch {
	case refused:
		end = "closed_early"
	case (c.failed || !complete) && c.ctx != nil && c.ctx.Err() != nil:
		end = "cancelled"
		c.SetLevel(langshark.LevelWarning)
		c.SetStatusMessage(withoutQueries(context.Cause(c.ctx).Error()))
	case c.failed && !heard:
		return // perhaps no stream came
	case c.failed:
		end = "error"
	case !complete:
		end = "truncated"
		c.SetLevel(langshark.LevelWarning)
		c.SetStatusMessage("the answer ended before its end mark, and the library does not say so")
	}
	if stream || end == "truncated" {
		c.SetMetadata("langshark.stream.end", end)
	}
}

// isCancelled reports whether a call failed because the application wanted no more of it.
func isCancelled(ctx context.Context, err error) bool {
	return err != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || ctx != nil && ctx.Err() != nil)
}
