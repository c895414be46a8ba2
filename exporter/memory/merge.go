package memory

import (
	"slices"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// The merges take the older by value: records that were kept don't change.

func mergeTrace(t exporter.Trace, update *exporter.Trace) *exporter.Trace {
	if t.Start.IsZero() {
		t.Start = update.Start
	}
	t.Attributes = mergeAttributes(t.Attributes, &update.Attributes)
	setValue(&t.Input, update.Input)
	setValue(&t.Output, update.Output)
	return &t
}

func mergeAttributes(a exporter.Attributes, update *exporter.Attributes) exporter.Attributes {
	set(&a.TraceName, update.TraceName)
	set(&a.UserID, update.UserID)
	set(&a.SessionID, update.SessionID)
	set(&a.Environment, update.Environment)
	set(&a.Release, update.Release)
	set(&a.Version, update.Version)
	set(&a.Public, update.Public)
	if len(update.Tags) > 0 {
		a.Tags = update.Tags
	}
	a.Metadata = mergeValues(a.Metadata, update.Metadata)
	return a
}

func mergeObservation(o exporter.Observation, update *exporter.Observation) *exporter.Observation {
	set(&o.ParentID, update.ParentID)
	set(&o.Kind, update.Kind)
	set(&o.Name, update.Name)
	setTime(&o.Start, update.Start)
	setTime(&o.End, update.End)
	set(&o.Level, update.Level)
	set(&o.StatusMessage, update.StatusMessage)
	set(&o.Version, update.Version)
	setValue(&o.Input, update.Input)
	setValue(&o.Output, update.Output)
	o.Metadata = mergeValues(o.Metadata, update.Metadata)
	set(&o.Attributes, update.Attributes) // whole, as they stood
	switch {
	case o.Generation == nil:
		o.Generation = update.Generation
	case update.Generation != nil:
		g := *o.Generation
		set(&g.Model, update.Generation.Model)
		g.Parameters = mergeValues(g.Parameters, update.Generation.Parameters)
		set(&g.Usage, update.Generation.Usage)
		set(&g.Cost, update.Generation.Cost)
		setTime(&g.CompletionStart, update.Generation.CompletionStart)
		set(&g.PromptName, update.Generation.PromptName)
		set(&g.PromptVersion, update.Generation.PromptVersion)
		o.Generation = &g
	}
	return &o
}

// mergeValues merges by key; both are sorted, and so is the result.
func mergeValues(old, update []exporter.KeyValue) []exporter.KeyValue {
	if len(update) == 0 {
		return old
	}
	merged := slices.Clone(old)
	for _, kv := range update {
		at, found := slices.BinarySearchFunc(merged, kv.Key, func(e exporter.KeyValue, key string) int {
			return strings.Compare(e.Key, key)
		})
		if found {
			merged[at] = kv
		} else {
			merged = slices.Insert(merged, at, kv)
		}
	}
	return merged
}

func set[T comparable](p *T, v T) {
	var zero T
	if v != zero {
		*p = v
	}
}

func setTime(p *time.Time, v time.Time) {
	if !v.IsZero() {
		*p = v
	}
}

func setValue(p *exporter.Value, v exporter.Value) {
	if !v.IsZero() {
		*p = v
	}
}
