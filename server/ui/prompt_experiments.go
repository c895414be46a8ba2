//go:build !noui

package ui

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

func (h *handler) listExperiments(q *request) error {
	values := q.URL.Query()
	return h.showExperiments(q, values.Get("name"), http.StatusOK, func(p view.Prompt, list []catalog.Experiment) view.ExperimentForm {
		for _, x := range list {
			if x.Name == values.Get("experiment") {
				return formOf(&x)
			}
		}
		return newExperiment(p)
	})
}

// showExperiments shows those on a prompt, with a form.
func (h *handler) showExperiments(q *request, name string, status int, form func(view.Prompt, []catalog.Experiment) view.ExperimentForm) error {
	p, err := h.prompt(q, name, "experiments")
	if err != nil {
		return err
	}
	list, err := h.Catalog.Experiments(q.Context(), q.page.Project.ID, name)
	if err != nil {
		return err
	}
	x := view.PromptExperiments{Prompt: p, Form: form(p, list)}
	for _, e := range list {
		x.List = append(x.List, dealt(e))
	}
	h.render(q, status, view.PromptExperimentsPage(x))
	return nil
}

// dealt draws the buckets of an experiment where they are.
func dealt(e catalog.Experiment) view.PromptExperiment {
	x := view.PromptExperiment{Experiment: e, Outside: catalog.Buckets}
	const percent = 100.0 / catalog.Buckets
	for _, r := range e.Ranges {
		i := slices.IndexFunc(e.Variants, func(v catalog.Variant) bool { return v.Name == r.Variant })
		x.Bars = append(x.Bars, view.Bucket{Class: "v" + strconv.Itoa(i%6), Offset: float64(r.From) * percent, Width: float64(r.To-r.From) * percent})
		x.Outside -= r.To - r.From
	}
	return x
}

func formOf(x *catalog.Experiment) view.ExperimentForm {
	f := view.ExperimentForm{Name: x.Name, Old: true, Revision: strconv.Itoa(x.Revision)}
	for _, v := range x.Variants {
		f.Variants = append(f.Variants, view.VariantField{Name: v.Name, Version: strconv.Itoa(v.Version), Percent: strconv.FormatFloat(float64(v.Weight)/100, 'f', -1, 64)})
	}
	return f
}

// newExperiment suggests half of the units for what is in production and half for the newest version, or
// for the one before, if that is in production.
func newExperiment(p view.Prompt) view.ExperimentForm {
	control := p.On(catalog.LabelProduction).Version
	if control == 0 {
		control = p.Versions[0]
	}
	candidate := p.Versions[0]
	if candidate == control && len(p.Versions) > 1 {
		candidate = p.Versions[1]
	}
	return view.ExperimentForm{Revision: "0", Variants: []view.VariantField{
		{Name: "control", Version: strconv.Itoa(control), Percent: "50"},
		{Name: "candidate", Version: strconv.Itoa(candidate), Percent: "50"},
	}}
}

// postExperiment says what a change would do, and makes it when asked to.
func (h *handler) postExperiment(q *request) error {
	if err := q.form(); err != nil {
		return err
	}
	f := q.PostForm
	name := f.Get("name")
	form := view.ExperimentForm{Name: strings.TrimSpace(f.Get("experiment")), Revision: f.Get("revision")}
	for i, variant := range f["variant"] {
		if i < len(f["version"]) && i < len(f["percent"]) {
			form.Variants = append(form.Variants, view.VariantField{Name: variant, Version: f["version"][i], Percent: f["percent"][i]})
		}
	}
	status := http.StatusOK
	switch f.Get("do") {
	case "more":
		form.Variants = append(form.Variants, view.VariantField{})
	default:
		body, wrong := experimentRequest(q.page, name, &form)
		if form.Error = wrong; wrong != "" {
			status = http.StatusUnprocessableEntity
			break
		}
		var err error
		if f.Get("do") == "save" {
			if _, err = h.Catalog.SetExperiment(q.acting(), q.page.Project.ID, form.Name, body); err == nil {
				return q.redirectTo(q.page.PromptURL("experiments", "name", name, "done", "experiment"))
			}
		} else {
			form.Plan, err = h.Catalog.PlanExperiment(q.acting(), q.page.Project.ID, form.Name, body)
		}
		if err != nil {
			if form.Error, status = refusal(q.page, err); status == 0 {
				return err
			}
		}
	}
	return h.showExperiments(q, name, status, func(_ view.Prompt, list []catalog.Experiment) view.ExperimentForm {
		is := revisionOf(list, form.Name)
		form.Old = is > 0
		if status == http.StatusConflict { // the list above the form shows how it is now
			form.Revision = strconv.Itoa(is)
		}
		return form
	})
}

// revisionOf is that of an experiment, 0 if there is none of the name.
func revisionOf(list []catalog.Experiment, name string) int {
	for _, x := range list {
		if x.Name == name {
			return x.Revision
		}
	}
	return 0
}

// experimentRequest is the form as the catalog takes it, or what is wrong.
func experimentRequest(p view.Page, prompt string, form *view.ExperimentForm) (body []byte, wrong string) {
	type variant struct {
		Name    string `json:"name"`
		Version int    `json:"version"`
		Weight  int    `json:"weight"`
	}
	if form.Name == "" {
		return nil, p.T("prompts.experiment.noname")
	}
	variants := []variant{}
	sum := 0
	for i, f := range form.Variants {
		if f.Name == "" && f.Version == "" && f.Percent == "" {
			continue
		}
		n, err := strconv.ParseUint(f.Version, 10, 31)
		share, errShare := strconv.ParseFloat(f.Percent, 64)
		weight := math.Round(share * 100)
		if err != nil || n == 0 || errShare != nil || f.Name == "" || math.IsNaN(share) || share < 0 || share > 100 || math.Abs(weight-share*100) > 1e-6 {
			return nil, p.T("prompts.experiment.badrow", strconv.Itoa(i+1))
		}
		variants = append(variants, variant{f.Name, int(n), int(weight)})
		sum += int(weight)
	}
	if sum > catalog.Buckets {
		return nil, p.T("prompts.experiment.toomuch", strconv.FormatFloat(float64(sum)/100, 'f', -1, 64))
	}
	request := map[string]any{"prompt": prompt, "variants": variants}
	if form.Revision != "" {
		n, err := strconv.ParseUint(form.Revision, 10, 31)
		if err != nil {
			return nil, p.T("input.version", "revision", form.Revision)
		}
		request["revision"] = n
	}
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err.Error()
	}
	return body, ""
}

func (h *handler) endExperiment(q *request) error {
	if err := q.form(); err != nil {
		return err
	}
	name := q.PostForm.Get("name")
	revision, err := version(q.PostForm, "revision")
	if err != nil {
		return err
	}
	if err := h.Catalog.DeleteExperiment(q.acting(), q.page.Project.ID, name, q.PostForm.Get("experiment"), revision); err != nil {
		text, status := refusal(q.page, err)
		if status != http.StatusForbidden && status != http.StatusConflict {
			return err
		}
		return h.showExperiments(q, name, status, func(p view.Prompt, _ []catalog.Experiment) view.ExperimentForm {
			form := newExperiment(p)
			form.Error = text
			return form
		})
	}
	return q.redirectTo(q.page.PromptURL("experiments", "name", name, "done", "ended"))
}
