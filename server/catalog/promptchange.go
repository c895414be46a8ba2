package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// promptRequest is what a request to add a version gives.
type promptRequest struct {
	name, kind    string
	prompt        json.RawMessage
	config        json.RawMessage
	labels, tags  []string // nil if not given
	commitMessage string
}

// CreatePrompt adds a version to a prompt, the first if there is none of that name,
// given as JSON: name, prompt, and as one likes type (text, or chat with an array of messages),
// labels, tags, config, commitMessage. The labels, and latest, move to it. Tags are those of all
// versions; without any they stay.
func (c *Catalog) CreatePrompt(ctx context.Context, projectID string, body []byte) (*Prompt, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	return c.createPrompt(ctx, projectID, o, readPrompt(o))
}

// CreatePromptV1 is [Catalog.CreatePrompt] in the older form, which has isActive instead of labels.
func (c *Catalog) CreatePromptV1(ctx context.Context, projectID string, body []byte) (*Prompt, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	request := readPrompt(o)
	request.labels = nil
	if active := o.flag("isActive"); active != nil && *active {
		request.labels = []string{LabelProduction}
	} else if active == nil {
		o.need("isActive")
	}
	return c.createPrompt(ctx, projectID, o, request)
}

func (c *Catalog) createPrompt(ctx context.Context, projectID string, o *object, request promptRequest) (*Prompt, error) {
	if err := o.err(); err != nil {
		return nil, err
	}
	var made *Prompt
	err := c.change(ctx, projectID, func(tx store.DocumentTx) error {
		p, err := promptNamed(tx, request.name)
		if err != nil {
			return err
		}
		made, err = request.add(tx, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// add adds the version; p is nil if it is the first.
func (request *promptRequest) add(tx store.DocumentTx, p *prompt) (*Prompt, error) {
	switch {
	case p == nil:
		p = &prompt{Identity: Identity{ID: newID()}, Name: request.name, Type: request.kind, Tags: []string{}}
	case p.Type != request.kind:
		return nil, refused("Previous versions have different prompt type. Create a new prompt with a different name.")
	case len(p.Versions) >= MaxPromptVersions:
		return nil, refused("Prompt has %d versions: delete some, or create a prompt with a different name", MaxPromptVersions)
	}
	p.Last++
	v := &promptVersion{
		Identity: Identity{ID: newID()}, Version: p.Last, Prompt: request.prompt, Config: request.config,
		CommitMessage: request.commitMessage, CreatedBy: "API",
	}
	if err := put(tx, kindPromptVersion, p.ID, p.Name, v); err != nil {
		return nil, err
	}
	now := v.CreatedAt
	p.Versions = append(p.Versions, versionRef{Version: v.Version, ID: v.ID, UpdatedAt: now})
	for _, label := range request.labels {
		if label != LabelLatest {
			p.move(label, v.Version, now)
		}
	}
	p.move(LabelLatest, v.Version, now)
	if request.tags != nil {
		p.tag(request.tags, now)
	}
	if err := put(tx, kindPrompt, "", p.Name, p); err != nil {
		return nil, err
	}
	if err := keepReferences(tx, p, v); err != nil {
		return nil, err
	}
	return p.whole(v), p.check(tx, v.Version)
}

// check refuses a version whose references lead nowhere.
func (p *prompt) check(tx store.DocumentTx, version int) error {
	whole, err := p.load(tx, version)
	if err != nil {
		return err
	}
	return whole.resolve(tx)
}

func readPrompt(o *object) promptRequest {
	request := promptRequest{name: o.name("name"), kind: PromptText, config: json.RawMessage(`{}`)}
	if kind := o.oneOf("type", PromptText, PromptChat); kind != "" {
		request.kind = kind
	}
	switch {
	case !o.need("prompt"):
	case request.kind == PromptChat:
		request.prompt = readMessages(o)
	case o.is("prompt", "string"):
		request.prompt = bytes.Clone(o.any("prompt"))
	}
	if o.has("config") {
		request.config = o.any("config")
	}
	if o.has("tags") {
		request.tags = o.texts("tags")
	}
	if o.has("labels") {
		request.labels = readLabels(o, "labels")
	}
	if message := o.text("commitMessage"); message != nil {
		request.commitMessage = *message
	}
	return request
}

func readLabels(o *object, field string) []string {
	labels := o.texts(field)
	for i, label := range labels {
		if !validLabel(label) {
			o.fail(field, "invalid_string", "label %s: use lower-case letters, digits, underscores, hyphens and periods", strconv.Quote(label))
		}
		if i > 0 && len(labels) > 100 {
			o.fail(field, "too_big", "must have at most 100 labels")
			break
		}
	}
	return labels
}

// readMessages reads the messages of a chat: of each its role and content, or the name of a placeholder.
func readMessages(o *object) json.RawMessage {
	list := []promptMessage{}
	for _, e := range o.objects("prompt") {
		if kind := e.text("type"); kind != nil && *kind == "placeholder" {
			list = append(list, promptMessage{Type: *kind, Name: e.needID("name")})
			continue
		}
		read := promptMessage{Role: e.needID("role")}
		if e.need("content") && e.is("content", "string") {
			content, err := unquote(e.members["content"])
			if err != nil {
				e.fail("content", "invalid_string", "%v", err)
			}
			read.Content = &content
		}
		list = append(list, read)
	}
	messages, err := encode(list)
	if err != nil {
		o.fail("prompt", "custom", "%v", err)
	}
	return messages
}

// LabelPrompt moves labels to a version, given as JSON: newLabels. Those that it has stay.
func (c *Catalog) LabelPrompt(ctx context.Context, projectID, name string, version int, body []byte) (*Prompt, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	o.need("newLabels")
	labels := readLabels(o, "newLabels")
	if slices.Contains(labels, LabelLatest) {
		o.fail("newLabels", "custom", "latest is always on the newest version: leave it out")
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	var labelled *Prompt
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error {
		p, err := promptNamed(tx, name)
		if err != nil {
			return err
		}
		if p == nil || p.ref(version) == nil {
			return promptNotFound(name, "version "+strconv.Itoa(version))
		}
		for _, label := range labels {
			p.move(label, version, time.Now())
		}
		if err := put(tx, kindPrompt, "", p.Name, p); err != nil {
			return err
		}
		if err := p.check(tx, version); err != nil {
			return err
		}
		labelled, err = p.load(tx, version)
		return err
	})
	if err != nil {
		return nil, err
	}
	return labelled, nil
}

// DeletePrompt removes the versions of a prompt that the selection names, all if it names
// none. The newest of those that stay becomes the latest.
func (c *Catalog) DeletePrompt(ctx context.Context, projectID, name string, s PromptSelection) error {
	return c.change(ctx, projectID, func(tx store.DocumentTx) error {
		p, err := promptNamed(tx, name)
		if err != nil {
			return err
		}
		if p == nil {
			return notFound("Prompt not found: '%s'", name)
		}
		refs := slices.Clone(p.Versions)
		if s != (PromptSelection{}) {
			ref := p.ref(s.of(p))
			if ref == nil {
				return promptNotFound(name, s.text())
			}
			refs = []versionRef{*ref}
		}
		for _, ref := range refs {
			if err := tx.Delete(kindPromptVersion, ref.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if err := dropReferences(tx, ref.ID); err != nil {
				return err
			}
			p.drop(ref.Version, time.Now())
		}
		if err := p.freed(tx, "Prompt '"+name+"' can't be deleted"); err != nil {
			return err
		}
		if len(p.Versions) == 0 {
			return tx.Delete(kindPrompt, p.ID)
		}
		return put(tx, kindPrompt, "", p.Name, p)
	})
}
