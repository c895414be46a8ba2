//go:build !noui

package ui

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// BenchmarkPages measures what the dashboard adds to a read: filling in and
// writing the pages, from a reader in memory.
func BenchmarkPages(b *testing.B) {
	f := seeded(time.Now())
	f.add(bigTrace("big", 10_000, time.Now().Add(-time.Hour)))
	h := newHandler(f)
	for name, path := range map[string]string{
		"list":       "/project/p1/traces",
		"search":     "/project/p1/search?q=order",
		"trace":      "/project/p1/traces/" + supportID,
		"panel":      "/project/p1/traces/" + supportID + "?observation=" + supportID + "a9",
		"spans10000": "/project/p1/traces/big/spans",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
				b.ReportMetric(float64(w.Body.Len()), "B/page")
			}
		})
	}
}
