package langsharktest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/memory"
)

// FullTree shows all that was recorded, as [RequireTree] compares it: traces with their observations below each other and
// scores below what they judge. The package's documentation describes the form.
func (r *Recorder) FullTree(opts ...TreeOption) string {
	r.tb.Helper()
	text, err := r.fullTree(opts)
	if err != nil {
		r.tb.Fatal(err)
	}
	return text
}

func (r *Recorder) fullTree(opts []TreeOption) (string, error) {
	r.tb.Helper()
	settings, err := newTreeSettings(opts)
	if err != nil {
		return "", err
	}
	ambient, err := r.ambient()
	if err != nil {
		return "", err
	}
	t := &tree{treeSettings: settings, ambient: ambient, environment: r.environment, known: map[string]string{}, named: map[string]bool{}, names: map[string]string{}}
	top := t.assemble(r.Traces(), r.Observations(), r.Scores())
	t.survey(top)
	t.number(top)
	if len(top.children) == 0 {
		return "nothing was recorded\n", nil
	}
	var b strings.Builder
	for i, n := range top.children {
		if i > 0 {
			b.WriteByte('\n')
		}
		t.show(&b, n, "")
	}
	return t.lines(b.String()), nil
}

// ambient are the attributes that the environment gives to all traces where the configuration doesn't: in CI, a
// release that is the commit.
func (r *Recorder) ambient() (exporter.Attributes, error) {
	if r.release != "" && r.environment != "" {
		return exporter.Attributes{}, nil
	}
	sink := memory.New()
	client, err := langshark.New(langshark.Config{
		Exporter: sink, Enabled: langshark.Enabled(true), SampleRate: langshark.SampleRate(1), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return exporter.Attributes{}, fmt.Errorf("langsharktest: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, span := client.StartSpan(ctx, "")
	span.End()
	if err := client.Shutdown(ctx); err != nil {
		return exporter.Attributes{}, fmt.Errorf("langsharktest: %w", err)
	}
	a := *sink.Observations()[0].Attributes
	if r.release != "" {
		a.Release = ""
	}
	if r.environment != "" {
		a.Environment = ""
	}
	return a, nil
}

// tree is what was recorded, on its way to text.
type tree struct {
	*treeSettings
	ambient     exporter.Attributes
	environment string            // as configured
	known       map[string]string // ids that differ from run to run, and what they are of
	named       map[string]bool   // those that stand in a text
	names       map[string]string // what is shown for these
}

const notRecorded = "[not recorded]"

// node is a trace, an observation, a session with scores, or the top of all.
type node struct {
	trace       *exporter.Trace
	unrecorded  bool // the trace, which is then made of an observation's attributes
	observation *exporter.Observation
	without     string // why the observation isn't below the parent it names
	session     string
	scores      []*exporter.Score
	children    []*node

	key [3]string // to sort by: name, input, all
}

// assemble puts everything below what it belongs to.
func (t *tree) assemble(traces []*exporter.Trace, observations []*exporter.Observation, scores []*exporter.Score) *node {
	top := &node{}
	byTrace := map[string]*node{}
	for _, tr := range traces {
		t.know(tr.ID, "trace")
		n := &node{trace: tr}
		byTrace[tr.ID] = n
		top.children = append(top.children, n)
	}
	traceOf := func(id string, start time.Time, a *exporter.Attributes) *node {
		n := byTrace[id]
		if n == nil {
			t.know(id, "trace")
			tr := &exporter.Trace{ID: id, Start: start}
			if a != nil {
				tr.Attributes = *a
			}
			n = &node{trace: tr, unrecorded: true}
			byTrace[id] = n
			top.children = append(top.children, n)
		}
		return n
	}
	type key struct{ trace, id string }
	byID := map[key]*node{}
	for _, o := range observations {
		t.know(o.ID, "obs")
		byID[key{o.TraceID, o.ID}] = &node{observation: o}
	}
	for _, o := range observations {
		n := byID[key{o.TraceID, o.ID}]
		parent := byID[key{o.TraceID, o.ParentID}]
		switch {
		case o.ParentID == "":
		case parent == nil:
			t.know(o.ParentID, "obs")
			n.without = notRecorded
		case circular(n, func(n *node) *node { return byID[key{o.TraceID, n.observation.ParentID}] }):
			parent, n.without = nil, "[circular]"
		}
		if parent == nil {
			parent = traceOf(o.TraceID, o.Start, o.Attributes)
		}
		parent.children = append(parent.children, n)
	}
	slices.SortStableFunc(top.children, func(a, b *node) int { return a.trace.Start.Compare(b.trace.Start) })

	bySession := map[string]*node{}
	for _, s := range scores {
		t.know(s.ID, "score")
		n := byID[key{s.TraceID, s.ObservationID}]
		switch {
		case n != nil:
		case s.TraceID != "":
			if s.ObservationID != "" {
				t.know(s.ObservationID, "obs")
			}
			n = traceOf(s.TraceID, time.Time{}, nil)
		default:
			if n = bySession[s.SessionID]; n == nil {
				n = &node{session: s.SessionID}
				bySession[s.SessionID] = n
				top.children = append(top.children, n)
			}
		}
		n.scores = append(n.scores, s)
	}
	return top
}

// circular reports whether the way up from n comes back to it, for ids that an application gave.
func circular(n *node, parent func(*node) *node) bool {
	seen := map[*node]bool{}
	for p := parent(n); p != nil && !seen[p]; p = parent(p) {
		if p == n {
			return true
		}
		seen[p] = true
	}
	return false
}

// generated is the form of ids that the library makes, and of those that applications make at random.
var generated = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}`)

func isGenerated(id string) bool {
	return (len(id) == 16 || len(id) == 32 || len(id) == 36) && generated.FindString(id) == id
}

func (t *tree) know(id, what string) {
	if _, ok := t.known[id]; !ok && isGenerated(id) {
		t.known[id] = what
	}
}

// text gives the known ids in s their names; until they have one, all of a kind have the same.
func (t *tree) text(s string) string {
	return generated.ReplaceAllStringFunc(strings.ToValidUTF8(s, "\ufffd"), func(id string) string {
		what, ok := t.known[id]
		if !ok {
			return id
		}
		t.named[id] = true
		return cmp.Or(t.names[id], what)
	})
}

// lines makes each line of a text steady.
func (t *tree) lines(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		b.WriteString(t.steady(line) + "\n")
	}
	return b.String()
}

// survey finds the ids that texts refer to, and sorts what is to be sorted.
func (t *tree) survey(n *node) {
	for _, c := range n.children {
		t.survey(c)
	}
	if t.sorted {
		slices.SortStableFunc(n.children, func(a, b *node) int { return slices.Compare(a.key[:], b.key[:]) })
		slices.SortStableFunc(n.scores, func(a, b *exporter.Score) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(t.lines(t.score(n, a, "")), t.lines(t.score(n, b, ""))))
		})
	}
	var all strings.Builder
	t.own(&all, n, "")
	for _, c := range n.children {
		all.WriteString("(" + c.key[2] + ")")
	}
	n.key = [3]string{t.lines(n.name()), t.lines(t.string(n.input())), t.lines(all.String())}
}

func (n *node) name() string {
	switch {
	case n.trace != nil:
		return n.trace.Attributes.TraceName
	case n.observation != nil:
		return n.observation.Name
	}
	return n.session
}

func (n *node) input() exporter.Value {
	switch {
	case n.trace != nil:
		return n.trace.Input
	case n.observation != nil:
		return n.observation.Input
	}
	return exporter.Value{}
}

// number names the ids that are referred to, in order of their places in the tree.
func (t *tree) number(n *node) {
	count := map[string]int{}
	give := func(id string) {
		if what, ok := t.known[id]; ok && t.named[id] && t.names[id] == "" {
			count[what]++
			t.names[id] = fmt.Sprintf("%s-%d", what, count[what])
		}
	}
	var walk func(*node)
	walk = func(n *node) {
		if n.trace != nil {
			give(n.trace.ID)
		}
		if n.observation != nil {
			give(n.observation.ParentID)
			give(n.observation.ID)
		}
		for _, s := range n.scores {
			give(s.ObservationID)
			give(s.ID)
		}
		for _, c := range n.children {
			walk(c)
		}
	}
	walk(n)
}
