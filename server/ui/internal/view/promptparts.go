package view

import (
	"context"
	"html"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ui/internal/message"
)

// PlaceholderRole is what the editor names the role of a placeholder.
const PlaceholderRole = "placeholder"

// promptRoles are those to choose from.
var promptRoles = []string{"system", "user", "assistant", "developer", PlaceholderRole}

func rolesFor(role string) []string {
	if role == "" || slices.Contains(promptRoles, role) {
		return promptRoles
	}
	return append([]string{role}, promptRoles...)
}

func roleClass(role string) string {
	if slices.Contains([]string{"system", "user", "assistant", "developer", "tool"}, role) {
		return role
	}
	return ""
}

func roleName(p Page, role string) string {
	if role == PlaceholderRole {
		return p.T("prompts.placeholder")
	}
	if p.Has("chat.role." + role) {
		return p.T("chat.role." + role)
	}
	return role
}

// area is what stands in a textarea: of a line break at its start browsers take one away.
func area(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "\n"+html.EscapeString(text))
		return err
	})
}

// described ties a field to its error.
func described(e PromptEditor, name string) templ.Attributes {
	if e.Errors[name] == "" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": "e-" + name}
}

// back is where cancel leads.
func (e PromptEditor) back() string {
	if e.From == 0 {
		return e.PromptURL("", "folder", folderOf(e.Name))
	}
	return e.PromptURL("versions", "name", e.Name, "version", strconv.Itoa(e.From))
}

// folderOf is what a name has to its last slash that isn't its end.
func folderOf(name string) string {
	return name[:strings.LastIndexByte(strings.TrimSuffix(name, "/"), '/')+1]
}

// FolderCrumbs lead to the folders of a path that ends in a slash.
func FolderCrumbs(p Page, folder string) []Crumb { return folderCrumbs(p, folder) }

func folderCrumbs(p Page, folder string) (crumbs []Crumb) {
	begin := 0
	for i := range len(folder) {
		if folder[i] == '/' {
			crumbs = append(crumbs, Crumb{folder[begin : i+1], p.PromptURL("", "folder", folder[:i+1])})
			begin = i + 1
		}
	}
	return crumbs
}

// before is the version before another one, 0 if there is none. Newest come first.
func before(versions []int, version int) int {
	if i := slices.Index(versions, version); i >= 0 && i+1 < len(versions) {
		return versions[i+1]
	}
	return 0
}

// versionOption is a version with its labels, in a list to choose from.
func versionOption(p Prompt, version int) string {
	if labels := p.labelsOf(version); len(labels) > 0 {
		return "v" + strconv.Itoa(version) + " · " + strings.Join(labels, ", ")
	}
	return "v" + strconv.Itoa(version)
}

// otherLabels are those but production and latest.
func otherLabels(labels []string) (others []string) {
	for _, l := range labels {
		if l != catalog.LabelProduction && l != catalog.LabelLatest {
			others = append(others, l)
		}
	}
	return others
}

// labelsOf are the labels of a version.
func (p Prompt) labelsOf(version int) (labels []string) {
	for _, l := range p.Labels {
		if l.Version == version {
			labels = append(labels, l.Label)
		}
	}
	return labels
}

// picked reports whether a version is one of the two side by side.
func (m PromptMetrics) picked(version int) bool {
	return m.A != nil && m.B != nil && (m.A.Version == version || m.B.Version == version)
}

// plainBody is what the copy button copies: the text, or the messages as JSON.
func plainBody(b PromptBody, raw []byte) string {
	if b.Chat {
		return string(raw)
	}
	return b.Text
}

func observationQuery(id string) string { return url.Values{"observation": {id}}.Encode() }

func useOf(u PromptUse) string {
	name := ""
	if u.Trace != nil {
		name = u.Trace.Name
	}
	if u.Model == "" || name == "" {
		return name + u.Model
	}
	return name + " · " + u.Model
}

func useLatency(p message.Printer, u PromptUse) string {
	if u.End.IsZero() {
		return p.T("js.running")
	}
	return p.Duration(max(u.Latency(), 0))
}

func useTokens(p message.Printer, u PromptUse) string {
	if u.Usage == nil {
		return message.Unknown
	}
	return p.Number(u.Usage.Input) + " → " + p.Number(u.Usage.Output)
}

func useCost(p message.Printer, u PromptUse) string {
	if u.Cost == nil {
		return message.Unknown
	}
	return p.USD(Dollars(u.Cost.Total))
}

func actionIcon(a catalog.PromptAction) string {
	switch a {
	case catalog.ActionCreate:
		return "plus"
	case catalog.ActionRollback:
		return "return"
	case catalog.ActionDelete, catalog.ActionUnlabel:
		return "x"
	case catalog.ActionExperiment, catalog.ActionExperimentEnd:
		return "split"
	case catalog.ActionLabel, catalog.ActionTags:
	}
	return "label"
}

// actionText says in a sentence what was done.
func actionText(p Page, c catalog.PromptChange) string {
	version, from := strconv.Itoa(c.Version), strconv.Itoa(c.From)
	switch c.Action {
	case catalog.ActionCreate:
		return p.T("prompts.did.create", version)
	case catalog.ActionLabel:
		if c.From == 0 {
			return p.T("prompts.did.label", c.Label, version)
		}
		return p.T("prompts.did.move", c.Label, from, version)
	case catalog.ActionUnlabel:
		return p.T("prompts.did.unlabel", c.Label, from)
	case catalog.ActionRollback:
		return p.T("prompts.did.rollback", c.Label, from, version)
	case catalog.ActionDelete:
		if c.Version == 0 {
			return p.T("prompts.did.deleteall")
		}
		return p.T("prompts.did.delete", version)
	case catalog.ActionTags:
		return p.T("prompts.did.tags")
	case catalog.ActionExperiment:
		if len(c.Variants) == 0 { // it was noted before variants were
			return p.T("prompts.did.experiment", c.Experiment)
		}
		var variants []string
		for _, v := range c.Variants {
			variants = append(variants, v.Name+" v"+strconv.Itoa(v.Version)+" "+share(v.Weight))
		}
		return p.T("prompts.did.experiment", c.Experiment) + ": " + strings.Join(variants, ", ")
	case catalog.ActionExperimentEnd:
		return p.T("prompts.did.experiment.end", c.Experiment)
	}
	return string(c.Action)
}

// planText says who moves if an experiment changes so.
func planText(p Page, plan catalog.ExperimentPlan) string {
	text := p.T("prompts.experiment.nobody")
	if plan.Moved > 0 {
		text = p.T("prompts.experiment.moved", share(plan.Moved))
	}
	if plan.Renewed > 0 {
		text += " " + p.T("prompts.experiment.renewed", share(plan.Renewed))
	}
	return text + " " + p.T("prompts.experiment.rest", share(plan.Outside))
}

// Week is how far back the list of prompts counts generations.
const Week = 7 * 24 * time.Hour
