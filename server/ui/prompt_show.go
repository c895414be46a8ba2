//go:build !noui

package ui

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// done are the notices that an address may ask for.
var done = []string{"created", "moved", "removed", "rollback", "experiment", "ended"}

// prompt reads what the pages of a prompt have in common.
func (h *handler) prompt(q *request, name, tab string) (view.Prompt, error) {
	p := view.Prompt{Tab: tab}
	overview, err := h.Catalog.PromptOverview(q.Context(), q.page.Project.ID, name)
	if err != nil {
		return p, err
	}
	protected, err := h.Catalog.ProtectedLabels(q.Context(), q.page.Project.ID)
	if err != nil {
		return p, err
	}
	q.page.Title = name
	p.Page, p.PromptOverview, p.Protected = q.page, overview, map[string]string{}
	for _, l := range protected {
		p.Protected[l.Label] = whoMoves(p.Page, l)
	}
	if key := q.URL.Query().Get("done"); q.Method == http.MethodGet && slices.Contains(done, key) {
		p.Notice = p.T("prompts.done." + key)
	}
	return p, nil
}

// whoMoves says who may move a protected label.
func whoMoves(p view.Page, l catalog.ProtectedLabel) string {
	var who []string
	if len(l.Keys) > 0 {
		who = append(who, p.T("prompts.who.keys", strings.Join(l.Keys, ", ")))
	}
	if len(l.Roles) > 0 {
		who = append(who, p.T("prompts.who.roles", strings.Join(l.Roles, ", ")))
	}
	if len(who) == 0 {
		return p.T("prompts.who.operator")
	}
	return p.T("prompts.who.only", strings.Join(who, p.T("prompts.who.and")))
}

func (h *handler) showPrompt(q *request) error {
	values := q.URL.Query()
	n, err := version(values, "version")
	if err != nil {
		return err
	}
	return h.showVersion(q, values.Get("name"), catalog.PromptSelection{Version: n, Label: values.Get("label")}, http.StatusOK, "")
}

// showVersion shows a version; if none is chosen, the one in production, else the newest. With an
// alert the page says what was refused.
func (h *handler) showVersion(q *request, name string, chosen catalog.PromptSelection, status int, alert string) error {
	p, err := h.prompt(q, name, "versions")
	if err != nil {
		return err
	}
	p.Alert = alert
	if chosen.Version == 0 {
		label := catalog.LabelProduction
		if chosen.Label != "" {
			label = chosen.Label
		}
		chosen = catalog.PromptSelection{Version: p.On(label).Version}
		if chosen.Version == 0 {
			chosen.Version = p.Versions[0]
		}
	}
	got, err := h.Catalog.Prompt(q.Context(), q.page.Project.ID, name, chosen)
	if err != nil {
		return err
	}
	values := q.URL.Query()
	n, err := pageNumber(values)
	if err != nil {
		return err
	}
	if i := slices.Index(p.Versions, got.Version); values.Get("page") == "" && i >= 0 {
		n = i/promptPage + 1 // the page of the list on which it is
	}
	list, total, err := h.Catalog.PromptVersions(q.Context(), q.page.Project.ID, name, store.Page{Limit: promptPage, Offset: (n - 1) * promptPage})
	if err != nil {
		return err
	}
	values.Del("done")
	v := view.PromptVersions{Prompt: p, List: list, Pages: pagesOf(values, p.PromptURL("versions"), n, total)}
	v.Chosen.Prompt = *got
	if v.Chosen.Body, err = promptBody(got); err != nil {
		return err
	}
	v.Chosen.Variables = v.Chosen.Body.Variables()
	v.Chosen.JSON = config(got.Config)
	v.Code = promptCode(got, v.Chosen.Variables)
	h.render(q, status, view.PromptVersionsPage(v))
	return nil
}

// promptBody reads the text or the messages of a version.
func promptBody(p *catalog.Prompt) (view.PromptBody, error) {
	body := view.PromptBody{Chat: p.Type == catalog.PromptChat}
	if !body.Chat {
		return body, json.Unmarshal(p.Prompt, &body.Text)
	}
	var messages []struct {
		Type, Name, Role, Content string
	}
	err := json.Unmarshal(p.Prompt, &messages)
	for _, m := range messages {
		if m.Type == view.PlaceholderRole {
			body.Messages = append(body.Messages, view.PromptMessage{Placeholder: m.Name})
			continue
		}
		body.Messages = append(body.Messages, view.PromptMessage{Role: m.Role, Content: m.Content})
	}
	return body, err
}

// config is a config as indented JSON; empty if it has nothing.
func config(raw json.RawMessage) string {
	var b bytes.Buffer
	if s := strings.TrimSpace(string(raw)); s == "" || s == "{}" || s == "null" || json.Indent(&b, raw, "", "  ") != nil {
		return ""
	}
	return b.String()
}
