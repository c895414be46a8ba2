package fakellm

import (
	"cmp"
	"encoding/json"
	"strconv"
)

// failing is a vendor with another form of errors.
func failing(from *vendor, body func(e *Error) any) *vendor {
	v := *from
	v.fail = func(_ *call, e *Error) (int, []byte) { return e.status(), compact(body(e)) }
	return &v
}

// cost is what a request costs, in US dollars, if the reply doesn't say.
func (c *call) cost() float64 {
	u := c.usage()
	return cmp.Or(u.Cost, float64(u.PromptTokens+4*u.CompletionTokens)/1e6)
}

var openRouter = &host{
	usageAt: usageAlways,
	vendor: failing(openAI, func(e *Error) any {
		return map[string]any{"error": map[string]any{"code": e.status(), "message": e.Message, "metadata": map[string]any{"provider_name": openRouterProvider}}}
	}),
	preamble: func(s *stream) { s.send([]byte(": OPENROUTER PROCESSING\n\n")) },
	edit: func(_ *call, body map[string]any, _ bool) {
		openAIOnly(body)
		body["provider"] = openRouterProvider
		eachChoice(body, func(choice, said map[string]any) {
			choice["native_finish_reason"] = choice["finish_reason"]
			if r, ok := said["reasoning_content"]; ok {
				rename(said, "reasoning_content", "reasoning")
				said["reasoning_details"] = []any{map[string]any{"type": "reasoning.text", "text": r, "format": "unknown", "index": 0}}
			}
		})
	},
	usage: func(c *call, usage map[string]any) {
		usage["cost"], usage["is_byok"] = c.cost(), false
		usage["cost_details"] = map[string]any{"upstream_inference_cost": nil}
	},
	broken: func(s *stream, e *Error) []byte {
		body := s.dress(s.completion(true), true).(map[string]any)
		delete(body, "usage")
		body["error"] = map[string]any{"code": e.status(), "message": e.Message}
		body["choices"] = []any{map[string]any{"index": 0, "delta": map[string]any{"content": ""}, "finish_reason": "error", "native_finish_reason": "error"}}
		return event("", compact(body))
	},
}

// openRouterProvider is who answers behind OpenRouter.
const openRouterProvider = "Fake"

var groq = &host{
	wholeCalls: true,
	edit: func(c *call, body map[string]any, end bool) {
		openAIOnly(body)
		body["service_tier"] = "on_demand"
		own := map[string]any{"id": requestID(c.n)}
		first := false
		eachChoice(body, func(_, said map[string]any) {
			rename(said, "reasoning_content", "reasoning")
			first = first || said["role"] != nil
		})
		if c.req.Stream && end {
			var u map[string]any
			if json.Unmarshal(compact(openAIUsage(c.usage())), &u) == nil {
				groqTimes(c, u)
				own["usage"] = u
			}
		}
		if first || end {
			body["x_groq"] = own
		}
	},
	usage: groqTimes,
}

// groqTimes adds to the usage how long it took, in seconds.
func groqTimes(c *call, usage map[string]any) {
	u := c.usage()
	prompt, completion := float64(u.PromptTokens)/4096, float64(u.CompletionTokens)/512
	usage["queue_time"], usage["prompt_time"], usage["completion_time"], usage["total_time"] = 0.03125, prompt, completion, prompt+completion
}

var mistral = &host{
	vendor: failing(openAI, func(e *Error) any {
		return map[string]any{"object": "error", "message": e.Message, "type": e.Type, "param": nullable(e.Param), "code": strconv.Itoa(e.status() * 10)}
	}),
	wholeCalls: true, usageAt: usageLast,
	edit: func(c *call, body map[string]any, _ bool) {
		openAIOnly(body)
		without(body, "system_fingerprint")
		chunk := c.req.Stream
		eachChoice(body, func(choice, said map[string]any) {
			without(choice, "logprobs")
			if thought, ok := said["reasoning_content"]; ok {
				parts := []any{map[string]any{"type": "thinking", "thinking": []any{map[string]any{"type": "text", "text": thought}}}}
				if text, ok := said["content"].(string); ok && !chunk {
					parts = append(parts, map[string]any{"type": "text", "text": text})
				}
				delete(said, "reasoning_content")
				said["content"] = parts
			}
			calls, _ := said["tool_calls"].([]any)
			for i, one := range calls {
				if t := one.(map[string]any); !chunk {
					t["index"] = i
				}
			}
			if chunk {
				return
			}
			said["prefix"] = false
			if calls == nil {
				said["tool_calls"] = nil
			}
			if said["content"] == nil {
				said["content"] = ""
			}
		})
	},
	usage: func(c *call, usage map[string]any) {
		without(usage, "completion_tokens_details", "prompt_tokens_details")
		if n := c.usage().CachedTokens; n > 0 {
			usage["num_cached_tokens"] = n
		}
	},
}
