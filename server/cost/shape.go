package cost

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// ReadUsage reads the usage object of a provider's answer, or buckets by name as
// usageDetails has them. The result has exclusive buckets, and "total" if the
// object had one; what is no count from 0 to 2^53 is left out. Nil if there is none.
//
// It knows the chat and responses APIs of OpenAI and those who follow them
// (DeepSeek, Groq, Mistral and xAI with what they do otherwise), Anthropic's,
// Gemini's, Bedrock's, Cohere's, and the Vercel AI SDK's. Other names stay as they are.
func ReadUsage(raw json.RawMessage) map[string]int64 {
	s := readShape(raw)
	if s == nil {
		return nil
	}
	if billed := s.nested["billed_units"]; billed != nil { // Cohere; "tokens" beside it has what it didn't bill
		s.counts = billed
	}
	switch {
	case s.has("cache_read_input_tokens", "cache_creation_input_tokens") && s.has("input_tokens"):
		s.anthropic()
	case s.has("promptTokenCount", "prompt_token_count"):
		s.gemini()
	case s.has("inputTokens", "outputTokens"):
		s.camelCase()
	default:
		s.openAI()
	}
	s.move("web_search_requests", Searches)
	s.move("num_search_queries", Searches)
	if len(s.counts) == 0 {
		return nil
	}
	return s.counts
}

// shape is a usage object as it came: numbers, and objects of numbers within.
type shape struct {
	counts map[string]int64
	nested map[string]map[string]int64
}

func readShape(raw json.RawMessage) *shape {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return nil
	}
	s := &shape{map[string]int64{}, map[string]map[string]int64{}}
	for name, value := range object {
		if n, ok := count(value); ok {
			s.counts[name] = n
			continue
		}
		var inner map[string]json.RawMessage
		var list []struct {
			Modality   string          `json:"modality"`
			TokenCount json.RawMessage `json:"tokenCount"`
			Snake      json.RawMessage `json:"token_count"`
		}
		switch {
		case json.Unmarshal(value, &inner) == nil:
			s.nested[name] = map[string]int64{}
			for k, v := range inner {
				if n, ok := count(v); ok {
					s.nested[name][k] = n
				}
			}
		case json.Unmarshal(value, &list) == nil:
			s.nested[name] = map[string]int64{}
			for _, e := range list {
				if n, ok := count(append(e.TokenCount, e.Snake...)); ok {
					s.nested[name][strings.ToUpper(e.Modality)] = n
				}
			}
		}
	}
	return s
}

// count reads a whole number, or one in a string.
func count(raw json.RawMessage) (int64, bool) {
	text := strings.Trim(string(raw), `"`)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f, e := strconv.ParseFloat(text, 64)
		if e != nil || f != math.Trunc(f) || f < 0 || f > maxUnits {
			return 0, false
		}
		n = int64(f)
	}
	return n, n >= 0 && n <= maxUnits
}

func (s *shape) has(names ...string) bool {
	for _, name := range names {
		if _, ok := s.counts[name]; ok {
			return true
		}
	}
	return false
}

// take removes counts and returns the first that was there.
func (s *shape) take(names ...string) (n int64, ok bool) {
	for _, name := range names {
		if v, there := s.counts[name]; there {
			if !ok {
				n, ok = v, true
			}
			delete(s.counts, name)
		}
	}
	return n, ok
}

func (s *shape) move(name string, to Bucket) {
	if n, ok := s.take(name); ok {
		s.counts[string(to)] = n
	}
}

func (s *shape) add(b Bucket, n int64) {
	if n > 0 {
		s.counts[string(b)] = min(maxUnits, s.counts[string(b)]+n)
	}
}

// anthropic: input excludes what was read from the cache and written to it.
func (s *shape) anthropic() {
	s.move("input_tokens", Input)
	s.move("output_tokens", Output)
	s.move("cache_read_input_tokens", CachedInput)
	written, _ := s.take("cache_creation_input_tokens")
	hour := min(written, s.nested["cache_creation"]["ephemeral_1h_input_tokens"])
	s.add(CacheWrite1h, hour)
	s.add(CacheWrite, written-hour)
	s.add(Searches, s.nested["server_tool_use"]["web_search_requests"])
}

