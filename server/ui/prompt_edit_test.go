//go:build !noui

package ui

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ui/internal/message"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// newForm is that of a new prompt.
func newForm(change url.Values) url.Values {
	form := url.Values{"from": {"0"}, "newest": {"0"}, "name": {"shop/greet"}, "type": {"text"}, "prompt": {"Hello {{who}}"}, "do": {"save"}}
	maps.Copy(form, change)
	return form
}

func TestEditorMakesVersions(t *testing.T) {
	h := newHub(t)
	h.viewer = Viewer{Name: "jihun.park"}
	res, body := h.post("new", newForm(url.Values{
		"prompt": {"\r\nHello {{who}}\r\n"}, "config": {"{\r\n\"model\": \"m\"}"}, "labels": {"staging, canary,staging,"}, "tags": {"a, b"}, "production": {"1"}, "commitMessage": {"왜냐하면"},
	}))
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d: %s", res.StatusCode, body)
	}
	p, err := h.catalog.Prompt(t.Context(), "p1", "shop/greet", catalog.PromptSelection{})
	if err != nil {
		t.Fatal(err)
	}
	if string(p.Prompt) != `"\nHello {{who}}\n"` || string(p.Config) != "{\n\"model\": \"m\"}" && string(p.Config) != `{"model":"m"}` || p.CreatedBy != "jihun.park" || p.CommitMessage != "왜냐하면" ||
		!slices.Equal(p.Tags, []string{"a", "b"}) || !slices.Equal(p.Labels, []string{"staging", "canary", "production", "latest"}) {
		t.Errorf("%+v %s", p, p.Config)
	}
	_, body = h.page("new", "name", "shop/greet")
	contains(t, body, ">\n\nHello {{who}}\n</textarea>", `value="a, b"`, `<code class="var-chip">who</code>`, `name="from" value="1"`, `name="newest" value="1"`, "new version from v1", "&#34;model&#34;")
	res, _ = h.post("new", newForm(url.Values{"from": {"1"}, "newest": {"1"}, "prompt": {"2"}, "tags": {""}}))
	if res.StatusCode != http.StatusSeeOther || h.on("shop/greet", "latest") != 2 || h.on("shop/greet", "production") != 1 {
		t.Errorf("a second version: %d", res.StatusCode)
	}
	if p, err = h.catalog.Prompt(t.Context(), "p1", "shop/greet", catalog.PromptSelection{Version: 2}); err != nil || len(p.Tags) != 0 || string(p.Config) != "{}" {
		t.Errorf("%+v, %v", p, err)
	}
	_, body = h.page("new", "folder", "shop/")
	contains(t, body, `name="name" value="shop/"`)
}

func TestEditorKeepsWhatWasTyped(t *testing.T) {
	h := newHub(t)
	h.create(map[string]any{"name": "taken", "prompt": "x"})
	for _, x := range []struct {
		change url.Values
		want   string
	}{
		{url.Values{"name": {" "}}, "Give it a name."},
		{url.Values{"name": {"taken"}}, "There is a prompt of this name"},
		{url.Values{"name": {strings.Repeat("n", 300)}}, "255"},
		{url.Values{"config": {"{\n\"a\": 1,\n\"b\" 2\n}"}}, "Line 3 is no JSON"},
		{url.Values{"config": {"{"}}, "Line 1 is no JSON"},
		{url.Values{"prompt": {strings.Repeat("한", 350_000)}}, "bytes, and a version may have 1,048,576"},
		{url.Values{"labels": {"Staging"}}, "lower-case"},
		{url.Values{"labels": {"latest, Ü"}}, "lower-case"},
		{url.Values{"prompt": {"@@@langfusePrompt:name=none|label=production@@@"}}, "none"},
		{url.Values{"type": {"chat"}, "role": {"user", "placeholder"}, "content": {"kept as typed", " "}}, "Message 2: a placeholder needs a name."},
		{url.Values{"type": {"chat"}, "role": {""}, "content": {"kept as typed"}}, "Role of message 1: must not be empty"},
		{url.Values{"commitMessage": {"kept as typed" + strings.Repeat("m", 70<<10)}}, "commitMessage"},
	} {
		form := newForm(url.Values{"commitMessage": {"kept as typed"}})
		maps.Copy(form, x.change)
		res, body := h.post("new", form)
		if res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%v: status %d", x.change, res.StatusCode)
		}
		contains(t, body, x.want, "kept as typed", "data-dirty")
		if form.Get("type") == "text" && form.Get("prompt") == "Hello {{who}}" {
			contains(t, body, "\nHello {{who}}</textarea>")
		}
	}
	if list, err := h.catalog.PromptFolder(t.Context(), "p1", catalog.PromptFolderQuery{}, pageOfTen); err != nil || list.Total != 1 {
		t.Errorf("something was made: %+v, %v", list, err)
	}
}

