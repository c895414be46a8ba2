package cost

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// litellmBuckets are the fields of LiteLLM's list, for one unit.
var litellmBuckets = map[string]Bucket{
	"input_cost_per_token":                      Input,
	"output_cost_per_token":                     Output,
	"cache_read_input_token_cost":               CachedInput,
	"cache_creation_input_token_cost":           CacheWrite,
	"cache_creation_input_token_cost_above_1hr": CacheWrite1h,
	"input_cost_per_audio_token":                InputAudio,
	"cache_read_input_audio_token_cost":         CachedAudio,
	"output_cost_per_audio_token":               OutputAudio,
	"output_cost_per_reasoning_token":           Reasoning,
	"input_cost_per_image_token":                InputImage,
	"output_cost_per_image_token":               OutputImage,
}

// litellmService are the ends of fields for a tier of service.
var litellmService = map[string]string{"_priority": "priority", "_flex": "flex", "_batches": "batch"}

// litellmAbove is the end of a field for large contexts, such as _above_200k_tokens.
var litellmAbove = regexp.MustCompile(`^(.*)_above_(\d{1,6})k_tokens$`)

// tierKey is a condition in LiteLLM's names.
type tierKey struct {
	above   int64
	service string
}

func (k tierKey) name() string {
	var parts []string
	if k.service != "" {
		parts = append(parts, k.service)
	}
	if k.above > 0 {
		parts = append(parts, fmt.Sprintf(">%d", k.above))
	}
	return strings.Join(parts, " ")
}

func (i *importer) litellm(raw json.RawMessage) error {
	var models map[string]json.RawMessage
	if err := json.Unmarshal(raw, &models); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(models)) {
		if name == "sample_spec" { // explains the fields
			continue
		}
		var fields map[string]json.RawMessage
		if json.Unmarshal(models[name], &fields) != nil {
			i.skip(name, ErrFormat)
			continue
		}
		e, err := litellmEntry(name, fields)
		switch {
		case err != nil:
			i.skip(name, err)
		case len(e.Prices) > 0:
			i.add(e)
		}
	}
	return nil
}

func litellmEntry(name string, fields map[string]json.RawMessage) (*Entry, error) {
	var provider string
	if raw, ok := fields["litellm_provider"]; ok && json.Unmarshal(raw, &provider) != nil {
		return nil, fmt.Errorf("litellm_provider: %s is no text", raw)
	}
	g := newGlobs("", []string{name})
	e := &Entry{ID: "litellm:" + name, Name: name, Provider: provider, Pattern: g.pattern(), matcher: g, Source: "litellm", Prices: Prices{}}
	if strings.ContainsAny(name, "* \t\n") || len(name) > maxName {
		return nil, fmt.Errorf("%q is no name of a model", name)
	}
	tiers := map[tierKey]Prices{}
	for field, raw := range fields {
		bucket, key, ok := litellmField(field)
		if !ok || string(raw) == "null" {
			continue
		}
		p, err := price(raw, 1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field, err)
		}
		if key == (tierKey{}) {
			e.Prices[bucket] = p
			continue
		}
		if tiers[key] == nil {
			tiers[key] = Prices{}
		}
		tiers[key][bucket] = p
	}
	e.Tiers = tiersOf(e.Prices, tiers)
	return e, nil
}

func litellmField(field string) (b Bucket, key tierKey, ok bool) {
	for end, service := range litellmService {
		if rest, found := strings.CutSuffix(field, end); found {
			field, key.service = rest, service
		}
	}
	if b, ok = litellmBuckets[field]; ok {
		return b, key, true
	}
	if m := litellmAbove.FindStringSubmatch(field); m != nil {
		if n, err := strconv.ParseInt(m[2], 10, 64); err == nil && n > 0 {
			key.above = 1000 * n
			b, ok = litellmBuckets[m[1]]
		}
	}
	return b, key, ok
}

// tiersOf are tiers that say of all buckets what the usual prices say, but where
// they say otherwise: the narrower come first. Of what is written to a cache for an hour they
// say nothing where they have another price of what is written at all.
func tiersOf(usual Prices, list map[tierKey]Prices) []Tier {
	keys := slices.SortedFunc(maps.Keys(list), func(a, b tierKey) int {
		if both := (a.service != "") != (b.service != ""); both {
			if a.service != "" {
				return -1
			}
			return 1
		}
		if a.above != b.above {
			return int(b.above - a.above)
		}
		return strings.Compare(a.service, b.service)
	})
	var tiers []Tier
	for _, k := range keys {
		prices := maps.Clone(usual)
		if k.service != "" && k.above > 0 {
			maps.Copy(prices, list[tierKey{service: k.service}])
			maps.Copy(prices, list[tierKey{above: k.above}])
		}
		maps.Copy(prices, list[k])
		for b := range prices {
			_, says := list[k][b]
			if _, other := list[k][b.next()]; other && !says && b.next() != b.side() {
				delete(prices, b)
			}
		}
		tiers = append(tiers, Tier{Name: k.name(), Above: k.above, Service: k.service, Prices: prices})
	}
	return tiers
}
