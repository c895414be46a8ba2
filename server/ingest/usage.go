package ingest

import (
	"encoding/json"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

var units = []string{"TOKENS", "CHARACTERS", "MILLISECONDS", "SECONDS", "IMAGES", "REQUESTS"}

// usageFields are what the fields usage, usageDetails and costDetails of a body say.
type usageFields struct {
	usage *store.Usage
	cost  *store.Cost
	tier  string // of service, as the usage names it
}

// legacy reads "usage": input, output, total, unit and costs, or OpenAI's
// promptTokens, completionTokens and totalTokens, which win if they are there. If there
// are none of these, it is a provider's usage object, as usageDetails may be.
func (u *usageFields) legacy(c *checker, raw json.RawMessage) {
	if kindOf(raw) == "null" {
		return
	}
	if kindOf(raw) != "object" {
		c.wrongType("usage", "object", raw)
		return
	}
	in := c.enter("usage")
	var input, output, total, prompt, completion, totalTokens *int64
	var inputCost, outputCost, totalCost *float64
	var unit string
	others := map[string]json.RawMessage{}
	fields(raw, func(key string, v json.RawMessage) {
		switch key {
		case "input":
			in.integer(key, v, &input)
		case "output":
			in.integer(key, v, &output)
		case "total":
			in.integer(key, v, &total)
		case "unit":
			in.oneOf(key, v, &unit, units...)
		case "inputCost":
			in.dollars(key, v, &inputCost)
		case "outputCost":
			in.dollars(key, v, &outputCost)
		case "totalCost":
			in.dollars(key, v, &totalCost)
		case "promptTokens":
			in.integer(key, v, &prompt)
		case "completionTokens":
			in.integer(key, v, &completion)
		case "totalTokens":
			in.integer(key, v, &totalTokens)
		default:
			others[key] = v
		}
	})
	failed := len(in.errors) > 0
	c.errors = append(c.errors, in.errors...)
	if prompt != nil || completion != nil || totalTokens != nil {
		input, output, total, unit = prompt, completion, totalTokens, "TOKENS"
	}
	switch {
	case input == nil && output == nil && total == nil && !failed:
		u.provider(c, others)
		if u.usage != nil {
			u.usage.Unit = unit
		}
	case input != nil || output != nil || total != nil:
		if u.usage == nil {
			u.usage = &store.Usage{}
		}
		u.usage.Unit = unit
		u.usage.Input, u.usage.Output = value(input), value(output)
		u.usage.Total = addCounts(u.usage.Input, u.usage.Output)
		if total != nil {
			u.usage.Total = *total
		}
		u.usage.Derived = derived(input, output, total)
	}
	if u.cost == nil && (inputCost != nil || outputCost != nil || totalCost != nil) {
		u.cost = &store.Cost{Input: usd(inputCost), Output: usd(outputCost), Total: usd(totalCost)}
		if totalCost == nil {
			sum := value(u.cost.Input) + value(u.cost.Output)
			u.cost.Total = &sum
		}
	}
}

// costs reads "costDetails": dollars by bucket. They win over the costs in "usage".
func (u *usageFields) costs(c *checker, raw json.RawMessage) {
	if kindOf(raw) == "null" {
		return
	}
	if kindOf(raw) != "object" {
		c.wrongType("costDetails", "object", raw)
		return
	}
	in := c.enter("costDetails")
	charged := &store.Cost{Details: map[string]exporter.NanoUSD{}}
	var sum exporter.NanoUSD
	given := false
	fields(raw, func(key string, v json.RawMessage) {
		var dollars *float64
		if in.dollars(key, v, &dollars); dollars == nil {
			return
		}
		given = true
		amount := exporter.USD(*dollars)
		switch key {
		case exporter.BucketTotal:
			charged.Total = &amount
			return
		case exporter.BucketInput:
			charged.Input = &amount
		case exporter.BucketOutput:
			charged.Output = &amount
		}
		charged.Details[key] = amount
		sum = addNano(sum, amount)
	})
	c.errors = append(c.errors, in.errors...)
	if !given {
		return
	}
	if charged.Total == nil {
		charged.Total = &sum
	}
	u.cost = charged
}

// addCounts adds counts, cut to maxCount.
func addCounts(a, b int64) int64 { return min(a+b, maxCount) }

const maxNano = exporter.NanoUSD(maxDollars * 1e9)

// addNano adds amounts, cut to what one event may cost.
func addNano(a, b exporter.NanoUSD) exporter.NanoUSD { return cutNano(a + b) }

func cutNano(n exporter.NanoUSD) exporter.NanoUSD { return max(-maxNano, min(maxNano, n)) }

func usd(dollars *float64) *exporter.NanoUSD {
	if dollars == nil {
		return nil
	}
	n := exporter.USD(*dollars)
	return &n
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
