package ingest

import (
	"encoding/json"
	"strings"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// Sanitize replaces what JSON can't hold or the stores don't want: bytes that
// are no UTF-8, and the character NUL, which is removed. It returns b itself if
// there is nothing to do.
func Sanitize(b []byte) []byte { return sanitize(b) }

// TooDeep reports whether valid JSON nests deeper than [MaxDepth].
func TooDeep(raw []byte) bool { return len(raw) > MaxDepth && depth(raw) > MaxDepth }

// MaxIDChars is how many characters an id may have.
const MaxIDChars = maxIDChars

// MaxCount bounds a count of one event: what a double holds exactly.
const MaxCount = maxCount

// Clean replaces what is no UTF-8 in a text, and removes the character NUL.
func Clean(s string) string { return clean(s) }

// Label cleans a name, a user or the like, and cuts what is too long to be one.
func Label(s string) string { return cutLabel(clean(s)) }

// User cleans the id of a user, and makes one that is too long to be one short: its beginning with a hash of the whole.
func User(s string) string { return brief(clean(s), maxLabelChars) }

// Session does the same with the id of a session.
func Session(s string) string { return brief(strings.ReplaceAll(clean(s), "\r", ""), maxIDChars) }

// Environment brings the name of an environment into form.
func Environment(s string) string { return normalEnvironment(clean(s)) }

// Usage brings inclusive counts into range and into exclusive buckets; nil stays nil.
func Usage(u *exporter.Usage) *store.Usage { return usageOf(u) }

// Cost brings a cost into range; nil stays nil.
func Cost(c *exporter.Cost) *store.Cost { return costOf(c) }

// UsageDetails reads exclusive buckets by name, or a provider's usage object, as
// the field usageDetails of the ingestion API. Nil if there are none, or any is wrong.
func UsageDetails(raw json.RawMessage) *store.Usage {
	var u usageFields
	c := &checker{}
	if u.details(c, raw); len(c.errors) > 0 {
		return nil
	}
	return u.usage
}

// CostDetails reads dollars by bucket, as the field costDetails of the ingestion
// API. Nil if there are none, or any is wrong or below zero.
func CostDetails(raw json.RawMessage) *store.Cost {
	var u usageFields
	c := &checker{}
	if u.costs(c, raw); len(c.errors) > 0 || u.cost == nil || *u.cost.Total < 0 {
		return nil
	}
	for _, amount := range u.cost.Details {
		if amount < 0 {
			return nil
		}
	}
	return u.cost
}

// MaxDollars bounds what one observation may cost, either way.
const MaxDollars = maxDollars
