package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go/server/auth"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

// oneKey is a store with a key, until it is taken away.
type oneKey struct {
	store.Store
	pair auth.Pair
	gone atomic.Bool
}

func (s *oneKey) APIKey(_ context.Context, publicKey string) (*store.APIKey, error) {
	if s.gone.Load() || publicKey != s.pair.PublicKey {
		return nil, store.ErrNotFound
	}
	row := s.pair.Row("p", time.Time{})
	return &row, nil
}

// TestPromptEventsEndWithTheKey keeps an idle stream open for as long as its key is good, and ends it soon
// after the key was taken away by another process, which can't tell.
func TestPromptEventsEndWithTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair, err := auth.NewPair()
		if err != nil {
			t.Fatal(err)
		}
		s := &oneKey{pair: pair}
		h := New(Config{Catalog: catalog.New(s), Keys: auth.NewKeys(s), Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/public/prompt-events", nil)
		r.SetBasicAuth(pair.PublicKey, pair.SecretKey)
		w := httptest.NewRecorder()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			h.ServeHTTP(w, r)
		}()
		select {
		case <-ended:
			t.Fatalf("it ended by itself: %d %s", w.Code, w.Body)
		case <-time.After(61 * time.Second):
		}
		s.gone.Store(true)
		taken := time.Now()
		select {
		case <-ended:
		case <-time.After(time.Hour):
			cancel()
			<-ended
		}
		if after := time.Since(taken); after > 15*time.Second {
			t.Errorf("it ended %v after its key was taken away", after)
		}
		if w.Code != http.StatusOK || strings.Count(w.Body.String(), ": still here\n\n") != 4 || !strings.HasPrefix(w.Body.String(), "id: 0\nevent: hello\n") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
