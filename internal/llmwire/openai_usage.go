package llmwire

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// count is a number of tokens in whatever form it comes: 12, 12.0, "12", null.
type count int64

// UnmarshalJSON never fails; what isn't a positive number is 0.
func (c *count) UnmarshalJSON(b []byte) error {
	*c = 0
	s := strings.Trim(string(b), `"`)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		*c = count(max(n, 0))
	} else if f, err := strconv.ParseFloat(s, 64); err == nil && f > 0 && f < math.MaxInt64/2 {
		*c = count(f)
	}
	return nil
}

// openAIUsage is the usage object, with what compatible providers add to it.
type openAIUsage struct {
	Prompt     count `json:"prompt_tokens"`
	Completion count `json:"completion_tokens"`
	Total      count `json:"total_tokens"`

	PromptDetails struct {
		Cached     count `json:"cached_tokens"`
		CacheWrite count `json:"cache_write_tokens"`
		Audio      count `json:"audio_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		Reasoning count `json:"reasoning_tokens"`
		Audio     count `json:"audio_tokens"`
		Accepted  count `json:"accepted_prediction_tokens"`
		Rejected  count `json:"rejected_prediction_tokens"`
	} `json:"completion_tokens_details"`

	CacheHit  count `json:"prompt_cache_hit_tokens"` // DeepSeek
	CachedTop count `json:"cached_tokens"`           // Moonshot
}

// usage converts u, nil if it says nothing.
func (u *openAIUsage) usage() *Usage {
	if u == nil || u.Prompt == 0 && u.Completion == 0 && u.Total == 0 {
		return nil
	}
	out := &Usage{
		Input: int64(u.Prompt), Output: int64(u.Completion), Total: int64(u.Total),
		CachedInput: int64(max(u.PromptDetails.Cached, u.CacheHit, u.CachedTop)),
		CacheWrite:  int64(u.PromptDetails.CacheWrite),
		InputAudio:  int64(u.PromptDetails.Audio),
		Reasoning:   int64(u.CompletionDetails.Reasoning),
		OutputAudio: int64(u.CompletionDetails.Audio),
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

// predictions adds what the usage says of predicted outputs to attributes.
func (u *openAIUsage) predictions(set func(string, any)) {
	if u == nil {
		return
	}
	if n := u.CompletionDetails.Accepted; n > 0 {
		set("openai.usage.accepted_prediction_tokens", int64(n))
	}
	if n := u.CompletionDetails.Rejected; n > 0 {
		set("openai.usage.rejected_prediction_tokens", int64(n))
	}
}

// chatHead is what an answer and each chunk of a stream have in common.
type chatHead struct {
	ID                string          `json:"id"`
	Model             string          `json:"model"`
	SystemFingerprint string          `json:"system_fingerprint"`
	ServiceTier       string          `json:"service_tier"`
	Usage             *openAIUsage    `json:"usage"`
	Error             json.RawMessage `json:"error"`
}

// fill puts what h says into r.
func (h *chatHead) fill(r *Response) {
	r.ID, r.Model, r.Usage = h.ID, h.Model, h.Usage.usage()
	set := func(name string, value any) {
		if r.Attributes == nil {
			r.Attributes = make(map[string]any)
		}
		r.Attributes[name] = value
	}
	if h.SystemFingerprint != "" {
		set("openai.response.system_fingerprint", h.SystemFingerprint)
	}
	if h.ServiceTier != "" {
		set("openai.response.service_tier", h.ServiceTier)
	}
	h.Usage.predictions(set)
}

// hasError reports whether the error field says something.
func (h *chatHead) hasError() bool {
	return len(h.Error) > 0 && string(h.Error) != "null"
}
