package langsharktest

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/langshark/langshark-go"
)

// Prompts are managed prompts for tests, by name: the version for every label, and
// for the number that it has. Give them to [langshark.Config].Prompts, as in
//
//	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) {
//		c.Prompts = langsharktest.Prompts{"support/answer": {Text: "Hello {{name}}"}}
//	})
//
// "support/answer@staging" and "support/answer@3" are for that label and that version alone.
type Prompts map[string]Prompt

// Prompt is a managed prompt for tests: a text, or the messages of a chat.
type Prompt struct {
	Text string
	// Messages may have a [langshark.Placeholder]. Of a message, role and content count.
	Messages []langshark.Message
	// Version defaults to 1.
	Version int
	// Config is encoded as JSON.
	Config any
}

// FetchPrompt finds a prompt, else returns [langshark.ErrPromptNotFound].
func (p Prompts) FetchPrompt(_ context.Context, r langshark.PromptRequest) (langshark.PromptResponse, error) {
	selector := r.Label
	if r.Version > 0 {
		selector = strconv.Itoa(r.Version)
	}
	found, ok := p[r.Name+"@"+selector]
	if !ok {
		if found, ok = p[r.Name]; ok && r.Version > 0 && r.Version != max(found.Version, 1) {
			ok = false
		}
	}
	if !ok || r.Experiment != "" {
		return langshark.PromptResponse{}, fmt.Errorf("%w: the test has no %q with %s", langshark.ErrPromptNotFound, r.Name, selector)
	}
	body, err := json.Marshal(found.onWire(&r))
	if err != nil {
		return langshark.PromptResponse{}, fmt.Errorf("config of prompt %q: %w", r.Name, err)
	}
	return langshark.PromptResponse{Body: body}, nil
}

func (p *Prompt) onWire(r *langshark.PromptRequest) map[string]any {
	version := p.Version
	if version == 0 {
		version = max(r.Version, 1)
	}
	wire := map[string]any{"name": r.Name, "version": version, "prompt": p.Text, "config": p.Config, "labels": []string{r.Label}}
	if p.Messages == nil {
		return wire
	}
	list := make([]map[string]any, 0, len(p.Messages))
	for i := range p.Messages {
		m := &p.Messages[i]
		if m.Role == "placeholder" {
			list = append(list, map[string]any{"type": "placeholder", "name": m.Name})
			continue
		}
		list = append(list, map[string]any{"role": m.Role, "content": m.Content})
	}
	wire["prompt"] = list
	return wire
}
