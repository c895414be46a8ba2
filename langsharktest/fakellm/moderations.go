package fakellm

import (
	"encoding/json"
	"slices"
	"strings"
)

var moderationsEndpoint = &endpoint{api: Moderations, vendor: openAI, read: readModeration, answer: answerModeration}

// harms are the categories of a moderation.
var harms = []string{
	"harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent",
	"self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
}

func readModeration(c *call) *Error {
	var in struct {
		Model string          `json:"model"`
		Input json.RawMessage `json:"input"`
	}
	if e := c.parse(&in); e != nil {
		return e
	}
	if c.req.Model = in.Model; in.Model == "" {
		c.req.Model = "omni-moderation-latest"
	}
	inputs, ok := texts(in.Input)
	if !ok { // parts, which are judged together
		var parts Content
		if json.Unmarshal(in.Input, &parts) != nil {
			return invalid("input", "Invalid 'input': a string, an array of strings or an array of parts is expected.")
		}
		inputs = []string{string(parts)}
	}
	c.in = inputs
	c.req.say("user", inputs...)
	return nil
}

func answerModeration(c *call) (string, []byte) {
	type result struct {
		Flagged    bool                `json:"flagged"`
		Categories map[string]bool     `json:"categories"`
		Scores     map[string]float64  `json:"category_scores"`
		Applied    map[string][]string `json:"category_applied_input_types,omitempty"`
	}
	answer := struct {
		ID      string   `json:"id"`
		Model   string   `json:"model"`
		Results []result `json:"results"`
	}{ID: c.id("modr-"), Model: c.model()}
	found := c.replies[0].Flagged
	for range c.in.([]string) {
		r := result{Flagged: len(found) > 0, Categories: map[string]bool{}, Scores: map[string]float64{}, Applied: map[string][]string{}}
		for _, h := range harms {
			r.Categories[h], r.Scores[h], r.Applied[h] = slices.Contains(found, h), 1e-5, []string{"text"}
			if r.Categories[h] {
				r.Scores[h] = 0.97
			}
		}
		if !strings.HasPrefix(c.req.Model, "omni") {
			r.Applied = nil
		}
		answer.Results = append(answer.Results, r)
	}
	return "application/json", indented(answer)
}
