//go:build !noui

package ui

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// TestBrowserPromptPagesFit is [TestBrowserPagesFit] for the pages of prompts.
func TestBrowserPromptPagesFit(t *testing.T) {
	b, _ := browser(t)
	server := func(h *hub) string {
		s := httptest.NewServer(http.StripPrefix("/obs", h))
		t.Cleanup(s.Close)
		return s.URL + "/obs/project/p1/prompts"
	}
	seeded := seedHub(t)
	base, empty := server(seeded), server(newHub(t))
	long := longPrompt(seeded)
	const answer = "?name=support/answer"
	open := func(selector string) string {
		return "(document.querySelector('" + selector + "').open = true)"
	}
	for _, page := range []struct{ name, url, ready string }{
		{"prompts", base, "true"},
		{"prompts-folder", base + "?folder=support/", "true"},
		{"prompts-nomatch", base + "?q=nothinglikeit", "true"},
		{"prompts-empty", empty, "true"},
		{"prompt", base + "/versions" + answer, "document.querySelector('.j-row')"},
		{"prompt-labels", base + "/versions" + answer + "&version=1", open(".chosen-head .more")},
		{"prompt-rollback", base + "/versions" + answer, open(".title-row .more")},
		{"prompt-chat", base + "/versions?name=support/summary", "true"},
		{"prompt-compare", base + "/compare" + answer + "&from=1&to=3", "true"},
		{"prompt-compare-chat", base + "/compare?name=support/summary", "true"},
		{"prompt-metrics", base + "/metrics" + answer, "true"},
		{"prompt-metrics-none", base + "/metrics?name=translate", "true"},
		{"prompt-uses", base + "/uses" + answer, "true"},
		{"prompt-experiments", base + "/experiments" + answer, "true"},
		{"prompt-experiment", base + "/experiments" + answer + "&experiment=tone", "true"},
		{"prompt-history", base + "/history" + answer, "true"},
		{"prompts-long", base + "?q=nnn", "true"},
		{"prompt-long", base + "/versions?name=" + long, open(".chosen-head .more")},
		{"prompt-long-compare", base + "/compare?name=" + long, "true"},
		{"prompt-long-edit", base + "/new?name=" + long, "document.querySelector('.t-back mark')"},
		{"prompt-long-experiments", base + "/experiments?name=" + long, "true"},
		{"prompt-long-history", base + "/history?name=" + long, "true"},
		{"prompt-missing", base + "/versions?name=" + strings.ReplaceAll(long, "n", "m"), "true"},
		{"prompt-refused", base + "/experiments?name=" + long, refusedExperiment},
		{"prompt-new", base + "/new", "document.querySelector('.t-back')"},
		{"prompt-edit", base + "/new" + answer, "document.querySelector('.t-back mark')"},
		{"prompt-edit-chat", base + "/new?name=support/summary", "document.querySelectorAll('.t-back mark').length > 2"},
	} {
		for _, width := range []int{1440, 390} {
			for _, l := range []look{{"light", "ko", width}, {"dark", "en", width}} {
				if width > 1000 && l.lang == "en" && os.Getenv("LANGSHARK_SCREENS") == "" {
					continue // to save time: what fits in Korean fits in English there
				}
				if l.inspect(t, b, page.url, page.ready); os.Getenv("LANGSHARK_SCREENS") != "" {
					l.shoot(t, b, page.name)
				}
			}
		}
	}
}

// refusedExperiment asks once for a version that isn't there, and is true of the page that refuses it.
const refusedExperiment = `(() => {
	const form = document.querySelector('form:has([name="variant"])');
	if (document.querySelector('.alert.error')) {
		form.removeAttribute("data-dirty"); // so that the browser doesn't ask on the way to the next page
		return true;
	}
	if (!form.dataset.sent) {
		form.dataset.sent = "1";
		form.querySelector('[name="version"]').value = "99";
		form.querySelector('[name="experiment"]').value = "e";
		form.querySelector('button[value="plan"]').click();
	}
	return false;
})()`

// longPrompt makes one whose every part is as long as may be and has no place to break, and returns its name.
func longPrompt(h *hub) string {
	h.t.Helper()
	long := strings.Repeat("n", 200)
	for i := range 2 {
		h.create(map[string]any{
			"name": long, "prompt": "{{" + long + "}} " + strings.Repeat("x", 2000*(i+1)), "labels": []string{long, "production"}, "tags": []string{long, "t"},
			"config": map[string]any{long: long}, "commitMessage": strings.Repeat("m", 500),
		})
	}
	set := `{"prompt":"` + long + `","variants":[{"name":"` + long + `","version":1,"weight":10000}]}`
	if _, err := h.catalog.SetExperiment(h.t.Context(), "p1", long, []byte(set)); err != nil {
		h.t.Fatal(err)
	}
	return long
}
