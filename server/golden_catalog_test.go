package server_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// translation turns ids that the recorded server made into those that ours made
// at the same place.
type translation map[string]string

// learn walks both answers.
func (t translation) learn(recorded, got any) {
	switch r := recorded.(type) {
	case string:
		if g, ok := got.(string); ok && r != g && madeID.FindString(r) == r && r != "" {
			t[r] = g
		}
	case []any:
		if g, ok := got.([]any); ok {
			for i := range min(len(r), len(g)) {
				t.learn(r[i], g[i])
			}
		}
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			for k := range r {
				t.learn(r[k], g[k])
			}
		}
	}
}

// apply replaces the ids in a request.
func (t translation) apply(p *pair) {
	var list []string
	for r, g := range t {
		list = append(list, r, g)
	}
	replace := strings.NewReplacer(list...)
	p.Request.Path = replace.Replace(p.Request.Path)
	if len(p.Request.Body) > 0 {
		p.Request.Body = json.RawMessage(replace.Replace(string(p.Request.Body)))
	}
}

func noObservation(id string) func(*answer) {
	return func(a *answer) {
		a.Body.(map[string]any)["message"] = "Observation with id " + id + " not found"
	}
}

// catalogDifferences are what is meant to differ in the groups of the catalog.
var catalogDifferences = []difference{
	{"05", "bad regex$", 0, "another syntax, and the text says what is wrong", func(a *answer) {
		a.Body.(map[string]any)["message"] = "matchPattern is not a regular expression of RE2: error parsing regexp: missing closing ]: `[`"
	}},
	{"06", "^PATCH spans missing$", 0, "the text names the observation, not the event", noObservation("ls-none")},
	{"06", "^PATCH generations missing$", 0, "the text names the observation, not the event", noObservation("lg-none")},
	{"07", "^trace with scores$", 0, "the event's timestamp decides, not its arrival", func(a *answer) {
		onID("ob-1", set("name", "upd"))(a)
		onID("ob-2", set("name", "before"))(a)
	}},
	{"12", "^item other dataset same id$", 0, "an item that isn't stored is refused", func(a *answer) {
		a.Status, a.Body = 400, map[string]any{
			"error": "InvalidRequestError", "message": "Item it-1 is in dataset ds1: give the item another id, or the name of its dataset",
		}
	}},
}

// todayAside replaces the days since the recording.
func todayAside(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = todayAside(v[i])
		}
	case map[string]any:
		if date, ok := v["date"].(string); ok && date >= "2025" {
			v["date"] = "<today>"
		}
		for k := range v {
			v[k] = todayAside(v[k])
		}
	}
	return v
}

// guessesAside leaves out of daily metrics the day whose tokens the reference has
// counted itself, and what has no model, where it doesn't know the traces that
// only observations speak of.
func guessesAside(v any) any {
	body, ok := v.(map[string]any)
	if !ok {
		return v
	}
	days, _ := body["data"].([]any)
	body["data"] = slices.DeleteFunc(days, func(d any) bool { return d.(map[string]any)["date"] == "2024-09-01" })
	for _, d := range days {
		if day, ok := d.(map[string]any); ok {
			usage, _ := day["usage"].([]any)
			day["usage"] = slices.DeleteFunc(usage, func(u any) bool { return u.(map[string]any)["model"] == nil })
		}
	}
	return body
}

// ofCustomModel are those of the requests for costs that ask for no price of the table.
var ofCustomModel = regexp.MustCompile("^(create |get model$|get missing model$|delete )")

// TestGoldenCatalog replays everything in order, as later groups ask for what
// earlier ones have made, and compares the groups that TestGolden doesn't.
func TestGoldenCatalog(t *testing.T) {
	goldenFile(t, "00") // skip before a server is made
	ts := reference(t)
	ids := translation{}
	compared := map[string]bool{"06": true, "07": true, "10": true, "11": true, "12": true}
	for g := range 13 {
		group := fmt.Sprintf("%02d", g)
		seen := map[string]int{}
		for i, p := range goldenFile(t, group) {
			seen[p.Name]++
			ids.apply(&p)
			got := p.replay(t, ts.URL)
			ids.learn(decodeBody(p.Response.Body), got.Body)
			if !compared[group] && (group != "05" || !ofCustomModel.MatchString(p.Name)) {
				continue
			}
			want := p.recorded()
			want.Body = todayAside(textsAside(normal(want.Body, "")))
			got.Body = todayAside(textsAside(normal(got.Body, "")))
			if group == "10" {
				want.Body, got.Body = guessesAside(want.Body), guessesAside(got.Body)
			}
			for _, d := range catalogDifferences {
				if d.group == group && regexp.MustCompile(d.name).MatchString(p.Name) && (d.nth == 0 || d.nth == seen[p.Name]) {
					d.apply(&want)
				}
			}
			compareAnswers(t, fmt.Sprintf("%s #%d %s", group, i, p.Name), want, got)
		}
	}
}
