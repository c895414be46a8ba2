//go:build !noui

package ui

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/cdp"
)

const supportID = "4bf92f3577b34da6a3ce929d0e0e4736"

func newHandler(f *fake) http.Handler {
	return New(Config{
		Reader:   f,
		Projects: func(context.Context, Viewer) ([]store.Project, error) { return testProjects, nil },
	})
}

// browser starts Chromium or skips the test.
func browser(t *testing.T) (*cdp.Browser, context.Context) {
	t.Helper()
	b, err := cdp.Start()
	if errors.Is(err, cdp.ErrNoBrowser) {
		t.Skip("no browser: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
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

// TestScreens writes pictures of the pages into the folder named by
// LANGSHARK_SCREENS, to be looked at.
func TestScreens(t *testing.T) {
	dir := os.Getenv("LANGSHARK_SCREENS")
	if dir == "" {
		t.Skip("set LANGSHARK_SCREENS to a folder to get pictures of the pages")
	}
	b, _ := browser(t)
	ctx := t.Context()
	f := seeded(time.Now())
	f.add(bigTrace("big", 2000, time.Now().Add(-time.Hour)))
	base := mounted(t, f)
	empty := mounted(t, &fake{})
	locked := httptest.NewServer(New(Config{Reader: &fake{}, Viewer: func(*http.Request) (Viewer, error) { return Viewer{}, errors.New("no session") }}))
	defer locked.Close()
	trace := base + "project/p1/traces/" + supportID
	for _, page := range []struct{ name, url, ready string }{
		{"list", base, "document.querySelector('#rows')"},
		{"trace", trace, "document.querySelector('.wf-row')"},
		{"answer", trace + "?observation=" + supportID + "a9", "document.querySelector('.wf-row')"},
		{"error", base + "project/p1/traces/9d1c0e6f2a7b4c58b1e3f5a7c9d0e2f4?observation=9d1c0e6f2a7b4c58b1e3f5a7c9d0e2f4b3", "document.querySelector('.wf-row')"},
		{"session", base + "project/p1/sessions/chat-2b00", "true"},
		{"sessions", base + "project/p1/sessions", "true"},
		{"filtered", base + "project/p1/traces?level=error&user=alex.morgan", "true"},
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
			for _, look := range []struct{ theme, lang string }{{"light", "ko"}, {"dark", "en"}} {
				shoot(ctx, t, b, page.url, page.ready, filepath.Join(dir, page.name+"-"+look.theme+"-"+look.lang), width, look.theme, look.lang)
			}
		}
	}
}

func shoot(ctx context.Context, t *testing.T, b *cdp.Browser, url, ready, file string, width int, theme, lang string) {
	t.Helper()
	height, mobile := 900, false
	if width < 500 {
		height, mobile = 844, true
		file += "-390"
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(b.Call(ctx, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}, nil))
	check(b.Call(ctx, "Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": theme}}}, nil))
	check(b.Call(ctx, "Network.setExtraHTTPHeaders", map[string]any{"headers": map[string]any{"Accept-Language": lang}}, nil))
	check(b.Go(ctx, url))
	check(b.Wait(ctx, ready))
	check(b.Eval(ctx, "document.fonts.ready.then(() => new Promise((ok) => setTimeout(() => requestAnimationFrame(() => ok(true)), 250)))", nil))
	var shot struct {
		Data string `json:"data"`
	}
	check(b.Call(ctx, "Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": mobile, "clip": map[string]any{"x": 0, "y": 0, "width": width, "height": 900 + 500*(900-height)/56, "scale": 1}}, &shot))
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	check(err)
	check(os.WriteFile(file+".png", data, 0o644))
	for _, p := range b.Problems() {
		if !strings.Contains(p, "401") && !strings.Contains(p, "404") {
			t.Errorf("%s: %s", url, p)
		}
	}
}
