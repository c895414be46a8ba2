//go:build !noui

package ui

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// strange are names that must go through addresses, forms and pages unharmed.
var strange = []string{"a/b", "100%", "why?", "a&b=c#d", "한국어 이름", "🎉", `"quoted" <b>'x'</b>`, "a//b", "/lead", "trail/", "..", "a+b c", "%2F"}

func TestPromptsListHasFolders(t *testing.T) {
	h := seedHub(t)
	_, body := h.page("")
	contains(t, body, `aria-current="page"`, "support/", "4 prompts", "마케팅/", "1 prompt<", "translate")
	if strings.Contains(body, ">answer<") {
		t.Error("what is in a folder stands at the top")
	}
	if strings.Index(body, "support/") > strings.Index(body, ">translate<") {
		t.Error("folders do not come first")
	}
	_, body = h.page("", "folder", "support/")
	contains(t, body, "judge/", ">answer<", "v3", "canary-eu-west", "production", "한국어", "120 in 7 days", "3 versions", "Text", "Chat")
	if strings.Contains(body, ">latest<") {
		t.Error("latest is shown, which every prompt has")
	}
	_, body = h.page("", "folder", "support/judge")
	contains(t, body, ">tone<", "folder=support%2F")
}

func TestPromptsListIsNarrowed(t *testing.T) {
	h := seedHub(t)
	for _, x := range []struct{ key, value, has, lacks string }{
		{"q", "JUDGE", "support/judge/tone", "translate"},
		{"q", "뉴스레터", "100% 환불?", "support"},
		{"tag", "마케팅", "마케팅/", ">translate<"},
		{"label", "canary-eu-west", "support/", ">translate<"},
		{"q", "nothing like it", "No prompt matches", "<table"},
	} {
		_, body := h.page("", x.key, x.value)
		list := body[strings.Index(body, `id="list"`):]
		if contains(t, list, x.has); strings.Contains(list, x.lacks) {
			t.Errorf("%s=%s: the list has %q", x.key, x.value, x.lacks)
		}
	}
}

func TestPromptsListIsPaged(t *testing.T) {
	h := newHub(t)
	for i := range promptPage + 3 {
		h.create(map[string]any{"name": fmt.Sprintf("p%03d", i), "prompt": "x"})
	}
	_, first := h.page("")
	_, second := h.page("", "page", "2")
	if n, m := strings.Count(first, "<tr data-row"), strings.Count(second, "<tr data-row"); n != promptPage || m != 3 {
		t.Errorf("%d and %d rows", n, m)
	}
	contains(t, first, "page=2")
	contains(t, second, "page=1")
	for _, bad := range []string{"0", "-1", "x", "99999999999"} {
		if res, _ := h.page("", "page", bad); res.StatusCode != http.StatusBadRequest {
			t.Errorf("page %s: status %d", bad, res.StatusCode)
		}
	}
}

func TestEmptyHubSaysHowToBegin(t *testing.T) {
	h := newHub(t)
	_, body := h.page("")
	contains(t, body, "Make your first prompt", `href="../../project/p1/prompts/new"`, "client.Prompt(ctx, &#34;support/answer&#34;)", "prompt.Compile(")
	_, body = get(t, h, "/project/p1/prompts", "Accept-Language", "ko")
	contains(t, body, "첫 프롬프트를 만들어 보세요")
	if _, body = h.page("", "q", "x"); strings.Contains(body, "Make your first") {
		t.Error("a search without hits is taken for an empty hub")
	}
}

func TestWithoutCatalogThereAreNoPrompts(t *testing.T) {
	h := newHandler(seeded(time.Now()))
	if res, _ := get(t, h, "/project/p1/prompts"); res.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", res.StatusCode)
	}
	if _, body := get(t, h, "/project/p1/traces"); strings.Contains(body, "/prompts") {
		t.Error("the navigation has prompts")
	}
}

