package api

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

type wirePrompt struct {
	ID            string          `json:"id"`
	CreatedAt     instant         `json:"createdAt"`
	UpdatedAt     instant         `json:"updatedAt"`
	ProjectID     string          `json:"projectId"`
	CreatedBy     string          `json:"createdBy"`
	Prompt        json.RawMessage `json:"prompt"`
	Name          string          `json:"name"`
	Version       int             `json:"version"`
	Type          string          `json:"type"`
	IsActive      *bool           `json:"isActive"` // null but on the older routes
	Config        json.RawMessage `json:"config"`
	Tags          []string        `json:"tags"`
	Labels        []string        `json:"labels"`
	CommitMessage string          `json:"commitMessage,omitempty"`
	// ResolutionGraph is left out where nothing is referred to, or nothing was resolved.
	ResolutionGraph *catalog.PromptGraph `json:"resolutionGraph,omitempty"`
}

func promptOnWire(p *catalog.Prompt) wirePrompt {
	return wirePrompt{
		ID: p.ID, CreatedAt: instant(p.CreatedAt), UpdatedAt: instant(p.UpdatedAt), ProjectID: p.ProjectID, CreatedBy: p.CreatedBy, Prompt: p.Prompt, Name: p.Name,
		Version: p.Version, Type: p.Type, Config: p.Config, Tags: p.Tags, Labels: p.Labels, CommitMessage: p.CommitMessage,
		ResolutionGraph: p.Graph,
	}
}

func (c *call) postPrompt() { change(c, http.StatusCreated, c.Catalog.CreatePrompt, promptOnWire) }

func (c *call) getPrompt() {
	s, err := c.promptSelection()
	if err != nil {
		c.fail(err)
		return
	}
	q := c.query()
	get := c.Catalog.ResolvedPrompt
	if !q.flag("resolve", true) {
		get = c.Catalog.Prompt
	}
	if err := q.err(); err != nil {
		c.fail(err)
		return
	}
	p, err := get(c.ctx(), c.access.ProjectID, c.params["name"], s)
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, promptOnWire(p))
}

// promptSelection reads version and label, of which only one may be given. The version 0 is none.
func (c *call) promptSelection() (s catalog.PromptSelection, err error) {
	p := c.query()
	s = catalog.PromptSelection{Version: p.whole("version", 0, 0, math.MaxInt32), Label: p.text("label")}
	if err := p.err(); err != nil {
		return s, err
	}
	if s.Version != 0 && s.Label != "" {
		return s, &apiError{status: http.StatusBadRequest, message: "Cannot specify both version and label", name: "InvalidRequestError"}
	}
	return s, nil
}

func (c *call) deletePrompt() {
	s, err := c.promptSelection()
	if err == nil {
		err = c.onlySelects()
	}
	if err == nil {
		err = c.Catalog.DeletePrompt(c.acting(), c.access.ProjectID, c.params["name"], s)
	}
	if err != nil {
		c.fail(err)
		return
	}
	c.w.WriteHeader(http.StatusNoContent)
}

// onlySelects refuses parameters that select nothing, as a script with an empty variable sends them, or a name
// written wrong: what they leave is all versions.
func (c *call) onlySelects() error {
	p := c.query()
	for name, values := range p.values {
		switch {
		case name != "version" && name != "label":
			p.fail(name, "unrecognized_keys", "is no parameter of this request: select by version or label, or give none to delete all versions")
		case len(values) > 1 || values[0] == "" || name == "version" && p.whole(name, 0, 0, math.MaxInt32) == 0:
			p.fail(name, "custom", "must name one version: leave it out to delete all versions")
		}
	}
	return p.err()
}

