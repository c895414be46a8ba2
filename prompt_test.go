package langshark_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/memory"
)

// hub is a source of prompts in memory.
type hub struct {
	mu       sync.Mutex
	texts    map[string]string // by name and label or version
	down     error
	delay    time.Duration
	asked    []langshark.PromptRequest
	changes  chan string // nil for a source that doesn't tell
	watchers int
}

func newHub(texts map[string]string) *hub { return &hub{texts: texts} }

func (h *hub) set(key, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if text == "" {
		delete(h.texts, key)
		return
	}
	h.texts[key] = text
}

func (h *hub) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = err
}

func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.asked)
}

// FetchPrompt answers after the delay. The tag of a text is the text.
func (h *hub) FetchPrompt(ctx context.Context, r langshark.PromptRequest) (langshark.PromptResponse, error) {
	h.mu.Lock()
	h.asked = append(h.asked, r)
	down, delay := h.down, h.delay
	selector := r.Label
	if r.Version > 0 {
		selector = fmt.Sprint(r.Version)
	}
	if r.Experiment != "" {
		selector = "experiment " + r.Experiment
	}
	text, ok := h.texts[r.Name+"@"+selector]
	h.mu.Unlock()
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return langshark.PromptResponse{}, ctx.Err()
		}
	}
	switch {
	case down != nil:
		return langshark.PromptResponse{}, down
	case !ok:
		return langshark.PromptResponse{}, fmt.Errorf("%w: %s", langshark.ErrPromptNotFound, selector)
	case r.ETag == text:
		return langshark.PromptResponse{NotModified: true}, nil
	case r.Experiment != "":
		return langshark.PromptResponse{Body: []byte(text), ETag: text}, nil
	}
	version := r.Version
	if version == 0 {
		version = len(text)
	}
	return langshark.PromptResponse{Body: fmt.Appendf(nil, `{"name":%q,"version":%d,"prompt":%q,"labels":[%q]}`, r.Name, version, text, r.Label), ETag: text}, nil
}

// telling is a hub that tells of changes.
type telling struct{ *hub }

func (h telling) WatchPrompts(ctx context.Context, changed func(string)) error {
	h.mu.Lock()
	h.watchers++
	h.mu.Unlock()
	changed("")
	for {
		select {
		case name, ok := <-h.changes:
			if !ok {
				return errors.New("cut off")
			}
			changed(name)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// prompts is a client with the source.
func prompts(t *testing.T, source langshark.PromptSource, change func(*langshark.Config)) *langshark.Client {
	t.Helper()
	cfg := langshark.Config{Exporter: memory.New(), Prompts: source, Logger: slog.New(slog.DiscardHandler), OnError: func(error) {}}
	if change != nil {
		change(&cfg)
	}
	c, err := langshark.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Shutdown(context.Background()) })
	return c
}

// textOf is what a prompt says, or the error.
func textOf(p *langshark.Prompt, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return p.Text()
}

func want(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestPromptIsKeptAndFetchedAnewBehindTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one", "a@2": "two", "a@latest": "three"})
		h.delay = time.Second
		c := prompts(t, h, nil)
		ctx := t.Context()
		want(t, textOf(c.Prompt(ctx, "a")), "one")
		want(t, textOf(c.Prompt(ctx, "a", langshark.AtVersion(2))), "two")
		want(t, textOf(c.Prompt(ctx, "a", langshark.AtLabel(langshark.LabelLatest))), "three")
		if h.count() != 3 {
			t.Fatalf("%d fetches", h.count())
		}
		h.set("a@production", "changed")
		begun := time.Now()
		want(t, textOf(c.Prompt(ctx, "a")), "one")
		advance(langshark.DefaultPromptTTL)
		want(t, textOf(c.Prompt(ctx, "a")), "one") // at once, and fetched behind
		if waited := time.Since(begun); waited != langshark.DefaultPromptTTL {
			t.Errorf("callers waited: %v", waited)
		}
		advance(2 * time.Second)
		want(t, textOf(c.Prompt(ctx, "a")), "changed")
		if s := c.Stats().Prompts; s.Stale != 1 || s.Fetches != 4 || s.Kept != 3 {
			t.Errorf("%+v", s)
		}
		h.delay = 0
		advance(langshark.DefaultPromptTTL)
		want(t, textOf(c.Prompt(ctx, "a")), "changed")
		synctest.Wait()
		if s := c.Stats().Prompts; s.Unchanged != 1 {
			t.Errorf("nothing had changed: %+v", s)
		}
	})
}

func TestManyCallersCauseOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one"})
		h.delay = time.Second
		c := prompts(t, h, nil)
		ask := func(wanted string) {
			var all sync.WaitGroup
			for range 64 {
				all.Go(func() { want(t, textOf(c.Prompt(t.Context(), "a")), wanted) })
			}
			all.Wait()
		}
		ask("one")
		if h.count() != 1 {
			t.Errorf("%d fetches of what was new", h.count())
		}
		advance(2 * langshark.DefaultPromptTTL)
		h.set("a@production", "two")
		ask("one")
		advance(2 * time.Second)
		ask("two")
		if h.count() != 2 {
			t.Errorf("%d fetches of what had expired", h.count())
		}
	})
}

func TestADeadServerKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one"})
		var mu sync.Mutex
		var told []error
		c := prompts(t, h, func(cfg *langshark.Config) {
			cfg.OnError = func(err error) { mu.Lock(); defer mu.Unlock(); told = append(told, err) }
		})
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		h.mu.Lock()
		h.down, h.delay = errors.New("connection refused"), 3*time.Second
		h.mu.Unlock()
		begun, calls := time.Now(), 0
		for time.Since(begun) < 10*time.Minute {
			before := time.Now()
			want(t, textOf(c.Prompt(t.Context(), "a")), "one")
			if waited := time.Since(before); waited != 0 {
				t.Fatalf("a caller waited %v", waited)
			}
			calls++
			advance(time.Second)
		}
		s := c.Stats().Prompts
		if s.Failed < 10 || s.Failed > 30 || s.Stale < 500 || s.TooOld != 0 {
			t.Errorf("%d calls: %+v", calls, s)
		}
		mu.Lock()
		if len(told) == 0 || !strings.Contains(told[0].Error(), "connection refused") {
			t.Errorf("told %v", told)
		}
		told = nil
		mu.Unlock()
		advance(25 * time.Hour)
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		synctest.Wait()
		if s := c.Stats().Prompts; s.TooOld != 1 {
			t.Errorf("older than a day: %+v", s)
		}
		mu.Lock()
		if text := fmt.Sprint(told); !strings.Contains(text, "PromptMaxStale") || !strings.Contains(text, "25h") {
			t.Errorf("told %s", text)
		}
		mu.Unlock()
		h.fail(nil)
		advance(time.Minute)
		before := c.Stats().Prompts.Stale
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		advance(5 * time.Second)
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		if s := c.Stats().Prompts; s.Stale > before+1 {
			t.Errorf("back again: %+v", s)
		}
	})
}

func TestWithoutAValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{})
		h.down, h.delay = errors.New("connection refused"), time.Second
		c := prompts(t, h, nil)
		begun := time.Now()
		p, err := c.Prompt(t.Context(), "a", langshark.WithFallback("hello {{name}}"))
		if err != nil || !p.IsFallback() || p.Version() != 0 || p.Name() != "a" || p.Origin() != langshark.PromptFallback {
			t.Fatalf("%+v, %v", p, err)
		}
		if waited := time.Since(begun); waited == 0 || waited > langshark.DefaultPromptTimeout {
			t.Errorf("the first caller waited %v", waited)
		}
		begun = time.Now()
		if _, err := c.Prompt(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), `prompt "a" label "production": connection refused`) {
			t.Errorf("%v", err)
		}
		want(t, textOf(c.Prompt(t.Context(), "a", langshark.WithFallback("x"))), "x")
		if waited := time.Since(begun); waited != 0 {
			t.Errorf("after a failure they waited %v", waited)
		}
		asked := h.count()
		h.fail(nil)
		advance(2 * time.Second)
		if _, err := c.Prompt(t.Context(), "a"); !errors.Is(err, langshark.ErrPromptNotFound) {
			t.Errorf("%v", err)
		}
		for range 5 {
			if _, err := c.Prompt(t.Context(), "a"); !errors.Is(err, langshark.ErrPromptNotFound) {
				t.Errorf("%v", err)
			}
		}
		if n := h.count() - asked; n != 1 {
			t.Errorf("what isn't there was asked for %d times", n)
		}
		h.set("a@production", "now")
		advance(11 * time.Second)
		want(t, textOf(c.Prompt(t.Context(), "a")), "now")
		if s := c.Stats().Prompts; s.Fallbacks != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestPromptHonoursItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one"})
		h.delay = 3 * time.Second
		c := prompts(t, h, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if _, err := c.Prompt(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		want(t, textOf(c.Prompt(ctx, "a", langshark.WithFallback("x"))), "x")
		if waited := time.Since(begun); waited != time.Second {
			t.Errorf("waited %v", waited)
		}
		want(t, textOf(c.Prompt(t.Context(), "a")), "one") // of the same fetch
		if h.count() != 1 || time.Since(begun) != 3*time.Second {
			t.Errorf("%d fetches in %v", h.count(), time.Since(begun))
		}
	})
}

func TestPushedChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one", "ab@production": "other"})
		h.changes = make(chan string)
		c := prompts(t, telling{h}, nil)
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		want(t, textOf(c.Prompt(t.Context(), "ab")), "other")
		synctest.Wait()
		asked := h.count()
		h.set("a@production", "two")
		h.changes <- "a"
		synctest.Wait()
		want(t, textOf(c.Prompt(t.Context(), "a")), "two")
		if n := h.count() - asked; n != 1 {
			t.Errorf("%d fetches for one change", n)
		}
		if s := c.Stats().Prompts; !s.Watching || s.Pushed != 1 {
			t.Errorf("%+v", s)
		}
		h.set("a@production", "three")
		close(h.changes) // the connection ends; after the next, everything may have changed
		h.mu.Lock()
		h.changes = make(chan string)
		h.mu.Unlock()
		advance(3 * time.Second)
		want(t, textOf(c.Prompt(t.Context(), "a")), "two")
		synctest.Wait()
		want(t, textOf(c.Prompt(t.Context(), "a")), "three")
	})
}

func TestAChangeDuringAFetchIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one"})
		h.changes = make(chan string)
		c := prompts(t, telling{h}, nil)
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		h.mu.Lock()
		h.delay = time.Second
		h.mu.Unlock()
		h.set("a@production", "two")
		h.changes <- "a"
		advance(500 * time.Millisecond)
		h.set("a@production", "three") // the fetch that runs has read two already
		h.changes <- "a"
		advance(1600 * time.Millisecond)
		want(t, textOf(c.Prompt(t.Context(), "a")), "three")
	})
}

func TestInvalidatedByItsExactName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one", "a@2": "of two", "ab@production": "other"})
		c := prompts(t, h, nil)
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		want(t, textOf(c.Prompt(t.Context(), "a", langshark.AtVersion(2))), "of two")
		want(t, textOf(c.Prompt(t.Context(), "ab")), "other")
		h.set("a@production", "two")
		h.set("ab@production", "another")
		c.InvalidatePrompt("a")
		c.InvalidatePrompt("")
		synctest.Wait()
		want(t, textOf(c.Prompt(t.Context(), "a")), "two")
		want(t, textOf(c.Prompt(t.Context(), "ab")), "other")
		if h.count() != 4 { // what a version says never changes
			t.Errorf("%d fetches", h.count())
		}
	})
}