// gemini: the prompt includes what came from the cache, the candidates don't
// include thoughts. Modalities are lists of their own.
func (s *shape) gemini() {
	input, _ := s.take("promptTokenCount", "prompt_token_count")
	cached, _ := s.take("cachedContentTokenCount", "cached_content_token_count")
	output, _ := s.take("candidatesTokenCount", "candidates_token_count")
	thoughts, _ := s.take("thoughtsTokenCount", "thoughts_token_count")
	tools, _ := s.take("toolUsePromptTokenCount", "tool_use_prompt_token_count")
	audio := s.modality("AUDIO", "promptTokensDetails", "prompt_tokens_details")
	cachedAudio := min(cached, audio, s.modality("AUDIO", "cacheTokensDetails", "cache_tokens_details"))
	s.counts[string(Input)] = max(0, input-cached-(audio-cachedAudio)) + tools
	s.add(CachedInput, cached-cachedAudio)
	s.add(CachedAudio, cachedAudio)
	s.add(InputAudio, audio-cachedAudio)
	for _, m := range [...]struct {
		name   string
		bucket Bucket
	}{{"AUDIO", OutputAudio}, {"IMAGE", OutputImage}} {
		n := min(output, s.modality(m.name, "candidatesTokensDetails", "candidates_tokens_details"))
		output -= n
		s.add(m.bucket, n)
	}
	s.counts[string(Output)] = output
	s.add(Reasoning, thoughts)
	if total, ok := s.take("totalTokenCount", "total_token_count"); ok {
		s.counts[string(Total)] = total
	}
}

func (s *shape) modality(name string, lists ...string) int64 {
	for _, list := range lists {
		if n := s.nested[list][name]; n > 0 {
			return n
		}
	}
	return 0
}

// camelCase is Bedrock's Converse API, whose cache is beside the input, and the
// Vercel AI SDK, whose cachedInputTokens and reasoningTokens are contained.
func (s *shape) camelCase() {
	input, _ := s.take("inputTokens")
	output, _ := s.take("outputTokens")
	if n, ok := s.take("cachedInputTokens"); ok {
		n = min(n, input)
		input -= n
		s.add(CachedInput, n)
	}
	if n, ok := s.take("reasoningTokens"); ok {
		n = min(n, output)
		output -= n
		s.add(Reasoning, n)
	}
	for _, m := range [...]struct {
		bucket Bucket
		names  []string
	}{
		{CachedInput, []string{"cacheReadInputTokens", "cacheReadInputTokenCount"}},
		{CacheWrite, []string{"cacheWriteInputTokens", "cacheWriteInputTokenCount"}},
	} {
		n, _ := s.take(m.names...)
		s.add(m.bucket, n)
	}
	s.counts[string(Input)], s.counts[string(Output)] = input, output
	s.move("totalTokens", Total)
}

// openAI: both sides include their details. DeepSeek says how much of the prompt
// was in the cache beside it; xAI's completion excludes reasoning, which its total shows.
func (s *shape) openAI() {
	if hit, ok := s.take("prompt_cache_hit_tokens"); ok {
		s.take("prompt_cache_miss_tokens")
		if s.nested["prompt_tokens_details"] == nil {
			s.nested["prompt_tokens_details"] = map[string]int64{"cached_tokens": hit}
		}
	}
	for _, side := range [...]struct {
		bucket Bucket
		names  []string
	}{
		{Input, []string{"prompt_tokens", "input_tokens"}},
		{Output, []string{"completion_tokens", "output_tokens"}},
	} {
		for _, name := range side.names {
			n, ok := s.take(name)
			if !ok {
				continue
			}
			apart := side.bucket == Output && s.counts["total_tokens"] > 0 && s.reasoningApart(n, name)
			for detail, part := range s.nested[name+"_details"] {
				s.counts[string(side.bucket)+"_"+detail] = part
				if !apart || detail != "reasoning_tokens" {
					n = max(0, n-part)
				}
			}
			s.counts[string(side.bucket)] = n
		}
	}
	s.move("total_tokens", Total)
}

// reasoningApart reports whether the total counts reasoning beside an output of n.
func (s *shape) reasoningApart(n int64, name string) bool {
	reasoning := s.nested[name+"_details"]["reasoning_tokens"]
	input := int64(0)
	for bucket, units := range s.counts {
		if b, ok := BucketOf(bucket); ok && b.side() == Input {
			input += units
		}
	}
	return reasoning > 0 && s.counts["total_tokens"] == input+n+reasoning
}
