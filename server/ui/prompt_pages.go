//go:build !noui

package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// maxChoices is how many versions there are to choose from.
const maxChoices = 100

// choices are the newest versions and those that are chosen, newest first.
func choices(versions []int, chosen ...int) []int {
	list := slices.Clone(versions[:min(maxChoices, len(versions))])
	for _, n := range chosen {
		if n != 0 && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b int) int { return b - a })
	return list
}

// comparePrompt compares two versions: if none are named, what is in production with the newest, or
// the newest with the one before.
func (h *handler) comparePrompt(q *request) error {
	values := q.URL.Query()
	from, err := version(values, "from")
	if err != nil {
		return err
	}
	to, err := version(values, "to")
	if err != nil {
		return err
	}
	p, err := h.prompt(q, values.Get("name"), "compare")
	if err != nil {
		return err
	}
	if to == 0 {
		to = p.Versions[0]
	}
	if from == 0 {
		from = p.On(catalog.LabelProduction).Version
		if from == 0 || from == to {
			from = to
			if i := slices.Index(p.Versions, to); i >= 0 && i+1 < len(p.Versions) {
				from = p.Versions[i+1]
			}
		}
	}
	c := view.PromptCompare{Prompt: p, From: from, To: to, Choices: choices(p.Versions, from, to)}
	if len(p.Versions) > 1 {
		c.Diff, err = h.Catalog.PromptDiff(q.Context(), q.page.Project.ID, p.Name, catalog.PromptSelection{Version: from}, catalog.PromptSelection{Version: to})
		if err != nil {
			return err
		}
	}
	h.render(q, http.StatusOK, view.PromptComparePage(c))
	return nil
}

// maxLines is how many versions are in the charts.
const maxLines = 5

// hours is up to which range charts are by hour.
const hours = 72 * time.Hour

func (h *handler) measurePrompt(q *request) error {
	values := q.URL.Query()
	p, err := h.prompt(q, values.Get("name"), "metrics")
	if err != nil {
		return err
	}
	m := view.PromptMetrics{Prompt: p, Range: values.Get("range")}
	if m.Range == "" {
		m.Range = "7d"
	}
	a, err := version(values, "a")
	if err != nil {
		return err
	}
	b, err := version(values, "b")
	if err != nil {
		return err
	}
	now := time.Now()
	from, err := rangeStart(m.Range, now)
	if err != nil {
		return err
	}
	ask := query.PromptQuery{Name: p.Name, From: from, To: now, Step: 24 * time.Hour}
	if now.Sub(from) <= hours {
		ask.Step = time.Hour
	}
	found, err := h.Reader.PromptMetrics(q.Context(), q.page.Project.ID, ask)
	if errors.Is(err, store.ErrBadQuery) {
		return badInput("input.metrics")
	}
	if err != nil {
		return err
	}
	slices.Reverse(found.Versions)
	m.Rows = found.Versions[:min(maxChoices, len(found.Versions))]
	m.A, m.B = pair(m.Rows, a, b, p.On(catalog.LabelProduction).Version)
	shown := lines(m.Rows, m.A, m.B)
	for i := range shown {
		m.Shown = append(m.Shown, shown[i].Version)
	}
	m.Charts = view.NewCharts(p.Printer, shown, from, now, ask.Step)
	h.render(q, http.StatusOK, view.PromptMetricsPage(m))
	return nil
}

// pair are the versions side by side: those that are named, else what is in production and the
// newest, or the newest two.
func pair(rows []query.VersionMetrics, a, b, production int) (x, y *query.VersionMetrics) {
	if len(rows) < 2 {
		return nil, nil
	}
	at := func(n, otherwise int) int {
		if i := slices.IndexFunc(rows, func(v query.VersionMetrics) bool { return v.Version == n }); i >= 0 {
			return i
		}
		return otherwise
	}
	j := at(b, 0)
	i := at(a, at(production, 1))
	if i == j {
		i = (j + 1) % len(rows)
	}
	return &rows[i], &rows[j]
}

// lines are the versions in the charts: the two side by side, then the newest.
func lines(rows []query.VersionMetrics, a, b *query.VersionMetrics) []query.VersionMetrics {
	var list []query.VersionMetrics
	for _, v := range []*query.VersionMetrics{a, b} {
		if v != nil {
			list = append(list, *v)
		}
	}
	for i := range rows {
		if len(list) < maxLines && (a == nil || rows[i].Version != a.Version) && (b == nil || rows[i].Version != b.Version) {
			list = append(list, rows[i])
		}
	}
	return list
}

// listUses lists the generations that a prompt was used for, in their traces.
func (h *handler) listUses(q *request) error {
	values := q.URL.Query()
	n, err := version(values, "version")
	if err != nil {
		return err
	}
	p, err := h.prompt(q, values.Get("name"), "uses")
	if err != nil {
		return err
	}
	name, err := json.Marshal(p.Name)
	if err != nil {
		return err
	}
	filters := []query.ObservationFilter{{Column: "promptName", Operator: "=", Value: name, Type: "string"}}
	if n != 0 {
		filters = append(filters, query.ObservationFilter{Column: "promptVersion", Operator: "=", Value: json.RawMessage(strconv.Itoa(n)), Type: "number"})
	}
	rows, next, err := h.Reader.ObservationRows(q.Context(), q.page.Project.ID,
		store.ObservationQuery{Page: store.Page{Limit: pageSize, After: store.Cursor(values.Get("after"))}}, filters)
	if err != nil {
		return err
	}
	u := view.PromptUses{Prompt: p, Version: n, Choices: choices(p.Versions, n)}
	for i := range rows {
		u.Rows = append(u.Rows, view.PromptUse{Observation: rows[i].Observation, Trace: rows[i].Trace})
	}
	if next != "" {
		values.Set("after", string(next))
		u.Older = p.PromptURL("uses") + "?" + values.Encode()
	}
	h.render(q, http.StatusOK, view.PromptUsesPage(u))
	return nil
}

func (h *handler) listHistory(q *request) error {
	values := q.URL.Query()
	p, err := h.prompt(q, values.Get("name"), "history")
	if err != nil {
		return err
	}
	rows, next, err := h.Catalog.PromptHistory(q.Context(), q.page.Project.ID, p.Name, store.Page{Limit: pageSize, After: store.Cursor(values.Get("after"))})
	if err != nil {
		return err
	}
	history := view.PromptHistory{Prompt: p, Rows: rows}
	if next != "" {
		values.Set("after", string(next))
		history.Older = p.PromptURL("history") + "?" + values.Encode()
	}
	h.render(q, http.StatusOK, view.PromptHistoryPage(history))
	return nil
}
