// Package pricing is the [store.Pricer] of the server. It looks for the price of a
// model first among those that its project has set, then in the table that was
// imported beside the data, then in the one that comes along (see package cost).
//
// A project's own models are documents of the kind [cost.ModelKind], whose data is a
// [cost.Model]. They are read again when they change, and now and then, since
// another process may have changed them.
package pricing