func TestHandle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one"})
		c := prompts(t, h, nil)
		handle, err := c.WatchPrompt(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		want(t, handle.Prompt().Text(), "one")
		h.set("a@production", "two")
		advance(langshark.DefaultPromptTTL + time.Second)
		want(t, handle.Prompt().Text(), "two") // though nobody has asked
		handle.Close()
		asked := h.count()
		advance(10 * langshark.DefaultPromptTTL)
		if h.count() != asked {
			t.Error("a closed handle goes on")
		}
		want(t, handle.Prompt().Text(), "two")
		if _, err := c.WatchPrompt(t.Context(), "none"); !errors.Is(err, langshark.ErrPromptNotFound) {
			t.Errorf("%v", err)
		}
		late, err := c.WatchPrompt(t.Context(), "late", langshark.WithFallback("code"))
		if err != nil {
			t.Fatal(err)
		}
		want(t, late.Prompt().Text(), "code")
		h.set("late@production", "there")
		advance(langshark.DefaultPromptTTL)
		want(t, late.Prompt().Text(), "there")
		if _, err := c.WatchPrompt(t.Context(), "a", langshark.InExperiment("x", "u")); err == nil {
			t.Error("a handle in an experiment")
		}
	})
}

func TestPromptsMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{})
		for i := range langshark.MaxPrompts + 50 {
			h.set(fmt.Sprintf("p%d@production", i), "x")
		}
		c := prompts(t, h, nil)
		handle, err := c.WatchPrompt(t.Context(), "p0")
		if err != nil {
			t.Fatal(err)
		}
		defer handle.Close()
		for i := range langshark.MaxPrompts + 50 {
			want(t, textOf(c.Prompt(t.Context(), fmt.Sprintf("p%d", i))), "x")
			want(t, textOf(c.Prompt(t.Context(), "p1")), "x")
		}
		if s := c.Stats().Prompts; s.Kept != langshark.MaxPrompts || s.Evicted != 50 {
			t.Errorf("%+v", s)
		}
		asked := h.count()
		want(t, textOf(c.Prompt(t.Context(), "p0")), "x")
		want(t, textOf(c.Prompt(t.Context(), "p1")), "x")
		if h.count() != asked {
			t.Error("what is in use was evicted")
		}
	})
}

func TestTTLOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one"})
		c := prompts(t, h, nil)
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		h.set("a@production", "two")
		want(t, textOf(c.Prompt(t.Context(), "a", langshark.WithTTL(time.Second))), "one")
		want(t, textOf(c.Prompt(t.Context(), "a", langshark.WithTTL(0))), "two")
		h.fail(errors.New("down"))
		want(t, textOf(c.Prompt(t.Context(), "a", langshark.WithTTL(0))), "two")
	})
}

func TestPromptOptionsThatDoNotFit(t *testing.T) {
	c := prompts(t, newHub(nil), nil)
	for _, opts := range [][]langshark.PromptOption{
		{langshark.AtVersion(0)}, {langshark.AtVersion(-1), langshark.WithFallback("x")}, {langshark.AtVersion(1), langshark.AtLabel("x")},
	} {
		if _, err := c.Prompt(t.Context(), "a", opts...); err == nil || !strings.Contains(err.Error(), "AtVersion") {
			t.Errorf("%v", err)
		}
	}
	if _, err := c.Prompt(t.Context(), ""); err == nil {
		t.Error("a prompt without a name")
	}
	var none *langshark.Client
	if _, err := none.Prompt(t.Context(), "a"); !errors.Is(err, langshark.ErrDisabled) {
		t.Errorf("%v", err)
	}
	want(t, textOf(none.Prompt(t.Context(), "a", langshark.WithFallback("x"))), "x")
	c = prompts(t, nil, nil)
	if _, err := c.Prompt(t.Context(), "a"); !errors.Is(err, langshark.ErrNoPromptSource) {
		t.Errorf("%v", err)
	}
}

func TestASourceThatPanics(t *testing.T) {
	c := prompts(t, panickingSource{}, nil)
	if _, err := c.Prompt(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "ouch") {
		t.Errorf("%v", err)
	}
}

type panickingSource struct{}

func (panickingSource) FetchPrompt(context.Context, langshark.PromptRequest) (langshark.PromptResponse, error) {
	panic("ouch")
}
