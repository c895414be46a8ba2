//go:build !noui

package ui

import (
	"cmp"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/internal/chat"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// maxRawBytes is how much of a payload a page holds; beyond it a browser gets slow.
const maxRawBytes = 1 << 20

// payload prepares an input or output. JSON null counts as nothing.
func payload(raw []byte, speaker chat.Role) view.Payload {
	if len(raw) == 0 || string(raw) == "null" {
		return view.Payload{}
	}
	p := view.Payload{Raw: string(raw), Bytes: int64(len(raw))}
	if len(raw) > maxRawBytes {
		p.Raw = strings.ToValidUTF8(p.Raw[:maxRawBytes], "")
		p.Cut = int64(len(p.Raw))
		return p
	}
	if c, ok := chat.Parse(raw, speaker); ok {
		p.Chat = &c
	}
	return p
}

// usageOrder is the order of the buckets on the bar, with their colours.
var usageOrder = []struct{ bucket, class string }{
	{exporter.BucketInput, "u-input"},
	{exporter.BucketCachedInput, "u-cached"},
	{"input_cache_read", "u-cached"},
	{exporter.BucketCacheWrite, "u-cached"},
	{exporter.BucketInputAudio, "u-input"},
	{exporter.BucketOutput, "u-output"},
	{exporter.BucketReasoning, "u-reasoning"},
	{"output_reasoning", "u-reasoning"},
	{exporter.BucketOutputAudio, "u-output"},
}

// usage lists the buckets of an observation in order, with their share of the bar.
func usage(p view.Page, o *store.Observation) ([]view.Bucket, view.Bucket) {
	if o.Usage == nil {
		return nil, view.Bucket{}
	}
	counts := o.Usage.Details
	if len(counts) == 0 {
		counts = map[string]int64{exporter.BucketInput: o.Usage.Input, exporter.BucketOutput: o.Usage.Output}
	}
	rank := func(name string) int {
		for i, u := range usageOrder {
			if u.bucket == name {
				return i
			}
		}
		return len(usageOrder)
	}
	var names []string
	var sum int64
	for name, n := range counts {
		if name != exporter.BucketTotal && n > 0 {
			names = append(names, name)
			sum += n
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
	})
	var out []view.Bucket
	offset := 0.0
	for _, name := range names {
		b := view.Bucket{Label: name, Tokens: counts[name], Class: "u-other", Offset: offset}
		if key := "usage." + name; p.Has(key) {
			b.Label = p.T(key)
		}
		if i := rank(name); i < len(usageOrder) {
			b.Class = usageOrder[i].class
		}
		b.Width = 100 * float64(b.Tokens) / float64(sum)
		offset += b.Width
		b.Cost = bucketCost(o.Cost, name)
		out = append(out, b)
	}
	total := view.Bucket{Label: p.T("usage.total"), Tokens: o.Usage.Total}
	if o.Cost != nil {
		total.Cost = view.Dollars(o.Cost.Total)
	}
	return out, total
}

func bucketCost(c *store.Cost, name string) *float64 {
	if c == nil {
		return nil
	}
	if n, ok := c.Details[name]; ok {
		return view.Dollars(&n)
	}
	switch {
	case name == exporter.BucketInput && len(c.Details) == 0:
		return view.Dollars(c.Input)
	case name == exporter.BucketOutput && len(c.Details) == 0:
		return view.Dollars(c.Output)
	}
	return nil
}
