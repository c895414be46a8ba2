//go:build !noui

package ui

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
)

// attack breaks out of text, attributes, addresses and scripts if anything is not escaped.
const attack = `"'><script>alert(1)</script><img src=x onerror=alert(1)>javascript:alert(1)`

// hostileTrace has the attack in every text a client can send.
func hostileTrace(start time.Time) query.TraceDetail {
	id := `id"'><script>alert(1)</script>/../x`
	b := newTrace("p1", id, attack, start)
	b.UserID, b.SessionID, b.Environment, b.Release, b.Version = attack, attack, attack, attack, attack
	b.Tags = []string{attack}
	b.Metadata = raw(dict{attack: attack})
	b.Input = raw(dict{"messages": []any{
		turn("system", attack), turn("user", []any{
			dict{"type": "text", "text": attack},
			dict{"type": "image_url", "image_url": dict{"url": "https://evil.test/track.png?" + attack}},
			dict{"type": "image_url", "image_url": dict{"url": "data:image/svg+xml;base64," + attack}},
			dict{"type": "file", "file": dict{"filename": attack}},
		}),
		dict{"role": attack, "content": attack},
		turn("assistant", "[x](javascript:alert(1)) ![i](https://evil.test/i.png) <iframe src=//evil.test> `"+attack+"` **"+attack+"**\n# "+attack+"\n```"+attack+"\n"+attack+"\n```\n- "+attack+"\n> "+attack+"\n|"+attack+"|b|\n|--|--|\n|c|"+attack+"|"),
		dict{"role": "assistant", "tool_calls": []any{callOf(attack, attack, attack)}},
		dict{"role": "tool", "tool_call_id": attack, "name": attack, "content": attack},
	}})
	b.Output = raw(attack)
	b.step(step{
		id: attack, kind: exporter.KindGeneration, name: attack, length: time.Second, level: exporter.LevelError, status: attack, model: attack, in: attack, out: dict{attack: attack}, metadata: attack,
		usage: &store.Usage{Input: 1, Output: 1, Total: 2, Details: map[string]int64{attack: 2}},
	})
	n := 1.0
	b.Scores = []store.Score{{TraceID: id, Name: attack, Number: &n, Text: attack, Comment: attack}, {TraceID: id, ObservationID: attack, Name: attack, Text: attack, Comment: attack}}
	return b.TraceDetail
}

var (
	inlineHandler = regexp.MustCompile(`<[^>]*\son[a-z]+\s*=`)
	inlineStyle   = regexp.MustCompile(`<style|<[^<>]*\sstyle\s*=`)
	anyScript     = regexp.MustCompile(`<script[^>]*>`)
	remote        = regexp.MustCompile(`(src|href|action|data|poster)="(https?:|//)[^"]*"`)
	// safeLink is a link from a text: followed only by a click, telling the other side nothing.
	safeLink  = regexp.MustCompile(`<a href="https?://[^"]*" rel="noopener noreferrer nofollow" target="_blank">`)
	attribute = regexp.MustCompile(`"[^"]*"`)
)

func TestHostileTextStaysText(t *testing.T) {
	f := &fake{}
	f.add(hostileTrace(time.Now()))
	h := newHandler(f)
	id := "id%22%27%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E%2F..%2Fx"
	step := "%22%27%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3Ejavascript%3Aalert%281%29"
	for _, path := range []string{
		"/project/p1/traces",
		"/project/p1/traces?q=" + step + "&user=" + step + "&tag=" + step,
		"/project/p1/traces?level=" + step,
		"/project/p1/traces/" + id,
		"/project/p1/traces/" + id + "?view=json",
		"/project/p1/traces/" + id + "?observation=" + step,
		"/project/p1/traces/" + id + "?view=json&observation=" + step,
		"/project/p1/search",
		"/project/p1/search?q=" + step,
		"/project/p1/search?q=alert",
		"/project/p1/search?q=%22script%22+onerror",
		"/project/p1/search?q=%3Cscript%3Ealert",
		"/project/p1/search?q=alert&range=" + step,
		"/project/p1/search?q=alert&after=" + step,
		"/project/p1/sessions",
		"/project/p1/sessions/" + step,
	} {
		res, body := get(t, h, path)
		if res.StatusCode != http.StatusOK && !strings.Contains(path, "level=") && !strings.Contains(path, "range=") && !strings.Contains(path, "after=") {
			t.Errorf("%s: status %d", path, res.StatusCode)
			continue
		}
		if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		for _, s := range anyScript.FindAllString(body, -1) {
			if !strings.Contains(s, "src=\"") || !strings.Contains(s, "/assets/") && !strings.Contains(s, "\"assets/") {
				t.Errorf("%s: script %s", path, s)
			}
		}
		bare := attribute.ReplaceAllString(body, `""`)
		for _, bad := range []*regexp.Regexp{inlineHandler, inlineStyle} {
			if m := bad.FindString(bare); m != "" {
				t.Errorf("%s: %s", path, m)
			}
		}
		for _, m := range remote.FindAllString(safeLink.ReplaceAllString(body, ""), -1) {
			t.Errorf("%s: another host is named: %s", path, m)
		}
		if strings.Contains(bare, "<iframe") || strings.Contains(bare, "<img") || strings.Contains(body, `="javascript:`) {
			t.Errorf("%s: an element came in from a trace", path)
		}
	}
	res, body := get(t, h, "/project/p1/traces/"+id+"/spans")
	if res.Header.Get("Content-Type") != "application/json" || strings.Contains(body, "<script") {
		t.Errorf("spans: %s %s", res.Header.Get("Content-Type"), body)
	}
}

func TestPagesAreNotCached(t *testing.T) {
	res, _ := get(t, newHandler(seeded(time.Now())), "/project/p1/traces")
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
