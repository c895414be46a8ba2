//go:build !noui

package ui

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// visit drives one page; every step that fails ends the test.
type visit struct {
	t    *testing.T
	page func(string, any) error
	wait func(string) error
	key  func(string) error
}

// until waits until it is so on a page that is whole, with no part of it on its way: keys that are pressed before its
// scripts run are lost, and so is what is typed into a field that is about to be replaced.
func (v visit) until(expression string) {
	v.t.Helper()
	if err := v.wait("document.readyState === 'complete' && !document.querySelector('.htmx-request, .htmx-swapping') && (" + expression + ")"); err != nil {
		v.t.Fatal(err)
	}
}

func (v visit) do(expression string) {
	v.t.Helper()
	if err := v.page(expression, nil); err != nil {
		v.t.Fatal(err)
	}
}

func (v visit) press(keys ...string) {
	v.t.Helper()
	for _, k := range keys {
		if err := v.key(k); err != nil {
			v.t.Fatal(err)
		}
	}
}

func (v visit) number(expression string) int {
	v.t.Helper()
	var n int
	if err := v.page(expression, &n); err != nil {
		v.t.Fatal(err)
	}
	return n
}

// open starts a browser at an address and checks at the end that the page had
// no error, a violation of its policy among them.
func open(t *testing.T, address string) visit {
	t.Helper()
	b, ctx := browser(t)
	t.Cleanup(func() {
		for _, p := range b.Problems() {
			if !strings.Contains(p, "422 (Unprocessable Entity)") { // a form that was refused, which browsers log
				t.Error("the page said: ", p)
			}
		}
	})
	if err := b.Go(ctx, address); err != nil {
		t.Fatal(err)
	}
	return visit{
		t:    t,
		page: func(e string, v any) error { return b.Eval(ctx, e, v) },
		wait: func(e string) error { return b.Wait(ctx, e) },
		key:  func(k string) error { return b.Key(ctx, k) },
	}
}

func TestBrowserListIsLive(t *testing.T) {
	f := seeded(time.Now())
	v := open(t, mounted(t, f)+"project/p1/traces")
	v.until("document.querySelector('ls-live').getAttribute('state') === 'live'")
	f.add(simpleTrace(500, time.Now()))
	first := fmt.Sprintf("document.querySelector('#rows').firstElementChild.id === 't-%032x'", 0x51a0+500)
	v.until(first)
	v.until("document.querySelector('#rows > tr').classList.contains('fresh')")

	v.press("p")
	v.until("document.querySelector('ls-live').getAttribute('state') === 'paused'")
	f.add(simpleTrace(501, time.Now()))
	f.add(simpleTrace(502, time.Now()))
	v.until("!document.querySelector('[data-show]').hidden && document.querySelector('[data-show]').textContent.startsWith('2')")
	v.until(first)
	v.do("document.querySelector('[data-show]').click()")
	v.until(fmt.Sprintf("document.querySelector('#rows').firstElementChild.id === 't-%032x'", 0x51a0+502))

	// A trace that changes is redrawn where it stands.
	v.press("p")
	ended := runningTrace("77aa0e6f2a7b4c58b1e3f5a7c9d0e2aa", time.Now())
	ended.Name = "nightly-report-done"
	f.add(ended)
	v.until("document.getElementById('t-77aa0e6f2a7b4c58b1e3f5a7c9d0e2aa').textContent.includes('nightly-report-done')")
	if n := v.number("document.querySelectorAll('#t-77aa0e6f2a7b4c58b1e3f5a7c9d0e2aa').length"); n != 1 {
		t.Errorf("the changed trace is there %d times", n)
	}
}

func TestBrowserFirstTraceReplacesTheInstructions(t *testing.T) {
	f := &fake{}
	v := open(t, mounted(t, f)+"project/p1/traces")
	v.until("document.querySelector('.waiting')")
	for !f.watched() {
		v.do("new Promise((ok) => requestAnimationFrame(ok))")
	}
	f.add(simpleTrace(1, time.Now()))
	v.until("document.querySelectorAll('#rows > tr').length === 1")
}

func TestBrowserFilterIsInTheAddress(t *testing.T) {
	v := open(t, mounted(t, seeded(time.Now()))+"project/p1/traces")
	v.press("/")
	v.until("document.activeElement.id === 'q'")
	v.do("window.before = history.length")
	v.press("n", "i", "g", "h", "t")
	v.until("document.querySelectorAll('#rows > tr').length === 1")
	v.until("location.search === '?q=night'")
	v.do("history.go(window.before - history.length)") // who types slowly leaves several
	v.until("location.search === '' && document.querySelectorAll('#rows > tr').length === 50")
	v.do("document.querySelector('#older a').click()")
	v.until("document.querySelectorAll('#rows > tr').length === 73 && !document.querySelector('#older a')")
}

