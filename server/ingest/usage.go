package ingest

import (
	"cmp"
	"encoding/json"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/cost"
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

// maxNamed is how many wrong counts of one usage are named.
const maxNamed = 10

// provider reads what "usage" has that isn't a name of its own, if any of it is
// known to be a part of input or output.
func (u *usageFields) provider(c *checker, members map[string]json.RawMessage) {
	raw, err := json.Marshal(members)
	if err != nil || len(members) == 0 { // it was JSON
		return
	}
	read := cost.ReadUsage(raw)
	known := len(read.Wrong) > 0
	for name := range read.Counts {
		side := cost.SideOf(name)
		known = known || side == cost.Input || side == cost.Output
	}
	if known {
		u.take(c, "usage", read)
	}
}

// details reads "usageDetails": exclusive buckets by name, or a provider's usage
// object, see [cost.ReadUsage].
func (u *usageFields) details(c *checker, raw json.RawMessage) {
	if kindOf(raw) == "null" {
		return
	}
	if kindOf(raw) != "object" {
		c.wrongType("usageDetails", "object", raw)
		return
	}
	u.take(c, "usageDetails", cost.ReadUsage(raw))
}

// take takes over what a usage object says. A count that is none is an error, as the others
// would be priced as if they were all.
func (u *usageFields) take(c *checker, field string, read cost.Reading) {
	in := c.enter(field)
	for _, name := range read.Wrong[:min(len(read.Wrong), maxNamed)] {
		in.fail(name, "invalid_type", "must be a whole number from 0 to %d", int64(maxCount))
	}
	c.errors = append(c.errors, in.errors...)
	u.tier = cmp.Or(read.ServiceTier, u.tier)
	counts := read.Counts
	if len(counts) == 0 {
		return
	}
	var input, output, sum int64
	for name, n := range counts {
		side := cost.SideOf(name)
		if side == cost.Total || side == cost.Searches || side == cost.Calls { // no tokens
			continue
		}
		if side == cost.Input {
			input = addCounts(input, n)
		}
		if side == cost.Output {
			output = addCounts(output, n)
		}
		sum = addCounts(sum, n)
	}
	total, given := counts[exporter.BucketTotal]
	if !given {
		total = sum
	}
	delete(counts, exporter.BucketTotal)
	if u.usage == nil || u.usage.Details != nil { // usageDetails win over a provider's object in usage
		u.usage = &store.Usage{Input: input, Output: output, Total: total, Derived: store.UsageInput | store.UsageOutput}
		if !given {
			u.usage.Derived |= store.UsageTotal
		}
	}
	u.usage.Details = counts
}

// derived are those of the three that weren't given.
func derived(input, output, total *int64) (parts store.UsageParts) {
	for i, n := range [...]*int64{input, output, total} {
		if n == nil {
			parts |= 1 << i
		}
	}
	return parts
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
