package cost

// anthropic: input excludes what was read from the cache and written to it.
func (s *shape) anthropic() {
	s.move("input_tokens", Input)
	s.move("output_tokens", Output)
	s.move("cache_read_input_tokens", CachedInput)
	written, _ := s.take("cache_creation_input_tokens")
	hour := min(written, s.nested["cache_creation"]["ephemeral_1h_input_tokens"])
	s.add(CacheWrite1h, hour)
	s.add(CacheWrite, written-hour)
}

// gemini: the prompt includes what came from the cache, the candidates don't
// include thoughts. Modalities are lists of their own.
func (s *shape) gemini() {
	input, _ := s.take("promptTokenCount", "prompt_token_count")
	cached, _ := s.take("cachedContentTokenCount", "cached_content_token_count")
	output, _ := s.take("candidatesTokenCount", "candidates_token_count")
	thoughts, _ := s.take("thoughtsTokenCount", "thoughts_token_count")
	tools, _ := s.take("toolUsePromptTokenCount", "tool_use_prompt_token_count")
	if cached > input { // it can't be contained
		input += cached
	}
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
	input, _ := s.take("inputTokens", "promptTokens")
	output, _ := s.take("outputTokens", "completionTokens")
	for _, part := range [...]struct {
		name   string
		bucket Bucket
		whole  *int64
	}{{"cachedInputTokens", CachedInput, &input}, {"reasoningTokens", Reasoning, &output}} {
		n, _ := s.take(part.name)
		if n <= *part.whole { // else it can't be contained
			*part.whole -= n
		}
		s.add(part.bucket, n)
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
