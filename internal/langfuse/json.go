package langfuse

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/jsonx"
)

// Clamped returns the usage without negative counts; nil is none at all.
func Clamped(u *exporter.Usage) exporter.Usage {
	if u == nil {
		return exporter.Usage{}
	}
	c := *u
	for _, n := range [...]*int64{
		&c.InputTokens, &c.OutputTokens, &c.TotalTokens, &c.CachedInputTokens,
		&c.CacheWriteTokens, &c.InputAudioTokens, &c.ReasoningTokens, &c.OutputAudioTokens,
	} {
		*n = max(0, *n)
	}
	return c
}

// AppendUsageDetails appends an object of the exclusive buckets.
func AppendUsageDetails(dst []byte, u *exporter.Usage) []byte {
	o := jsonx.BeginObject(dst)
	u.Buckets(func(name string, tokens int64) {
		o.Key(name)
		o.Dst = strconv.AppendInt(o.Dst, max(0, tokens), 10)
	})
	return o.End()
}

// AppendCostDetails appends an object of the amounts in US dollars.
func AppendCostDetails(dst []byte, c *exporter.Cost) []byte {
	o := jsonx.BeginObject(dst)
	if HasParts(c) {
		AppendMoney(&o, "input", c.Input)
		AppendMoney(&o, "output", c.Output)
	}
	AppendMoney(&o, "total", c.Sum())
	if len(c.Details) > 0 {
		for _, name := range slices.Sorted(maps.Keys(c.Details)) {
			if name != "input" && name != "output" && name != "total" {
				AppendMoney(&o, name, c.Details[name])
			}
		}
	}
	return o.End()
}

// HasParts reports whether the cost says what input and output cost.
func HasParts(c *exporter.Cost) bool { return c.Input != 0 || c.Output != 0 }

// AppendMoney appends one amount in US dollars to an object.
func AppendMoney(o *jsonx.Object, name string, n exporter.NanoUSD) {
	o.Key(name)
	o.Dst = n.AppendDecimal(o.Dst)
}

// AppendFloat appends a finite number, and null for others.
func AppendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

// AppendValues appends an object of the values and, unless it is empty, of one more text.
func AppendValues(dst []byte, kvs []exporter.KeyValue, moreKey, more string) []byte {
	o := jsonx.BeginObject(dst)
	for _, kv := range kvs {
		if more != "" && kv.Key == moreKey {
			continue
		}
		o.Key(kv.Key)
		o.Dst = kv.Value.AppendJSON(o.Dst)
	}
	o.StringIf(moreKey, more)
	return o.End()
}
