//go:build !noui

package ui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

func TestPromptPageShowsAVersion(t *testing.T) {
	h := seedHub(t)
	_, body := h.page("versions", "name", "support/answer")
	contains(t, body, "Version 3", `<mark class="var">{{user_name}}</mark>`, `<code class="var-chip">sources</code>`, "더 따뜻하게", "minji.kim",
		`<a class="ref" href="../../../project/p1/prompts/versions?label=production&amp;name=support%2Frules">`, "gpt-4o",
		"Production goes from version 3 back to version 1", `href="../../../project/p1/prompts?folder=support%2F"`)
	_, body = h.page("versions", "name", "support/answer", "version", "1")
	contains(t, body, "Version 1", "in at most three sentences", "AtVersion(1)", "v3 → v1")
	_, body = h.page("versions", "name", "support/answer", "label", "canary-eu-west")
	contains(t, body, "Version 2", `AtLabel(&#34;canary-eu-west&#34;)`)
	_, body = h.page("versions", "name", "support/summary")
	contains(t, body, "Placeholder", `<mark class="var">history</mark>`, "System", "핵심만 세 줄로")
	if strings.Contains(body, "Roll back") {
		t.Error("a label that never moved can be rolled back")
	}
	_, body = h.page("versions", "name", "마케팅/뉴스레터 제목 100% 환불?")
	contains(t, body, "Version 1", "{{개수}}")
}

func TestVersionsArePaged(t *testing.T) {
	h := newHub(t)
	for i := range promptPage + 2 {
		h.create(map[string]any{"name": "p", "prompt": fmt.Sprint(i)})
	}
	_, body := h.page("versions", "name", "p")
	if n := strings.Count(body, `class="version"`); n != promptPage {
		t.Errorf("%d versions on the page", n)
	}
	contains(t, body, "page=2", fmt.Sprintf("Version %d", promptPage+2))
	_, body = h.page("versions", "name", "p", "version", "1")
	contains(t, body, "page=1", `aria-current`, "Version 1<")
	if n := strings.Count(body, `class="version"`); n != 2 {
		t.Errorf("%d versions on the page of the first one", n)
	}
}

func TestGenerationLeadsToItsPrompt(t *testing.T) {
	h := seedHub(t)
	_, body := get(t, h, fmt.Sprintf("/project/p1/traces/%032x?observation=%032xg", 0x77002, 0x77002))
	contains(t, body, `<a href="../../../project/p1/prompts/versions?name=support%2Fanswer&amp;version=3">support/answer v3</a>`)
}

func TestPromptCode(t *testing.T) {
	p := &catalog.Prompt{Name: `a/"b"'$x한`, Version: 2, Type: "chat", Labels: []string{"latest", "staging"}}
	code := map[string]string{}
	for _, s := range promptCode(p, []string{"user_name", "type", "my-key", "한국"}) {
		code[s.Lang] = s.Code
	}
	for lang, want := range map[string]string{
		"go":     "prompt, err := client.Prompt(ctx, \"a/\\\"b\\\"'$x한\", langshark.AtLabel(\"staging\"))\nmessages, err := prompt.Messages(langshark.Vars{\"user_name\": userName, \"type\": typeValue, \"my-key\": myKey, \"한국\": value})",
		"python": "prompt = langfuse.get_prompt(\"a/\\\"b\\\"'$x한\", type=\"chat\", label=\"staging\")\ncompiled = prompt.compile(**{\"user_name\": user_name, \"type\": typeValue, \"my-key\": my_key, \"한국\": value})",
		"ts":     "const prompt = await langfuse.prompt.get(\"a/\\\"b\\\"'$x한\", { type: \"chat\", label: \"staging\" });\nconst compiled = prompt.compile({ user_name, \"type\": typeValue, \"my-key\": my_key, \"한국\": value });",
		"curl":   "curl -u \"$LANGSHARK_PUBLIC_KEY:$LANGSHARK_SECRET_KEY\" \\\n  \"$LANGSHARK_HOST\"'/api/public/v2/prompts/a%2F%22b%22%27$x%ED%95%9C?label=staging'",
	} {
		if code[lang] != want {
			t.Errorf("%s:\n%s\nwant\n%s", lang, code[lang], want)
		}
	}
	text := promptCode(&catalog.Prompt{Name: "p", Version: 2, Type: "text", Labels: []string{"production"}}, []string{"a"})
	for i, want := range []string{"client.Prompt(ctx, \"p\")\n", "get_prompt(\"p\")\ncompiled = prompt.compile(a=a)", "get(\"p\");\nconst compiled = prompt.compile({ a });", "/v2/prompts/p'"} {
		if !strings.Contains(text[i].Code, want) {
			t.Errorf("%s lacks %q", text[i].Code, want)
		}
	}
	if s := promptCode(&catalog.Prompt{Name: "p", Version: 2, Type: "text"}, nil); !strings.Contains(s[1].Code, "version=2") || !strings.Contains(s[2].Code, "{ version: 2 }") || !strings.Contains(s[3].Code, "?version=2'") {
		t.Errorf("%+v", s)
	}
}

