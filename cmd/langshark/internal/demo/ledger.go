package demo

import (
	"context"
	"slices"
	"strings"
	"sync"

	langshark "github.com/langshark/langshark-go"
)

// ledger is what the bot did, noted apart from what LangShark records.
type ledger struct {
	mu    sync.Mutex
	turns []*turn
}

// turn is one trace.
type turn struct {
	traceID, user, session string
	tags                   []string
	question, answer       string
	scores                 int
	version                int // of the answer prompt
	root                   *step

	book *ledger
	done bool
}

// step is one observation.
type step struct {
	kind     langshark.Kind
	name     string
	level    langshark.Level
	children []*step
}

type stepKey struct{}

// open notes a turn and its root.
func (l *ledger) open(ctx context.Context, trace *langshark.Trace, c *conversation, question string) (context.Context, *turn) {
	t := &turn{
		traceID: trace.ID(), user: c.user, session: c.session, tags: []string{c.language, c.topic}, question: withoutCards(question),
		root: &step{kind: langshark.KindSpan, name: "support-turn"}, book: l,
	}
	slices.Sort(t.tags)
	l.mu.Lock()
	l.turns = append(l.turns, t)
	l.mu.Unlock()
	return context.WithValue(ctx, stepKey{}, t.root), t
}

// close notes how the turn ended.
func (t *turn) close(answer string, err error) {
	t.root.failed(err)
	t.book.mu.Lock()
	defer t.book.mu.Unlock()
	t.answer, t.done = answer, true
}

// enter notes a step below the one in ctx; a turn's steps come one after another.
func enter(ctx context.Context, kind langshark.Kind, name string) (context.Context, *step) {
	s := &step{kind: kind, name: name}
	if parent, ok := ctx.Value(stepKey{}).(*step); ok {
		parent.children = append(parent.children, s)
	}
	return context.WithValue(ctx, stepKey{}, s), s
}

func (s *step) failed(err error) {
	if err != nil {
		s.level = langshark.LevelError
	}
}

// finished returns the turns that have ended.
func (l *ledger) finished() []*turn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.turns), func(t *turn) bool { return !t.done })
}

// outline shows a step and those below it, one a line; steps beside each other
// are sorted, for what begins within the same millisecond has no order.
func (s *step) outline() string {
	return outline(s.kind.String(), s.name, s.level.String(), outlines(s.children))
}

func outlines(steps []*step) []string {
	out := make([]string, len(steps))
	for i, s := range steps {
		out[i] = s.outline()
	}
	return out
}

func outline(kind, name, level string, below []string) string {
	var b strings.Builder
	b.WriteString(strings.ToLower(kind) + " " + name)
	if level != langshark.LevelDefault.String() {
		b.WriteString(" " + level)
	}
	slices.Sort(below)
	for _, s := range below {
		b.WriteString("\n  " + strings.ReplaceAll(s, "\n", "\n  "))
	}
	return b.String()
}

// count returns the number of steps for which keep is true.
func (s *step) count(keep func(*step) bool) (n int) {
	if keep(s) {
		n++
	}
	for _, c := range s.children {
		n += c.count(keep)
	}
	return n
}
