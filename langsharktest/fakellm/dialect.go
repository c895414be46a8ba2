package fakellm

import (
	"cmp"
	"encoding/json"
	"net/http"
)

// Dialect is how a host that speaks OpenAI's chat completions differs from it.
type Dialect string

// The dialects of chat completions.
const (
	OpenAI     Dialect = "openai"     // reasoning_content, although OpenAI itself shows none
	DeepSeek   Dialect = "deepseek"   // reasoning_content, prompt_cache_hit_tokens; usage in a stream's last chunk
	OpenRouter Dialect = "openrouter" // reasoning, provider, cost; comments in a stream
	Groq       Dialect = "groq"       // reasoning, times; x_groq in a stream's last chunk
	Mistral    Dialect = "mistral"    // thinking as a part of the content; flat errors
	XAI        Dialect = "xai"        // completion_tokens without the reasoning's; flat errors
	VLLM       Dialect = "vllm"       // reasoning and reasoning_content; errors with a number as code
	Upstage    Dialect = "upstage"    // reasoning
)

// WithDialect makes the chat completions those of another host than OpenAI.
// Defaults to [OpenAI]; an unknown one is that too.
func WithDialect(d Dialect) Option { return func(p *Provider) { p.dialect = d } }

// usagePlace is where a stream brings its usage.
type usagePlace int

const (
	usageAsked  usagePlace = iota // in a chunk of its own, if asked for
	usageAlways                   // in a chunk of its own
	usageLast                     // in the chunk with the finish reason
)

// host is what a host changes in chat completions.
type host struct {
	vendor     *vendor // nil: OpenAI's errors and headers
	wholeCalls bool
	usageAt    usagePlace
	// preamble begins a stream.
	preamble func(s *stream)
	// edit changes an answer or a chunk. In the last chunk of a choice, and in an
	// answer, end is true.
	edit func(c *call, body map[string]any, end bool)
	// usage changes the usage.
	usage  func(c *call, usage map[string]any)
	broken func(s *stream, e *Error) []byte
}

// at returns the endpoint as the host has it.
func (e *endpoint) at(h *host) *endpoint {
	if h == nil {
		return e
	}
	out := *e
	out.host, out.vendor = h, cmp.Or(h.vendor, e.vendor)
	out.wholeCalls = h.wholeCalls
	if h.broken != nil {
		out.broken = h.broken
	}
	return &out
}

// dress turns a body of OpenAI's into one of the host.
func (c *call) dress(body any, end bool) any {
	if c.host == nil {
		return body
	}
	var m map[string]any
	if err := json.Unmarshal(compact(body), &m); err != nil {
		panic(http.ErrAbortHandler)
	}
	if u, ok := m["usage"].(map[string]any); ok && c.host.usage != nil {
		c.host.usage(c, u)
	}
	if c.host.edit != nil {
		c.host.edit(c, m, end)
	}
	return m
}

// eachChoice calls do with the choices of a body and their message or delta.
func eachChoice(body map[string]any, do func(choice, said map[string]any)) {
	choices, _ := body["choices"].([]any)
	for _, c := range choices {
		choice := c.(map[string]any)
		said, ok := choice["message"].(map[string]any)
		if !ok {
			said, _ = choice["delta"].(map[string]any)
		}
		do(choice, said)
	}
}

// without removes fields.
func without(m map[string]any, keys ...string) {
	for _, k := range keys {
		delete(m, k)
	}
}

// rename moves a field, if it is there.
func rename(m map[string]any, from, to string) {
	if v, ok := m[from]; ok {
		delete(m, from)
		m[to] = v
	}
}

// openAIOnly are the fields that only OpenAI has.
func openAIOnly(body map[string]any) {
	without(body, "service_tier")
	eachChoice(body, func(_, said map[string]any) { without(said, "refusal", "annotations") })
}

// hosts are the dialects' ways.
var hosts = map[Dialect]*host{
	DeepSeek: {
		usageAt: usageLast,
		edit:    func(_ *call, body map[string]any, _ bool) { openAIOnly(body) },
		usage: func(c *call, usage map[string]any) {
			u := c.usage()
			usage["prompt_cache_hit_tokens"], usage["prompt_cache_miss_tokens"] = u.CachedTokens, u.PromptTokens-u.CachedTokens
			usage["prompt_tokens_details"] = map[string]any{"cached_tokens": u.CachedTokens}
			usage["completion_tokens_details"] = map[string]any{"reasoning_tokens": u.ReasoningTokens}
		},
	},
	OpenRouter: openRouter,
	Groq:       groq,
	Mistral:    mistral,
	XAI: {
		vendor:     failing(openAI, func(e *Error) any { return map[string]any{"code": cmp.Or(e.Type, e.Code), "error": e.Message} }),
		wholeCalls: true,
		edit: func(_ *call, body map[string]any, _ bool) {
			without(body, "service_tier")
			eachChoice(body, func(_, said map[string]any) { without(said, "annotations") })
		},
		usage: func(c *call, usage map[string]any) {
			u := c.usage()
			usage["completion_tokens"] = u.CompletionTokens - u.ReasoningTokens
			usage["num_sources_used"] = 0
			details := usage["prompt_tokens_details"].(map[string]any)
			details["text_tokens"], details["image_tokens"] = u.PromptTokens, 0
		},
	},
	VLLM: {
		vendor: failing(openAI, func(e *Error) any {
			kind := map[int]string{400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError", 429: "RateLimitError"}[e.status()]
			return map[string]any{"error": map[string]any{
				"message": e.Message, "type": cmp.Or(kind, "InternalServerError"), "param": nullable(e.Param), "code": e.status(),
			}}
		}),
		edit: func(c *call, body map[string]any, _ bool) {
			for _, k := range []string{"service_tier", "system_fingerprint", "prompt_logprobs", "kv_transfer_params"} {
				if !c.req.Stream {
					body[k] = nil
				} else {
					delete(body, k)
				}
			}
			eachChoice(body, func(choice, said map[string]any) {
				choice["stop_reason"] = nil
				if r, ok := said["reasoning_content"]; ok {
					said["reasoning"] = r
				}
			})
		},
		usage: func(_ *call, usage map[string]any) {
			without(usage, "completion_tokens_details")
			usage["prompt_tokens_details"] = nil
		},
	},
	Upstage: {
		edit: func(_ *call, body map[string]any, _ bool) {
			openAIOnly(body)
			body["system_fingerprint"] = nil
			eachChoice(body, func(_, said map[string]any) { rename(said, "reasoning_content", "reasoning") })
		},
	},
}