func TestBrowserKeysOpenATrace(t *testing.T) {
	v := open(t, mounted(t, seeded(time.Now()))+"project/p1/traces")
	v.press("j", "j", "k", "j", "Enter")
	v.until("location.pathname.endsWith('" + supportID + "')")
	v.until("document.querySelectorAll('.wf-row').length === 10")
	v.press("?")
	v.until("document.querySelector('#help').open")
	v.press("Escape")
	v.until("!document.querySelector('#help').open")
}

func TestBrowserSearchesInAndOutputs(t *testing.T) {
	v := open(t, mounted(t, seeded(time.Now()))+"project/p1/search")
	v.until("document.activeElement.id === 'q'")
	for _, k := range "coupon" {
		v.press(string(k))
	}
	v.press("Enter")
	v.until("location.search === '?q=coupon' && document.querySelector('#list .none')")
	v.do("document.querySelector('#q').value = 'ORDER'")
	v.do("document.querySelector('form.ask').requestSubmit()")
	v.until("location.search === '?q=ORDER' && document.querySelectorAll('#rows > li').length === 50")
	v.do("document.querySelector('#older a').click()")
	v.until("document.querySelectorAll('#rows > li').length > 50")
	v.do("document.querySelector('select').value = '15m'; document.querySelector('select').dispatchEvent(new Event('change', {bubbles: true}))")
	v.until("location.search === '?q=ORDER&range=15m'")

	v.do("document.querySelector('#q').value = '전액', document.querySelector('form.ask').requestSubmit()")
	v.until("document.querySelector('#rows mark')?.textContent === '전액'")
	v.press("Escape", "j", "j", "Enter")
	v.until("location.pathname.endsWith('" + supportID + "') && location.search.startsWith('?observation=" + supportID + "')")
	v.do("history.back()")
	v.until("document.querySelector('#q')?.value === '전액' && document.querySelector('#rows mark')")
}

func TestBrowserTreeSelectsAndFolds(t *testing.T) {
	v := open(t, mounted(t, seeded(time.Now()))+"project/p1/traces/"+supportID)
	v.until("document.querySelectorAll('.wf-row').length === 10")
	v.press("j", "j")
	v.until("location.search === '?observation=" + supportID + "a2'")
	v.until("document.querySelector('#panel h2').textContent.includes('pii-check')")
	v.press("ArrowLeft", "ArrowLeft")
	v.until("document.querySelectorAll('.wf-row').length === 2")
	v.press("ArrowRight")
	v.until("document.querySelectorAll('.wf-row').length === 10")
	v.press("e")
	v.until("document.querySelectorAll('.wf-row').length === 2")
	v.press("e", "Escape")
	v.until("document.querySelectorAll('.wf-row').length === 10 && location.search === ''")

	v.do("[...document.querySelectorAll('.wf-row')].at(-1).click()")
	v.until("document.querySelector('#panel h2').textContent.includes('answer')")
	v.until("document.querySelector('#panel ls-json .j-key').textContent.includes('order_id')")
	v.do("document.querySelector('#panel .seg a:last-child').click()")
	v.until("location.search.includes('view=json') && document.querySelector('#panel ls-json .j-row')")
	v.do("history.back()")
	v.until("!location.search.includes('view=json') && document.querySelector('#panel .chat')")

	v.until("document.querySelectorAll('.wf-row').length === 10")
	v.press("/")
	v.until("document.activeElement.matches('ls-waterfall input')")
	for _, k := range "order" {
		v.press(string(k))
	}
	v.until("document.querySelectorAll('.wf-row').length === 3")
}

