package catalog

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
)

// promptRequest is what a request to add a version gives.
type promptRequest struct {
	name, kind    string
	prompt        json.RawMessage
	config        json.RawMessage
	labels, tags  []string // nil if not given
	commitMessage string
	expect        map[string]int
}

// CreatePrompt adds a version to a prompt, the first if there is none of that name (if there was one, the numbers go on),
// given as JSON: name, prompt, and as one likes type (text, or chat with an array of messages),
// labels, tags, config, commitMessage, and expect as in [Catalog.LabelPrompt]. The labels, and latest, move
// to it. Tags are those of all versions; without any they stay.
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
	err := c.editPrompt(ctx, projectID, request.name, func(e *promptEdit) (err error) {
		made, err = request.add(e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// add adds the version.
func (request *promptRequest) add(e *promptEdit) (*Prompt, error) {
	switch {
	case e.p == nil:
		last, err := lastNumber(e.tx, request.name)
		if err != nil {
			return nil, err
		}
		e.p = &prompt{Identity: Identity{ID: newID()}, Name: request.name, Type: request.kind, Tags: []string{}, Last: last}
	case e.p.Type != request.kind:
		return nil, refused("Previous versions have different prompt type. Create a new prompt with a different name.")
	case len(e.p.Versions) >= MaxPromptVersions:
		return nil, refused("Prompt has %d versions: delete some, or create a prompt with a different name", MaxPromptVersions)
	}
	p := e.p
	if err := p.meets(request.expect); err != nil {
		return nil, err
	}
	p.Last++
	v := &promptVersion{
		Identity: Identity{ID: newID()}, Version: p.Last, Prompt: request.prompt, Config: request.config,
		CommitMessage: request.commitMessage, CreatedBy: cmp.Or(e.by.Name, "API"),
	}
	if err := put(e.tx, kindPromptVersion, p.ID, p.Name, v); err != nil {
		return nil, err
	}
	e.now, e.message = v.CreatedAt, request.commitMessage
	p.Versions = append(p.Versions, versionRef{Version: v.Version, ID: v.ID, UpdatedAt: e.now})
	e.note(promptHistory{Action: ActionCreate, Version: v.Version})
	for _, label := range append(slices.Clone(request.labels), LabelLatest) {
		if err := e.label(label, v.Version, ActionLabel); err != nil {
			return nil, err
		}
	}
	if request.tags != nil && p.tag(request.tags, e.now) {
		e.note(promptHistory{Action: ActionTags})
	}
	if err := keepReferences(e.tx, p, v); err != nil {
		return nil, err
	}
	if err := e.saveHead(); err != nil { // references may lead back to it
		return nil, err
	}
	return p.whole(v), p.check(e.tx, v.Version)
}

// check refuses a version whose references lead nowhere.
func (p *prompt) check(r reader, version int) error {
	whole, err := p.load(r, version)
	if err != nil {
		return err
	}
	return whole.resolve(r)
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
	request.expect = readExpect(o)
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
