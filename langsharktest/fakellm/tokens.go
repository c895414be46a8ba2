package fakellm

import (
	"bytes"
	"hash/fnv"
	"unicode"
	"unicode/utf8"
)

// The provider caches prompts from this length on, in steps of this size.
const (
	cacheFrom = 1024
	cacheStep = 128
)

// CountTokens estimates the tokens of a text: about one for four Latin
// letters, two for three Korean syllables, one for a sign. It is no tokenizer,
// but the same for the same text.
func CountTokens(text string) int64 {
	var twelfths int64 // of a token
	word := 0
	endWord := func() {
		twelfths += int64(word+3) / 4 * 12
		word = 0
	}
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			word++
		case unicode.IsSpace(r):
			endWord()
		case unicode.IsLetter(r):
			endWord()
			twelfths += 8
		default:
			endWord()
			twelfths += 12
		}
	}
	endWord()
	return (twelfths + 11) / 12
}

// usage counts a request and its replies.
func (p *Provider) usage(req *Request, replies []Reply) Usage {
	u := Usage{PromptTokens: req.tokens()}
	seen := p.cached(req)
	switch cacheable := u.PromptTokens / cacheStep * cacheStep; {
	case u.PromptTokens < cacheFrom || req.API == AnthropicMessages && !bytes.Contains(req.Body, []byte(`"cache_control"`)):
	case seen:
		u.CachedTokens = cacheable
	case req.API == AnthropicMessages:
		u.CacheWriteTokens = cacheable
	}
	for i := range replies {
		r := &replies[i]
		reasoning := r.ReasoningTokens + CountTokens(r.Reasoning)
		u.ReasoningTokens += reasoning
		u.CompletionTokens += reasoning + CountTokens(r.Text) + CountTokens(r.Refusal)
		for _, c := range r.ToolCalls {
			u.CompletionTokens += 6 + CountTokens(c.Name) + CountTokens(c.Arguments)
		}
	}
	if given := replies[0].Usage; given != nil {
		u = *given
	}
	return u
}

// tokens counts a prompt.
func (r *Request) tokens() int64 {
	n := 3 + int64(len(r.Tools))*48
	for _, m := range r.Messages {
		n += 4 + CountTokens(string(m.Content))
		for _, c := range m.ToolCalls {
			n += 8 + CountTokens(c.Function.Name) + CountTokens(c.Function.Arguments)
		}
	}
	return n
}

// cached reports whether a conversation with the same beginning was served before.
func (p *Provider) cached(req *Request) bool {
	if len(req.Messages) == 0 {
		return false
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(req.Model + "\n" + string(req.Messages[0].Content)))
	p.mu.Lock()
	defer p.mu.Unlock()
	key := h.Sum64()
	seen := p.prefixes[key]
	if len(p.prefixes) < maxKept {
		p.prefixes[key] = true
	}
	return seen
}
