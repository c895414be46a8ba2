//go:build !noui

package ui

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// get asks h for a path and returns the answer with its body.
func get(t *testing.T, h http.Handler, path string, header ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func contains(t *testing.T, body string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestTracesListShowsWhatMatters(t *testing.T) {
	_, body := get(t, newHandler(seeded(time.Now())), "/project/p1/traces")
	contains(t, body,
		`<html lang="en"`, "minji.kim", "chat-7f3a", "2,856 → 275", "$0.00491", "4.82s",
		"주문번호 20394", `aria-label="2 errors"`, `href="../../project/p1/traces/`+supportID+`"`, "production",
	)
	if first, second := strings.Index(body, "nightly-report"), strings.Index(body, supportID); first < 0 || second < first {
		t.Error("the newest trace does not stand first")
	}
	if n := strings.Count(body, "<tr id="); n != pageSize {
		t.Errorf("the page has %d rows, want %d", n, pageSize)
	}
}

func TestOlderPageFollows(t *testing.T) {
	h := newHandler(seeded(time.Now()))
	_, body := get(t, h, "/project/p1/traces?env=production")
	m := regexp.MustCompile(`<a class="btn" href="([^"]*after=[^"]*)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatal("no link to older traces")
	}
	older := strings.ReplaceAll(strings.TrimPrefix(m[1], "../.."), "&amp;", "&")
	if !strings.Contains(older, "env=production") {
		t.Errorf("the filter is lost on the way to %s", older)
	}
	_, next := get(t, h, older)
	if strings.Contains(next, "<ls-live") {
		t.Error("a page of older traces claims to be live")
	}
	ids := regexp.MustCompile(`<tr id="(t-[^"]+)"`)
	for _, id := range ids.FindAllStringSubmatch(next, -1) {
		if strings.Contains(body, id[0]) {
			t.Errorf("%s is on both pages", id[1])
		}
	}
}

func TestFiltersNarrowTheList(t *testing.T) {
	h := newHandler(seeded(time.Now()))
	for query, want := range map[string]int{
		"level=error":                 1,
		"level=warning":               2,
		"q=NIGHTLY":                   1,
		"user=scheduler&tag=batch":    1,
		"session=chat-7f3a":           1,
		"range=15m&level=error":       1,
		"release=2026.11.2":           1,
		"from=2099-01-01T00:00":       0,
		"name=support-chat&env=other": 0,
	} {
		_, body := get(t, h, "/project/p1/traces?"+query, "HX-Request", "true", "HX-Target", "list")
		if n := strings.Count(body, "<tr id="); n != want {
			t.Errorf("%s gives %d traces, want %d", query, n, want)
		}
		if strings.Contains(body, "<html") {
			t.Errorf("%s: a fragment was asked for, a page came", query)
		}
		if !strings.Contains(body, "active-filters") {
			t.Errorf("%s: the filters in force are not shown", query)
		}
	}
	for _, query := range []string{"level=loud", "range=1y", "from=yesterday"} {
		if res, _ := get(t, h, "/project/p1/traces?"+query); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", query, res.StatusCode)
		}
	}
}

func TestFilterReachesTheStore(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	values, err := url.ParseQuery("q=x&level=warning&tag=a,%20b&range=1h&to=2026-11-23T11:30")
	if err != nil {
		t.Fatal(err)
	}
	got, err := readFilter(values).store(now)
	if err != nil {
		t.Fatal(err)
	}
	if got.Search != "x" || len(got.Tags) != 2 || got.Tags[1] != "b" || !got.From.Equal(now.Add(-time.Hour)) ||
		!got.To.Equal(now.Add(-30*time.Minute)) || len(got.Levels) != 2 || got.Levels[1] != exporter.LevelError {
		t.Errorf("the store is asked for %+v", got)
	}
}

