package cost

import (
	"slices"
	"strings"
)

// sides are what the two sides of a usage object of OpenAI are called. Their
// details stand in an object of that name and _details, or, in the Realtime API, the
// one of transcription and LangChain, of that name in the singular.
var sides = [...]struct {
	bucket Bucket
	names  []string
}{
	{Input, []string{"prompt_tokens", "input_tokens"}},
	{Output, []string{"completion_tokens", "output_tokens"}},
}

// detailNames are other names of the details: LangChain's, LiteLLM's.
var detailNames = map[string]string{
	"cache_read": "cached_tokens", "cache_creation": "cache_creation", "cache_creation_tokens": "cache_creation", "text": "text_tokens", "audio": "audio_tokens", "image": "image_tokens",
	"reasoning": "reasoning_tokens",
}

// openAI: both sides include their details. DeepSeek says how much of the prompt
// was in the cache beside it, LiteLLM and Moonshot too; xAI's completion excludes reasoning,
// which its total shows. What stands beside a side and in its details is the same.
func (s *shape) openAI() {
	if s.has("prompt_tokens") {
		s.take("prompt_cache_miss_tokens")
		s.detail("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens", "cached_tokens")
		s.detail("cache_creation", "cache_creation_input_tokens")
	}
	whole := int64(0) // the input with all of its details
	for _, side := range sides {
		for _, name := range side.names {
			n, ok := s.take(name)
			if !ok {
				continue
			}
			d := s.detailsOf(side.bucket, name)
			if side.bucket == Output && d.sum(Reasoning) > 0 {
				s.take("reasoning_tokens") // the same again
			}
			if side.bucket == Input {
				whole = max(whole, n)
			} else if reasoning := d.sum(Reasoning); reasoning > n || reasoning > 0 && s.counts["total_tokens"] == whole+n+reasoning {
				n += reasoning // it is apart
			}
			s.split(d, n)
		}
	}
	s.move("total_tokens", Total)
}

// detail moves a count beside the prompt into its details, unless they have it. Zero
// there is what a gateway fills in that doesn't know.
func (s *shape) detail(name string, from ...string) {
	n, ok := s.take(from...)
	if !ok {
		return
	}
	const object = "prompt_tokens_details"
	if s.nested[object] == nil {
		s.nested[object] = map[string]int64{}
	}
	if s.nested[object][name] == 0 {
		s.nested[object][name] = n
	}
}

// split puts n units of a side into its details and what they leave.
func (s *shape) split(d *details, n int64) {
	if cached := d.sum(CachedInput, CacheWrite, CacheWrite1h); cached > n { // it can't be contained
		n += cached
	}
	d.separate(n)
	for name, units := range d.counts {
		s.counts[string(d.side)+"_"+name] = units
		n = max(0, n-units)
	}
	s.counts[string(d.side)] = min(maxUnits, n)
}

// details are what one side of a usage object of OpenAI consists of.
type details struct {
	side   Bucket
	counts map[string]int64
	cached map[string]int64 // of what kinds the cached are; nil if nobody said
}

func (s *shape) detailsOf(side Bucket, name string) *details {
	d := &details{side: side, counts: map[string]int64{}}
	for _, object := range []string{name + "_details", strings.TrimSuffix(name, "s") + "_details"} {
		for k, n := range s.nested[object] {
			if known, ok := detailNames[k]; ok {
				k = known
			}
			d.counts[k] = n
		}
		if cached := s.nested[object+cachedDetails]; cached != nil {
			d.cached = cached
		}
	}
	// LangChain has what was written for how long beside the sum of it, or zero in its place.
	const hour, short, written = "ephemeral_1h_input_tokens", "ephemeral_5m_input_tokens", "cache_creation"
	if long, ok := d.counts[hour]; ok {
		d.counts["cache_creation_1h"] = long
		d.counts[written] = max(d.counts[short], d.counts[written]-long)
	} else if n, ok := d.counts[short]; ok {
		d.counts[written] = max(n, d.counts[written])
	}
	delete(d.counts, hour)
	delete(d.counts, short)
	return d
}

// sum adds up the details that are one of the buckets.
func (d *details) sum(buckets ...Bucket) (n int64) {
	for name, units := range d.counts {
		if b, ok := BucketOf(string(d.side) + "_" + name); ok && slices.Contains(buckets, b) {
			n += units
		}
	}
	return n
}

// separate makes the details exclusive: what is cached or reasoning is of a kind too, text,
// audio or image, and counted there again if all are more than the n there are.
func (d *details) separate(n int64) {
	double, cached := -n, d.counts["cached_tokens"]
	for _, units := range d.counts {
		double += units
	}
	for _, kind := range []string{"text_tokens", "audio_tokens", "image_tokens"} {
		twice := min(double, d.counts[kind])
		if d.side == Input {
			twice = min(twice, cached)
			if d.cached != nil {
				twice = min(twice, d.cached[kind])
			}
		}
		if twice <= 0 {
			continue
		}
		double -= twice
		cached -= twice
		d.counts[kind] -= twice
		if d.side == Input && kind == "audio_tokens" {
			d.counts["cached_tokens"] -= twice
			d.counts["cached_audio_tokens"] += twice
		}
	}
}
