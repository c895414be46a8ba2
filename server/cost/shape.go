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
// (DeepSeek, Groq, Mistral, LiteLLM and xAI with what they do otherwise), OpenAI's Realtime
// API, LangChain's, Anthropic's, Gemini's, Bedrock's, Cohere's, and the Vercel AI SDK's.
// Other names stay as they are. Where the total says that input or output contains the
// buckets beside it, they are taken out of it.
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
	case s.has("inputTokens", "outputTokens", "promptTokens", "completionTokens"):
		s.camelCase()
	default:
		s.openAI()
	}
	s.move("web_search_requests", Searches)
	s.move("num_search_queries", Searches)
	if len(s.counts) == 0 {
		return nil
	}
	exclusive(s.counts)
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
				} else if k == "cached_tokens_details" {
					s.nested[name+cachedDetails] = counts(v)
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

// cachedDetails names the object that says of what kinds cached tokens are, within details.
const cachedDetails = ".cached_tokens_details"

// counts reads an object of counts.
func counts(raw json.RawMessage) map[string]int64 {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || object == nil {
		return nil
	}
	m := make(map[string]int64, len(object))
	for name, v := range object {
		if n, ok := count(v); ok {
			m[name] = n
		}
	}
	return m
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
