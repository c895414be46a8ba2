package llmwire

import (
	"strconv"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// openAIUsage is the usage object of chat, with what compatible providers add to
// it, and under the names of the newer endpoints.
type openAIUsage struct {
	prompt, completion, total int64
	cached, cacheWrite, audio int64
	reasoning, outputAudio    int64
	accepted, rejected        int64
	image, outputImage        int64
	seconds                   int64 // of audio, where that is what counts
	cost, upstreamCost        float64
	ownKey                    bool // the upstream's cost is on another bill
}

// readOpenAIUsage takes a usage object; null and others say nothing.
func readOpenAIUsage(r *jsonx.Reader) (u openAIUsage) {
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "prompt_tokens", "input_tokens":
			u.prompt = r.Int()
		case "completion_tokens", "output_tokens":
			u.completion = r.Int()
		case "total_tokens":
			u.total = r.Int()
		case "prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens": // DeepSeek, Moonshot, Mistral
			u.cached = max(u.cached, r.Int())
		case "prompt_tokens_details", "input_tokens_details", "input_token_details":
			for ok := r.Object(); ok && r.Member(); {
				switch string(r.Key) {
				case "cached_tokens":
					u.cached = max(u.cached, r.Int())
				case "cache_write_tokens":
					u.cacheWrite = r.Int()
				case "audio_tokens":
					u.audio = r.Int()
				case "image_tokens":
					u.image = r.Int()
				default:
					r.Skip()
				}
			}
		case "completion_tokens_details", "output_tokens_details", "output_token_details":
			for ok := r.Object(); ok && r.Member(); {
				switch string(r.Key) {
				case "reasoning_tokens":
					u.reasoning = r.Int()
				case "audio_tokens":
					u.outputAudio = r.Int()
				case "image_tokens":
					u.outputImage = r.Int()
				case "accepted_prediction_tokens":
					u.accepted = r.Int()
				case "rejected_prediction_tokens":
					u.rejected = r.Int()
				default:
					r.Skip()
				}
			}
		case "seconds":
			u.seconds = r.Int()
		case "cost":
			u.cost = amount(r)
		case "is_byok":
			u.ownKey = r.Bool()
		case "cost_details":
			for ok := r.Object(); ok && r.Member(); {
				if string(r.Key) == "upstream_inference_cost" {
					u.upstreamCost = amount(r)
				} else {
					r.Skip()
				}
			}
		default:
			r.Skip()
		}
	}
	return u
}

// amount takes a number that is more than 0; others say nothing.
func amount(r *jsonx.Reader) float64 {
	n, err := strconv.ParseFloat(string(r.Raw()), 64)
	if err != nil || !(n > 0 && n < 1e9) {
		return 0
	}
	return n
}

// dollars is what the call cost, as OpenRouter says it: with a key of the
// customer's own, what the key's owner pays comes in addition.
func (u *openAIUsage) dollars() float64 {
	if u.ownKey {
		return u.cost + u.upstreamCost
	}
	return u.cost
}

func (u *openAIUsage) said() bool {
	return u.prompt != 0 || u.completion != 0 || u.total != 0 || u.seconds != 0
}

// usage converts u, nil if it says nothing of tokens.
func (u *openAIUsage) usage() *Usage {
	if u.prompt == 0 && u.completion == 0 && u.total == 0 {
		return nil
	}
	out := &Usage{
		Input: u.prompt, Output: u.completion, Total: u.total,
		CachedInput: u.cached, CacheWrite: u.cacheWrite, InputAudio: u.audio,
		Reasoning: u.reasoning, OutputAudio: u.outputAudio,
	}
	// xAI counts reasoning beside the completion, not in it; the total tells.
	if out.Reasoning > 0 && out.Total == out.Input+out.Output+out.Reasoning {
		out.Output += out.Reasoning
	}
	if out.Total == 0 {
		out.Total = out.Input + out.Output
	}
	return out
}

// attributes adds what the usage says beside tokens that are counted.
func (u *openAIUsage) attributes(r *Response) {
	for _, a := range [...]struct {
		name string
		n    int64
	}{
		{"openai.usage.accepted_prediction_tokens", u.accepted},
		{"openai.usage.rejected_prediction_tokens", u.rejected},
		{"openai.usage.input_image_tokens", u.image},
		{"openai.usage.output_image_tokens", u.outputImage},
		{"openai.usage.audio_seconds", u.seconds},
	} {
		if a.n > 0 {
			r.attribute(a.name, a.n)
		}
	}
}
