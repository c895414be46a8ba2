package store

import (
	"context"
	"time"

	"github.com/langshark/langshark-go/server/cost"
)

// Counts are how many tokens a text has, by the tokenizer that counts them.
type Counts map[cost.Encoding]int64

// Pricer says what model calls cost. An engine that has one asks it for every
// observation with a model that changes; what it answers is kept with the
// observation, apart from what was reported. Package pricing has one. Its
// methods are safe for concurrent use.
type Pricer interface {
	// Prepare reads what Price will need. The one who writes calls it, before a write is queued.
	Prepare(ctx context.Context, projectID string)
	// Count counts the tokens of the payloads of a write that reports no usage. The one who
	// writes calls it: it may take as long as the texts are long. It must give the
	// same for the same write.
	Count(projectID string, w *ObservationWrite) (input, output Counts)
	// Price is what an observation costs as its writes amount to it, or nil if nobody knows its
	// model. Input and Output of o are not readable; their counts stand beside
	// it, nil where none were made. It is called within transactions: it must not
	// wait, nor use the store, and give the same for the same observation.
	Price(projectID string, o *ObservationWrite, start time.Time, input, output Counts) *Pricing
	// Changed says that documents of the project have changed.
	Changed(projectID string)
}

// Pricing is what a [Pricer] found out about a model call.
type Pricing struct {
	// ModelID names the price that was used.
	ModelID string
	// Unit is what the model is billed by, such as TOKENS.
	Unit string
	// Tier names the tier of the price, such as flex; empty for the usual one.
	Tier string
	// Prices are the unit prices that were used, by bucket; empty if none is known.
	Prices map[cost.Bucket]cost.PicoUSD
	// Usage is counted from the texts; nil if it was reported, or couldn't be counted.
	Usage *Usage
	// Cost is computed; nil if it was reported, or no price is known.
	Cost *Cost
}

// Repricer is a [Store] that can price anew what it has.
type Repricer interface {
	// Reprice prices the observations with a model again that began from
	// inclusive until exclusive; zero is open. It goes in small steps that let other
	// writes pass, and says after each how many observations it has seen and how
	// many of them have other figures now; progress may be nil.
	Reprice(ctx context.Context, projectID string, from, until time.Time, progress func(seen, changed int64)) error
}