func TestLabelsMoveByForm(t *testing.T) {
	h := seedHub(t)
	h.viewer = Viewer{Name: "jihun.park"}
	move := func(form url.Values) (int, string) {
		form.Set("name", "support/answer")
		res, body := h.post("labels", form)
		return res.StatusCode, body
	}
	if status, _ := move(url.Values{"version": {"2"}, "action": {"move"}, "label": {"production"}, "from": {"3"}}); status != http.StatusSeeOther || h.on("support/answer", "production") != 2 {
		t.Errorf("move: %d", status)
	}
	status, body := move(url.Values{"version": {"1"}, "action": {"move"}, "label": {"production"}, "from": {"3"}})
	if status != http.StatusConflict || h.on("support/answer", "production") != 2 {
		t.Errorf("a move from where it is not: %d", status)
	}
	contains(t, body, `role="alert"`, "Somebody was faster", "Version 1")
	if status, _ := move(url.Values{"version": {"2"}, "action": {"move"}, "label": {" new.label "}}); status != http.StatusSeeOther || h.on("support/answer", "new.label") != 2 {
		t.Errorf("a new label: %d", status)
	}
	if status, _ := move(url.Values{"version": {"2"}, "action": {"remove"}, "label": {"new.label"}}); status != http.StatusSeeOther || h.on("support/answer", "new.label") != 0 {
		t.Errorf("a label taken away: %d", status)
	}
	for _, label := range []string{"No Such Form", "latest", ""} {
		if status, body = move(url.Values{"version": {"2"}, "action": {"move"}, "label": {label}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, `role="alert"`) {
			t.Errorf("label %q: %d", label, status)
		}
	}
	for _, form := range []url.Values{{"version": {"2"}, "action": {"eat"}, "label": {"x"}}, {"version": {"x"}, "action": {"move"}}, {"version": {"2"}, "from": {"y"}, "action": {"move"}}} {
		if status, _ := move(form); status != http.StatusBadRequest {
			t.Errorf("%v: %d", form, status)
		}
	}
	_, body = h.page("history", "name", "support/answer")
	contains(t, body, "jihun.park", "Moved production from version 3 to version 2", "Took new.label from version 2", "Put new.label on version 2", "Made version 3", "Changed the experiment tone")
}

func TestRollbackByForm(t *testing.T) {
	h := seedHub(t)
	form := url.Values{"name": {"support/answer"}, "from": {"3"}, "to": {"1"}}
	res, _ := h.post("rollback", form)
	if res.StatusCode != http.StatusSeeOther || h.on("support/answer", "production") != 1 {
		t.Fatalf("status %d", res.StatusCode)
	}
	_, body := get(t, h, strings.TrimPrefix(res.Header.Get("Location"), "../../.."))
	contains(t, body, `role="status"`, "Production is rolled back.", "Version 1")
	res, body = h.post("rollback", form) // twice, as by an old page
	if res.StatusCode != http.StatusConflict || h.on("support/answer", "production") != 1 {
		t.Errorf("again: status %d", res.StatusCode)
	}
	contains(t, body, "Somebody was faster")
	if res, _ = h.post("rollback", url.Values{"name": {"support/answer"}, "from": {"1"}, "to": {"2"}}); res.StatusCode != http.StatusSeeOther || h.on("support/answer", "production") != 2 {
		t.Errorf("to another version: %d", res.StatusCode)
	}
	if res, _ = h.post("rollback", url.Values{"name": {"none"}, "from": {"1"}, "to": {"2"}}); res.StatusCode != http.StatusNotFound {
		t.Errorf("no prompt: %d", res.StatusCode)
	}
	_, body = h.page("history", "name", "support/answer")
	contains(t, body, "Rolled production back from version 3 to version 1", "dashboard")
}

func TestProtectedLabelsSayWhoMayMoveThem(t *testing.T) {
	h := seedHub(t)
	protect := func(keys, roles []string) {
		t.Helper()
		if err := h.catalog.ProtectLabel(t.Context(), "p1", catalog.ProtectedLabel{Label: "production", Keys: keys, Roles: roles}); err != nil {
			t.Fatal(err)
		}
	}
	protect([]string{"pk-ci"}, []string{"lead", "owner"})
	_, body := h.page("versions", "name", "support/answer")
	contains(t, body, "#i-lock", "Only the keys pk-ci and the roles lead, owner may move it.")
	move := url.Values{"name": {"support/answer"}, "version": {"1"}, "action": {"move"}, "label": {"production"}}
	back := url.Values{"name": {"support/answer"}, "from": {"3"}, "to": {"1"}}
	for path, form := range map[string]url.Values{"labels": move, "rollback": back} {
		h.viewer = Viewer{Name: "kim", Role: "writer"}
		res, body := h.post(path, form)
		if res.StatusCode != http.StatusForbidden || h.on("support/answer", "production") != 3 {
			t.Errorf("%s: status %d", path, res.StatusCode)
		}
		contains(t, body, `role="alert"`, "You may not do this. Label &#39;production&#39; of prompt &#39;support/answer&#39; is protected: only the keys pk-ci and the roles lead, owner may move it")
	}
	_, body = h.post("labels", move, "Accept-Language", "ko")
	contains(t, body, "권한이 없습니다. &#39;support/answer&#39; 프롬프트의 &#39;production&#39; 라벨은 보호되어 있습니다. 키 pk-ci, 역할 lead, owner만 옮길 수 있습니다.")
	res, body := h.post("new", url.Values{"from": {"3"}, "newest": {"3"}, "name": {"support/answer"}, "type": {"text"}, "prompt": {"typed by kim"}, "production": {"1"}})
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a version with the label: status %d", res.StatusCode)
	}
	contains(t, body, "is protected: only the keys pk-ci", "typed by kim")
	h.viewer.Role = "lead"
	if res, _ := h.post("labels", move); res.StatusCode != http.StatusSeeOther || h.on("support/answer", "production") != 1 {
		t.Errorf("a lead: status %d", res.StatusCode)
	}
	protect(nil, nil)
	_, body = h.page("versions", "name", "support/answer")
	contains(t, body, "Only who runs the server may move it.")
}

