package catalog

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// The labels that mean something by themselves.
const (
	// LabelProduction is what a prompt is asked for by if nothing is said.
	LabelProduction = "production"
	// LabelLatest is always on the newest version.
	LabelLatest = "latest"
)

// The types of prompts.
const (
	PromptText = "text"
	PromptChat = "chat"
)

// MaxPromptVersions is how many versions of one prompt are kept.
const MaxPromptVersions = 10_000

// Prompt is one version of a prompt.
type Prompt struct {
	Identity
	Name    string
	Version int
	Type    string // text or chat
	// Prompt is a string, or for chat an array of messages.
	Prompt json.RawMessage
	Config json.RawMessage
	// Labels are those of this version, in the order in which they came to it.
	Labels []string
	// Tags are those of all versions.
	Tags          []string
	CommitMessage string // may be empty
	CreatedBy     string
	// Graph says what a resolved prompt was made of; nil if it refers to nothing.
	Graph *PromptGraph
}

// prompt is what all versions of a prompt have in common. Labels stand here and
// nowhere else, each once: so no two versions can have the same.
type prompt struct {
	Identity `json:"-"`
	Name     string        `json:"name"`
	Type     string        `json:"type"`
	Tags     []string      `json:"tags"`
	Last     int           `json:"last"` // the highest number that was given to a version
	Versions []versionRef  `json:"versions"`
	Labels   []promptLabel `json:"labels"`
	Trails   []labelTrail  `json:"trails,omitempty"`
	Revised  int           `json:"revised,omitempty"` // the highest revision that an experiment has had
}

type versionRef struct {
	Version   int       `json:"version"`
	ID        string    `json:"id"`
	UpdatedAt time.Time `json:"updatedAt"`
}

type promptLabel struct {
	Label   string `json:"label"`
	Version int    `json:"version"`
}

// promptVersion is what is a version's own.
type promptVersion struct {
	Identity      `json:"-"`
	Version       int             `json:"version"`
	Prompt        json.RawMessage `json:"prompt"`
	Config        json.RawMessage `json:"config"`
	CommitMessage string          `json:"commitMessage,omitempty"`
	CreatedBy     string          `json:"createdBy"`
}

// ref is the version of that number, nil if there is none.
func (p *prompt) ref(version int) *versionRef {
	for i := range p.Versions {
		if p.Versions[i].Version == version {
			return &p.Versions[i]
		}
	}
	return nil
}

// labelled is the version that has the label; 0 if none has.
func (p *prompt) labelled(label string) int {
	for _, l := range p.Labels {
		if l.Label == label {
			return l.Version
		}
	}
	return 0
}

// labels are those of a version.
func (p *prompt) labels(version int) []string {
	list := []string{}
	for _, l := range p.Labels {
		if l.Version == version {
			list = append(list, l.Label)
		}
	}
	return list
}

// move takes a label from the version that has it and gives it to another.
func (p *prompt) move(label string, version int, now time.Time) {
	for i, l := range p.Labels {
		if l.Label != label {
			continue
		}
		if l.Version == version {
			return
		}
		p.touch(l.Version, now)
		p.Labels = slices.Delete(p.Labels, i, i+1)
		break
	}
	p.Labels = append(p.Labels, promptLabel{label, version})
	p.touch(version, now)
}

func (p *prompt) touch(version int, now time.Time) {
	if ref := p.ref(version); ref != nil {
		ref.UpdatedAt = now
	}
}

// tag replaces the tags of all versions, and reports whether they are others.
func (p *prompt) tag(tags []string, now time.Time) bool {
	if slices.Equal(p.Tags, tags) {
		return false
	}
	p.Tags = tags
	for i := range p.Versions {
		p.Versions[i].UpdatedAt = now
	}
	return true
}

// drop removes a version with its labels; the newest of those that stay becomes the latest.
func (p *prompt) drop(version int, now time.Time) {
	p.Versions = slices.DeleteFunc(p.Versions, func(r versionRef) bool { return r.Version == version })
	p.Labels = slices.DeleteFunc(p.Labels, func(l promptLabel) bool { return l.Version == version })
	if len(p.Versions) > 0 && p.labelled(LabelLatest) == 0 {
		newest := slices.MaxFunc(p.Versions, func(a, b versionRef) int { return cmp.Compare(a.Version, b.Version) })
		p.move(LabelLatest, newest.Version, now)
	}
}

// whole is a version with what it has in common with the others.
func (p *prompt) whole(v *promptVersion) *Prompt {
	whole := &Prompt{
		Identity: v.Identity, Name: p.Name, Version: v.Version, Type: p.Type, Prompt: v.Prompt, Config: v.Config,
		Labels: p.labels(v.Version), Tags: p.Tags, CommitMessage: v.CommitMessage, CreatedBy: v.CreatedBy,
	}
	if ref := p.ref(v.Version); ref != nil {
		whole.UpdatedAt = ref.UpdatedAt
	}
	return whole
}

// load reads one version of a prompt.
func (p *prompt) load(r reader, version int) (*Prompt, error) {
	ref := p.ref(version)
	if ref == nil {
		return nil, store.ErrNotFound
	}
	v, err := read[promptVersion](r, kindPromptVersion, ref.ID)
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("%w: %w", errMoved, err)
	}
	if err != nil {
		return nil, err
	}
	return p.whole(v), nil
}

// promptNamed returns what the versions of a name have in common, nil if there are none.
func promptNamed(r reader, name string) (*prompt, error) {
	return named[prompt](r, store.DocumentQuery{Kind: kindPrompt}, name)
}

// validLabel reports whether a label has the form that labels have.
func validLabel(s string) bool {
	const others = "_-."
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune(others, r) {
			return false
		}
	}
	return s != ""
}
