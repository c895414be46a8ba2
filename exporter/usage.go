package exporter

import (
	"math"
	"strconv"
)

// Usage counts the tokens of one model call. Counts are inclusive, as OpenAI
// and the OpenTelemetry GenAI conventions have them: InputTokens contains the
// cached, cache-write and audio ones, OutputTokens contains reasoning and
// audio. [Usage.Buckets] has the exclusive ones.
type Usage struct {
	InputTokens  int64
	OutputTokens int64
	// TotalTokens is InputTokens + OutputTokens if zero.
	TotalTokens int64

	CachedInputTokens int64 // read from the provider's prompt cache
	CacheWriteTokens  int64 // written to the provider's prompt cache
	InputAudioTokens  int64
	ReasoningTokens   int64
	OutputAudioTokens int64

	// Details are further buckets by name, not contained in the counts above.
	Details map[string]int64
}

// Total returns TotalTokens, or the sum of input and output if that is zero.
func (u *Usage) Total() int64 {
	if u.TotalTokens != 0 {
		return u.TotalTokens
	}
	return u.InputTokens + u.OutputTokens
}

// The names of usage buckets, as Langfuse has them.
const (
	BucketInput       = "input"
	BucketOutput      = "output"
	BucketTotal       = "total"
	BucketCachedInput = "input_cached_tokens"
	BucketCacheWrite  = "input_cache_creation"
	BucketInputAudio  = "input_audio_tokens"
	BucketReasoning   = "output_reasoning_tokens"
	BucketOutputAudio = "output_audio_tokens"
)

// Buckets calls yield for each exclusive bucket that isn't zero, and for
// input, output and total always. The buckets but total add up to the total.
// Details under the name of one of the others are left out.
func (u *Usage) Buckets(yield func(name string, tokens int64)) {
	yield(BucketInput, max(0, u.InputTokens-u.CachedInputTokens-u.CacheWriteTokens-u.InputAudioTokens))
	yield(BucketOutput, max(0, u.OutputTokens-u.ReasoningTokens-u.OutputAudioTokens))
	yield(BucketTotal, u.Total())
	for _, b := range [...]struct {
		name   string
		tokens int64
	}{
		{BucketCachedInput, u.CachedInputTokens},
		{BucketCacheWrite, u.CacheWriteTokens},
		{BucketInputAudio, u.InputAudioTokens},
		{BucketReasoning, u.ReasoningTokens},
		{BucketOutputAudio, u.OutputAudioTokens},
	} {
		if b.tokens != 0 {
			yield(b.name, b.tokens)
		}
	}
	for name, tokens := range u.Details {
		switch name {
		case BucketInput, BucketOutput, BucketTotal, BucketCachedInput, BucketCacheWrite, BucketInputAudio, BucketReasoning, BucketOutputAudio:
		default:
			yield(name, tokens)
		}
	}
}

// NanoUSD is an amount of money in billionths of a US dollar.
type NanoUSD int64

// USD converts dollars, rounded half to even. Amounts beyond ±9.2 billion dollars are cut to that.
func USD(dollars float64) NanoUSD {
	n := math.RoundToEven(dollars * 1e9)
	switch {
	case math.IsNaN(n):
		return 0
	case n >= math.MaxInt64:
		return math.MaxInt64
	case n <= math.MinInt64:
		return math.MinInt64
	}
	return NanoUSD(n)
}

// Dollars returns the amount in US dollars.
func (n NanoUSD) Dollars() float64 { return float64(n) / 1e9 }

// AppendDecimal appends the amount in dollars as an exact decimal number, as in 0.0125.
func (n NanoUSD) AppendDecimal(dst []byte) []byte {
	u := uint64(n)
	if n < 0 {
		dst = append(dst, '-')
		u = -u
	}
	dst = strconv.AppendUint(dst, u/1e9, 10)
	frac := u % 1e9
	if frac == 0 {
		return dst
	}
	var digits [9]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + frac%10)
		frac /= 10
	}
	end := len(digits)
	for digits[end-1] == '0' {
		end--
	}
	dst = append(dst, '.')
	return append(dst, digits[:end]...)
}

// String returns the amount in dollars, as in "$0.0125".
func (n NanoUSD) String() string {
	if n < 0 {
		return "-$" + string((-n).AppendDecimal(nil))
	}
	return "$" + string(n.AppendDecimal(nil))
}

// Cost is what one model call cost. A given cost stops the server from computing one.
type Cost struct {
	Input  NanoUSD
	Output NanoUSD
	// Total is Input + Output + Details if zero.
	Total NanoUSD
	// Details are further parts by bucket name.
	Details map[string]NanoUSD
}

// Sum returns Total, or the sum of the parts if that is zero.
func (c *Cost) Sum() NanoUSD {
	if c.Total != 0 {
		return c.Total
	}
	sum := c.Input + c.Output
	for _, d := range c.Details {
		sum += d
	}
	return sum
}
