package cost

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// TestProviders prices usage objects as the providers' answers have them. Each
// figure is worked out beside it, from dollars for a million tokens.
func TestProviders(t *testing.T) {
	for _, c := range []struct {
		name, model, service string
		at                   string
		usage                string
		buckets              map[string]int64
		want                 exporter.NanoUSD
		tier                 string
	}{
		{
			name: "OpenAI chat, cached", model: "gpt-4o", at: "2025-01-01",
			usage: `{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920,"audio_tokens":0},
				"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`,
			buckets: map[string]int64{
				"input": 86, "input_cached_tokens": 1920, "input_audio_tokens": 0, "output": 300, "output_reasoning_tokens": 0, "output_audio_tokens": 0,
				"output_accepted_prediction_tokens": 0, "output_rejected_prediction_tokens": 0, "total": 2306,
			},
			want: 5_615_000, // 86 × 2.5 + 1920 × 1.25 + 300 × 10 = 215 + 2400 + 3000 millionths
		},
		{
			name: "OpenAI responses, reasoning", model: "o4-mini", at: "2025-06-01",
			usage:   `{"input_tokens":81,"input_tokens_details":{"cached_tokens":0},"output_tokens":1035,"output_tokens_details":{"reasoning_tokens":832},"total_tokens":1116}`,
			buckets: map[string]int64{"input": 81, "input_cached_tokens": 0, "output": 203, "output_reasoning_tokens": 832, "total": 1116},
			want:    4_643_100, // 81 × 1.1 + (203 + 832) × 4.4 = 89.1 + 4554
		},
		{
			name: "OpenAI audio", model: "gpt-4o-audio-preview", at: "2025-01-01",
			usage: `{"prompt_tokens":119,"completion_tokens":80,"total_tokens":199,"prompt_tokens_details":{"text_tokens":19,"audio_tokens":100},
				"completion_tokens_details":{"text_tokens":20,"audio_tokens":60}}`,
			buckets: map[string]int64{
				"input": 0, "input_text_tokens": 19, "input_audio_tokens": 100, "output": 0, "output_text_tokens": 20, "output_audio_tokens": 60, "total": 199,
			},
			want: 22_247_500, // 19 × 2.5 + 100 × 100 + 20 × 10 + 60 × 200 = 47.5 + 10000 + 200 + 12000
		},
		{
			name: "OpenAI flex", model: "gpt-5", service: "flex", at: "2025-10-01", tier: "flex",
			usage:   `{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,"prompt_tokens_details":{"cached_tokens":400}}`,
			buckets: map[string]int64{"input": 600, "input_cached_tokens": 400, "output": 100, "total": 1100},
			want:    900_000, // 600 × 0.625 + 400 × 0.0625 + 100 × 5 = 375 + 25 + 500
		},
		{
			name: "Anthropic, cache read and written for 5 minutes and an hour", model: "claude-sonnet-4-5-20250929", at: "2025-10-01",
			usage: `{"input_tokens":2048,"cache_read_input_tokens":1800,"cache_creation_input_tokens":248,
				"cache_creation":{"ephemeral_5m_input_tokens":148,"ephemeral_1h_input_tokens":100},"output_tokens":503,"service_tier":"standard"}`,
			buckets: map[string]int64{"input": 2048, "input_cached_tokens": 1800, "input_cache_creation": 148, "input_cache_creation_1h": 100, "output": 503},
			want:    15_384_000, // 2048 × 3 + 1800 × 0.3 + 148 × 3.75 + 100 × 6 + 503 × 15 = 6144 + 540 + 555 + 600 + 7545
		},
		{
			name: "Anthropic, more than 200,000 of input", model: "claude-sonnet-4-5", at: "2025-10-01", tier: ">200000",
			usage:   `{"input_tokens":1000,"cache_read_input_tokens":200000,"cache_creation_input_tokens":0,"output_tokens":1000}`,
			buckets: map[string]int64{"input": 1000, "input_cached_tokens": 200000, "output": 1000},
			want:    148_500_000, // 1000 × 6 + 200000 × 0.6 + 1000 × 22.5 = 6000 + 120000 + 22500
		},
		{
			name: "Anthropic, more than 200,000 of input, some of it written for an hour", model: "claude-sonnet-4-5", at: "2025-10-01", tier: ">200000",
			usage:   `{"input_tokens":201000,"cache_read_input_tokens":0,"cache_creation_input_tokens":3000,"cache_creation":{"ephemeral_5m_input_tokens":1000,"ephemeral_1h_input_tokens":2000},"output_tokens":0}`,
			buckets: map[string]int64{"input": 201000, "input_cached_tokens": 0, "input_cache_creation": 1000, "input_cache_creation_1h": 2000, "output": 0},
			want:    1_237_500_000, // 201000 × 6 + 1000 × 7.5 + 2000 × 12 = 1206000 + 7500 + 24000
		},
		{
			name: "the same in a batch", model: "claude-sonnet-4-5", at: "2025-10-01", service: "batch", tier: "batch >200000",
			usage:   `{"input_tokens":201000,"cache_read_input_tokens":0,"cache_creation_input_tokens":2000,"cache_creation":{"ephemeral_1h_input_tokens":2000},"output_tokens":0}`,
			buckets: map[string]int64{"input": 201000, "input_cached_tokens": 0, "input_cache_creation_1h": 2000, "output": 0},
			want:    615_000_000, // 201000 × 3 + 2000 × 6 = 603000 + 12000
		},
		{
			name: "Gemini, cached and thoughts", model: "gemini-2.5-pro", at: "2025-10-01",
			usage: `{"promptTokenCount":1200,"cachedContentTokenCount":1000,"candidatesTokenCount":50,"thoughtsTokenCount":300,"totalTokenCount":1550,
				"promptTokensDetails":[{"modality":"TEXT","tokenCount":1200}]}`,
			buckets: map[string]int64{"input": 200, "input_cached_tokens": 1000, "output": 50, "output_reasoning_tokens": 300, "total": 1550},
			want:    3_875_000, // 200 × 1.25 + 1000 × 0.125 + (50 + 300) × 10 = 250 + 125 + 3500
		},
		{
			name: "Gemini, more than 200,000 of input", model: "gemini-2.5-pro", at: "2025-10-01", tier: ">200000",
			usage:   `{"promptTokenCount":200001,"candidatesTokenCount":10,"totalTokenCount":200011}`,
			buckets: map[string]int64{"input": 200001, "output": 10, "total": 200011},
			want:    500_152_500, // 200001 × 2.5 + 10 × 15
		},
		{
			name: "Gemini audio", model: "gemini-2.5-flash", at: "2025-10-01",
			usage: `{"promptTokenCount":110,"candidatesTokenCount":10,"totalTokenCount":120,
				"promptTokensDetails":[{"modality":"TEXT","tokenCount":10},{"modality":"AUDIO","tokenCount":100}]}`,
			buckets: map[string]int64{"input": 10, "input_audio_tokens": 100, "output": 10, "total": 120},
			want:    128_000, // 10 × 0.3 + 100 × 1 + 10 × 2.5
		},
		{
			name: "Gemini batch", model: "gemini-3.5-flash", service: "batch", at: "2026-09-01", tier: "batch",
			usage:   `{"promptTokenCount":1000,"candidatesTokenCount":100,"totalTokenCount":1100}`,
			buckets: map[string]int64{"input": 1000, "output": 100, "total": 1100},
			want:    1_200_000, // half of 1000 × 1.5 + 100 × 9
		},
		{
			name: "DeepSeek", model: "deepseek-v4-flash", at: "2026-09-01",
			usage:   `{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010,"prompt_cache_hit_tokens":900,"prompt_cache_miss_tokens":100}`,
			buckets: map[string]int64{"input": 100, "input_cached_tokens": 900, "output": 10, "total": 1010},
			want:    19_320, // 100 × 0.14 + 900 × 0.0028 + 10 × 0.28 = 14 + 2.52 + 2.8
		},
		{
			name: "xAI, whose completion excludes reasoning", model: "grok-3-mini", at: "2025-07-01",
			usage: `{"prompt_tokens":12,"completion_tokens":9,"total_tokens":306,"prompt_tokens_details":{"text_tokens":12,"cached_tokens":0},
				"completion_tokens_details":{"reasoning_tokens":285}}`,
			buckets: map[string]int64{"input": 0, "input_text_tokens": 12, "input_cached_tokens": 0, "output": 9, "output_reasoning_tokens": 285, "total": 306},
			want:    150_600, // 12 × 0.3 + (9 + 285) × 0.5 = 3.6 + 147
		},
		{
			name: "Groq", model: "llama-3.3-70b-versatile", at: "2025-07-01",
			usage:   `{"queue_time":0.037,"prompt_tokens":18,"prompt_time":0.0006,"completion_tokens":556,"completion_time":0.463,"total_tokens":574,"total_time":0.464}`,
			buckets: map[string]int64{"input": 18, "output": 556, "total": 574},
			want:    449_860, // 18 × 0.59 + 556 × 0.79 = 10.62 + 439.24
		},
		{
			name: "Mistral", model: "mistral-large-latest", at: "2025-07-01",
			usage:   `{"prompt_tokens":16,"completion_tokens":34,"total_tokens":50}`,
			buckets: map[string]int64{"input": 16, "output": 34, "total": 50},
			want:    236_000, // 16 × 2 + 34 × 6
		},
		{
			name: "Cohere, which bills less than it counts", model: "command-a-03-2025", at: "2025-07-01",
			usage:   `{"billed_units":{"input_tokens":5,"output_tokens":418},"tokens":{"input_tokens":71,"output_tokens":420}}`,
			buckets: map[string]int64{"input": 5, "output": 418},
			want:    4_192_500, // 5 × 2.5 + 418 × 10
		},
		{
			name: "Bedrock", model: "us.anthropic.claude-opus-4-6-v1:0", at: "2026-06-01",
			usage:   `{"inputTokens":10,"outputTokens":20,"totalTokens":1130,"cacheReadInputTokens":1000,"cacheWriteInputTokens":100}`,
			buckets: map[string]int64{"input": 10, "output": 20, "input_cached_tokens": 1000, "input_cache_creation": 100, "total": 1130},
			want:    1_842_500, // 10 × 5.5 + 1000 × 0.55 + 100 × 6.875 + 20 × 27.5 = 55 + 550 + 687.5 + 550
		},
		{
			name: "Vercel AI SDK, inclusive", model: "gpt-4.1", at: "2025-07-01",
			usage:   `{"inputTokens":100,"outputTokens":50,"totalTokens":150,"reasoningTokens":20,"cachedInputTokens":40}`,
			buckets: map[string]int64{"input": 60, "input_cached_tokens": 40, "output": 30, "output_reasoning_tokens": 20, "total": 150},
			want:    540_000, // 60 × 2 + 40 × 0.5 + (30 + 20) × 8
		},
		{
			name: "Qwen on Groq, by its prefix", model: "qwen/qwen3-32b", at: "2025-09-01",
			usage:   `{"prompt_tokens":"100","completion_tokens":100,"total_tokens":200}`,
			buckets: map[string]int64{"input": 100, "output": 100, "total": 200},
			want:    88_000, // 100 × 0.29 + 100 × 0.59
		},
	} {
		buckets := ReadUsage(json.RawMessage(c.usage)).Counts
		if !maps.Equal(buckets, c.buckets) {
			t.Errorf("%s: buckets %v, want %v", c.name, buckets, c.buckets)
		}
		at, err := time.Parse(time.DateOnly, c.at)
		if err != nil {
			t.Fatal(err)
		}
		e := Builtin().Match(c.model, Tokens, at)
		if e == nil {
			t.Errorf("%s: no price of %s", c.name, c.model)
			continue
		}
		p := e.Price(&Usage{Details: buckets, Total: buckets["total"]}, c.service)
		if p.Total == nil || *p.Total != c.want || p.Tier != c.tier {
			t.Errorf("%s: by %s, %v in tier %q (%v at %v), want %v in %q", c.name, e.ID, p.Total, p.Tier, p.Parts, p.Prices, c.want, c.tier)
		}
	}
}