func TestTracePageShowsTraceAndObservation(t *testing.T) {
	h := newHandler(seeded(time.Now()))
	_, body := get(t, h, "/project/p1/traces/"+supportID)
	contains(t, body,
		"<ls-waterfall", `role="tree"`, "주문하신 <strong>무선 이어폰(주문 20394)</strong>", "faithfulness", "0.94", "두 문장 모두",
		"2026.11.2", `src="../../../project/p1/traces/`+supportID+`/spans"`, "experiment",
	)
	if strings.Contains(body, "friendly") {
		t.Error("the trace shows the score of an observation")
	}
	_, panel := get(t, h, "/project/p1/traces/"+supportID+"?observation="+supportID+"a9", "HX-Request", "true", "HX-Target", "panel")
	contains(t, panel, "gpt-4o-2024-08-06", "690ms", "1,630 → 214", "$0.00477", "get_order", "call_a81", "You are Haru", "friendly", "Output, reasoning", "temperature", "2 tools offered")
	if strings.Contains(panel, "<html") {
		t.Error("a panel was asked for, a page came")
	}
	_, json := get(t, h, "/project/p1/traces/"+supportID+"?view=json&observation="+supportID+"a9")
	contains(t, json, "&#34;tool_call_id&#34;")
	if strings.Contains(json, `class="msg`) {
		t.Error("the JSON view shows a chat")
	}
	_, broken := get(t, h, "/project/p1/traces/9d1c0e6f2a7b4c58b1e3f5a7c9d0e2f4")
	contains(t, broken, "answer: provider returned 429", `class="alert error"`)
}

func TestUnknownCostIsADash(t *testing.T) {
	f := seeded(time.Now())
	_, body := get(t, newHandler(f), "/project/p1/traces/9d1c0e6f2a7b4c58b1e3f5a7c9d0e2f4?observation=9d1c0e6f2a7b4c58b1e3f5a7c9d0e2f4b3")
	if strings.Contains(body, "$0") {
		t.Error("an unknown cost is shown as an amount")
	}
	contains(t, body, ">–<")
}

func TestStepOfAnotherTraceIsNotFound(t *testing.T) {
	res, _ := get(t, newHandler(seeded(time.Now())), "/project/p1/traces/9d1c0e6f2a7b4c58b1e3f5a7c9d0e2f4?observation="+supportID+"a9")
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("status %d, want 404", res.StatusCode)
	}
}

func TestOtherProjectsAreNotFound(t *testing.T) {
	h := newHandler(seeded(time.Now()))
	for _, path := range []string{"/project/p3/traces", "/project/p2/traces/" + supportID, "/project/p2/traces/" + supportID + "/spans", "/project/p3/search?q=a", "/nothing", "/assets/app.js"} {
		if res, _ := get(t, h, path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, res.StatusCode)
		}
	}
}

func TestKoreanByHeaderAndCookie(t *testing.T) {
	h := newHandler(seeded(time.Now()))
	_, body := get(t, h, "/project/p1/traces", "Accept-Language", "fr, ko-KR;q=0.9, en;q=0.8")
	contains(t, body, `<html lang="ko"`, "트레이스", "소요 시간")
	_, body = get(t, h, "/project/p1/traces", "Accept-Language", "ko", "Cookie", "langshark_lang=en; langshark_theme=dark")
	contains(t, body, `<html lang="en" data-theme="dark"`, "Latency")
}

func TestPrefsAreKeptAndGoBack(t *testing.T) {
	h := newHandler(seeded(time.Now()))
	post := func(form, referer, site string) *http.Response {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://obs.test/prefs", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Referer", referer)
		r.Header.Set("Sec-Fetch-Site", site)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	res := post("lang=ko", "http://obs.test/x/project/p1/traces?q=a", "same-origin")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/x/project/p1/traces?q=a" {
		t.Errorf("status %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if c := res.Cookies(); len(c) != 1 || c[0].Name != "langshark_lang" || c[0].Value != "ko" || !c[0].HttpOnly || c[0].Path != "" {
		t.Errorf("cookies %v", c)
	}
	if res := post("theme=neon", "", "same-origin"); len(res.Cookies()) != 0 {
		t.Error("an unknown theme was kept")
	}
	for _, evil := range []string{"http://evil.test/x", "http://obs.test//evil.test/"} {
		if to := post("lang=ko", evil, "same-origin").Header.Get("Location"); to != "./" {
			t.Errorf("from %s it leads to %q", evil, to)
		}
	}
	if res := post("lang=ko", "", "cross-site"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a form of another site gets %d, want 403", res.StatusCode)
	}
}

func TestSignInPage(t *testing.T) {
	h := New(Config{Reader: &fake{}, Viewer: func(*http.Request) (Viewer, error) { return Viewer{}, errors.New("no session") }})
	for _, path := range []string{"/", "/project/p1/traces", "/project/p1/search?q=a", "/project/p1/traces/x/spans", "/project/p1/live"} {
		res, body := get(t, h, path)
		if res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: status %d, want 401", path, res.StatusCode)
		}
		contains(t, body, "/?token=")
	}
	if res, _ := get(t, h, "/assets/"+loadAssets().name("app.css")); res.StatusCode != http.StatusOK {
		t.Error("the sign-in page has no style")
	}
}

