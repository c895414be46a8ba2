package langshark_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
)

// TestCallersDoNotQueueBehindRefreshes has 600 handles expire together, and one prompt asked for that nobody knows.
func TestCallersDoNotQueueBehindRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"cold@production": "one"})
		var mu sync.Mutex
		var told []error
		c := prompts(t, h, func(cfg *langshark.Config) {
			cfg.OnError = func(err error) { mu.Lock(); defer mu.Unlock(); told = append(told, err) }
		})
		for i := range 600 {
			name := fmt.Sprintf("p%d", i)
			h.set(name+"@production", "x")
			if _, err := c.WatchPrompt(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		h.mu.Lock()
		h.delay = 100 * time.Millisecond
		h.mu.Unlock()
		asked := h.count()
		for i := range 600 {
			c.InvalidatePrompt(fmt.Sprintf("p%d", i))
		}
		synctest.Wait()
		begun := time.Now()
		want(t, textOf(c.Prompt(t.Context(), "cold")), "one")
		want(t, textOf(c.Prompt(t.Context(), "p599", langshark.WithTTL(0))), "x") // which is in the queue
		if waited := time.Since(begun); waited > 300*time.Millisecond {
			t.Errorf("callers waited %v", waited)
		}
		advance(8 * time.Second) // 600 by 8 at a time, which is longer than the timeout of a fetch
		if n := h.count() - asked; n < 601 || n > 603 {
			t.Errorf("%d fetches", n)
		}
		mu.Lock()
		defer mu.Unlock()
		if s := c.Stats().Prompts; s.Failed != 0 || len(told) != 0 {
			t.Errorf("%d failed, told %v", s.Failed, told)
		}
	})
}

// slow is a hub that never answers for some names.
type slow struct{ *hub }

func (s slow) FetchPrompt(ctx context.Context, r langshark.PromptRequest) (langshark.PromptResponse, error) {
	if strings.HasPrefix(r.Name, "slow") {
		<-ctx.Done()
		return langshark.PromptResponse{}, ctx.Err()
	}
	return s.hub.FetchPrompt(ctx, r)
}

// TestPromptsThatHangHoldUpNoOther has some that are asked for and never come.
func TestPromptsThatHangHoldUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := prompts(t, slow{newHub(map[string]string{"quick@production": "one"})}, nil)
		for i := range 20 {
			go func() { _, _ = c.Prompt(t.Context(), fmt.Sprintf("slow%d", i)) }()
		}
		synctest.Wait()
		begun := time.Now()
		want(t, textOf(c.Prompt(t.Context(), "quick")), "one")
		if waited := time.Since(begun); waited != 0 {
			t.Errorf("waited %v", waited)
		}
		advance(6 * time.Second)
	})
}

// TestACallerWaitsForOneTimeout though all slots are taken by fetches that hang, and it has to wait for its turn.
func TestACallerWaitsForOneTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := prompts(t, slow{newHub(map[string]string{"late@production": "one"})}, nil)
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				begun := time.Now()
				_, err := c.Prompt(t.Context(), fmt.Sprintf("slow%d", i))
				if waited := time.Since(begun); err == nil || waited > langshark.DefaultPromptTimeout*5/4 {
					t.Errorf("waited %v, %v", waited, err)
				}
				if !errors.Is(err, context.DeadlineExceeded) && !strings.Contains(err.Error(), "PromptTimeout") {
					t.Errorf("%v", err)
				}
			})
		}
		all.Wait()
		advance(30 * time.Second)
		want(t, textOf(c.Prompt(t.Context(), "late")), "one")
	})
}
