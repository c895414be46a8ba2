//go:build !noui

package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// promptRoutes are the pages of the prompt hub. Names of prompts stand in parameters, since they may have any
// characters. POSTs are as safe from other origins as all of the dashboard's.
func (h *handler) promptRoutes() {
	for path, serve := range map[string]func(*request) error{
		"GET /project/{project}/prompts":                  h.listPrompts,
		"GET /project/{project}/prompts/{$}":              h.listPrompts,
		"GET /project/{project}/prompts/versions":         h.showPrompt,
		"GET /project/{project}/prompts/compare":          h.comparePrompt,
		"GET /project/{project}/prompts/metrics":          h.measurePrompt,
		"GET /project/{project}/prompts/uses":             h.listUses,
		"GET /project/{project}/prompts/experiments":      h.listExperiments,
		"GET /project/{project}/prompts/history":          h.listHistory,
		"GET /project/{project}/prompts/new":              h.editPrompt,
		"POST /project/{project}/prompts/new":             h.postPrompt,
		"POST /project/{project}/prompts/labels":          h.postLabel,
		"POST /project/{project}/prompts/rollback":        h.postRollback,
		"POST /project/{project}/prompts/experiments":     h.postExperiment,
		"POST /project/{project}/prompts/experiments/end": h.endExperiment,
	} {
		h.mux.HandleFunc(path, h.page(func(q *request) error {
			q.page.Nav = "prompts"
			return serve(q)
		}))
	}
}

// promptPage is how many prompts, folders or versions stand on a page.
const promptPage = 50

func (h *handler) listPrompts(q *request) error {
	values := q.URL.Query()
	n, err := pageNumber(values)
	if err != nil {
		return err
	}
	p := view.Prompts{Folder: values.Get("folder"), Q: strings.TrimSpace(values.Get("q")), Tag: values.Get("tag"), Label: values.Get("label")}
	if p.Folder != "" && !strings.HasSuffix(p.Folder, "/") {
		p.Folder += "/"
	}
	found, err := h.Catalog.PromptFolder(q.Context(), q.page.Project.ID, catalog.PromptFolderQuery{Folder: p.Folder, Search: p.Q, Tag: p.Tag, Label: p.Label},
		store.Page{Limit: promptPage, Offset: (n - 1) * promptPage})
	if err != nil {
		return err
	}
	uses := map[string]int64{}
	if len(found.Prompts) > 0 {
		now := time.Now()
		if uses, err = h.Reader.PromptUses(q.Context(), q.page.Project.ID, now.Add(-view.Week), now); err != nil {
			return err
		}
	}
	q.page.Title = q.page.T("prompts.title")
	p.Page, p.Folders, p.Tags, p.Labels = q.page, found.Folders, found.Tags, slices.DeleteFunc(found.Labels, isLatest)
	p.Crumbs = view.FolderCrumbs(p.Page, p.Folder)
	p.Pages = pagesOf(values, p.PromptURL(""), n, found.Total)
	p.Code = firstPromptCode
	for _, info := range found.Prompts {
		p.Rows = append(p.Rows, view.PromptRow{PromptInfo: info, Uses: uses[info.Name]})
	}
	h.render(q, http.StatusOK, view.PromptsPage(p))
	return nil
}

// isLatest is true of the label that every prompt has.
func isLatest(label string) bool { return label == catalog.LabelLatest }

// maxPage is the last page that an address may ask for.
const maxPage = 1_000_000

func pageNumber(values url.Values) (int, error) {
	text := values.Get("page")
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPage {
		return 0, badInput("input.page", text)
	}
	return n, nil
}

// pagesOf leads to the neighbours of page n of a list of total.
func pagesOf(values url.Values, address string, n, total int) (pages view.Pages) {
	to := func(n int) string {
		values.Set("page", strconv.Itoa(n))
		return address + "?" + values.Encode()
	}
	if n > 1 {
		pages.Before = to(n - 1)
	}
	if n*promptPage < total {
		pages.After = to(n + 1)
	}
	return pages
}

// version reads the number of a version from a parameter; 0 if there is none.
func version(values url.Values, name string) (int, error) {
	text := values.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 {
		return 0, badInput("input.version", name, text)
	}
	return int(n), nil
}
