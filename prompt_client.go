package langshark

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrNoPromptSource is returned by a client that records by an exporter of its own, or whose
// tracing is switched off, and that knows no server to fetch prompts from. Where it is switched off,
// the error is [ErrDisabled] too.
var ErrNoPromptSource = errors.New("langshark: nothing to fetch prompts from (set Config.Prompts, or PublicKey, SecretKey and Host)")

// GetPrompt is [Client.Prompt] of the client that ctx carries, else of the default client.
func GetPrompt(ctx context.Context, name string, opts ...PromptOption) (*Prompt, error) {
	return FromContext(ctx).Prompt(ctx, name, opts...)
}

// Prompt returns a managed prompt: the version in production, unless [AtLabel],
// [AtVersion] or [InExperiment] say otherwise.
//
// It is fetched once and kept. After Config.PromptTTL it is fetched anew in the
// background, while callers go on with what there is; our server also tells of
// changes at once. A caller waits only for a prompt of which nothing usable is known:
// until it is there, ctx ends, or Config.PromptTimeout has passed. After a failure
// nobody waits until it is tried again, one to 30 seconds later; whoever asks for
// what isn't there gets the fallback, or the error, at once.
//
// What is known stays usable while the server can't be reached, and also if the
// server then says that there is no such prompt any more. Config.OnError is
// told of both, and of each prompt that is used after Config.PromptMaxStale. With
// [InExperiment], what is known are the prompt and the experiment: which version a unit
// gets must not depend on who asks first.
//
// Errors: one that wraps [ErrPromptNotFound]; an [*APIError]; ctx's; of the
// network; [ErrDisabled] and [ErrNoPromptSource]. With a fallback, which
// [WithFallback] gives, there are none but those of options that don't fit together.
func (c *Client) Prompt(ctx context.Context, name string, opts ...PromptOption) (*Prompt, error) {
	if c == nil || c.prompts == nil {
		return c.withoutPrompts(name, opts)
	}
	if v := c.prompts.find(name, opts).fresh(); v != nil {
		return v.prompt, nil
	}
	s := promptSettingsOf(opts)
	if err := s.check(name); err != nil {
		return nil, err
	}
	if s.experiment == "" && !s.hasTTL {
		if v := c.prompts.index.Load().all[s.key(name)].fresh(); v != nil {
			return v.prompt, nil
		}
	}
	return c.prompt(ctx, name, &s)
}

// withoutPrompts is Prompt where there is nothing to ask.
func (c *Client) withoutPrompts(name string, opts []PromptOption) (*Prompt, error) {
	s := promptSettingsOf(opts)
	if err := s.check(name); err != nil {
		return nil, err
	}
	if p := s.prompt(name); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("prompt %q: %w", name, c.whyNoPrompts())
}

// whyNoPrompts is why there is nothing to ask.
func (c *Client) whyNoPrompts() error {
	switch {
	case c.enabled():
		return ErrNoPromptSource
	case c == nil || !c.off:
		return ErrDisabled
	case c.noHost != nil:
		return offWithoutPromptsError{c.noHost}
	}
	return offWithoutPromptsError{ErrNoPromptSource}
}

func (c *Client) prompt(ctx context.Context, name string, s *promptSettings) (*Prompt, error) {
	ctx = background(ctx)
	if s.experiment != "" {
		usual := c.prompts.entry(s.key(name), 0) //nolint:contextcheck // what watches changes outlives a call
		if usual.stale.Load() {
			usual.fetch(time.Now(), usual.value.Load() == nil, false) //nolint:contextcheck // meanwhile, so that nobody waits for one after the other
		}
		if p := c.assigned(ctx, name, s); p != nil {
			return p, nil
		}
	}
	v, err := c.prompts.get(ctx, s.key(name), s)
	if v != nil {
		return v.prompt, nil
	}
	if p := s.prompt(name); p != nil {
		c.prompts.counts.fallbacks.Add(1)
		return p, nil
	}
	return nil, err
}

