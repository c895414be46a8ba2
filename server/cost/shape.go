package cost

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Reading is what a usage object says.
type Reading struct {
	// Counts are exclusive buckets by name, and "total" if the object had one; nil if there are none.
	Counts map[string]int64
	// ServiceTier is the tier that the object names, as Anthropic's do; empty for none.
	ServiceTier string
	// Wrong names the counts that are no whole number from 0 to 2^53, in order, a dot
	// between those of an object and a name within. Counts is without them.
	Wrong []string
}

// ReadUsage reads the usage object of a provider's answer, or buckets by name as
// usageDetails has them. What is no count is left out, as times and costs are.
//
// It knows the chat and responses APIs of OpenAI and those who follow them
// (DeepSeek, Groq, Mistral, LiteLLM and xAI with what they do otherwise), OpenAI's Realtime
// API, LangChain's, Anthropic's, Gemini's, Bedrock's, Cohere's, and the Vercel AI SDK's.
// Other names stay as they are. Where the total says that input or output contains the
// buckets beside it, they are taken out of it.
func ReadUsage(raw json.RawMessage) Reading {
	s := readShape(raw)
	if s == nil {
		return Reading{}
	}
	r := Reading{ServiceTier: s.tier, Wrong: s.wrong}
	slices.Sort(r.Wrong)
	if billed := s.nested["billed_units"]; billed != nil { // Cohere; "tokens" beside it has what it didn't bill
		s.counts = billed
	}
	switch {
	case s.has("cache_read_input_tokens", "cache_creation_input_tokens") && s.has("input_tokens"):
		s.anthropic()
	case s.has("promptTokenCount", "prompt_token_count"):
		s.gemini()
	case s.has("inputTokens", "outputTokens", "promptTokens", "completionTokens"):
		s.camelCase()
	default:
		s.openAI()
	}
	s.add(Searches, s.nested["server_tool_use"]["web_search_requests"])
	s.move("web_search_requests", Searches)
	s.move("num_search_queries", Searches)
	if len(s.counts) > 0 {
		exclusive(s.counts)
		r.Counts = s.counts
	}
	return r
}

// shape is a usage object as it came: numbers, and objects of numbers within.
type shape struct {
	counts map[string]int64
	nested map[string]map[string]int64
	tier   string
	wrong  []string
}

// cachedDetails names the object that says of what kinds cached tokens are, within details.
const cachedDetails = ".cached_tokens_details"

func readShape(raw json.RawMessage) *shape {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return nil
	}
	s := &shape{counts: map[string]int64{}, nested: map[string]map[string]int64{}}
	for name, value := range object {
		if name == "service_tier" && json.Unmarshal(value, &s.tier) == nil {
			continue
		}
		if s.count("", name, value, s.counts) {
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
			s.object(name, inner)
		case json.Unmarshal(value, &list) == nil:
			s.nested[name] = map[string]int64{}
			for _, e := range list {
				if len(e.TokenCount) == 0 {
					e.TokenCount = e.Snake
				}
				if len(e.TokenCount) > 0 {
					s.count(name+".", strings.ToUpper(e.Modality), e.TokenCount, s.nested[name])
				}
			}
		}
	}
	return s
}

// object reads the counts of an object within, and of one within that.
func (s *shape) object(name string, members map[string]json.RawMessage) {
	counts := map[string]int64{}
	s.nested[name] = counts
	for k, v := range members {
		var inner map[string]json.RawMessage
		if !s.count(name+".", k, v, counts) && name+"."+k == name+cachedDetails && json.Unmarshal(v, &inner) == nil {
			s.object(name+cachedDetails, inner)
		}
	}
}

// count reads a count into dst. It reports false for what isn't one, and notes it if its name says that it should be.
func (s *shape) count(within, name string, raw json.RawMessage, dst map[string]int64) bool {
	n, ok := count(raw)
	if ok {
		dst[name] = n
		return true
	}
	if c := raw[0]; c != '{' && c != '[' && c != 'n' && counted(name) {
		s.wrong = append(s.wrong, within+name)
	}
	return false
}

// counted reports whether a name is that of a count, and not of a time, a cost or the like.
func counted(name string) bool {
	if _, ok := BucketOf(name); ok || detailNames[strings.ToLower(name)] != "" {
		return true
	}
	name = strings.ToLower(name)
	return strings.HasSuffix(name, "tokens") || strings.HasSuffix(name, "tokencount") || strings.HasSuffix(name, "token_count")
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
