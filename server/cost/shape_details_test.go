package cost

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/langshark/langshark-go/exporter"
)

// side is what usage shows of buckets: all of the input, all of the output.
func side(buckets map[string]int64, of Bucket) (n int64) {
	for name, units := range buckets {
		if SideOf(name) == of {
			n += units
		}
	}
	return n
}

// TestDetails: details overlap, stand apart or are called otherwise; no unit is
// counted twice. Each figure is worked out beside it, from dollars for a million tokens.
func TestDetails(t *testing.T) {
	for _, c := range []struct {
		name, model, usage string
		input, output      int64
		want               exporter.NanoUSD
	}{
		{
			"xAI: the text includes the cached, the completion excludes reasoning", "grok-4",
			`{"prompt_tokens":37,"completion_tokens":530,"total_tokens":800,"prompt_tokens_details":{"text_tokens":37,"audio_tokens":0,"image_tokens":0,"cached_tokens":8},
				"completion_tokens_details":{"reasoning_tokens":233}}`,
			37, 763, 11_538_000, // 29 × 3 + 8 × 0.75 + 763 × 15 = 87 + 6 + 11445
		},
		{
			"more reasoning than output, and no total", "grok-4",
			`{"prompt_tokens":32,"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":94}}`,
			32, 103, 1_641_000, // 32 × 3 + 103 × 15
		},
		{
			"text and audio include the cached", "gpt-4o-audio-preview",
			`{"prompt_tokens":150,"completion_tokens":220,"total_tokens":370,"prompt_tokens_details":{"cached_tokens":32,"text_tokens":50,"audio_tokens":100},
				"completion_tokens_details":{"text_tokens":20,"audio_tokens":200,"reasoning_tokens":0}}`,
			150, 220, 50_325_000, // 50 × 2.5 + 100 × 100 + 20 × 10 + 200 × 200: no price of cached text is known
		},
		{
			"the cached are more than the text: audio too was cached", "gpt-4o-realtime-preview",
			`{"input_tokens":150,"output_tokens":0,"input_token_details":{"cached_tokens":80,"text_tokens":50,"audio_tokens":100}}`,
			150, 0, 7_725_000, // 50 × 2.5 + 30 × 20 + 70 × 100
		},
		{
			"Realtime", "gpt-4o-realtime-preview",
			`{"total_tokens":600,"input_tokens":400,"output_tokens":200,"input_token_details":{"cached_tokens":300,"text_tokens":150,"audio_tokens":250,
				"cached_tokens_details":{"text_tokens":100,"audio_tokens":200}},"output_token_details":{"text_tokens":50,"audio_tokens":150}}`,
			400, 200, 40_500_000, // 50 × 5 + 100 × 2.5 + 50 × 100 + 200 × 20 + 50 × 20 + 150 × 200
		},
		{
			"transcription", "gpt-4o-transcribe",
			`{"type":"tokens","input_tokens":114,"input_token_details":{"text_tokens":14,"audio_tokens":100},"output_tokens":45,"total_tokens":159}`,
			114, 45, 1_085_000, // 14 × 2.5 + 100 × 6 + 45 × 10
		},
		{
			"LangChain", "claude-sonnet-4-5",
			`{"input_tokens":21550,"output_tokens":400,"total_tokens":21950,"input_token_details":{"cache_read":20000,"cache_creation":1500}}`,
			21550, 400, 17_775_000, // 50 × 3 + 20000 × 0.3 + 1500 × 3.75 + 400 × 15
		},
		{
			"LangChain, written for an hour too", "claude-sonnet-4-5",
			`{"input_tokens":21550,"output_tokens":400,"input_token_details":{"cache_read":20000,"cache_creation":1500,"ephemeral_5m_input_tokens":500,"ephemeral_1h_input_tokens":1000}}`,
			21550, 400, 20_025_000, // 50 × 3 + 20000 × 0.3 + 500 × 3.75 + 1000 × 6 + 400 × 15
		},
		{
			"LangChain, where the sum is zero beside its parts", "claude-sonnet-4-5",
			`{"input_tokens":21550,"output_tokens":400,"input_token_details":{"cache_read":20000,"cache_creation":0,"ephemeral_5m_input_tokens":1500}}`,
			21550, 400, 17_775_000,
		},
		{
			"LiteLLM, the same beside the prompt and in its details", "claude-sonnet-4-5",
			`{"prompt_tokens":21550,"completion_tokens":400,"total_tokens":21950,"prompt_tokens_details":{"cached_tokens":20000},
				"cache_read_input_tokens":20000,"cache_creation_input_tokens":1500}`,
			21550, 400, 17_775_000,
		},
		{
			"Perplexity through a gateway, reasoning beside the completion and in its details", "sonar-reasoning",
			`{"prompt_tokens":33,"completion_tokens":7395,"total_tokens":7428,"reasoning_tokens":3000,"completion_tokens_details":{"reasoning_tokens":3000}}`,
			33, 7395, 37_008_000, // 33 × 1 + 7395 × 5 = 33 + 36975
		},
		{
			"Perplexity, reasoning beside the completion, and details that a gateway has filled with zeros", "sonar-reasoning",
			`{"prompt_tokens":33,"completion_tokens":100,"total_tokens":133,"reasoning_tokens":3000,"completion_tokens_details":{"reasoning_tokens":0}}`,
			33, 3100, 15_533_000, // 33 × 1 + 3100 × 5: more reasoning than output can't be contained in it
		},
		{
			"xAI, reasoning twice too, which the completion excludes", "grok-4",
			`{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,"reasoning_tokens":94,"completion_tokens_details":{"reasoning_tokens":94}}`,
			32, 103, 1_641_000, // 32 × 3 + 103 × 15 = 96 + 1545
		},
		{
			"responses, reasoning twice", "gpt-5",
			`{"input_tokens":1000,"output_tokens":500,"total_tokens":1500,"reasoning_tokens":300,"output_tokens_details":{"reasoning_tokens":300}}`,
			1000, 500, 6_250_000, // 1000 × 1.25 + 500 × 10
		},
		{
			"Moonshot, the cached beside the prompt that contains them", "kimi-k2-0905-preview",
			`{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010,"cached_tokens":768}`,
			1000, 10, 279_400, // 232 × 0.6 + 768 × 0.15 + 10 × 2.5 = 139.2 + 115.2 + 25
		},
		{
			"Moonshot, the same in the details", "kimi-k2-0905-preview",
			`{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010,"cached_tokens":768,"prompt_tokens_details":{"cached_tokens":768}}`,
			1000, 10, 279_400,
		},
		{
			"Moonshot, details that a gateway has filled with zeros", "kimi-k2-0905-preview",
			`{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010,"cached_tokens":768,"prompt_tokens_details":{"cached_tokens":0}}`,
			1000, 10, 279_400,
		},
		{
			"a cache that the input can't contain", "claude-sonnet-4-5",
			`{"prompt_tokens":50,"completion_tokens":400,"prompt_tokens_details":{"cached_tokens":20000}}`,
			20050, 400, 12_150_000, // 50 × 3 + 20000 × 0.3 + 400 × 15
		},
		{"Gemini, a cache that the prompt can't contain", "gemini-2.5-flash", `{"promptTokenCount":100,"cachedContentTokenCount":1000,"candidatesTokenCount":10}`, 1100, 10, 85_000}, // 100 × 0.3 + 1000 × 0.03 + 10 × 2.5
		{
			"Vercel AI SDK, parts that the whole can't contain", "gpt-4.1", `{"inputTokens":100,"outputTokens":10,"cachedInputTokens":1000,"reasoningTokens":90}`,
			1100, 100, 1_500_000, // 100 × 2 + 1000 × 0.5 + 100 × 8
		},
		{"Vercel AI SDK 4", "gpt-4o", `{"promptTokens":1000,"completionTokens":1000,"totalTokens":2000}`, 1000, 1000, 12_500_000},
		{
			"buckets, the input contains the cached", "gpt-4o", `{"input":2006,"input_cached_tokens":1920,"output":300,"total":2306}`,
			2006, 300, 5_615_000, // 86 × 2.5 + 1920 × 1.25 + 300 × 10
		},
		{"buckets, the output contains the reasoning", "gpt-5", `{"input":1000,"output":500,"output_reasoning_tokens":300,"total":1500}`, 1000, 500, 6_250_000},
		{"buckets that are exclusive", "gpt-4o", `{"input":86,"input_cached_tokens":1920,"output":300,"total":2306}`, 2006, 300, 5_615_000},
	} {
		buckets := ReadUsage(json.RawMessage(c.usage)).Counts
		if in, out := side(buckets, Input), side(buckets, Output); in != c.input || out != c.output {
			t.Errorf("%s: %d and %d tokens, want %d and %d: %v", c.name, in, out, c.input, c.output, buckets)
		}
		for name := range buckets {
			if _, ok := BucketOf(name); !ok { // the parts would not add up to the total
				t.Errorf("%s: %s is no bucket: %v", c.name, name, buckets)
			}
		}
		before := maps.Clone(buckets)
		p := Builtin().Match(c.model, Tokens, day2026(9, 1)).Price(&Usage{Details: buckets, Total: buckets["total"]}, "")
		checkSums(t, p)
		if p.Total == nil || *p.Total != c.want {
			t.Errorf("%s: %v (%v), want %v", c.name, p.Total, p.Parts, c.want)
		}
		if !maps.Equal(before, buckets) {
			t.Errorf("%s: pricing changed %v to %v", c.name, before, buckets)
		}
	}
}

// FuzzDetails: where the whole is given and no part is more than it, buckets add up to it.
func FuzzDetails(f *testing.F) {
	f.Add(uint32(150), uint32(50), uint32(32))
	f.Add(uint32(37), uint32(37), uint32(8))
	f.Fuzz(func(t *testing.T, n, text, cached uint32) {
		text = min(text, n)
		audio := n - text
		raw, err := json.Marshal(map[string]any{
			"input_tokens": n, "input_tokens_details": map[string]uint32{"text_tokens": text, "audio_tokens": audio, "cached_tokens": min(cached, n)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := side(ReadUsage(raw).Counts, Input); got != int64(n) {
			t.Errorf("%s: %d tokens of input", raw, got)
		}
	})
}
