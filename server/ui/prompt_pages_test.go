//go:build !noui

package ui

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
)

var pageOfTen = store.Page{Limit: 10}

func TestCompareShowsWords(t *testing.T) {
	h := seedHub(t)
	_, body := h.page("compare", "name", "support/answer", "from", "1", "to", "3")
	contains(t, body, "<ins>warm and patient </ins>", "<del>three</del><ins>four</ins>", "<del>-mini</del>", "changed", `value="1" selected`, `value="3" selected`, "from=3&amp;name=support%2Fanswer&amp;to=1")
	_, body = h.page("compare", "name", "support/summary")
	contains(t, body, "<ins>, in {{lines}} lines</ins>", "System", "Placeholder", "&#34;gpt-4o&#34;")
	_, body = h.page("compare", "name", "support/answer", "from", "2", "to", "2")
	if contains(t, body, "Nothing differs"); strings.Contains(body, "<ins>warm") {
		t.Error("a version differs from itself")
	}
	_, body = h.page("compare", "name", "translate")
	contains(t, body, "There is only one version so far.")
	_, body = h.page("compare", "name", "support/answer") // production is the newest: the one before
	contains(t, body, `<option value="2" selected>v2 · canary-eu-west`, `<option value="3" selected>v3 · latest, production, staging`)
	if res, _ := h.page("compare", "name", "support/answer", "from", "9"); res.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestMetricsByVersion(t *testing.T) {
	h := seedHub(t)
	_, body := h.page("metrics", "name", "support/answer")
	contains(t, body, "faithfulness", "n=40", "user-feedback", `tr class="picked"`, "v2 and v3 side by side", "$0.016", "25,600", `href="../../../project/p1/prompts/uses?name=support%2Fanswer&amp;version=1"`)
	if n := len(regexp.MustCompile(`<path class="line v\d" d="M[^"]+L`).FindAllString(body, -1)); n != 9 {
		t.Errorf("%d lines, want three in each of three charts", n)
	}
	_, body = h.page("metrics", "name", "support/answer", "range", "24h", "a", "1", "b", "2")
	contains(t, body, "v1 and v2 side by side", `value="24h" selected`)
	_, body = h.page("metrics", "name", "support/answer", "a", "2", "b", "2")
	contains(t, body, "v1 and v2 side by side")
	_, body = h.page("metrics", "name", "translate")
	contains(t, body, "No generation has used this prompt in that time.")
}

func TestPairOfVersions(t *testing.T) {
	rows := []query.VersionMetrics{{Version: 5}, {Version: 4}, {Version: 2}}
	for _, x := range []struct{ a, b, production, wantA, wantB int }{
		{0, 0, 0, 4, 5},
		{0, 0, 2, 2, 5},
		{0, 0, 5, 4, 5},
		{2, 4, 5, 2, 4},
		{9, 9, 9, 4, 5},
		{2, 2, 0, 5, 2},
	} {
		a, b := pair(rows, x.a, x.b, x.production)
		if a.Version != x.wantA || b.Version != x.wantB {
			t.Errorf("%+v: %d and %d", x, a.Version, b.Version)
		}
	}
	if a, b := pair(rows[:1], 0, 0, 0); a != nil || b != nil {
		t.Error("one version is beside itself")
	}
	many := make([]query.VersionMetrics, 9)
	for i := range many {
		many[i].Version = 9 - i
	}
	var got []int
	for _, v := range lines(many, &many[8], &many[0]) {
		got = append(got, v.Version)
	}
	if fmt.Sprint(got) != "[1 9 8 7 6]" {
		t.Errorf("lines of %v", got)
	}
}

func TestUsesAreGenerationsOfAVersion(t *testing.T) {
	h := seedHub(t)
	_, body := h.page("uses", "name", "support/answer")
	if n := strings.Count(body, "<tr data-row"); n != pageSize {
		t.Errorf("%d rows", n)
	}
	contains(t, body, "support-chat · gpt-4o-mini", fmt.Sprintf(`href="../../../project/p1/traces/%032x?observation=%032xg"`, 0x77000, 0x77000), "after=")
	_, body = h.page("uses", "name", "support/answer", "version", "2")
	if n := strings.Count(body, "<tr data-row"); n != 40 || strings.Contains(body, "after=") || strings.Contains(body, ">v1</a>") {
		t.Errorf("%d rows of version 2", n)
	}
	_, body = h.page("uses", "name", "translate")
	contains(t, body, "No generation has used this prompt yet.")
}

func TestExperimentsByForm(t *testing.T) {
	h := seedHub(t)
	h.viewer = Viewer{Name: "jihun.park"}
	const name = "support/answer"
	_, body := h.page("experiments", "name", name)
	contains(t, body, `<rect class="v0" x="0.00%" width="40.00%"`, `<rect class="v1" x="40.00%" width="30.00%"`, "20 %", "New experiment", `value="50"`, `min="1" value="3"`, `min="1" value="2"`)
	_, body = h.page("experiments", "name", name, "experiment", "tone")
	contains(t, body, "Change tone", `value="house"`, `value="40"`)
	form := url.Values{"name": {name}, "experiment": {"tone"}, "variant": {"house", "warm", "long", ""}, "version": {"1", "2", "2", ""}, "percent": {"45", "30", "10", ""}, "do": {"plan"}}
	res, body := h.post("experiments", form)
	if res.StatusCode != http.StatusOK {
		t.Errorf("plan: status %d", res.StatusCode)
	}
	contains(t, body, "5 % of all units move.", "30 % keep their variant and get its new version.", "15 % are outside", "Save weights", `value="45"`)
	weights := func() (list []int) {
		all, err := h.catalog.Experiments(t.Context(), "p1", name)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range all[0].Variants {
			list = append(list, v.Weight)
		}
		return list
	}
	if got := fmt.Sprint(weights()); got != "[4000 3000 1000]" {
		t.Errorf("a plan has changed %s", got)
	}
	form.Set("do", "save")
	if res, _ = h.post("experiments", form); res.StatusCode != http.StatusSeeOther || fmt.Sprint(weights()) != "[4500 3000 1000]" {
		t.Errorf("save: status %d, %v", res.StatusCode, weights())
	}
	// Somebody else has changed it, or ended it, since the form was looked at.
	_, body = h.page("experiments", "name", name, "experiment", "tone")
	contains(t, body, `name="revision" value="2"`)
	form.Set("revision", "1")
	res, body = h.post("experiments", form)
	if res.StatusCode != http.StatusConflict || fmt.Sprint(weights()) != "[4500 3000 1000]" {
		t.Errorf("a stale form: status %d, %v", res.StatusCode, weights())
	}
	contains(t, body, "is at revision 2, not 1 as expected", `name="revision" value="2"`)
	if res, body = h.post("experiments/end", url.Values{"name": {name}, "experiment": {"tone"}, "revision": {"1"}}); res.StatusCode != http.StatusConflict || len(weights()) != 3 {
		t.Errorf("a stale end: status %d", res.StatusCode)
	}
	contains(t, body, "is at revision 2, not 1 as expected")
	for revision, status := range map[string]int{"0": http.StatusConflict, "x": http.StatusUnprocessableEntity} {
		form.Set("revision", revision)
		if res, _ := h.post("experiments", form); res.StatusCode != status {
			t.Errorf("revision %s: status %d", revision, res.StatusCode)
		}
	}
	form.Del("revision")
	_, body = h.page("history", "name", name)
	contains(t, body, "Changed the experiment tone: house v1 45 %, warm v2 30 %, long v2 10 %")
	_, body = h.page("versions", "name", name, "version", "2")
	contains(t, body, "Given to some by experiments: tone")
	form.Set("do", "more")
	_, body = h.post("experiments", form)
	if n := strings.Count(body, `name="variant"`); n != 5 {
		t.Errorf("%d rows of variants", n)
	}
	for _, x := range []struct {
		change url.Values
		want   string
		status int
	}{
		{url.Values{"percent": {"90", "30", "10", ""}}, "The percents add up to 130", http.StatusUnprocessableEntity},
		{url.Values{"percent": {"9.005", "30", "10", ""}}, "Row 1 needs a name", http.StatusUnprocessableEntity},
		{url.Values{"percent": {"NaN", "30", "10", ""}}, "Row 1 needs a name", http.StatusUnprocessableEntity},
		{url.Values{"version": {"1", "x", "2", ""}}, "Row 2 needs a name", http.StatusUnprocessableEntity},
		{url.Values{"version": {"1", "2", "99", ""}}, "version 99", http.StatusNotFound},
		{url.Values{"variant": {"a", "a", "b", ""}}, "another variant has this name", http.StatusUnprocessableEntity},
		{url.Values{"variant": {}}, "must have at least one variant", http.StatusUnprocessableEntity},
		{url.Values{"experiment": {" "}}, "Give the experiment a name", http.StatusUnprocessableEntity},
	} {
		bad := url.Values{"do": {"save"}}
		for k, v := range form {
			if k != "do" {
				bad[k] = v
			}
		}
		maps.Copy(bad, x.change)
		res, body := h.post("experiments", bad)
		if res.StatusCode != x.status {
			t.Errorf("%v: status %d", x.change, res.StatusCode)
		}
		contains(t, body, x.want, `role="alert"`)
	}
	if res, _ = h.post("experiments/end", url.Values{"name": {name}, "experiment": {"tone"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("end: status %d", res.StatusCode)
	}
	if res, _ = h.post("experiments/end", url.Values{"name": {name}, "experiment": {"tone"}}); res.StatusCode != http.StatusNotFound {
		t.Errorf("end again: status %d", res.StatusCode)
	}
	_, body = h.page("history", "name", name)
	contains(t, body, "jihun.park", "Changed the experiment tone")
}

func TestHistoryIsPaged(t *testing.T) {
	h := newHub(t)
	for i := range 30 {
		h.create(map[string]any{"name": "p", "prompt": fmt.Sprint(i), "labels": []string{"production"}, "commitMessage": fmt.Sprintf("reason %02d", i)})
	}
	_, body := h.page("history", "name", "p")
	contains(t, body, "after=", "Moved production from version 29 to version 30", "reason 29")
	if n := strings.Count(body, `class="act do-`); n != pageSize {
		t.Errorf("%d rows", n)
	}
	if n := strings.Count(body, "reason 29"); n != 1 {
		t.Errorf("a reason stands there %d times", n)
	}
	at := regexp.MustCompile(`href="../../..([^"]*after=[^"]*)"`).FindStringSubmatch(body)
	_, body = get(t, h, strings.ReplaceAll(at[1], "&amp;", "&"))
	contains(t, body, "Made version 1<", "Put production on version 1")
	if err := h.catalog.DeletePrompt(t.Context(), "p1", "p", catalog.PromptSelection{Version: 3}); err != nil {
		t.Fatal(err)
	}
	_, body = get(t, h, "/project/p1/prompts/history?name=p", "Accept-Language", "ko")
	contains(t, body, "버전 3 삭제", "production 라벨 이동: v29 → v30")
}
