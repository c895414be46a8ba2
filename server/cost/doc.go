// Package cost says what model calls cost. It is pure: it reads no store, asks
// no network and keeps nothing but what it is given.
//
// A [Table] holds entries, one for each model and time. An [Entry] has a
// pattern for names, the time from which and until which it is valid, unit
// prices by [Bucket], and tiers with other prices. [Table.Match] finds the entry of
// a call, [Entry.Price] multiplies.
//
// # Money
//
// Unit prices are whole pico-dollars ([PicoUSD]). What a bucket costs is units
// times price, in 128 bits, rounded half to even once, to nano-dollars. The
// total is the sum of these parts, in integers: no part is ever lost or counted
// twice. A price that isn't known is nil, and so is a total that it is part of.
//
// # Usage
//
// Providers count differently: OpenAI's input contains what came from the cache,
// Anthropic's doesn't. [ReadUsage] knows their forms and makes exclusive buckets,
// which add up.
package cost
