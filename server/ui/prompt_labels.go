//go:build !noui

package ui

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/server/catalog"
)

// postLabel moves a label to a version, or takes it away.
func (h *handler) postLabel(q *request) error {
	if err := q.form(); err != nil {
		return err
	}
	name, label := q.PostForm.Get("name"), strings.TrimSpace(q.PostForm.Get("label"))
	n, err := version(q.PostForm, "version")
	if err != nil {
		return err
	}
	from, err := version(q.PostForm, "from")
	if err != nil {
		return err
	}
	change := map[string]any{}
	if from != 0 {
		change["expect"] = map[string]int{label: from}
	}
	said := "moved"
	switch action := q.PostForm.Get("action"); action {
	case "move":
		change["newLabels"] = []string{label}
	case "remove":
		change["removeLabels"], said = []string{label}, "removed"
	default:
		return badInput("input.action", action)
	}
	body, err := json.Marshal(change)
	if err != nil {
		return err
	}
	_, err = h.Catalog.LabelPrompt(q.acting(), q.page.Project.ID, name, n, body)
	return h.answerChange(q, name, n, said, err)
}

// postRollback moves what is in production from one version to another, if it is still there.
func (h *handler) postRollback(q *request) error {
	if err := q.form(); err != nil {
		return err
	}
	name := q.PostForm.Get("name")
	from, err := version(q.PostForm, "from")
	if err != nil {
		return err
	}
	to, err := version(q.PostForm, "to")
	if err != nil {
		return err
	}
	overview, err := h.Catalog.PromptOverview(q.Context(), q.page.Project.ID, name)
	if err != nil {
		return err
	}
	change := map[string]any{"name": name, "expect": map[string]int{catalog.LabelProduction: from}}
	if overview.On(catalog.LabelProduction).Back != to { // elsewhere than the last move came from
		change["version"] = to
	}
	body, err := json.Marshal(change)
	if err != nil {
		return err
	}
	_, err = h.Catalog.RollbackPrompt(q.acting(), q.page.Project.ID, body)
	return h.answerChange(q, name, to, "rollback", err)
}

// answerChange shows the version that was changed, or why it was not.
func (h *handler) answerChange(q *request, name string, n int, said string, err error) error {
	if err != nil {
		text, status := refusal(q.page, err)
		if status == 0 {
			return err
		}
		return h.showVersion(q, name, catalog.PromptSelection{Version: n}, status, text)
	}
	return q.redirectTo(q.page.PromptURL("versions", "name", name, "version", strconv.Itoa(n), "done", said))
}
