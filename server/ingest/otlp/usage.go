package otlp

import (
	"encoding/json"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/semconv"
	"github.com/langshark/langshark-go/server/ingest"
)

// The names of counts. Those of input and output are inclusive.
var (
	inputCounts = []string{
		semconv.GenAIUsageInputTokens, "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens",
		"ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens",
	}
	outputCounts = []string{
		semconv.GenAIUsageOutputTokens, "gen_ai.usage.completion_tokens", "llm.token_count.completion", "llm.usage.completion_tokens",
		"ai.usage.outputTokens", "ai.usage.completionTokens",
	}
	totalCounts     = []string{"gen_ai.usage.total_tokens", "llm.token_count.total", "llm.usage.total_tokens", "ai.usage.totalTokens"}
	cacheReadCounts = []string{
		semconv.GenAIUsageCacheReadTokens, "gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.cache_read_tokens", "gen_ai.usage.details.cache_read_tokens",
		"gen_ai.usage.details.cached_tokens", "gen_ai.usage.details.cache_read_input_tokens", "llm.usage.cache_read_input_tokens", "llm.token_count.prompt_details.cache_read", "ai.usage.cachedInputTokens",
	}
	cacheWriteCounts = []string{
		semconv.GenAIUsageCacheWriteTokens, "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_tokens", "gen_ai.usage.details.cache_write_tokens",
		"gen_ai.usage.details.cache_creation_input_tokens", "llm.usage.cache_creation_input_tokens", "llm.token_count.prompt_details.cache_write",
	}
	reasoningCounts = []string{
		semconv.GenAIUsageReasoningTokens, "gen_ai.usage.reasoning_tokens", "gen_ai.usage.details.reasoning_tokens", "llm.usage.reasoning_tokens",
		"llm.token_count.completion_details.reasoning", "ai.usage.reasoningTokens",
	}
	inputAudioCounts  = []string{"gen_ai.usage.audio.input_tokens", "gen_ai.usage.details.input_audio_tokens", "llm.token_count.prompt_details.audio"}
	outputAudioCounts = []string{"gen_ai.usage.audio.output_tokens", "gen_ai.usage.details.output_audio_tokens", "llm.token_count.completion_details.audio"}
)

func (c *conversion) usage(calls bool) {
	if v, ok := c.get(semconv.LangfuseObservationUsageDetails); ok {
		if c.o.Usage = ingest.UsageDetails(object(v)); c.o.Usage != nil {
			c.drop(semconv.LangfuseObservationUsageDetails)
			return
		}
	}
	if !calls {
		return
	}
	u := exporter.Usage{}
	given := false
	for _, count := range [...]struct {
		dst   *int64
		names []string
	}{
		{&u.InputTokens, inputCounts},
		{&u.OutputTokens, outputCounts},
		{&u.TotalTokens, totalCounts},
		{&u.CachedInputTokens, cacheReadCounts},
		{&u.CacheWriteTokens, cacheWriteCounts},
		{&u.ReasoningTokens, reasoningCounts},
		{&u.InputAudioTokens, inputAudioCounts},
		{&u.OutputAudioTokens, outputAudioCounts},
	} {
		v, ok := c.get(count.names...)
		if !ok {
			continue
		}
		if *count.dst, ok = v.integer(); ok {
			given = true
			c.drop(count.names...)
		}
	}
	if !given {
		given = c.usageObject(&u, "mlflow.chat.tokenUsage") || c.genkitUsage(&u)
	}
	if !given {
		return
	}
	inclusive(&u)
	c.o.Usage = ingest.Usage(&u)
}

// inclusive repairs counts that exclude cached tokens, as Anthropic's API has them and some
// libraries pass on: the cache can't have more of the input than there is. Nor can
// reasoning of the output, which xAI's and Gemini's exclude, as their total says too.
func inclusive(u *exporter.Usage) {
	if cached := u.CachedInputTokens + u.CacheWriteTokens; cached > u.InputTokens {
		u.InputTokens += cached
		u.TotalTokens = max(u.TotalTokens, u.InputTokens+u.OutputTokens)
	}
	if r := u.ReasoningTokens; r > u.OutputTokens || r > 0 && u.TotalTokens == u.InputTokens+u.OutputTokens+r {
		u.OutputTokens += r
		u.TotalTokens = max(u.TotalTokens, u.InputTokens+u.OutputTokens)
	}
}

// usageObject reads an attribute that holds counts as JSON.
func (c *conversion) usageObject(u *exporter.Usage, name string) bool {
	v, ok := c.get(name)
	if !ok || !readUsage(u, object(v)) {
		return false
	}
	c.drop(name)
	return true
}

// readUsage reads counts by the names that MLflow and Genkit use.
func readUsage(u *exporter.Usage, raw json.RawMessage) (given bool) {
	m := members(raw)
	for _, count := range [...]struct {
		dst   *int64
		names [2]string
	}{
		{&u.InputTokens, [2]string{"input_tokens", "inputTokens"}},
		{&u.OutputTokens, [2]string{"output_tokens", "outputTokens"}},
		{&u.TotalTokens, [2]string{"total_tokens", "totalTokens"}},
		{&u.CachedInputTokens, [2]string{"cache_read_input_tokens", "cachedContentTokens"}},
		{&u.CacheWriteTokens, [2]string{"cache_creation_input_tokens", "cacheCreationTokens"}},
		{&u.ReasoningTokens, [2]string{"reasoning_tokens", "thoughtsTokens"}},
	} {
		for _, name := range count.names {
			var f float64
			if raw, ok := m[name]; ok && json.Unmarshal(raw, &f) == nil {
				*count.dst, _ = floatValue(f).integer()
				given = true
			}
		}
	}
	return given
}