// TestProtectedLabelsGuardExperiments: who may not move a label of the prompt is told so where the experiment is.
func TestProtectedLabelsGuardExperiments(t *testing.T) {
	h := seedHub(t)
	if err := h.catalog.ProtectLabel(t.Context(), "p1", catalog.ProtectedLabel{Label: "production", Roles: []string{"lead"}}); err != nil {
		t.Fatal(err)
	}
	change := url.Values{"name": {"support/answer"}, "experiment": {"tone"}, "variant": {"a"}, "version": {"1"}, "percent": {"100"}, "do": {"save"}}
	end := url.Values{"name": {"support/answer"}, "experiment": {"tone"}}
	for path, form := range map[string]url.Values{"experiments": change, "experiments/end": end} {
		h.viewer = Viewer{Name: "kim", Role: "writer"}
		res, body := h.post(path, form)
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: status %d", path, res.StatusCode)
		}
		contains(t, body, `role="alert"`, "An experiment on prompt &#39;support/answer&#39; goes past its protected label &#39;production&#39;: only the roles lead may move it")
	}
	h.viewer.Role = "lead"
	for _, path := range []string{"experiments", "experiments/end"} {
		if res, _ := h.post(path, map[string]url.Values{"experiments": change, "experiments/end": end}[path]); res.StatusCode != http.StatusSeeOther {
			t.Errorf("%s by a lead: status %d", path, res.StatusCode)
		}
	}
}

// TestFormsFromElsewhere: a page on another site can't have the viewer's browser change prompts.
func TestFormsFromElsewhere(t *testing.T) {
	h := seedHub(t)
	form := url.Values{"name": {"support/answer"}, "from": {"3"}, "to": {"1"}, "version": {"1"}, "action": {"move"}, "label": {"production"}, "experiment": {"tone"}, "prompt": {"x"}, "do": {"save"}}
	for _, path := range []string{"labels", "rollback", "new", "experiments", "experiments/end"} {
		for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "", "Origin", "https://evil.test"}} {
			if res, _ := h.post(path, form, header...); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s %v: status %d", path, header, res.StatusCode)
			}
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/project/p1/prompts/"+path+"?"+form.Encode(), nil)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	if all, err := h.catalog.Experiments(t.Context(), "p1", "support/answer"); err != nil || len(all) != 1 || h.on("support/answer", "production") != 3 || h.on("support/answer", "latest") != 3 {
		t.Errorf("something has changed: %v, %v", all, err)
	}
	if res, _ := h.post("labels", url.Values{"name": {strings.Repeat("x", maxFormBytes)}}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a form of %d bytes: status %d", maxFormBytes, res.StatusCode)
	}
}

