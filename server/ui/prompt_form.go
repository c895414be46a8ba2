//go:build !noui

package ui

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// readEditor reads the form as it was typed.
func readEditor(q *request) (view.PromptEditor, error) {
	f := q.PostForm
	from, err := version(f, "from")
	if err != nil && f.Get("from") != "0" {
		return view.PromptEditor{}, err
	}
	newest, err := version(f, "newest")
	if err != nil && f.Get("newest") != "0" {
		return view.PromptEditor{}, err
	}
	e := view.PromptEditor{
		From: from, Newest: newest, Name: f.Get("name"), Type: f.Get("type"), Text: unixLines(f.Get("prompt")), Config: unixLines(f.Get("config")), Labels: f.Get("labels"),
		Tags: f.Get("tags"), Commit: f.Get("commitMessage"), Production: f.Get("production") != "", Errors: map[string]string{}, Typed: true,
	}
	contents := f["content"]
	for i, role := range f["role"] {
		if i < len(contents) {
			e.Messages = append(e.Messages, view.PromptMessage{Role: role, Content: unixLines(contents[i])})
		}
	}
	switch {
	case e.Type != catalog.PromptChat:
		e.Type = catalog.PromptText
		if len(f["prompt"]) == 0 { // it was a chat
			e.Text = contentsOf(e.Messages)
		}
		e.Messages = nil
	case len(e.Messages) == 0: // it was a text
		e.Messages = []view.PromptMessage{{Role: "system", Content: e.Text}}
	}
	return e, nil
}

func contentsOf(messages []view.PromptMessage) string {
	var texts []string
	for _, m := range messages {
		if m.Role != view.PlaceholderRole {
			texts = append(texts, m.Content)
		}
	}
	return strings.Join(texts, "\n\n")
}

// unixLines has line breaks as prompts have them: forms send two characters for each.
func unixLines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// rearrange adds, moves or removes a message of a chat.
func rearrange(e *view.PromptEditor, do string) {
	if e.Type != catalog.PromptChat {
		return
	}
	what, number, _ := strings.Cut(do, "-")
	i, err := strconv.Atoi(number)
	in := err == nil && i >= 0 && i < len(e.Messages)
	swap := func(i, j int) { e.Messages[i], e.Messages[j] = e.Messages[j], e.Messages[i] }
	switch {
	case what == "add":
		role := "user"
		if n := len(e.Messages); n > 0 && e.Messages[n-1].Role == "user" {
			role = "assistant"
		}
		e.Messages = append(e.Messages, view.PromptMessage{Role: role})
	case what == "placeholder":
		e.Messages = append(e.Messages, view.PromptMessage{Role: view.PlaceholderRole, Content: "history"})
	case what == "remove" && in && len(e.Messages) > 1:
		e.Messages = slices.Delete(e.Messages, i, i+1)
	case what == "up" && in && i > 0:
		swap(i, i-1)
	case what == "down" && in && i+1 < len(e.Messages):
		swap(i, i+1)
	}
}

// written is what the form has, as it is shown.
func written(e *view.PromptEditor) view.PromptBody {
	body := view.PromptBody{Chat: e.Type == catalog.PromptChat, Text: e.Text}
	for _, m := range e.Messages {
		if m.Role == view.PlaceholderRole {
			m = view.PromptMessage{Placeholder: strings.TrimSpace(m.Content)}
		}
		body.Messages = append(body.Messages, m)
	}
	return body
}

// promptRequest is the form as the catalog takes it.
func promptRequest(p view.Page, e *view.PromptEditor) map[string]any {
	body := map[string]any{"name": e.Name, "type": e.Type, "tags": readTags(e.Tags), "expect": map[string]int{catalog.LabelLatest: e.Newest}}
	if strings.TrimSpace(e.Name) == "" {
		e.Errors["name"] = p.T("prompts.edit.noname")
	}
	labels := commaList(e.Labels)
	if e.Production && !slices.Contains(labels, catalog.LabelProduction) {
		labels = append(labels, catalog.LabelProduction)
	}
	body["labels"] = labels
	if e.Commit != "" {
		body["commitMessage"] = e.Commit
	}
	if strings.TrimSpace(e.Config) != "" {
		if text := badJSON(p, e.Config); text != "" {
			e.Errors["config"] = text
		} else {
			body["config"] = json.RawMessage(e.Config)
		}
	}
	if e.Type != catalog.PromptChat {
		body["prompt"] = e.Text
		return body
	}
	messages := []map[string]string{}
	for i, m := range written(e).Messages {
		if e.Messages[i].Role == view.PlaceholderRole {
			if m.Placeholder == "" {
				e.Errors["prompt"] = p.T("prompts.edit.noplaceholder", strconv.Itoa(i+1))
			}
			messages = append(messages, map[string]string{"type": view.PlaceholderRole, "name": m.Placeholder})
			continue
		}
		messages = append(messages, map[string]string{"role": m.Role, "content": m.Content})
	}
	body["prompt"] = messages
	return body
}

// commaList are the parts of a text between commas, each once.
func commaList(text string) []string {
	list := []string{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(list, part) {
			list = append(list, part)
		}
	}
	return list
}
