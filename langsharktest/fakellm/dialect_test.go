package fakellm

import (
	"net/http"
	"strings"
	"testing"
)

const chatPath = "/v1/chat/completions"

// speak starts a provider of a dialect and returns its answer to three requests:
// the whole, the events of a stream, and of an error.
func speak(t *testing.T, d Dialect) (whole string, events []sse, failure string) {
	t.Helper()
	used := parcel
	used.Usage = &Usage{PromptTokens: 1500, CompletionTokens: 90, CachedTokens: 1408, ReasoningTokens: 64}
	p := start(t, WithDialect(d), WithReplies(used, used, Reply{Err: RateLimited(0)}))
	_, whole = ask(t, p, http.StatusOK, chatPath, hello+`}`)
	_, body := ask(t, p, http.StatusOK, chatPath, hello+`,"stream":true}`)
	body = strings.TrimPrefix(body, ": OPENROUTER PROCESSING\n\n")
	events = parseEvents(t, body, "\n\n")
	if events[len(events)-1].data != "[DONE]" {
		t.Errorf("%s", body)
	}
	_, failure = ask(t, p, http.StatusTooManyRequests, chatPath, hello+`}`)
	return whole, events[:len(events)-1], failure
}

func TestDeepSeek(t *testing.T) {
	whole, events, failure := speak(t, DeepSeek)
	const used = `{"completion_tokens":90,"completion_tokens_details":{"reasoning_tokens":64},"prompt_cache_hit_tokens":1408,"prompt_cache_miss_tokens":92,"prompt_tokens":1500,"prompt_tokens_details":{"cached_tokens":1408},"total_tokens":1590}`
	shape(t, whole, "choices.0.message.reasoning_content", `"hm, well"`, "choices.0.message.refusal", "", "service_tier", "", "usage", used, "choices.0.message.tool_calls.1.id", `"call_7"`)
	last := events[len(events)-1].data
	shape(t, last, "choices.0.finish_reason", `"tool_calls"`, "usage", used)
	if collect(t, events, "choices.0.delta.reasoning_content") != parcel.Reasoning {
		t.Errorf("%v", events)
	}
	shape(t, failure, "error.code", `"rate_limit_exceeded"`)
}

func TestOpenRouter(t *testing.T) {
	whole, events, failure := speak(t, OpenRouter)
	shape(t, whole, "provider", `"Fake"`, "choices.0.message.reasoning", `"hm, well"`, "choices.0.message.reasoning_details.0.text", `"hm, well"`, "choices.0.native_finish_reason", `"tool_calls"`,
		"usage.cost", "0.00186", "usage.is_byok", "false", "usage.completion_tokens_details.reasoning_tokens", "64")
	last := events[len(events)-1].data
	shape(t, last, "choices", "[]", "usage.cost", "0.00186", "provider", `"Fake"`)
	shape(t, events[1].data, "choices.0.delta.reasoning", `"hm, "`, "choices.0.native_finish_reason", "null", "choices.0.delta.reasoning_content", "")
	shape(t, failure, "error.code", "429", "error.metadata.provider_name", `"Fake"`)
	p := start(t, WithDialect(OpenRouter), WithReplies(Reply{Text: "a b c", Err: Overloaded(), ErrAfter: 1}, Reply{Text: "x", Usage: &Usage{Cost: 0.5}}))
	_, body := ask(t, p, http.StatusOK, chatPath, hello+`,"stream":true}`)
	rest, ok := strings.CutPrefix(body, ": OPENROUTER PROCESSING\n\n")
	all := parseEvents(t, rest, "\n\n")
	shape(t, all[len(all)-1].data, "error.code", "503", "choices.0.finish_reason", `"error"`, "object", `"chat.completion.chunk"`, "usage", "")
	if !ok || strings.Contains(body, "[DONE]") {
		t.Errorf("%s", body)
	}
	_, body = ask(t, p, http.StatusOK, chatPath, hello+`}`)
	shape(t, body, "usage.cost", "0.5")
}

func TestGroq(t *testing.T) {
	whole, events, _ := speak(t, Groq)
	shape(t, whole, "choices.0.message.reasoning", `"hm, well"`, "usage.total_tokens", "1590", "service_tier", `"on_demand"`, "usage.queue_time", "0.03125")
	if at(t, whole, "x_groq.id") == "" || at(t, whole, "usage.total_time") == "" {
		t.Errorf("%s", whole)
	}
	shape(t, events[0].data, "x_groq.id", at(t, events[len(events)-1].data, "x_groq.id"), "x_groq.usage", "")
	shape(t, events[1].data, "x_groq", "")
	shape(t, events[len(events)-1].data, "x_groq.usage.total_tokens", "1590", "usage", "", "choices.0.finish_reason", `"tool_calls"`)
	if at(t, events[len(events)-1].data, "x_groq.usage.total_time") == "" {
		t.Errorf("%v", events)
	}
	checkWholeCalls(t, events)
}

