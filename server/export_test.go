package server

import "github.com/langshark/langshark-go/server/store"

// WithStore is c for a server whose store is wrapped.
func WithStore(c Config, wrap func(store.Store) store.Store) Config {
	c.wrapStore = wrap
	return c
}