// patchPrompt moves labels: the path is that of the prompt with /versions/ and a number.
func (c *call) patchPrompt() {
	name, number, ok := cutLast(c.params["name"], "/versions/")
	version, err := strconv.ParseInt(number, 10, 32)
	if !ok || err != nil || version < 1 {
		c.fail(errNoRoute)
		return
	}
	body, err := c.body(maxBodyBytes)
	if err != nil {
		c.fail(err)
		return
	}
	p, err := c.Catalog.LabelPrompt(c.acting(), c.access.ProjectID, name, int(version), body)
	answer(c, http.StatusOK, p, err, promptOnWire)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

type wirePromptInfo struct {
	Name          string          `json:"name"`
	Tags          []string        `json:"tags"`
	LastUpdatedAt instant         `json:"lastUpdatedAt"`
	Versions      []int           `json:"versions"`
	Labels        []string        `json:"labels"`
	LastConfig    json.RawMessage `json:"lastConfig"`
	*currentPromptInfo
}

func (c *call) promptInfoOnWire(p *catalog.PromptInfo) wirePromptInfo {
	w := wirePromptInfo{Name: p.Name, Tags: p.Tags, LastUpdatedAt: instant(p.LastUpdatedAt), Versions: p.Versions, Labels: p.Labels, LastConfig: p.LastConfig}
	if c.current() {
		w.currentPromptInfo = &currentPromptInfo{p.Type}
	}
	return w
}

// wirePromptPage has the meta twice, as recorded.
type wirePromptPage struct {
	pageOf[wirePromptInfo]
	Pagination meta `json:"pagination"`
}

const defaultPromptLimit = 10

func (c *call) listPrompts() {
	p := c.query()
	page := page{number: p.whole("page", 1, 1, math.MaxInt32), limit: p.whole("limit", defaultPromptLimit, 1, maxLimit)}
	f := catalog.PromptFilter{
		Name: p.text("name"), Label: p.text("label"), Tag: p.text("tag"), Version: p.whole("version", 0, 0, math.MaxInt32),
		From: p.time("fromUpdatedAt"), To: p.time("toUpdatedAt"),
	}
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	list, total, err := c.Catalog.Prompts(c.ctx(), c.access.ProjectID, f, page.store())
	if err != nil {
		c.fail(err)
		return
	}
	m := page.meta(total)
	write(c.w, http.StatusOK, wirePromptPage{pageOf[wirePromptInfo]{convert(list, c.promptInfoOnWire), m}, m})
}

// The older routes.

func promptV1OnWire(p *catalog.Prompt) wirePrompt {
	w := promptOnWire(p)
	active := slices.Contains(p.Labels, catalog.LabelProduction)
	w.IsActive = &active
	return w
}

func (c *call) postPromptV1() {
	change(c, http.StatusCreated, c.Catalog.CreatePromptV1, promptV1OnWire)
}

func (c *call) getPromptV1() {
	p := c.query()
	name, version := p.needed("name"), p.whole("version", 0, 0, math.MaxInt32)
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	found, err := c.Catalog.ResolvedPrompt(c.ctx(), c.access.ProjectID, name, catalog.PromptSelection{Version: version})
	if err != nil {
		c.failAs(err, "Prompt not found")
		return
	}
	write(c.w, http.StatusOK, promptV1OnWire(found))
}

// observationsOnWire has the ids of their prompts with the observations.
func (c *call) observationsOnWire(list []store.Observation) ([]wireObservation, error) {
	var keys []catalog.PromptVersionKey
	for i := range list {
		if o := &list[i]; o.PromptName != "" {
			keys = append(keys, catalog.PromptVersionKey{Name: o.PromptName, Version: o.PromptVersion})
		}
	}
	wire := convert(list, c.observationOnWire)
	if len(keys) == 0 {
		return wire, nil
	}
	ids, err := c.Catalog.PromptIDs(c.ctx(), c.access.ProjectID, keys)
	if err != nil {
		return nil, err
	}
	for i := range wire {
		if id, ok := ids[catalog.PromptVersionKey{Name: list[i].PromptName, Version: list[i].PromptVersion}]; ok {
			wire[i].PromptID = &id
		}
	}
	return wire, nil
}
