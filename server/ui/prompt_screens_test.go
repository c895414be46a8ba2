//go:build !noui

package ui

import (
	"net/http"
	"net/http/httptest"
	"os"
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
	base, empty := server(seedHub(t)), server(newHub(t))
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
		{"prompt-new", base + "/new", "document.querySelector('.t-back')"},
		{"prompt-edit", base + "/new" + answer, "document.querySelector('.t-back mark')"},
		{"prompt-edit-chat", base + "/new?name=support/summary", "document.querySelectorAll('.t-back mark').length > 2"},
	} {
		for _, width := range []int{1440, 390} {
			for _, l := range []look{{"light", "ko", width}, {"dark", "en", width}} {
				if l.inspect(t, b, page.url, page.ready); os.Getenv("LANGSHARK_SCREENS") != "" {
					l.shoot(t, b, page.name)
				}
			}
		}
	}
}
