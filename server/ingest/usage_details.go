package ingest

import (
	"cmp"
	"encoding/json"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

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
