package fakellm

import (
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
func (p *Provider) usage(req *Request, replies []Reply) *usage {
	u := &usage{PromptTokens: 3}
	for _, m := range req.Messages {
		u.PromptTokens += 4 + CountTokens(string(m.Content))
		for _, c := range m.ToolCalls {
			u.PromptTokens += 8 + CountTokens(c.Function.Name) + CountTokens(c.Function.Arguments)
		}
	}
	u.PromptTokens += int64(len(req.Tools)) * 48
	if cached := p.cached(req); cached && u.PromptTokens >= cacheFrom {
		u.PromptTokensDetails.CachedTokens = u.PromptTokens / cacheStep * cacheStep
	}
	for i := range replies {
		r := &replies[i]
		reasoning := r.ReasoningTokens + CountTokens(r.Reasoning)
		u.CompletionTokensDetails.ReasoningTokens += reasoning
		u.CompletionTokens += reasoning + CountTokens(r.Text) + CountTokens(r.Refusal)
		for _, c := range r.ToolCalls {
			u.CompletionTokens += 6 + CountTokens(c.Name) + CountTokens(c.Arguments)
		}
	}
	if given := replies[0].Usage; given != nil {
		u.PromptTokens, u.CompletionTokens = given.PromptTokens, given.CompletionTokens
		u.PromptTokensDetails.CachedTokens = given.CachedTokens
		u.CompletionTokensDetails.ReasoningTokens = given.ReasoningTokens
	}
	u.TotalTokens = u.PromptTokens + u.CompletionTokens
	return u
}

// cached reports whether a conversation with the same beginning was served before.
func (p *Provider) cached(req *Request) bool {
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