// TestReadUsageRefuses: what is no usage is none.
func TestReadUsageRefuses(t *testing.T) {
	for _, raw := range []string{``, `null`, `[]`, `1`, `{}`, `{"input":-1,"output":1.5,"total":"x","other":9007199254740993}`, `{"input":null}`} {
		if got := ReadUsage(json.RawMessage(raw)).Counts; got != nil {
			t.Errorf("%s: %v", raw, got)
		}
	}
}

// TestWrongCounts: a name that is a count's and has none is named, another isn't.
func TestWrongCounts(t *testing.T) {
	for raw, want := range map[string][]string{
		`{"input":-1,"output":1.5,"total":9007199254740993,"input_cached_tokens":true,"output_x":"x"}`:                                                 {"input", "input_cached_tokens", "output", "output_x", "total"},
		`{"prompt_tokens":1,"prompt_tokens_details":{"cached_tokens":-1,"audio":0.5,"quality":0.5}}`:                                                   {"prompt_tokens_details.audio", "prompt_tokens_details.cached_tokens"},
		`{"promptTokenCount":1,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":-1},{"modality":"TEXT","token_count":1},{"modality":"IMAGE"}]}`: {"promptTokensDetails.AUDIO"},
		`{"thoughtsTokenCount":-1,"toolTokens":false}`:                                                                                                 {"thoughtsTokenCount", "toolTokens"},
		`{"input":5.0,"output":"7","total":1e3,"input_cached_tokens":null,"output_tokens_details":{}}`:                                                 nil,
		`{"queue_time":0.03,"cost":0.1,"is_byok":true,"type":"tokens","service_tier":"batch"}`:                                                         nil,
	} {
		if got := ReadUsage(json.RawMessage(raw)).Wrong; !slices.Equal(got, want) {
			t.Errorf("%s: wrong are %q, want %q", raw, got, want)
		}
	}
	if r := ReadUsage(json.RawMessage(`{"input_tokens":1,"service_tier":"batch"}`)); r.ServiceTier != "batch" {
		t.Errorf("%+v", r)
	}
}

func FuzzReadUsage(f *testing.F) {
	f.Add([]byte(`{"prompt_tokens":5,"completion_tokens":7,"total_tokens":20,"completion_tokens_details":{"reasoning_tokens":8}}`))
	f.Add([]byte(`{"promptTokenCount":5,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":9}],"cacheTokensDetails":[{}]}`))
	f.Add([]byte(`{"input_tokens":1,"cache_creation_input_tokens":2,"cache_creation":{"ephemeral_1h_input_tokens":3}}`))
	f.Add([]byte(`{"billed_units":{"search_units":1}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for name, n := range ReadUsage(raw).Counts {
			if n < 0 || n > 3*maxUnits {
				t.Errorf("%s: %s is %d", raw, name, n)
			}
		}
	})
}