// checkWholeCalls expects each tool call in one chunk.
func checkWholeCalls(t *testing.T, events []sse) {
	t.Helper()
	var got []string
	for _, e := range events {
		if f := at(t, e.data, "choices.0.delta.tool_calls.0.function"); f != "" {
			got = append(got, f)
		}
	}
	if len(got) != 2 || got[0] != `{"arguments":"{\"city\":\"서울\"}","name":"weather"}` {
		t.Errorf("calls %v", got)
	}
}

func TestMistral(t *testing.T) {
	whole, events, failure := speak(t, Mistral)
	const thought = `{"thinking":[{"text":"hm, well","type":"text"}],"type":"thinking"}`
	shape(t, whole, "choices.0.message.content", `[`+thought+`,{"text":"It arrives tomorrow.","type":"text"}]`, "choices.0.message.tool_calls.1.index", "1", "choices.0.message.prefix", "false",
		"system_fingerprint", "", "choices.0.logprobs", "", "usage", `{"completion_tokens":90,"num_cached_tokens":1408,"prompt_tokens":1500,"total_tokens":1590}`)
	shape(t, events[1].data, "choices.0.delta.content", `[{"thinking":[{"text":"hm, ","type":"text"}],"type":"thinking"}]`)
	shape(t, events[3].data, "choices.0.delta.content", `"It "`)
	shape(t, events[len(events)-1].data, "choices.0.finish_reason", `"tool_calls"`, "usage.total_tokens", "1590")
	checkWholeCalls(t, events)
	shape(t, failure, "object", `"error"`, "type", `"tokens"`, "code", `"4290"`, "error", "")
	p := start(t, WithDialect(Mistral), WithReplies(Reply{Text: "a"}, Reply{ToolCalls: parcel.ToolCalls}))
	_, body := ask(t, p, http.StatusOK, chatPath, hello+`}`)
	shape(t, body, "choices.0.message", `{"content":"a","prefix":false,"role":"assistant","tool_calls":null}`)
	_, body = ask(t, p, http.StatusOK, chatPath, hello+`}`)
	shape(t, body, "choices.0.message.content", `""`)
}

func TestXAI(t *testing.T) {
	whole, events, failure := speak(t, XAI)
	shape(t, whole, "usage.completion_tokens", "26", "usage.total_tokens", "1590", "usage.completion_tokens_details.reasoning_tokens", "64", "usage.prompt_tokens_details.text_tokens", "1500",
		"usage.num_sources_used", "0", "choices.0.message.reasoning_content", `"hm, well"`, "choices.0.message.refusal", "null")
	checkWholeCalls(t, events)
	shape(t, events[len(events)-1].data, "usage", "")
	if at(t, failure, "error") == "" || at(t, failure, "code") != `"tokens"` {
		t.Errorf("%s", failure)
	}
}

func TestVLLM(t *testing.T) {
	whole, events, failure := speak(t, VLLM)
	shape(t, whole, "choices.0.message.reasoning_content", `"hm, well"`, "choices.0.message.reasoning", `"hm, well"`, "choices.0.stop_reason", "null", "prompt_logprobs", "null", "usage", `{"completion_tokens":90,"prompt_tokens":1500,"prompt_tokens_details":null,"total_tokens":1590}`)
	shape(t, events[1].data, "choices.0.delta.reasoning", `"hm, "`, "prompt_logprobs", "", "service_tier", "")
	shape(t, failure, "error.type", `"RateLimitError"`, "error.code", "429")
}

func TestUpstage(t *testing.T) {
	whole, events, _ := speak(t, Upstage)
	shape(t, whole, "choices.0.message.reasoning", `"hm, well"`, "choices.0.message.reasoning_content", "", "usage.completion_tokens_details.reasoning_tokens", "64", "system_fingerprint", "null")
	if collect(t, events, "choices.0.delta.reasoning") != parcel.Reasoning {
		t.Errorf("%v", events)
	}
}

func TestDialectOpenAI(t *testing.T) {
	for _, d := range []Dialect{OpenAI, "", "unheard of"} {
		whole, events, _ := speak(t, d)
		shape(t, whole, "choices.0.message.reasoning_content", `"hm, well"`, "service_tier", `"default"`, "choices.0.message.refusal", "null")
		shape(t, events[len(events)-1].data, "usage", "")
	}
}
