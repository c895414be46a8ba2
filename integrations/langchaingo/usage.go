package langchaingo

import (
	"reflect"

	"github.com/tmc/langchaingo/llms"

	langshark "github.com/langshark/langshark-go"
)

// usageOf reads the counts that the library's clients leave in GenerationInfo.
// Every choice has those of the whole answer, so one is enough.
func usageOf(r *llms.ContentResponse) (langshark.Usage, bool) {
	for _, c := range r.Choices {
		if c == nil {
			continue
		}
		if u := usageIn(c.GenerationInfo); u.InputTokens > 0 || u.OutputTokens > 0 {
			return u, true
		}
	}
	return langshark.Usage{}, false
}

func usageIn(info map[string]any) (u langshark.Usage) {
	n := func(names ...string) int64 {
		for _, name := range names {
			if v := count(info[name]); v > 0 {
				return v
			}
		}
		return 0
	}
	switch {
	case has(info, "InputTokens"): // Anthropic, whose input is without the cached
		u.CachedInputTokens = n("CacheReadInputTokens")
		u.CacheWriteTokens = n("CacheCreationInputTokens")
		u.InputTokens = n("InputTokens") + u.CachedInputTokens + u.CacheWriteTokens
		u.OutputTokens = n("OutputTokens")
	case has(info, "PromptTokens"): // OpenAI, Google AI, Ollama, Maritaca
		u.InputTokens, u.OutputTokens, u.TotalTokens = n("PromptTokens"), n("CompletionTokens"), n("TotalTokens")
		u.InputAudioTokens, u.OutputAudioTokens = n("PromptAudioTokens"), n("CompletionAudioTokens")
		u.ReasoningTokens = n("CompletionReasoningTokens", "ReasoningTokens", "ThinkingTokens")
		if !has(info, "CacheHit") { // Ollama's is the library's own guess
			u.CachedInputTokens = min(n("PromptCachedTokens", "CachedTokens"), u.InputTokens)
		}
	case has(info, "input_tokens"), has(info, "output_tokens"): // Bedrock, Vertex
		u.InputTokens, u.OutputTokens, u.TotalTokens = n("input_tokens"), n("output_tokens"), n("total_tokens")
	case has(info, "usage"): // Mistral, a struct of its SDK
		u.InputTokens = field(info["usage"], "PromptTokens")
		u.OutputTokens = field(info["usage"], "CompletionTokens")
		u.TotalTokens = field(info["usage"], "TotalTokens")
	}
	return u
}

func has(info map[string]any, name string) bool {
	_, ok := info[name]
	return ok
}

// isAnthropic reports whether the choices are blocks of one message.
func isAnthropic(r *llms.ContentResponse) bool {
	return len(r.Choices) > 0 && r.Choices[0] != nil && has(r.Choices[0].GenerationInfo, "InputTokens")
}

// answeredBy is the model that answered, where a client tells.
func answeredBy(r *llms.ContentResponse) string {
	if r.Choices[0] == nil {
		return ""
	}
	name, _ := r.Choices[0].GenerationInfo["model"].(string)
	return name
}

// count reads a number of any type; 0 for anything else.
func count(v any) int64 {
	r := reflect.ValueOf(v)
	switch {
	case !r.IsValid():
		return 0
	case r.CanInt():
		return r.Int()
	case r.CanUint():
		return int64(r.Uint()) //nolint:gosec // tokens
	case r.CanFloat():
		return int64(r.Float())
	}
	return 0
}

// field reads a number of a struct, or 0.
func field(v any, name string) int64 {
	r := reflect.ValueOf(v)
	for r.Kind() == reflect.Pointer {
		r = r.Elem()
	}
	if r.Kind() != reflect.Struct {
		return 0
	}
	if f := r.FieldByName(name); f.IsValid() && f.CanInterface() {
		return count(f.Interface())
	}
	return 0
}
