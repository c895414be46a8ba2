package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	langshark "github.com/langshark/langshark-go"
)

// The bot's prompts are in the hub of the demo's server. Of the first there are two versions: half of
// the customers talk to each.
const (
	answerPrompt   = "support/answer"
	judgePromptHub = "support/judge"
	toneExperiment = "tone"
	// toneSalt puts two of the four customers of the script on each side.
	toneSalt = "norang-12"
)

const answerEnd = "\nHelp center\n{{help_center}}"

// answerVersions are the texts of the answer prompt, oldest first.
var answerVersions = []string{
	houseRules + answerEnd,
	strings.Replace(houseRules, "- If the customer is upset, say in one sentence that you understand before you solve the problem. Never argue.",
		"- Be warm: thank the customer for a detail that helps, and if they are upset, say in one sentence that you understand before you solve the problem. Never argue.\n"+
			"- End with one short offer to help further, unless the customer has said goodbye.", 1) + answerEnd,
}

// fill makes the prompts and the experiment.
func (h *host) fill(ctx context.Context) error {
	type prompt struct {
		Name          string   `json:"name"`
		Prompt        string   `json:"prompt"`
		Labels        []string `json:"labels"`
		Tags          []string `json:"tags"`
		Config        any      `json:"config"`
		CommitMessage string   `json:"commitMessage"`
	}
	type variant struct {
		Name    string `json:"name"`
		Version int    `json:"version"`
		Weight  int    `json:"weight"`
	}
	config := map[string]any{"model": replayModel, "temperature": 0.3, "max_completion_tokens": 400}
	tags := []string{"support"}
	for _, step := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPost, "/v2/prompts", prompt{answerPrompt, answerVersions[0], []string{langshark.LabelProduction}, tags, config, "The house rules as they were in the code"}},
		{http.MethodPost, "/v2/prompts", prompt{answerPrompt, answerVersions[1], []string{"staging"}, tags, config, "Warmer, with an offer at the end"}},
		{http.MethodPost, "/v2/prompts", prompt{judgePromptHub, judgePrompt, []string{langshark.LabelProduction}, []string{"support", "judge"}, map[string]any{"model": replayJudge}, "First"}},
		{http.MethodPut, "/prompt-experiments/" + toneExperiment, map[string]any{
			"prompt": answerPrompt, "salt": toneSalt, "variants": []variant{{"house", 1, 5000}, {"warm", 2, 5000}},
		}},
	} {
		if err := h.send(ctx, step.method, step.path, step.body); err != nil {
			return fmt.Errorf("the demo's prompts: %w", err)
		}
	}
	return nil
}

// send calls the server's public API.
func (h *host) send(ctx context.Context, method, path string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, h.url+"/api/public"+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.SetBasicAuth(h.publicKey, h.secretKey)
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: lastWords}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusMultipleChoices {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 300)) // for the error only
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	return nil
}

// rules is the system message for a customer, and its prompt.
func rules(ctx context.Context, c *conversation, hits []hit) (*langshark.Prompt, string, error) {
	p, err := langshark.GetPrompt(ctx, answerPrompt, langshark.InExperiment(toneExperiment, c.user), langshark.WithFallback(answerVersions[0]))
	if err != nil {
		return nil, "", err
	}
	text, err := p.Compile(langshark.Vars{"help_center": sources(hits)})
	return p, text, err
}

// promptsOf checks that each call of the model that answered a turn is linked to the version that the customer has.
func (r *reader) promptsOf(ctx context.Context, t *turn) error {
	var page struct {
		Data []struct {
			Name    string `json:"name"`
			Prompt  string `json:"promptName"`
			Version int    `json:"promptVersion"`
		} `json:"data"`
	}
	if err := r.get(ctx, "/api/public/observations?type=GENERATION&limit=100&traceId="+url.QueryEscape(t.traceID), &page); err != nil {
		return err
	}
	for _, g := range page.Data {
		want, version := answerPrompt, t.version
		if g.Name == "judge-answer" {
			want, version = judgePromptHub, 1
		}
		if g.Prompt != want || g.Version != version {
			return fmt.Errorf("%s is linked to version %d of %q, want %d of %q", g.Name, g.Version, g.Prompt, version, want)
		}
	}
	return nil
}
