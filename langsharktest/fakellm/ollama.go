package fakellm

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"
)

// Ollama's own API, as of 2026-11. Its OpenAI-compatible one is at /v1.

var ollama = &vendor{
	callID:   "call_",
	badJSON:  "invalid request body",
	failType: ollamaJSON,
	greet:    func(*call) {},
	wrongKey: func(*call) *Error { return &Error{Status: http.StatusUnauthorized, Message: "unauthorized"} },
	fail: func(_ *call, e *Error) (int, []byte) {
		return e.status(), compact(map[string]string{"error": cmp.Or(ollamaMessages[e.Message], e.Message)})
	},
}

const ollamaJSON = "application/json; charset=utf-8"

// ollamaMessages are Ollama's texts for the errors of this package.
var ollamaMessages = map[string]string{
	rateMessage:     "you've reached your hourly usage limit, please upgrade to continue",
	serverMessage:   "llama runner process has terminated: exit status 2",
	overloadMessage: "server busy, please try again.  maximum pending requests exceeded",
	contextMessage:  "the input length exceeds the context length",
}

var ollamaChatEndpoint = &endpoint{
	api: OllamaChat, vendor: ollama, read: readOllamaChat, answer: answerOllama, stream: streamOllama, broken: breakOllama, wholeCalls: true,
}

var ollamaGenerateEndpoint = &endpoint{
	api: OllamaGenerate, vendor: ollama, read: readOllamaGenerate, answer: answerOllama, stream: streamOllama, broken: breakOllama, wholeCalls: true,
}

type ollamaRequest struct {
	Model    string `json:"model"`
	Stream   *bool  `json:"stream"`
	Messages []struct {
		Role      string `json:"role"`
		Content   string `json:"content"`
		ToolName  string `json:"tool_name"`
		CallID    string `json:"tool_call_id"`
		ToolCalls []struct {
			ID       string `json:"id"`
			Function struct {
				Name      string          `json:"name"`
				Arguments json.RawMessage `json:"arguments"`
			} `json:"function"`
		} `json:"tool_calls"`
	} `json:"messages"`
	Tools  []Tool `json:"tools"`
	System string `json:"system"`
	Prompt string `json:"prompt"`
}

func (c *call) readOllama() (*ollamaRequest, *Error) {
	in := &ollamaRequest{}
	if e := c.parse(in); e != nil {
		return nil, e
	}
	if in.Model == "" {
		return nil, invalid("", "model is required")
	}
	c.req.Model, c.req.Tools, c.req.Stream = in.Model, in.Tools, in.Stream == nil || *in.Stream
	return in, nil
}

func readOllamaChat(c *call) *Error {
	in, e := c.readOllama()
	if e != nil {
		return e
	}
	for _, m := range in.Messages {
		out := Message{Role: m.Role, Content: Content(m.Content), Name: m.ToolName, ToolCallID: m.CallID}
		for _, t := range m.ToolCalls {
			out.ToolCalls = append(out.ToolCalls, called(cmp.Or(t.ID, t.Function.Name), t.Function.Name, string(t.Function.Arguments)))
		}
		c.req.Messages = append(c.req.Messages, out)
	}
	if len(in.Messages) == 0 {
		c.ready = append(compact(c.ollamaLoaded()), '\n')
	}
	return nil
}

func readOllamaGenerate(c *call) *Error {
	in, e := c.readOllama()
	if e != nil {
		return e
	}
	if in.System != "" {
		c.req.say("system", in.System)
	}
	if in.Prompt == "" {
		c.ready = append(compact(c.ollamaLoaded()), '\n')
	}
	c.req.say("user", in.Prompt)
	return nil
}

// ollamaLine is an answer, or a line of a stream.
type ollamaLine struct {
	Model     string         `json:"model"`
	CreatedAt string         `json:"created_at"`
	Message   *ollamaMessage `json:"message,omitempty"` // of chat
	Response  *string        `json:"response,omitempty"`
	Thinking  string         `json:"thinking,omitempty"`
	Done      bool           `json:"done"`
	Reason    string         `json:"done_reason,omitempty"`
	Context   []int          `json:"context,omitempty"`
	ToolCalls []ollamaCall   `json:"tool_calls,omitempty"`
	*ollamaMetrics
}

