//go:build !noui

package ui

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/cdp"
)

const supportID = "4bf92f3577b34da6a3ce929d0e0e4736"

func TestMain(m *testing.M) { testkit.Main(m) }

func newHandler(f *fake) http.Handler {
	return New(Config{
		Reader:   f,
		Logger:   slog.New(slog.DiscardHandler),
		Projects: func(context.Context, Viewer) ([]store.Project, error) { return testProjects, nil },
	})
}

// browser starts Chromium or skips the test.
func browser(t *testing.T) (*cdp.Browser, context.Context) {
	t.Helper()
	if testing.Short() { // under the race detector, which finds what it looks for without one
		t.Skip("a browser takes long")
	}
	b, err := cdp.Start(context.WithoutCancel(t.Context()))
	if errors.Is(err, cdp.ErrNoBrowser) {
		testkit.Skip(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	if err := b.Open(ctx); err != nil {
		t.Fatal(err)
	}
	return b, ctx
}

// mounted serves the dashboard below a prefix, as an embedding application would.
func mounted(t *testing.T, f *fake) string {
	t.Helper()
	s := httptest.NewServer(http.StripPrefix("/obs", newHandler(f)))
	t.Cleanup(s.Close)
	return s.URL + "/obs/"
}

// TestBrowserPagesFit looks at every page in both languages and themes, on a
// desk and in a hand: nothing may stick out to the side, and the page may not
// complain. With LANGSHARK_SCREENS set to a folder it leaves pictures there.
func TestBrowserPagesFit(t *testing.T) {
	b, _ := browser(t)
	f := seeded(time.Now())
	f.add(bigTrace("big", 2000, time.Now().Add(-time.Hour)))
	base := mounted(t, f)
	further := mounted(t, &fake{found: &store.SearchPage{Next: "y"}})
	empty := mounted(t, &fake{})
	locked := httptest.NewServer(New(Config{Reader: &fake{}, Viewer: func(*http.Request) (Viewer, error) { return Viewer{}, errors.New("no session") }}))
	defer locked.Close()
	trace := base + "project/p1/traces/" + supportID
	broken := base + "project/p1/traces/9d1c0e6f2a7b4c58b1e3f5a7c9d0e2f4"
	for _, page := range []struct{ name, url, ready string }{
		{"list", base, "document.querySelector('#rows')"},
		{"trace", trace, "document.querySelector('.wf-row')"},
		{"answer", trace + "?observation=" + supportID + "a9", "document.querySelector('.wf-row')"},
		{"error", broken + "?observation=9d1c0e6f2a7b4c58b1e3f5a7c9d0e2f4b3", "document.querySelector('.wf-row')"},
		{"session", base + "project/p1/sessions/chat-2b00", "true"},
		{"sessions", base + "project/p1/sessions", "true"},
		{"filtered", base + "project/p1/traces?level=error&user=alex.morgan", "true"},
		{"search", base + "project/p1/search?q=%EB%B0%B0%EC%86%A1+order", "true"},
		{"search-help", base + "project/p1/search", "true"},
		{"search-none", base + "project/p1/search?q=nothinglikeit&range=7d", "true"},
		{"search-further", further + "project/p1/search?q=a&after=x", "true"},
		{"instead", base + "project/p1/traces?q=%EB%B0%B0%EC%86%A1", "true"},
		{"popover", base + "project/p1/traces", "document.querySelector('.more').open = true"},
		{"help", base + "project/p1/traces", "document.querySelector('[data-help]').click() || document.querySelector('#help').open"},
		{"running", base + "project/p1/traces/77aa0e6f2a7b4c58b1e3f5a7c9d0e2aa", "document.querySelector('.wf-row')"},
		{"big", base + "project/p1/traces/big?observation=n1200", "document.querySelector('.wf-row[aria-selected=true]')"},
		{"json", trace + "?view=json&observation=" + supportID + "a9", "document.querySelector('.wf-row')"},
		{"404", base + "project/p1/traces/none", "true"},
		{"start", empty, "true"},
		{"signin", locked.URL, "true"},
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

// look is a way to look at a page.
type look struct {
	theme, lang string
	width       int
}

func (l look) inspect(t *testing.T, b *cdp.Browser, url, ready string) {
	t.Helper()
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s %+v: %v", url, l, err)
		}
	}
	check(b.Call(ctx, "Emulation.setDeviceMetricsOverride", map[string]any{"width": l.width, "height": 900, "deviceScaleFactor": 1, "mobile": l.width < 500}, nil))
	check(b.Call(ctx, "Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": l.theme}}}, nil))
	check(b.Call(ctx, "Network.setExtraHTTPHeaders", map[string]any{"headers": map[string]any{"Accept-Language": l.lang}}, nil))
	check(b.Go(ctx, url))
	check(b.Wait(ctx, ready))
	var seen struct {
		Width int
		Lang  string
		Dark  bool
	}
	check(b.Eval(ctx, `({Width: document.documentElement.scrollWidth, Lang: document.documentElement.lang,
		Dark: getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number)[0] < 100})`, &seen))
	if seen.Width > l.width || seen.Lang != l.lang || seen.Dark != (l.theme == "dark") {
		t.Errorf("%s %+v: the page is %+v", url, l, seen)
	}
	for _, p := range b.Problems() {
		if !strings.Contains(p, "401") && !strings.Contains(p, "404") {
			t.Errorf("%s: %s", url, p)
		}
	}
}

func (l look) shoot(t *testing.T, b *cdp.Browser, name string) {
	t.Helper()
	const settled = "document.fonts.ready.then(() => new Promise((ok) => setTimeout(() => requestAnimationFrame(() => ok(true)), 250)))"
	if err := b.Eval(t.Context(), settled, nil); err != nil {
		t.Fatal(err)
	}
	height := 900
	if l.width < 500 {
		height = 1400
	}
	var shot struct {
		Data []byte `json:"data"`
	}
	err := b.Call(t.Context(), "Page.captureScreenshot", map[string]any{
		"format": "png", "captureBeyondViewport": l.width < 500,
		"clip": map[string]any{"x": 0, "y": 0, "width": l.width, "height": height, "scale": 1},
	}, &shot)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(os.Getenv("LANGSHARK_SCREENS"), fmt.Sprintf("%s-%s-%s-%d.png", name, l.theme, l.lang, l.width))
	if err := os.WriteFile(file, shot.Data, 0o600); err != nil {
		t.Fatal(err)
	}
}