// TestEditorIsNotOvertaken: who writes on an old version learns that there is a newer one.
func TestEditorIsNotOvertaken(t *testing.T) {
	h := newHub(t)
	for range 2 {
		h.create(map[string]any{"name": "p", "prompt": "x"})
	}
	form := newForm(url.Values{"name": {"p"}, "from": {"1"}, "newest": {"1"}, "prompt": {"mine"}})
	res, body := h.post("new", form)
	if res.StatusCode != http.StatusUnprocessableEntity || h.on("p", "latest") != 2 {
		t.Fatalf("status %d", res.StatusCode)
	}
	contains(t, body, "Meanwhile somebody has made version 2", "mine", `name="newest" value="2"`)
	form.Set("newest", "2")
	if res, _ = h.post("new", form); res.StatusCode != http.StatusSeeOther || h.on("p", "latest") != 3 {
		t.Errorf("again: status %d", res.StatusCode)
	}
}

func TestEditorRearrangesMessages(t *testing.T) {
	h := newHub(t)
	chat := url.Values{"type": {"chat"}, "role": {"system", "placeholder", "user"}, "content": {"one {{a}}", "history", "three"}}
	delete(chat, "prompt")
	for do, want := range map[string]string{
		"add":         "one {{a}}|history|three|",
		"placeholder": "one {{a}}|history|three|history",
		"up-1":        "history|one {{a}}|three",
		"down-1":      "one {{a}}|three|history",
		"remove-0":    "history|three",
		"remove-9":    "one {{a}}|history|three",
		"up-0":        "one {{a}}|history|three",
		"down-2":      "one {{a}}|history|three",
		"up--1":       "one {{a}}|history|three",
		"nonsense":    "one {{a}}|history|three",
	} {
		form := newForm(chat)
		form.Set("do", do)
		res, body := h.post("new", form, "HX-Request", "true", "HX-Target", "editor")
		if res.StatusCode != http.StatusOK || strings.Contains(body, "<html") {
			t.Errorf("%s: status %d", do, res.StatusCode)
		}
		var got []string
		for _, part := range strings.Split(body, "<textarea")[1:] {
			if strings.Contains(part, `name="content"`) {
				text, _, _ := strings.Cut(part[strings.Index(part, ">\n")+2:], "</textarea>")
				got = append(got, text)
			}
		}
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("%s: %q, want %q", do, s, want)
		}
	}
	form := newForm(chat)
	form.Set("do", "preview")
	_, body := h.post("new", form)
	contains(t, body, "<html", `id="preview"`, `<mark class="var">{{a}}</mark>`, `<mark class="var">history</mark>`, `<code class="var-chip">a</code>`, "data-dirty")
	form.Set("do", "save")
	if res, _ := h.post("new", form); res.StatusCode != http.StatusSeeOther {
		t.Errorf("save: status %d", res.StatusCode)
	}
	p, err := h.catalog.Prompt(t.Context(), "p1", "shop/greet", catalog.PromptSelection{Label: "latest"})
	if err != nil || string(p.Prompt) != `[{"role":"system","content":"one {{a}}"},{"type":"placeholder","name":"history"},{"role":"user","content":"three"}]` {
		t.Errorf("%s, %v", p.Prompt, err)
	}
}

func TestEditorChangesTheType(t *testing.T) {
	h := newHub(t)
	form := newForm(url.Values{"type": {"chat"}, "do": {"look"}})
	_, body := h.post("new", form, "HX-Request", "true")
	contains(t, body, `name="content"`, "\nHello {{who}}</textarea>", `<option value="system" selected>`)
	form = newForm(url.Values{"role": {"system", "placeholder", "user"}, "content": {"a", "history", "b"}, "do": {"look"}})
	delete(form, "prompt")
	_, body = h.post("new", form, "HX-Request", "true")
	contains(t, body, "\na\n\nb</textarea>")
}

func TestEditorRefusesWhatIsNoForm(t *testing.T) {
	h := newHub(t)
	for _, change := range []url.Values{{"from": {"x"}}, {"newest": {"-1"}}} {
		if res, _ := h.post("new", newForm(change)); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%v: status %d", change, res.StatusCode)
		}
	}
	if res, _ := h.post("new", nil, "Content-Type", "application/x-www-form-urlencoded; charset=%zz"); res.StatusCode != http.StatusBadRequest && res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("status %d", res.StatusCode)
	}
}

// FuzzEditor posts forms: whatever they have, the answer is a page or a way to one.
func FuzzEditor(f *testing.F) {
	for _, seed := range []string{
		"do=save&name=a&type=text&prompt=x&from=0&newest=0", "do=add&type=chat&role=user&content=x&from=0&newest=0", "do=remove-1&type=chat&role=a&role=b&content=&content=&from=1&newest=2",
		"do=save&type=chat&role=placeholder&content=+&name=b&from=0&newest=0&config=%7B", "do=preview&prompt=%7B%7B%7Bx%7D%7D%7D@@@langfusePrompt:name=x|label=y@@@", "%zz", "do=add", "do=up-99999999999999999999",
	} {
		f.Add(seed)
	}
	page := view.Page{Printer: message.For(message.English)}
	f.Fuzz(func(t *testing.T, text string) {
		form, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		e, err := readEditor(&request{Request: &http.Request{PostForm: form}})
		if err != nil {
			return
		}
		rearrange(&e, form.Get("do"))
		if body := written(&e); body.Chat != (len(body.Messages) > 0) {
			t.Errorf("%q: chat %t with %d messages", text, body.Chat, len(body.Messages))
		}
		if made := promptRequest(page, &e); made["prompt"] == nil || made["type"] != e.Type {
			t.Errorf("%q: %v", text, made)
		}
	})
}