func TestStoreTroubleIsLoggedNotShown(t *testing.T) {
	f := seeded(time.Now())
	f.err = errors.New("disk on fire")
	for _, path := range []string{"/project/p1/traces", "/project/p1/search?q=a"} {
		res, body := get(t, newHandler(f), path)
		if res.StatusCode != http.StatusInternalServerError || strings.Contains(body, "disk on fire") {
			t.Errorf("%s: status %d, body %q", path, res.StatusCode, body)
		}
	}
}

func TestMethods(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/project/p1/traces", nil)
	w := httptest.NewRecorder()
	newHandler(&fake{}).ServeHTTP(w, r)
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE gets %d, want 405", w.Code)
	}
}

func TestRedirectsStayBelowThePrefix(t *testing.T) {
	s := httptest.NewServer(http.StripPrefix("/a/b", newHandler(seeded(time.Now()))))
	defer s.Close()
	for path, want := range map[string]string{
		"/a/b":                    "/a/b/project/p1/traces",
		"/a/b/":                   "/a/b/project/p1/traces",
		"/a/b/project/p2":         "/a/b/project/p2/traces",
		"/a/b/trace/" + supportID: "/a/b/project/p1/traces/" + supportID,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Request.URL.Path != want {
			t.Errorf("%s ends at %s with %d, want %s", path, res.Request.URL.Path, res.StatusCode, want)
		}
	}
}

func TestAssetsAreImmutable(t *testing.T) {
	h := newHandler(&fake{})
	name := "/assets/" + loadAssets().name("app.js")
	res, body := get(t, h, name)
	if res.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || len(body) == 0 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("headers %v", res.Header)
	}
	if res, _ := get(t, h, name, "If-None-Match", res.Header.Get("Etag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("status %d, want 304", res.StatusCode)
	}
}

func TestEmptyProjectTellsHowToStart(t *testing.T) {
	h := http.StripPrefix("/obs", newHandler(&fake{}))
	_, body := get(t, h, "/obs/project/p1/traces")
	contains(t, body, "LANGSHARK_HOST=http://example.com/obs", "langshark.Observe", "<ls-live")
	_, body = get(t, h, "/obs/project/p1/traces?level=error")
	if strings.Contains(body, "LANGSHARK_HOST") {
		t.Error("a filter without hits is taken for an empty project")
	}
}

func TestSessionReadsAsConversation(t *testing.T) {
	h := newHandler(seeded(time.Now()))
	_, body := get(t, h, "/project/p1/sessions/chat-2b00")
	contains(t, body, "쿠폰이 적용되지 않아요", "Where can I change my delivery address?", "My page → Addresses")
	if strings.Contains(body, "You are Haru") {
		t.Error("each turn repeats the system prompt")
	}
	if strings.Index(body, "쿠폰이 적용되지") > strings.Index(body, "Where can I change") {
		t.Error("the later turn comes first")
	}
	_, body = get(t, h, "/project/p1/sessions")
	contains(t, body, "chat-2b00", "3,131")
	_, body = get(t, h, "/project/p1/sessions?q=7f3a")
	if strings.Count(body, "<tr data-row") != 1 {
		t.Error("the search does not narrow the sessions")
	}
	if res, _ := get(t, h, "/project/p1/sessions/none"); res.StatusCode != http.StatusNotFound {
		t.Errorf("status %d, want 404", res.StatusCode)
	}
}

func TestNoProjectAtAll(t *testing.T) {
	h := New(Config{Reader: &fake{}, Projects: func(context.Context, Viewer) ([]store.Project, error) { return nil, nil }})
	if res, _ := get(t, h, "/"); res.StatusCode != http.StatusNotFound {
		t.Errorf("status %d, want 404", res.StatusCode)
	}
}

// TestCountedUsageIsMarked: a guess is not shown as a report.
func TestCountedUsageIsMarked(t *testing.T) {
	for _, counted := range []bool{true, false} {
		f := &fake{}
		b := newTrace("p1", "t", "trace", time.Now())
		b.step(step{id: "g", kind: exporter.KindGeneration, name: "g", length: time.Second, usage: &store.Usage{Input: 1234, Output: 56, Total: 1290}, counted: counted})
		f.add(b.TraceDetail)
		_, body := get(t, newHandler(f), "/project/p1/traces/t?observation=g")
		if contains(t, body, "1,234 → 56"); strings.Contains(body, "≈ 1,234 → 56") != counted {
			t.Errorf("counted %t, marked %t", counted, !counted)
		}
	}
}