func TestBrowserFollowsARunningTrace(t *testing.T) {
	const id = "77aa0e6f2a7b4c58b1e3f5a7c9d0e2aa"
	start := time.Now().Add(-5 * time.Second)
	f := &fake{}
	f.add(runningTrace(id, start))
	v := open(t, mounted(t, f)+"project/p1/traces/"+id+"?observation="+id+"c3")
	v.until("document.querySelectorAll('.wf-bar.running').length === 3 && document.querySelector('#panel [data-running]')")
	for !f.watched() {
		v.do("new Promise((ok) => requestAnimationFrame(ok))")
	}
	b := newTrace("p1", id, "nightly-report", start)
	b.step(step{id: id + "c1", kind: exporter.KindAgent, name: "nightly-report", length: 5 * time.Second})
	b.step(step{id: id + "c3", parent: id + "c1", kind: exporter.KindGeneration, name: "summarise", length: 4 * time.Second, model: "m", out: "all is well"})
	f.add(b.TraceDetail)
	v.until("document.querySelectorAll('.wf-row').length === 3 && !document.querySelector('.wf-bar.running')")
	v.until("document.querySelector('#trace-head').textContent.includes('5s') && !document.querySelector('#trace-head .spin')")
	v.until("document.querySelector('#panel').textContent.includes('all is well') && !document.querySelector('#panel [data-running]')")
}

func TestBrowserShowsLocalTime(t *testing.T) {
	b, ctx := browser(t)
	if err := b.Call(ctx, "Emulation.setTimezoneOverride", map[string]any{"timezoneId": "Asia/Seoul"}, nil); err != nil {
		t.Fatal(err)
	}
	f := &fake{}
	f.add(simpleTrace(1, time.Date(2026, 1, 2, 18, 30, 0, 0, time.UTC)))
	if err := b.Go(ctx, mounted(t, f)+"project/p1/traces/"+fmt.Sprintf("%032x", 0x51a1)); err != nil {
		t.Fatal(err)
	}
	if err := b.Wait(ctx, "document.querySelector('#trace-head time').textContent === 'Jan 3, 2026, 03:30:00'"); err != nil {
		t.Fatal(err)
	}
	if err := b.Wait(ctx, "document.querySelector('#trace-head time').title.startsWith('2026-01-02T18:30:00.000Z')"); err != nil {
		t.Fatal(err)
	}
}

func TestBrowserDrawsOnlyWhatIsInSight(t *testing.T) {
	f := &fake{}
	const spans = 10_000
	f.add(bigTrace("big", spans, time.Now().Add(-time.Hour)))
	start := time.Now()
	v := open(t, mounted(t, f)+"project/p1/traces/big?observation=n9000")
	v.until("document.querySelector('.wf-row[aria-selected=true]')")
	t.Logf("10,000 observations, browser start to the selected row: %v", time.Since(start))
	v.press("e")
	v.until("document.querySelector('.wf-space').clientHeight === 32 * 10001")
	if n := v.number("document.querySelectorAll('.wf-row').length"); n > 80 {
		t.Errorf("%d rows are in the page", n)
	}
	took := v.number(`new Promise((ok) => {
		const s = document.querySelector('.wf-scroll'), t0 = performance.now();
		let i = 0;
		const step = () => { s.scrollTop = i * 5000; i++ < 60 ? requestAnimationFrame(step) : ok(Math.round((performance.now() - t0) / 60)); };
		step();
	})`)
	t.Logf("scrolling: %d ms a frame", took)
	v.until("document.querySelectorAll('.wf-row').length > 10")
}

func TestBrowserHostileTraceDoesNothing(t *testing.T) {
	f := &fake{}
	trace := hostileTrace(time.Now())
	f.add(trace)
	base := mounted(t, f) + "project/p1/traces"
	for _, address := range []string{base, base + "/" + url.PathEscape(trace.ID), base + "/" + url.PathEscape(trace.ID) + "?observation=" + url.QueryEscape(attack)} {
		v := open(t, address)
		v.until("document.readyState === 'complete'")
		if strings.Contains(address, "/traces/") {
			v.until("document.querySelectorAll('.wf-row').length === 2")
		}
		if n := v.number("document.querySelectorAll('img[src=x], iframe, script:not([src])').length"); n != 0 {
			t.Errorf("%s: %d elements came in from the trace", address, n)
		}
	}
}

func TestBrowserThemeAndLanguageStay(t *testing.T) {
	v := open(t, mounted(t, seeded(time.Now()))+"project/p1/traces?level=error")
	v.do("document.querySelector('button[name=lang][value=ko]').click()")
	v.until("document.documentElement.lang === 'ko' && location.search === '?level=error'")
	v.do("document.querySelector('button[name=theme]').click()")
	v.until("document.documentElement.dataset.theme === 'light'")
	v.do("document.querySelector('button[name=theme]').click()")
	v.until("document.documentElement.dataset.theme === 'dark' && document.documentElement.lang === 'ko'")
}
