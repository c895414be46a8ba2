// Package webhook posts what has happened to addresses that people give: signed, tried
// again when it fails, and never to an address within the network of the server.
//
// [Guard] decides which addresses may be reached: it looks at the one that is connected
// to, after the name was resolved, so that no answer of a name server leads elsewhere.
// [Sender] takes deliveries from an [Outbox], which outlives the process.
package webhook
