package cost

import "strings"

// Bucket is a kind of unit that has a price of its own. The buckets of a call
// are exclusive: no unit is in two of them, but for Total.
type Bucket string

// The buckets. Their names are those in usageDetails.
const (
	Input        Bucket = "input"
	CachedInput  Bucket = "input_cached_tokens"     // read from the prompt cache
	CacheWrite   Bucket = "input_cache_creation"    // written to it, for five minutes or as long as the provider keeps it
	CacheWrite1h Bucket = "input_cache_creation_1h" // written to it for an hour
	InputAudio   Bucket = "input_audio_tokens"
	CachedAudio  Bucket = "input_cached_audio_tokens"
	InputImage   Bucket = "input_image_tokens"
	Output       Bucket = "output"
	Reasoning    Bucket = "output_reasoning_tokens"
	OutputAudio  Bucket = "output_audio_tokens"
	OutputImage  Bucket = "output_image_tokens"
	Searches     Bucket = "web_search_queries"
	Calls        Bucket = "requests"
	// Total is the price of any unit, for models that know one price only.
	Total Bucket = "total"
)

// aliases are the further names that providers and Langfuse have for buckets.
var aliases = map[string]Bucket{
	"input_tokens": Input, "prompt_tokens": Input, "prompt_token_count": Input, "promptTokenCount": Input, "input_text": Input, "input_text_tokens": Input, "input_modality_1": Input,
	"input_cached": CachedInput, "input_cache_read": CachedInput, "cache_read_input_tokens": CachedInput, "input_cached_text_tokens": CachedInput,
	"cached_content_token_count": CachedInput, "cachedContentTokenCount": CachedInput, "cache_read_tokens": CachedInput,
	"cache_creation_input_tokens": CacheWrite, "input_cache_creation_5m": CacheWrite, "cache_write_tokens": CacheWrite, "input_cache_write_tokens": CacheWrite,
	"input_audio": InputAudio, "cache_audio_read_tokens": CachedAudio,
	"input_image": InputImage, "input_images": InputImage,
	"output_tokens": Output, "completion_tokens": Output, "candidates_token_count": Output, "candidatesTokenCount": Output, "output_text": Output, "output_text_tokens": Output, "output_modality_1": Output,
	"output_reasoning": Reasoning, "reasoning_tokens": Reasoning, "thoughts_token_count": Reasoning, "thoughtsTokenCount": Reasoning,
	"output_audio": OutputAudio, "output_image": OutputImage, "output_images": OutputImage,
	"webSearchQueries": Searches, "grounding_queries": Searches, "groundingQueries": Searches,
}

var known = map[Bucket]bool{
	Input: true, CachedInput: true, CacheWrite: true, CacheWrite1h: true, InputAudio: true, CachedAudio: true, InputImage: true,
	Output: true, Reasoning: true, OutputAudio: true, OutputImage: true, Searches: true, Calls: true, Total: true,
}

// BucketOf is the bucket that a name in usageDetails stands for. Names that nobody knows
// are input or output if they begin so, else false: nobody can say that they cost anything.
func BucketOf(name string) (Bucket, bool) {
	if known[Bucket(name)] {
		return Bucket(name), true
	}
	if b, ok := aliases[name]; ok {
		return b, true
	}
	switch {
	case strings.HasPrefix(name, "input"):
		return Input, true
	case strings.HasPrefix(name, "output"):
		return Output, true
	}
	return "", false
}

// SideOf is what a name in usageDetails is a part of: Input, Output, itself for what
// isn't counted in tokens, or empty if nobody knows it.
func SideOf(name string) Bucket {
	b, ok := BucketOf(name)
	if !ok {
		return ""
	}
	return b.side()
}

// side is what a bucket is a part of: Input, Output, or itself.
func (b Bucket) side() Bucket {
	switch {
	case strings.HasPrefix(string(b), string(Input)):
		return Input
	case strings.HasPrefix(string(b), string(Output)):
		return Output
	}
	return b
}

// next is the bucket whose price holds where b has none of its own: a provider
// that names no price for a part bills it as what it is a part of. Empty for none.
func (b Bucket) next() Bucket {
	switch b {
	case CacheWrite1h:
		return CacheWrite
	case CachedAudio:
		return CachedInput
	default:
		if side := b.side(); side != b {
			return side
		}
		return ""
	}
}
