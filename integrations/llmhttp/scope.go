package llmhttp

import (
	"context"
	"sync"

	langshark "github.com/langshark/langshark-go"
)

type scopeKey struct{}

// scope is a call that the application makes, with all its attempts.
type scope struct {
	mu   sync.Mutex
	call *call // the one that is open
	over bool
}

// WithCall says that the requests made with the context it returns are
// attempts at one call, for code that repeats failed requests itself: the
// attempts become one generation, which ends with the first that succeeds. Call
// end when no more come; it ends the generation with the last failure
// otherwise. A request after a success, and one that is made while another still
// runs, begin a generation of their own.
func WithCall(ctx context.Context) (_ context.Context, end func()) {
	s := &scope{}
	return context.WithValue(ctx, scopeKey{}, s), s.end
}

func (s *scope) end() {
	s.mu.Lock()
	c := s.call
	s.call, s.over = nil, true
	s.mu.Unlock()
	if c != nil {
		c.giveUp()
	}
}

// join returns the call that is open, or opens one.
func (s *scope) join(open func() *call) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.call != nil && s.call.enterAlone() {
		return s.call
	}
	c := open()
	c.enter()
	if !s.over && (s.call == nil || s.call.isOver()) {
		s.call = c
		c.held = true
	}
	return c
}

type generationKey struct{}

// generationSettings are what the application says of the calls made with a context.
type generationSettings struct {
	name string
	opts []langshark.GenerationOption
}

// ContextWithGeneration says how the calls made with the context it returns
// are recorded: by what name (empty for the usual one), and with which options,
// as [langshark.WithPrompt] or [langshark.WithMetadata].
func ContextWithGeneration(ctx context.Context, name string, opts ...langshark.GenerationOption) context.Context {
	return context.WithValue(ctx, generationKey{}, &generationSettings{name, opts})
}
