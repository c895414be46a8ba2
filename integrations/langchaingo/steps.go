package langchaingo

import (
	"context"
	"strings"
	"sync"

	"github.com/tmc/langchaingo/schema"
)

// step is how a step of an agent is recorded.
type step struct {
	Thought     string `json:"thought,omitempty"`
	Tool        string `json:"tool,omitempty"`
	Input       string `json:"input,omitempty"`
	Observation string `json:"observation,omitempty"`

	action schema.AgentAction
	seen   bool // the observation is known

	generation string // that asked for it
}

func stepOf(a schema.AgentAction) step {
	return step{Thought: thought(a.Log), Tool: a.Tool, Input: a.ToolInput, action: a}
}

func stepsOf(all []schema.AgentStep) []step {
	steps := make([]step, len(all))
	for i, s := range all {
		steps[i] = stepOf(s.Action)
		steps[i].Observation, steps[i].seen = s.Observation, true
	}
	return steps
}

func actionsOf(all []schema.AgentAction) []step {
	steps := make([]step, len(all))
	for i, a := range all {
		steps[i] = stepOf(a)
	}
	return steps
}

// thought is what a log says before its action.
func thought(log string) string {
	before, _, _ := strings.Cut(log, "\nAction:")
	before = strings.TrimSpace(before)
	return strings.TrimSpace(strings.TrimPrefix(before, "Thought:"))
}

// steps are those of one run of an executor. All methods may be called on nil.
type steps struct {
	mu         sync.Mutex
	known      []step
	generation string // the last one
}

type stepsKey struct{}

func withSteps(ctx context.Context, s *steps) context.Context {
	return context.WithValue(ctx, stepsKey{}, s)
}

func stepsFrom(ctx context.Context) *steps {
	s, _ := ctx.Value(stepsKey{}).(*steps)
	return s
}

// planned takes what the executor knows so far, and what the agent wants next.
func (s *steps) planned(before []schema.AgentStep, next []schema.AgentAction) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = stepsOf(before)
	for _, a := range next {
		k := stepOf(a)
		k.generation = s.generation
		s.known = append(s.known, k)
	}
}

// asked tells the last generation below the agent, which a plan is made of.
func (s *steps) asked(generation string) {
	if s != nil {
		s.mu.Lock()
		s.generation = generation
		s.mu.Unlock()
	}
}

// acting returns why a tool is called: the id of the model's tool call, if the
// agent's model has such, and of the generation. Both are empty if it isn't known.
func (s *steps) acting(tool, input string) (call, generation string) {
	if s == nil {
		return "", ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(tool, input); i >= 0 {
		return s.known[i].action.ToolID, s.known[i].generation
	}
	return "", ""
}

func (s *steps) observed(tool, input, out string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(tool, input); i >= 0 {
		s.known[i].Observation, s.known[i].seen = out, true
	}
}

// find returns the first step of this tool and input without an observation, or -1.
func (s *steps) find(tool, input string) int {
	for i := range s.known {
		k := &s.known[i]
		if !k.seen && strings.EqualFold(k.Tool, tool) && strings.HasPrefix(k.Input, input) {
			return i
		}
	}
	return -1
}

func (s *steps) list() []step {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]step(nil), s.known...)
}

// finalThought is what a log says before its final answer.
func finalThought(log string) string {
	before, _, found := strings.Cut(log, "Final Answer:")
	if !found {
		return ""
	}
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(before), "Thought:"))
}