// assigned is what the experiment gives to the unit, nil if it gives nothing or isn't known.
func (c *Client) assigned(ctx context.Context, name string, s *promptSettings) *Prompt {
	v, _ := c.prompts.get(ctx, promptKey{name: name, label: s.experiment, experiment: true}, s) // without an experiment, the prompt is the usual one
	if v == nil || v.experiment == nil {
		return nil
	}
	p := v.experiment.assign(s.unit)
	if p != nil && c.enabled() {
		if at := locate(ctx).below(c); at.span != nil {
			at.span.trace.assigned(p.experiment)
		}
	}
	return p
}

// InvalidatePrompt has everything that is kept of a prompt fetched anew, as after a
// change that the application has made itself: its labels, versions and
// experiments, and those of no other name. Callers get what there is until it is there. What only
// Config.PromptSnapshot has of it is fetched when it is asked for.
func (c *Client) InvalidatePrompt(name string) {
	if c != nil && c.prompts != nil && name != "" {
		c.prompts.renew(name, true)
	}
}

// PromptHandle is a prompt that is kept ready: reading it costs a few nanoseconds
// and never waits. Its methods are safe for concurrent use, and may be called on nil.
type PromptHandle struct {
	closed   atomic.Bool
	cache    *promptCache
	entry    *promptEntry
	fallback *Prompt
}

// WatchPrompt returns a handle on a prompt, which is then fetched anew every
// Config.PromptTTL, and when it changes on our server, whether it is asked for or
// not. WatchPrompt itself waits and fails as [Client.Prompt] does. A handle takes [AtLabel], [AtVersion],
// and a fallback. Close it when it isn't needed any more; Shutdown ends all.
func (c *Client) WatchPrompt(ctx context.Context, name string, opts ...PromptOption) (*PromptHandle, error) {
	s := promptSettingsOf(opts)
	if s.experiment != "" || s.hasTTL {
		return nil, fmt.Errorf("langshark: prompt %q: a handle takes neither InExperiment nor WithTTL", name)
	}
	if c == nil || c.prompts == nil {
		p, err := c.withoutPrompts(name, opts)
		if err != nil {
			return nil, err
		}
		return &PromptHandle{fallback: p}, nil
	}
	if err := s.check(name); err != nil {
		return nil, err
	}
	h := &PromptHandle{cache: c.prompts, entry: c.prompts.entry(s.key(name), 1), fallback: s.prompt(name)} //nolint:contextcheck // what watches changes outlives a call
	v, err := c.prompts.await(background(ctx), h.entry, &s)
	if v == nil && h.fallback == nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

// Prompt returns the prompt as it is now: the last one known, or the fallback if there is none yet. It is nil for
// a nil handle only, which WatchPrompt returns with an error.
func (h *PromptHandle) Prompt() *Prompt {
	if h == nil {
		return nil
	}
	if h.entry != nil {
		if v := h.entry.value.Load(); v != nil {
			return v.prompt
		}
	}
	return h.fallback
}

// Close lets go of the prompt. The handle still returns the last one known.
func (h *PromptHandle) Close() {
	if h != nil && h.entry != nil && !h.closed.Swap(true) {
		h.cache.unpin(h.entry)
	}
}

// PromptStats count what became of prompts that were asked for.
type PromptStats struct {
	// Kept is how many prompts, versions of them and experiments are in memory.
	Kept int
	// Fetches counts those from the server or another source; Unchanged those that found nothing
	// new, Failed those that failed, though tried again.
	Fetches, Unchanged, Failed int64
	// Stale counts calls that got a prompt older than its TTL while it was fetched
	// anew or the server couldn't be reached. TooOld are those of them older than Config.PromptMaxStale.
	Stale, TooOld int64
	// Fallbacks counts calls that got the one from the code.
	Fallbacks int64
	// Evicted counts prompts that had to make room for others.
	Evicted int64
	// Pushed counts the changes that the server told of.
	Pushed int64
	// Watching says that the server tells of changes now.
	Watching bool
}

const (
	// DefaultPromptTTL is how long a prompt is used before it is fetched anew.
	DefaultPromptTTL = time.Minute
	// DefaultPromptTimeout bounds a fetch with its retries.
	DefaultPromptTimeout = 5 * time.Second
	// DefaultPromptMaxStale is how long a prompt is used without a word when it can't be fetched.
	DefaultPromptMaxStale = 24 * time.Hour
	// MaxPrompts is how many prompts, versions of them and experiments a client keeps in memory.
	MaxPrompts = 1000
)
