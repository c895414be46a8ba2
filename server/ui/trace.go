//go:build !noui

package ui

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/internal/chat"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/message"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

func (h *handler) showTrace(q *request) error {
	d, err := h.Reader.TraceTree(q.Context(), q.page.Project.ID, q.PathValue("trace"))
	if err != nil {
		return err
	}
	q.page.Nav = "traces"
	q.page.Title = d.Name
	if d.Name == "" {
		q.page.Title = q.page.T("trace.title")
	}
	self := q.page.ProjectURL("traces", d.ID)
	t := view.Trace{
		Page:        q.page,
		Trace:       &d.Trace,
		Observation: q.URL.Query().Get("observation"),
		Preload:     self + "/spans",
	}
	// A trace that has been quiet for long does not change any more.
	if d.Rollup.Running || time.Since(d.UpdatedAt) < time.Hour {
		t.LiveURL = q.page.ProjectURL("live") + "?" + url.Values{"trace": {d.ID}}.Encode()
	}
	if t.Panel, err = h.panel(q, d, self, t.Observation); err != nil {
		return err
	}
	switch {
	case q.fragment() && q.Header.Get("Hx-Target") == "panel":
		h.render(q, http.StatusOK, view.PanelBody(t.Panel))
	case q.fragment() && q.Header.Get("Hx-Target") == "trace-head":
		h.render(q, http.StatusOK, view.TraceHead(t))
	default:
		h.render(q, http.StatusOK, view.TracePage(t))
	}
	return nil
}

// panel shows an observation, or the trace itself if id is empty.
func (h *handler) panel(q *request, d *query.TraceDetail, self, id string) (view.Panel, error) {
	p := view.Panel{Page: q.page, JSON: q.URL.Query().Get("view") == "json"}
	address := func(as string) string {
		v := url.Values{}
		if id != "" {
			v.Set("observation", id)
		}
		if as != "" {
			v.Set("view", as)
		}
		if len(v) == 0 {
			return self
		}
		return self + "?" + v.Encode()
	}
	p.ChatURL, p.JSONURL = address(""), address("json")
	for _, s := range d.Scores {
		if s.ObservationID == id {
			p.Scores = append(p.Scores, s)
		}
	}
	if id == "" {
		return p, h.fillTrace(q, &p, d)
	}
	o, err := h.Reader.Observation(q.Context(), q.page.Project.ID, id)
	if err != nil {
		return p, err
	}
	if o.TraceID != d.ID {
		return p, store.ErrNotFound
	}
	fillObservation(&p, o)
	return p, nil
}

func (h *handler) fillTrace(q *request, p *view.Panel, d *query.TraceDetail) error {
	p.Kind, p.Name, p.ID = "trace", d.Name, d.ID
	p.Running = d.Rollup.Running
	p.Metadata = string(d.Metadata)
	input, output := d.Input, d.Output
	// A trace without a payload of its own shows that of its root.
	var roots []*query.Node
	if len(input) == 0 || len(output) == 0 {
		roots = d.Tree()
	}
	if len(roots) == 1 {
		o, err := h.Reader.Observation(q.Context(), q.page.Project.ID, roots[0].ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil {
			if len(input) == 0 {
				input = o.Input
			}
			if len(output) == 0 {
				output = o.Output
			}
		}
	}
	p.Input = plainAs(payload(input, chat.User), chat.User)
	p.Output = plainAs(payload(output, chat.Assistant), chat.Assistant)
	for _, o := range d.Observations {
		if o.Level == exporter.LevelError && o.StatusMessage != "" {
			p.StatusMessage, p.Level = o.Name+": "+o.StatusMessage, o.Level
			break
		}
	}
	return nil
}

func fillObservation(p *view.Panel, o *store.Observation) {
	p.Kind, p.Name, p.ID = o.Kind.String(), o.Name, o.ID
	p.Level, p.StatusMessage = o.Level, o.StatusMessage
	p.Running = o.End.IsZero() && o.Kind != exporter.KindEvent
	p.Metadata = string(o.Metadata)
	p.Input, p.Output = payload(o.Input, chat.User), payload(o.Output, chat.Assistant)
	if o.Kind == exporter.KindAgent || o.Kind == exporter.KindGeneration {
		p.Input, p.Output = plainAs(p.Input, chat.User), plainAs(p.Output, chat.Assistant)
	}
	add := func(key, value string) { p.Facts = append(p.Facts, view.Fact{Label: p.T(key), Value: value}) }
	if o.Model != "" {
		add("panel.model", o.Model)
	}
	switch {
	case p.Running:
		add("panel.latency", p.T("js.running"))
	case o.Kind != exporter.KindEvent:
		add("panel.latency", p.Duration(o.Latency()))
	}
	if ttft := o.TimeToFirstToken(); ttft > 0 {
		add("panel.ttft", p.Duration(ttft))
		if rest := o.Latency() - ttft; rest > 10*time.Millisecond && o.Usage != nil && o.Usage.Output > 1 {
			add("panel.speed", p.T("panel.speed.value", p.Number(int64(float64(o.Usage.Output)/rest.Seconds()))))
		}
	}
	if o.Usage != nil {
		about := ""
		if o.ReportedUsage() == nil { // counted here from the texts
			about = "≈ "
		}
		add("trace.tokens", about+p.Number(o.Usage.Input)+" → "+p.Number(o.Usage.Output))
	}
	if o.Kind.IsGeneration() {
		cost := message.Unknown
		if o.Cost != nil {
			cost = p.USD(view.Dollars(o.Cost.Total))
		}
		add("trace.cost", cost)
	}
	if o.PromptName != "" {
		add("panel.prompt", o.PromptName+" v"+p.Number(int64(o.PromptVersion)))
		if p.Prompts {
			p.Facts[len(p.Facts)-1].Link = p.PromptURL("versions", "name", o.PromptName, "version", strconv.Itoa(o.PromptVersion))
		}
	}
	if o.Version != "" {
		add("panel.version", o.Version)
	}
	p.Facts = append(p.Facts, view.Fact{Label: p.T("panel.id"), Value: o.ID, Code: true})
	p.Parameters = parameters(o.ModelParameters)
	p.Usage, p.UsageTotal = usage(p.Page, o)
}

// parameters lists the model's parameters; what is no object is one value.
func parameters(raw json.RawMessage) []view.Fact {
	if len(raw) == 0 {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var out []view.Fact
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return out
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return out
		}
		text := string(value)
		var s string
		if json.Unmarshal(value, &s) == nil {
			text = s
		}
		name, _ := key.(string)
		out = append(out, view.Fact{Label: name, Value: text, Code: true})
	}
	return out
}
