// Package onflush lets parts of the SDK that hold something back give it up when
// the client is flushed.
package onflush

import "sync"

var (
	mu      sync.Mutex
	waiting = map[any]map[*func()]struct{}{} // by client
)

// Add has f called by the next [Run] for the client, once, unless remove is called before.
func Add(client any, f func()) (remove func()) {
	mu.Lock()
	defer mu.Unlock()
	all := waiting[client]
	if all == nil {
		all = make(map[*func()]struct{})
		waiting[client] = all
	}
	all[&f] = struct{}{}
	return func() {
		mu.Lock()
		defer mu.Unlock()
		all := waiting[client]
		if delete(all, &f); len(all) == 0 {
			delete(waiting, client)
		}
	}
}

// Run calls what was added for the client.
func Run(client any) {
	mu.Lock()
	all := waiting[client]
	delete(waiting, client)
	mu.Unlock()
	for f := range all {
		safely(*f)
	}
}

// safely keeps a panic of ours from who flushes.
func safely(f func()) {
	defer func() { _ = recover() }()
	f()
}
