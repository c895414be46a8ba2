//go:build !noui

package ui

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

func lacks(t *testing.T, body string, bad ...string) {
	t.Helper()
	for _, b := range bad {
		if strings.Contains(body, b) {
			t.Errorf("the page has %q", b)
		}
	}
}

func TestSearchShowsWhatWasFound(t *testing.T) {
	h := newHandler(seeded(time.Now()))
	_, body := get(t, h, "/project/p1/search?q=%EC%A0%84%EC%95%A1+%EC%8B%A0%EC%B2%AD") // 전액 신청
	contains(t, body,
		`aria-current="page"`, `value="전액 신청"`, "<mark>전액</mark> 환불을", "에서 <mark>신청</mark>하면", ">Output<", ">support-chat<",
		`href="../../project/p1/traces/`+supportID+`"`,
		`href="../../project/p1/traces/`+supportID+`?observation=`+supportID+`a1"`,
	)
	if n := strings.Count(body, "<li data-row"); n != 3 { // the trace, its root and the generation
		t.Errorf("the page has %d hits, want 3", n)
	}
	lacks(t, body, "autofocus", ">Input<", "look further")
	_, body = get(t, h, "/project/p1/search?q=%22coupon%22+charged+TWICE")
	contains(t, body, "No input or output", `value="&#34;coupon&#34; charged TWICE"`)
	_, body = get(t, h, "/project/p1/search?q=charged+TWICE&range=1h")
	contains(t, body, ">Input<", "<mark>charged</mark> <mark>twice</mark>", `<option value="1h" selected>`)
}

func TestSearchStaysWithinItsRange(t *testing.T) {
	now := time.Now()
	f := &fake{}
	for i, ago := range []time.Duration{time.Minute, 30 * time.Minute, 3 * time.Hour} {
		f.add(simpleTrace(i*5, now.Add(-ago))) // all say the same
	}
	for within, want := range map[string]int{"": 3, "15m": 1, "1h": 2, "7d": 3} {
		_, body := get(t, newHandler(f), "/project/p1/search?q=warehouse&range="+within)
		if n := strings.Count(body, "<li data-row"); n != want {
			t.Errorf("range %q has %d hits, want %d", within, n, want)
		}
	}
}

func TestSearchHelpsWhereNothingIsAsked(t *testing.T) {
	f := seeded(time.Now())
	h := newHandler(f)
	for _, query := range []string{"", "?q=", "?q=+%09&range=7d"} {
		res, body := get(t, h, "/project/p1/search"+query)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%q: status %d", query, res.StatusCode)
		}
		contains(t, body, "search-help", "&#34;refund policy&#34;", "autofocus")
		lacks(t, body, "<li data-row", `class="none"`)
	}
	_, body := get(t, h, "/project/p1/search", "Accept-Language", "ko")
	contains(t, body, "환불 배송", "대소문자는 구분하지", "<span>검색</span>")
}

func TestSearchForWhatIsNoWord(t *testing.T) {
	h := newHandler(seeded(time.Now()))
	for _, query := range []string{"%22", "...", "%22+%22"} {
		res, body := get(t, h, "/project/p1/search?q="+query)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%q: status %d", query, res.StatusCode)
		}
		contains(t, body, "cannot be searched for", `id="q"`)
		lacks(t, body, store.ErrBadQuery.Error())
	}
}

func TestSearchPagesFollow(t *testing.T) {
	h := newHandler(seeded(time.Now()))
	const first = "/project/p1/search?q=order&range=7d"
	_, body := get(t, h, first)
	older := regexp.MustCompile(`<a class="btn" href="\.\./\.\.([^"]*)"`).FindStringSubmatch(body)
	if older == nil || strings.Count(body, "<li data-row") != pageSize {
		t.Fatalf("%s has %d hits, older %v", first, strings.Count(body, "<li data-row"), older)
	}
	path := strings.ReplaceAll(older[1], "&amp;", "&")
	if !strings.Contains(path, "q=order") || !strings.Contains(path, "range=7d") {
		t.Errorf("the search is lost on the way to %s", path)
	}
	_, next := get(t, h, path, "Hx-Request", "true", "Hx-Target", "rows")
	if n := strings.Count(next, "<li data-row"); n == 0 || n == pageSize || strings.Contains(next, "<html") {
		t.Errorf("the next page has %d hits", n)
	}
	lacks(t, next, "after=")
	for _, bad := range []string{first + "&after=nonsense", "/project/p1/search?q=order&range=1y", "/project/p1/search?range=1y"} {
		if res, _ := get(t, h, bad); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", bad, res.StatusCode)
		}
	}
}

func TestSearchThatHasNotLookedAtAll(t *testing.T) {
	f := &fake{found: &store.SearchPage{Next: "x"}}
	_, body := get(t, newHandler(f), "/project/p1/search?q=a&range=7d")
	contains(t, body, "Nothing here yet", `href="../../project/p1/search?after=x&amp;q=a&amp;range=7d"`, `id="rows"`)
	f.found.Next = ""
	_, body = get(t, newHandler(f), "/project/p1/search?q=a&range=7d")
	contains(t, body, "No input or output", `href="../../project/p1/search?q=a"`)
	_, body = get(t, newHandler(f), "/project/p1/search?q=a&after=y")
	contains(t, body, "Nothing further back", `id="rows"`)
	lacks(t, body, "No input or output")
}

func TestTraceListLeadsToTheSearch(t *testing.T) {
	h := newHandler(seeded(time.Now()))
	const link = `href="../../project/p1/search?q=%EC%A0%84%EC%95%A1&amp;range=7d"`
	_, body := get(t, h, "/project/p1/traces?q=%EC%A0%84%EC%95%A1&range=7d&level=warning", "Hx-Request", "true", "Hx-Target", "list")
	contains(t, body, link, "Search in inputs and outputs instead")
	_, body = get(t, h, "/project/p1/traces?user=nobody")
	lacks(t, body, "outputs instead")
}

func TestSearchSnippetIsText(t *testing.T) {
	f := &fake{found: &store.SearchPage{Hits: []store.SearchHit{{TraceID: `../"<t>`, ObservationID: `a&b"#`, Name: "<b>n</b>", Snippet: "x</p><script>alert(1)</script>&lt;"}}}}
	_, body := get(t, newHandler(f), "/project/p1/search?q=%3Cscript%3E+alert")
	contains(t, body,
		"x&lt;/p&gt;<mark>&lt;script&gt;alert</mark>(1)&lt;/script&gt;&amp;lt;", "&lt;b&gt;n&lt;/b&gt;",
		`/traces/..%2F%22%3Ct%3E?observation=a%26b%22%23"`,
	)
}
