package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/store"
)

// Bounds of a prompt with what it refers to.
const (
	// MaxPromptDepth is how deep references may be nested.
	MaxPromptDepth = 5
	// MaxResolvedBytes is how long a resolved prompt may be.
	MaxResolvedBytes = 1 << 20

	maxResolvedPrompts = 200                  // that one prompt may lead to
	maxResolvedTotal   = 8 * MaxResolvedBytes // of all of these together
)

// PromptNode names a version of a prompt in a graph.
type PromptNode struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version int    `json:"version"`
}

// PromptGraph says which prompts a resolved one was made of.
type PromptGraph struct {
	Root PromptNode `json:"root"`
	// Dependencies has those that a prompt refers to by its id, in their order; nobody
	// stands here who refers to none.
	Dependencies map[string][]PromptNode `json:"dependencies"`
}

// resolver puts other prompts in the place of references to them.
type resolver struct {
	reader
	heads map[string]*prompt   // by name; nil if there is none
	done  map[string]*resolved // by the id of the version
	path  []PromptNode         // those that are being resolved
	graph PromptGraph
	bytes int // of all that is done
}

// resolved is a prompt that others refer to.
type resolved struct {
	text   string
	height int // how many are nested in it
}

// ResolvedPrompt is [Catalog.Prompt] with the prompts that it refers to in the place of its references.
func (c *Catalog) ResolvedPrompt(ctx context.Context, projectID, name string, s PromptSelection) (*Prompt, error) {
	return c.promptAt(ctx, projectID, name, s, (*Prompt).resolve)
}

// resolve replaces the references in a prompt. Its Graph is nil if it has none.
func (p *Prompt) resolve(r reader) error { return p.resolveWith(r, map[string]*prompt{}) }

// resolveWith takes prompts that are among the heads as they are there.
func (p *Prompt) resolveWith(r reader, heads map[string]*prompt) error {
	if !mayRefer(p.Prompt) {
		return nil
	}
	root := PromptNode{p.ID, p.Name, p.Version}
	x := &resolver{reader: r, heads: heads, done: map[string]*resolved{}, graph: PromptGraph{Root: root, Dependencies: map[string][]PromptNode{}}}
	x.path = append(x.path, root)
	raw, err := mapTexts(p.Type, p.Prompt, func(text string) (string, error) {
		text, _, err := x.text(text)
		return text, err
	})
	if err != nil {
		return err
	}
	if len(x.graph.Dependencies) > 0 {
		p.Prompt, p.Graph = raw, &x.graph
	}
	return nil
}

// text resolves a text of the last prompt of the path. How many are nested in it is at most height.
func (x *resolver) text(text string) (_ string, height int, err error) {
	of := x.path[len(x.path)-1]
	size := len(text)
	text, err = expand(text, func(ref reference) (string, error) {
		part, node, err := x.prompt(ref)
		if err != nil {
			return "", err
		}
		if list := x.graph.Dependencies[of.ID]; !slices.Contains(list, node) {
			x.graph.Dependencies[of.ID] = append(list, node)
		}
		height = max(height, part.height+1)
		if size += len(part.text); size > MaxResolvedBytes {
			return "", refused("Prompt '%s' version %d is longer than %d bytes with what it refers to: refer to less", of.Name, of.Version, MaxResolvedBytes)
		}
		return part.text, nil
	})
	if x.bytes += size; err == nil && x.bytes > maxResolvedTotal {
		err = refused("Prompt %s leads to more than %d bytes of other prompts: refer to less", x.steps(), maxResolvedTotal)
	}
	return text, height, err
}

// prompt is what a reference stands for.
func (x *resolver) prompt(ref reference) (*resolved, PromptNode, error) {
	head, ok := x.heads[ref.name]
	if !ok {
		var err error
		if len(ref.name) <= store.MaxDocumentName {
			if head, err = promptNamed(x, ref.name); err != nil {
				return nil, PromptNode{}, err
			}
		}
		x.heads[ref.name] = head
	}
	if head == nil || head.ref(ref.of(head)) == nil {
		return nil, PromptNode{}, x.missing(ref)
	}
	if head.Type != PromptText {
		return nil, PromptNode{}, refused("Prompt %s refers to %s, which is a chat: only text prompts can be referred to", x.steps(), ref.named())
	}
	version := ref.of(head)
	node := PromptNode{head.ref(version).ID, head.Name, version}
	done, err := x.nested(head, node)
	return done, node, err
}

func (x *resolver) missing(ref reference) error {
	return refused("Prompt %s refers to %s, which isn't there: create it, move the label, or change the reference", x.steps(), ref.named())
}

// nested resolves a prompt below those of the path.
func (x *resolver) nested(head *prompt, node PromptNode) (*resolved, error) {
	if slices.Contains(x.path, node) {
		return nil, refused("Prompt references go round in a circle: %s", x.steps(node))
	}
	if done := x.done[node.ID]; done != nil {
		if len(x.path)+done.height > MaxPromptDepth {
			return nil, x.tooDeep(node)
		}
		return done, nil
	}
	if len(x.path) > MaxPromptDepth {
		return nil, x.tooDeep(node)
	}
	if len(x.done) >= maxResolvedPrompts {
		return nil, refused("Prompt '%s' leads to more than %d others: refer to fewer", x.path[0].Name, maxResolvedPrompts)
	}
	v, err := head.load(x, node.Version)
	if err != nil {
		return nil, err
	}
	text, err := unquote(v.Prompt)
	if err != nil {
		return nil, err
	}
	x.path = append(x.path, node)
	text, height, err := x.text(text)
	x.path = x.path[:len(x.path)-1]
	if err != nil {
		return nil, err
	}
	x.done[node.ID] = &resolved{text, height}
	return x.done[node.ID], nil
}

func (x *resolver) tooDeep(node PromptNode) error {
	return refused("Prompt references are nested deeper than %d: %s", MaxPromptDepth, x.steps(node))
}

// steps names the prompts of the path, and what comes after it.
func (x *resolver) steps(more ...PromptNode) string {
	var names []string
	for _, node := range slices.Concat(x.path, more) {
		names = append(names, node.Name)
	}
	return strings.Join(names, " → ")
}