// TestHostilePromptStaysText has the attack in all that one can write, and looks at every page.
func TestHostilePromptStaysText(t *testing.T) {
	h := newHub(t)
	type m = map[string]any
	ref := "@@@langfusePrompt:name=" + strings.ReplaceAll(attack, "@@@", "") + "|label=production@@@"
	h.viewer = Viewer{Name: attack}
	h.create(m{"name": "target", "prompt": "x", "labels": []string{"production"}})
	h.create(m{"name": attack, "prompt": attack + "{{x}}" + attack, "config": m{attack: attack}, "tags": []string{attack}, "commitMessage": attack, "labels": []string{"production"}})
	h.create(m{"name": "other" + attack, "prompt": attack + ref, "labels": []string{"production"}})
	h.create(m{"name": attack, "prompt": attack + attack, "tags": []string{attack}, "commitMessage": attack})
	h.create(m{"name": attack + "/" + attack, "type": "chat", "prompt": []m{{"role": attack, "content": attack}, {"type": "placeholder", "name": attack}}})
	h.create(m{"name": attack + "/" + attack, "type": "chat", "prompt": []m{{"role": attack, "content": attack + "{{y}}"}, {"role": "user", "content": attack}}})
	body, err := json.Marshal(m{"prompt": attack, "variants": []m{{"name": attack, "version": 1, "weight": 1000}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.catalog.SetExperiment(catalog.WithActor(t.Context(), catalog.Actor{Name: attack}), "p1", attack, body); err != nil {
		t.Fatal(err)
	}
	if err := h.catalog.ProtectLabel(t.Context(), "p1", catalog.ProtectedLabel{Label: "production", Roles: []string{attack}}); err != nil {
		t.Fatal(err)
	}
	h.hostileUses()
	for _, name := range []string{attack, "other" + attack, attack + "/" + attack} {
		for _, tab := range []string{"versions", "compare", "metrics", "uses", "experiments", "history", "new"} {
			h.checkSafe(h.page(tab, "name", name, "experiment", attack))
		}
		h.checkSafe(h.post("labels", url.Values{"name": {name}, "version": {"1"}, "action": {"move"}, "label": {attack}}))
		h.checkSafe(h.post("rollback", url.Values{"name": {name}, "from": {"7"}, "to": {"1"}}))
		h.checkSafe(h.post("experiments", url.Values{"name": {name}, "experiment": {attack}, "variant": {attack}, "version": {attack}, "percent": {attack}}))
		for _, do := range []string{"save", "preview", "add"} {
			for _, kind := range []string{"text", "chat"} {
				h.checkSafe(h.post("new", url.Values{"do": {do}, "from": {"1"}, "newest": {"1"}, "name": {name}, "type": {kind}, "prompt": {attack}, "role": {attack}, "content": {attack}, "config": {attack}, "labels": {attack}, "tags": {attack}, "commitMessage": {attack}}))
			}
		}
	}
	h.checkSafe(h.page("new", "folder", attack))
	h.checkSafe(h.page("", "folder", attack+"/"))
	h.checkSafe(h.page("", "q", "script", "tag", attack))
	h.checkSafe(h.page("", "q", attack, "tag", attack, "label", attack))
}

// hostileUses records generations of the hostile prompt, with hostile scores.
func (h *hub) hostileUses() {
	h.t.Helper()
	h.use(attack, time.Now())
	at := time.Now()
	n := 1.0
	b := &store.Batch{ProjectID: "p1", Scores: []store.ScoreWrite{
		{Stamp: store.NewStamp(at, false, "x"), ID: "x", TraceID: fmt.Sprintf("%032x", 0x77000), ObservationID: fmt.Sprintf("%032xg", 0x77000), Name: attack, Type: exporter.ScoreCategorical, Text: attack, Timestamp: at},
		{Stamp: store.NewStamp(at, false, "y"), ID: "y", TraceID: fmt.Sprintf("%032x", 0x77000), ObservationID: fmt.Sprintf("%032xg", 0x77000), Name: attack, Type: exporter.ScoreNumeric, Number: &n, Timestamp: at},
	}}
	if err := h.store.Write(h.t.Context(), b); err != nil {
		h.t.Fatal(err)
	}
}

// checkSafe looks for what has broken out of text and attributes.
func (h *hub) checkSafe(res *http.Response, body string) {
	h.t.Helper()
	where := res.Status
	if res.StatusCode >= http.StatusInternalServerError {
		h.t.Errorf("%s: %.200s", where, body)
	}
	if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		h.t.Errorf("%s: policy %q", where, csp)
	}
	for _, s := range anyScript.FindAllString(body, -1) {
		if !strings.Contains(s, "src=\"") || !strings.Contains(s, "/assets/") {
			h.t.Errorf("%s: script %s", where, s)
		}
	}
	bare := attribute.ReplaceAllString(body, `""`)
	if m := inlineHandler.FindString(bare) + inlineStyle.FindString(bare) + remote.FindString(body); m != "" {
		h.t.Errorf("%s: %s", where, m)
	}
	if strings.Contains(bare, "<iframe") || strings.Contains(bare, "<img") || strings.Contains(body, `="javascript:`) {
		h.t.Errorf("%s: an element came in from a prompt", where)
	}
}