// TestPromptNamesOfAnySigns follows the links of the pages: every name must lead to its own.
func TestPromptNamesOfAnySigns(t *testing.T) {
	h := newHub(t)
	for _, name := range strange {
		form := url.Values{"from": {"0"}, "newest": {"0"}, "name": {name}, "type": {"text"}, "prompt": {"Hello {{x}} " + name}, "production": {"1"}, "do": {"save"}}
		res, body := h.post("new", form)
		if res.StatusCode != http.StatusSeeOther {
			t.Errorf("%q: status %d: %s", name, res.StatusCode, body)
			continue
		}
		at := strings.TrimPrefix(res.Header.Get("Location"), "../../..")
		if _, body = get(t, h, at); !strings.Contains(body, "The version is there.") || !strings.Contains(body, "Version 1") {
			t.Errorf("%q: %s shows %.300s", name, at, body)
		}
		if got := h.on(name, "production"); got != 1 {
			t.Errorf("%q: production is on %d", name, got)
		}
		for _, tab := range []string{"versions", "compare", "metrics", "uses", "experiments", "history", "new"} {
			if res, _ := h.page(tab, "name", name); res.StatusCode != http.StatusOK {
				t.Errorf("%q: %s: status %d", name, tab, res.StatusCode)
			}
		}
		res, _ = h.post("labels", url.Values{"name": {name}, "version": {"1"}, "action": {"move"}, "label": {"staging"}})
		if res.StatusCode != http.StatusSeeOther || h.on(name, "staging") != 1 {
			t.Errorf("%q: label: status %d", name, res.StatusCode)
		}
	}
	for _, path := range []string{"", "?folder=a/", "?folder=/", "?q=/"} {
		if res, _ := get(t, h, "/project/p1/prompts"+path); res.StatusCode != http.StatusOK {
			t.Errorf("list %s: status %d", path, res.StatusCode)
		}
	}
}

func TestUnknownPrompts(t *testing.T) {
	h := newHub(t)
	h.create(map[string]any{"name": "p", "prompt": "x"})
	for _, tab := range []string{"versions", "compare", "metrics", "uses", "experiments", "history"} {
		for _, name := range []string{"", "none"} {
			if res, _ := h.page(tab, "name", name); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s of %q: status %d", tab, name, res.StatusCode)
			}
		}
	}
	for _, x := range []struct {
		path, key, value string
		status           int
	}{
		{"versions", "version", "7", http.StatusNotFound},
		{"versions", "version", "x", http.StatusBadRequest},
		{"versions", "page", "x", http.StatusBadRequest},
		{"compare", "from", "-1", http.StatusBadRequest},
		{"compare", "to", "0", http.StatusBadRequest},
		{"metrics", "range", "1y", http.StatusBadRequest},
		{"metrics", "a", "x", http.StatusBadRequest},
		{"metrics", "b", "x", http.StatusBadRequest},
		{"uses", "version", "x", http.StatusBadRequest},
		{"uses", "after", "x", http.StatusBadRequest},
		{"history", "after", "x", http.StatusBadRequest},
		{"new", "version", "7", http.StatusNotFound},
		{"new", "version", "x", http.StatusBadRequest},
	} {
		if res, _ := h.page(x.path, "name", "p", x.key, x.value); res.StatusCode != x.status {
			t.Errorf("%s %s=%s: status %d, want %d", x.path, x.key, x.value, res.StatusCode, x.status)
		}
	}
	if res, _ := get(t, h, "/project/p2/prompts/versions?name=p"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a prompt of another project: status %d", res.StatusCode)
	}
}

// TestBrokenAddresses: whatever an address or a form has, it is the reader's error and not the server's.
func TestBrokenAddresses(t *testing.T) {
	h := seedHub(t)
	keys := func(list string) []string { return strings.Fields(list) }
	for _, bad := range []string{strings.Repeat("n", 5000), "a\x00b", "\xff\xfe", "\u2028", strings.Repeat("/", 3000), "-1", "99999999999999999999", "%"} {
		for tab, list := range map[string]string{
			"": "folder q tag label page", "versions": "name version label page done", "compare": "name from to", "metrics": "name range a b", "uses": "name version after",
			"experiments": "name experiment", "history": "name after", "new": "name version folder",
		} {
			for _, key := range keys(list) {
				if res, body := h.page(tab, "name", "support/answer", key, bad); res.StatusCode >= http.StatusInternalServerError {
					t.Errorf("%s %s=%.40q: status %d: %.200s", tab, key, bad, res.StatusCode, body)
				}
			}
		}
		for path, list := range map[string]string{
			"labels": "name version from label action", "rollback": "name from to", "new": "do from newest name type prompt config labels tags commitMessage",
			"experiments": "name experiment variant version percent do", "experiments/end": "name experiment",
		} {
			for _, key := range keys(list) {
				form := url.Values{
					"name": {"support/answer"}, "version": {"1"}, "from": {"1"}, "to": {"2"}, "newest": {"3"}, "label": {"x"}, "action": {"move"}, "type": {"text"}, "prompt": {"x"},
					"experiment": {"e"}, "variant": {"v"}, "percent": {"1"},
				}
				form.Set(key, bad)
				if res, body := h.post(path, form); res.StatusCode >= http.StatusInternalServerError {
					t.Errorf("POST %s %s=%.40q: status %d: %.200s", path, key, bad, res.StatusCode, body)
				}
			}
		}
	}
}