type ollamaMessage struct {
	Role      string       `json:"role"`
	Content   string       `json:"content"`
	Thinking  string       `json:"thinking,omitempty"`
	ToolCalls []ollamaCall `json:"tool_calls,omitempty"`
}

type ollamaCall struct {
	ID       string `json:"id"`
	Function struct {
		Index     int             `json:"index"`
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	} `json:"function"`
}

// ollamaMetrics have durations in nanoseconds.
type ollamaMetrics struct {
	Total              time.Duration `json:"total_duration"`
	Load               time.Duration `json:"load_duration"`
	PromptEvalCount    int64         `json:"prompt_eval_count,omitempty"`
	PromptEvalDuration time.Duration `json:"prompt_eval_duration,omitempty"`
	EvalCount          int64         `json:"eval_count,omitempty"`
	EvalDuration       time.Duration `json:"eval_duration,omitempty"`
}

const ollamaLoad = 50 * time.Millisecond

// ollamaLine is one with this in it.
func (c *call) ollamaLine(text, thinking string, calls []ollamaCall) ollamaLine {
	l := ollamaLine{Model: c.req.Model, CreatedAt: c.p.now().UTC().Format(time.RFC3339Nano)}
	if c.api == OllamaChat {
		l.Message = &ollamaMessage{"assistant", text, thinking, calls}
	} else {
		l.Response, l.Thinking, l.ToolCalls = &text, thinking, calls
	}
	return l
}

// ollamaLoaded answers a request that only loads the model.
func (c *call) ollamaLoaded() ollamaLine {
	l := c.ollamaLine("", "", nil)
	l.Done, l.Reason = true, "load"
	return l
}

// ollamaDone makes a line the last.
func (c *call) ollamaDone(l ollamaLine) ollamaLine {
	u := c.usage()
	m := &ollamaMetrics{
		Load:            ollamaLoad,
		PromptEvalCount: u.PromptTokens, PromptEvalDuration: time.Duration(u.PromptTokens) * time.Millisecond,
		EvalCount: u.CompletionTokens, EvalDuration: time.Duration(u.CompletionTokens) * 10 * time.Millisecond,
	}
	m.Total = m.Load + m.PromptEvalDuration + m.EvalDuration
	l.Model = c.model()
	l.Done, l.Reason, l.ollamaMetrics = true, c.replies[0].finish(map[string]string{"tool_calls": "stop", "content_filter": "stop"}), m
	if c.api == OllamaGenerate {
		l.Context = []int{128006, 882, 128007}
	}
	return l
}

func (t *ToolCall) ollama(index int) ollamaCall {
	c := ollamaCall{ID: t.ID}
	c.Function.Index, c.Function.Name, c.Function.Arguments = index, t.Name, t.object()
	return c
}

func answerOllama(c *call) (string, []byte) {
	r := &c.replies[0]
	var calls []ollamaCall
	for i := range r.ToolCalls {
		calls = append(calls, r.ToolCalls[i].ollama(i))
	}
	return ollamaJSON, compact(c.ollamaDone(c.ollamaLine(r.Text+r.Refusal, r.Reasoning, calls)))
}

func streamOllama(s *stream) {
	s.open("application/x-ndjson")
	line := func(l ollamaLine) []byte {
		l.Model = s.model()
		return append(compact(l), '\n')
	}
	s.each(func(_ int, p piece) {
		switch p.kind {
		case pieceReasoning:
			s.send(line(s.ollamaLine("", p.text, nil)))
		case pieceText, pieceRefusal:
			s.send(line(s.ollamaLine(p.text, "", nil)))
		case pieceCall:
			s.send(line(s.ollamaLine("", "", []ollamaCall{s.replies[0].ToolCalls[p.call].ollama(p.call)})))
		case pieceEnd:
			s.end(line(s.ollamaDone(s.ollamaLine("", "", nil))))
		case pieceBegin, pieceArguments:
		}
	})
}

// breakOllama ends a stream with an error.
func breakOllama(s *stream, e *Error) []byte {
	_, body := s.vendor.fail(s.call, e)
	return append(body, '\n')
}
