package langchaingo

import (
	"context"
	"strings"
	"sync"

	"github.com/tmc/langchaingo/schema"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
)

// step is how a step of an agent is recorded.
type step struct {
	Thought     string `json:"thought,omitempty"`
	Tool        string `json:"tool,omitempty"`
	Input       string `json:"input,omitempty"`
	Observation string `json:"observation,omitempty"`

	action schema.AgentAction
	acting bool // a tool is called for it
	seen   bool // the observation is known
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

// thought is what a log says before its action. The library's agents of tool
// calls log what they do, and what the model said besides.
func thought(log string) string {
	if strings.HasPrefix(log, "Invoking: ") {
		_, said, _ := strings.Cut(log, " responded: ")
		return strings.TrimSpace(said)
	}
	before, _, _ := strings.Cut("\n"+log, "\nAction:")
	before = strings.TrimSpace(before)
	return strings.TrimSpace(strings.TrimPrefix(before, "Thought:"))
}

// steps are those of one run of an executor. All methods may be called on nil.
type steps struct {
	mu         sync.Mutex
	known      []*step
	generation *langshark.Generation // the last one
	calls      bool                  // it asked by calls of tools
}

type stepsKey struct{}

func withSteps(ctx context.Context, s *steps) context.Context {
	return context.WithValue(ctx, stepsKey{}, s)
}

func stepsFrom(ctx context.Context) *steps {
	if ctx == nil {
		return nil
	}
	s, _ := ctx.Value(stepsKey{}).(*steps)
	return s
}

// planned takes what the executor knows so far, and what the agent wants next.
// Where the model asked in words, they are its calls of tools.
func (s *steps) planned(before []schema.AgentStep, next []schema.AgentAction) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = s.known[:0:0]
	for _, k := range stepsOf(before) {
		s.known = append(s.known, &k)
	}
	for _, a := range next {
		k := stepOf(a)
		s.known = append(s.known, &k)
		if !s.calls {
			llmhttp.ToolCallsAsked(s.generation, llmhttp.ToolCall{ID: a.ToolID, Name: a.Tool, Arguments: a.ToolInput})
		}
	}
	s.generation, s.calls = nil, false
}

// asked tells the last generation below the agent, which a plan is made of, and
// whether its calls of tools are known.
func (s *steps) asked(g *langshark.Generation, calls bool) {
	if s != nil {
		s.mu.Lock()
		s.generation, s.calls = g, calls
		s.mu.Unlock()
	}
}

// acting returns the step for which a tool is called; nil if it isn't known.
func (s *steps) acting(tool, input string) *step {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.known {
		if !k.acting && !k.seen && strings.EqualFold(k.Tool, tool) && strings.HasPrefix(k.Input, input) {
			k.acting = true
			return k
		}
	}
	return nil
}

func (s *steps) observed(k *step, out string) {
	if k == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k.Observation, k.seen = out, true
}

func (s *steps) list() []step {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]step, len(s.known))
	for i, k := range s.known {
		all[i] = *k
	}
	return all
}

// finalThought is what a log says before its final answer.
func finalThought(log string) string {
	before, _, found := strings.Cut(log, "Final Answer:")
	if !found {
		return ""
	}
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(before), "Thought:"))
}
