//go:build !noui

package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// editPrompt shows the form of a new prompt, or of a version made of another.
func (h *handler) editPrompt(q *request) error {
	values := q.URL.Query()
	n, err := version(values, "version")
	if err != nil {
		return err
	}
	e := view.PromptEditor{Type: catalog.PromptText, Name: values.Get("folder"), Production: true}
	if name := values.Get("name"); name != "" {
		overview, err := h.Catalog.PromptOverview(q.Context(), q.page.Project.ID, name)
		if err != nil {
			return err
		}
		if n == 0 {
			n = overview.Versions[0]
		}
		p, err := h.Catalog.Prompt(q.Context(), q.page.Project.ID, name, catalog.PromptSelection{Version: n})
		if err != nil {
			return err
		}
		body, err := promptBody(p)
		if err != nil {
			return err
		}
		e = view.PromptEditor{From: n, Newest: overview.Versions[0], Name: name, Type: p.Type, Text: body.Text, Config: config(p.Config), Tags: writeTags(p.Tags)}
		for _, m := range body.Messages {
			if m.Placeholder != "" {
				m = view.PromptMessage{Role: view.PlaceholderRole, Content: m.Placeholder}
			}
			e.Messages = append(e.Messages, m)
		}
	}
	h.showEditor(q, e, http.StatusOK)
	return nil
}

func (h *handler) showEditor(q *request, e view.PromptEditor, status int) {
	e.Page = q.page
	e.Title = e.T("prompts.new")
	if e.From != 0 {
		e.Title = e.T("prompts.edit.title", e.Name, strconv.Itoa(e.From))
	}
	if e.Type == catalog.PromptChat && len(e.Messages) == 0 {
		e.Messages = []view.PromptMessage{{Role: "system"}}
	}
	e.Variables = written(&e).Variables()
	if q.fragment() {
		h.render(q, status, view.PromptEditorBody(e))
		return
	}
	h.render(q, status, view.PromptEditorPage(e))
}

// postPrompt keeps what was written, or shows it again: with a message more, as a preview, or with
// what is wrong.
func (h *handler) postPrompt(q *request) error {
	if err := q.form(); err != nil {
		return err
	}
	e, err := readEditor(q)
	if err != nil {
		return err
	}
	switch do := q.PostForm.Get("do"); do {
	case "save", "":
	case "preview":
		body := written(&e)
		e.Preview = &body
		h.showEditor(q, e, http.StatusOK)
		return nil
	default:
		rearrange(&e, do)
		h.showEditor(q, e, http.StatusOK)
		return nil
	}
	made, err := h.keepPrompt(q, &e)
	if err != nil {
		return err
	}
	if len(e.Errors) > 0 {
		h.showEditor(q, e, http.StatusUnprocessableEntity)
		return nil
	}
	return q.redirectTo(q.page.PromptURL("versions", "name", made.Name, "version", strconv.Itoa(made.Version), "done", "created"))
}

// keepPrompt adds the version. What is wrong with it stands in Errors.
func (h *handler) keepPrompt(q *request, e *view.PromptEditor) (*catalog.Prompt, error) {
	body := promptRequest(q.page, e)
	if len(e.Errors) > 0 {
		return nil, nil //nolint:nilnil // Errors say what is wrong
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if len(raw) > maxPromptBytes {
		e.Errors[""] = q.page.T("prompts.edit.toolong", q.page.Number(int64(len(raw))), q.page.Number(maxPromptBytes))
		return nil, nil //nolint:nilnil // Errors say what is wrong
	}
	made, err := h.Catalog.CreatePrompt(q.acting(), q.page.Project.ID, raw)
	if err == nil {
		return made, nil
	}
	if fields, ok := errors.AsType[ingest.FieldErrors](err); ok {
		for _, f := range fields {
			name := ""
			if len(f.Path) > 0 {
				name = f.Path[0]
			}
			if !slices.Contains([]string{"name", "prompt", "config", "labels", "tags", "commitMessage"}, name) {
				name = ""
			}
			text := sayField(q.page, f)
			if name != "" && len(f.Path) == 1 { // it stands at the field
				text = say(q.page, f.Message, f.Reason)
			}
			if before := e.Errors[name]; before != "" {
				text = before + q.page.T("prompts.refused.and") + text
			}
			e.Errors[name] = text
		}
		return nil, nil //nolint:nilnil // Errors say what is wrong
	}
	if _, ok := errors.AsType[*catalog.ConflictError](err); ok { // by what it expects of latest, and nothing else
		return nil, h.overtaken(q, e)
	}
	text, status := refusal(q.page, err)
	if status == 0 {
		return nil, err
	}
	e.Errors[""] = text
	return nil, nil //nolint:nilnil // Errors say what is wrong
}

// overtaken says that somebody was faster. Saved again, what was written is on top of theirs.
func (h *handler) overtaken(q *request, e *view.PromptEditor) error {
	if e.From == 0 {
		e.Errors["name"] = q.page.T("prompts.edit.taken")
		return nil
	}
	overview, err := h.Catalog.PromptOverview(q.Context(), q.page.Project.ID, e.Name)
	if err != nil {
		return err
	}
	e.Newest = overview.Versions[0]
	e.Errors[""] = q.page.T("prompts.edit.behind", strconv.Itoa(e.Newest))
	return nil
}
