package langshark

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// wirePrompt is a prompt as the API of Langfuse and LangShark answers it.
type wirePrompt struct {
	Name          string          `json:"name"`
	Version       int             `json:"version"`
	Type          string          `json:"type"`
	Prompt        json.RawMessage `json:"prompt"`
	Config        json.RawMessage `json:"config"`
	Labels        []string        `json:"labels"`
	Tags          []string        `json:"tags"`
	CommitMessage string          `json:"commitMessage"`
}

type wireMessage struct {
	Type    string          `json:"type"`
	Name    string          `json:"name"`
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

// decodePrompt reads a prompt and takes it apart.
func decodePrompt(body []byte, at time.Time, from PromptOrigin) (*Prompt, error) {
	var w wirePrompt
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, fmt.Errorf("the answer is no prompt: %w", err)
	}
	if w.Name == "" || w.Version < 1 {
		return nil, errors.New("the answer is no prompt: it has no name or no version")
	}
	p := &Prompt{
		name: w.Name, version: w.Version, labels: w.Labels, tags: w.Tags, config: w.Config, commitMessage: w.CommitMessage,
		fetchedAt: at, source: from,
	}
	var text *string
	if json.Unmarshal(w.Prompt, &text) == nil && text != nil {
		p.setText(*text)
		return p, nil
	}
	var list []wireMessage
	if err := json.Unmarshal(w.Prompt, &list); err != nil || list == nil {
		return nil, errors.Join(errors.New("prompt: neither a text nor a list of messages"), err)
	}
	messages := make([]chatTemplate, 0, len(list))
	for i, m := range list {
		if m.Type == "placeholder" {
			messages = append(messages, chatTemplate{placeholder: m.Name})
			continue
		}
		var content string
		if len(m.Content) > 0 {
			if err := json.Unmarshal(m.Content, &content); err != nil {
				return nil, fmt.Errorf("prompt[%d].content: only texts are supported: %w", i, err)
			}
		}
		messages = append(messages, chatTemplate{message: Message{Role: m.Role}, content: parseTemplate(content)})
	}
	p.setMessages(messages)
	return p, nil
}

func (p *Prompt) setText(s string) {
	p.text = parseTemplate(s)
	p.variables = p.text.names
}

func (p *Prompt) setMessages(list []chatTemplate) {
	p.messages = list
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			p.variables = append(p.variables, name)
		}
	}
	for _, m := range list {
		if m.content == nil {
			add(m.placeholder)
			continue
		}
		for _, name := range m.content.names {
			add(name)
		}
	}
}
