package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
	"github.com/langshark/langshark-go/server/store/storetest"
)

func open(t *testing.T, now func() time.Time) store.Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "a #1?%.db"), now)
}

func openAt(t *testing.T, path string, now func() time.Time) store.Store {
	t.Helper()
	return openWith(t, path, sqlite.Options{Now: now})
}

func openPriced(t *testing.T, now func() time.Time, p store.Pricer) store.Store {
	t.Helper()
	return openWith(t, filepath.Join(t.TempDir(), "a.db"), sqlite.Options{Now: now, Pricer: p})
}

func openWith(t *testing.T, path string, opts sqlite.Options) store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.SmallGenerations(opts))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	storetest.Engine{Open: open, OpenAt: openAt, OpenPriced: openPriced}.Run(t)
}
