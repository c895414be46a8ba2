package view

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

// Prompts is the list of prompts in a folder.
type Prompts struct {
	Page
	Folder, Q, Tag, Label string
	Folders               []catalog.PromptFolder
	Rows                  []PromptRow
	Tags, Labels          []string // to choose from
	// Crumbs are the folders above, from the top.
	Crumbs []Crumb
	Pages  Pages
	// Code is how to use a first prompt.
	Code string
}

// Filtered says that the list is narrowed.
func (p Prompts) Filtered() bool { return p.Q != "" || p.Tag != "" || p.Label != "" }

// Crumb is a place above a page.
type Crumb struct{ Name, URL string }

// PromptRow is a prompt of the list.
type PromptRow struct {
	catalog.PromptInfo
	// Uses are the generations of the last seven days.
	Uses int64
}

// Newest is the highest number of a version.
func (r PromptRow) Newest() int { return r.Versions[len(r.Versions)-1] }

// Short is the name without the folder.
func (p Prompts) short(name string) string {
	if p.Q != "" {
		return name
	}
	return strings.TrimPrefix(name, p.Folder)
}

// Pages lead from one page of a list to its neighbours; an empty address is none.
type Pages struct{ Before, After string }

// Prompt is what the pages of one prompt have in common.
type Prompt struct {
	Page
	*catalog.PromptOverview
	// Tab is the current one.
	Tab string
	// Notice says what was done, Alert what was refused; may be empty.
	Notice, Alert string
	// Protected has those who may move a label, as text.
	Protected map[string]string
}

// Tabs are the pages of a prompt.
var promptTabs = []string{"versions", "compare", "metrics", "uses", "experiments", "history"}

// tabURL is the address of a page of the prompt.
func (p Prompt) tabURL(tab string, values ...string) string {
	return p.PromptURL(tab, append([]string{"name", p.Name}, values...)...)
}

// versionURL is the page of a version.
func (p Prompt) versionURL(version int) string {
	return p.tabURL("versions", "version", strconv.Itoa(version))
}

// PromptURL is the address of a page of the prompts: the tab, and its parameters in pairs. Names stand in
// parameters, since they may have any characters. Empty ones are left out.
func (p Page) PromptURL(tab string, pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	address := p.ProjectURL("prompts")
	if tab != "" {
		address = p.ProjectURL("prompts", tab)
	}
	if len(values) == 0 {
		return address
	}
	return address + "?" + values.Encode()
}

// PromptVersions is the page of the versions of a prompt, one of which is chosen.
type PromptVersions struct {
	Prompt
	List   []catalog.Prompt // a page of them
	Pages  Pages
	Chosen PromptVersion
	Code   []Snippet
}

// PromptVersion is a version as it is shown.
type PromptVersion struct {
	catalog.Prompt
	Body      PromptBody
	Variables []string
	// JSON is the config, indented; empty if it has nothing.
	JSON string
}

// Free are the labels of the prompt that are on other versions.
func (p PromptVersions) free() (labels []catalog.PlacedLabel) {
	for _, l := range p.Labels {
		if l.Label != catalog.LabelLatest && l.Version != p.Chosen.Version {
			labels = append(labels, l)
		}
	}
	return labels
}

// PromptBody is a text, or the messages of a chat.
type PromptBody struct {
	Text     string
	Messages []PromptMessage
	Chat     bool
}

// PromptMessage is a message of a chat; Placeholder is the name of what takes messages in its place.
type PromptMessage struct{ Role, Content, Placeholder string }

// Snippet is code in a language.
type Snippet struct{ Lang, Title, Code string }

// PromptEditor is the page on which a version is written.
type PromptEditor struct {
	Page
	// From is the version that the new one is made of; 0 for a new prompt.
	From int
	// Newest is the newest version that the writer has seen.
	Newest                                         int
	Name, Type, Text, Config, Labels, Tags, Commit string
	Messages                                       []PromptMessage
	Production                                     bool
	// Errors are by field; that of no field is by "".
	Errors map[string]string
	// Preview shows what is written.
	Preview   *PromptBody
	Variables []string
	// Typed says that the page has what isn't kept yet.
	Typed bool
}

// PromptCompare is the page of two versions.
type PromptCompare struct {
	Prompt
	From, To int
	Diff     *catalog.PromptDiff // nil if there is nothing to compare
	Choices  []int
}

// same reports whether nothing has changed.
func same(parts []catalog.DiffPart) bool {
	for _, p := range parts {
		if p.Op != "equal" {
			return false
		}
	}
	return true
}

func (c PromptCompare) same() bool {
	for _, m := range c.Diff.Messages {
		if !same(m.Parts) {
			return false
		}
	}
	return same(c.Diff.Parts) && same(c.Diff.Config)
}

// PromptUses is the page of the generations of a prompt.
type PromptUses struct {
	Prompt
	Version int // 0 is all
	Rows    []PromptUse
	Older   string
	Choices []int
}

// PromptUse is a generation.
type PromptUse struct {
	store.Observation
	Trace *store.Trace
}

// PromptHistory is the page of what was done to a prompt.
type PromptHistory struct {
	Prompt
	Rows  []catalog.PromptChange
	Older string
}

// repeated reports whether a row says the same as the one below it, both being parts of one change.
func (h PromptHistory) repeated(i int) bool {
	return i+1 < len(h.Rows) && h.Rows[i].Message == h.Rows[i+1].Message && h.Rows[i].At.Sub(h.Rows[i+1].At) < time.Second
}

// PromptExperiments is the page of the experiments on a prompt.
type PromptExperiments struct {
	Prompt
	List []PromptExperiment
	Form ExperimentForm
}

// PromptExperiment is an experiment with its weights as bars.
type PromptExperiment struct {
	catalog.Experiment
	Bars    []Bucket
	Outside int
}

// ExperimentForm is the form that makes or changes one.
type ExperimentForm struct {
	Name string
	// Old says that there is one of the name, Revision how it was when the writer saw it: 0 if there was none.
	Old      bool
	Revision string
	Variants []VariantField
	Error    string
	Plan     *catalog.ExperimentPlan
}

// VariantField is a row of the form, as typed.
type VariantField struct{ Name, Version, Percent string }

// share writes buckets as percent.
func share(buckets int) string {
	return strconv.FormatFloat(float64(buckets)*100/catalog.Buckets, 'f', -1, 64) + " %"
}
