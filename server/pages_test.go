//go:build !noui

package server_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server"
)

// browser keeps cookies and follows redirects.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func get(t *testing.T, c *http.Client, address string, change ...func(*http.Request)) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(r)
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}

// TestMediaOnAPage shows an image of a trace to those who have signed in.
func TestMediaOnAPage(t *testing.T) {
	srv := newServer(t, server.Config{})
	c := serve(t, srv, "/ls")
	trace := recordMedia(t, srv.Exporter("one"))
	signedIn := browser(t)
	get(t, signedIn, c.base+srv.SignInURL())
	list := c.object(t, "/api/public/observations?type=GENERATION&traceId="+trace)["data"].([]any)
	page := c.base + "/project/one/traces/" + trace + "?observation=" + list[0].(map[string]any)["id"].(string)
	for _, view := range []string{"", "&view=json"} {
		body := read(t, signedIn, page+view)
		addresses := regexp.MustCompile(`<img class="media-img" loading="lazy" src="([^"]*)"`).FindAllStringSubmatch(body, -1)
		if want := map[string]int{"": 4, "&view=json": 3}[view]; len(addresses) != want {
			t.Fatalf("view %q: %d images, want %d", view, len(addresses), want)
		}
		image, err := url.Parse(addresses[0][1])
		if err != nil {
			t.Fatal(err)
		}
		at, err := url.Parse(page)
		if err != nil {
			t.Fatal(err)
		}
		image = at.ResolveReference(image)
		if got := read(t, signedIn, image.String()); got != string(photo) {
			t.Errorf("the image has %d bytes, want %d", len(got), len(photo))
		}
		if res := get(t, browser(t), image.String()); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("without a sign-in: %d", res.StatusCode)
		}
		res := get(t, signedIn, image.String())
		if res.Header.Get("Content-Disposition") != "attachment" || !strings.HasPrefix(res.Header.Get("Content-Security-Policy"), "sandbox") ||
			res.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("%v", res.Header)
		}
		if res := get(t, signedIn, strings.Replace(image.String(), "/one/", "/default/", 1)); res.StatusCode != http.StatusNotFound {
			t.Errorf("by another project: %d", res.StatusCode)
		}
	}
}

// read is the body of a page.
func read(t *testing.T, c *http.Client, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", address, res.StatusCode, err)
	}
	return string(body)
}

// TestSignIn uses a one-time link, twice.
func TestSignIn(t *testing.T) {
	for _, prefix := range []string{"", "/ls"} {
		srv := newServer(t, server.Config{})
		base := serve(t, srv, prefix).base
		link := base + srv.SignInURL()
		if res := get(t, browser(t), base+"/"); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("prefix %q: a page without a sign-in: %d", prefix, res.StatusCode)
		}
		first := browser(t)
		res := get(t, first, link)
		if res.StatusCode != http.StatusOK || res.Request.URL.RawQuery != "" || !strings.HasPrefix(res.Request.URL.Path, prefix+"/") {
			t.Fatalf("prefix %q: the link leads to %s: %d", prefix, res.Request.URL, res.StatusCode)
		}
		if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("prefix %q: policy %q", prefix, csp)
		}
		address, err := url.Parse(base + "/")
		if err != nil {
			t.Fatal(err)
		}
		if len(first.Jar.Cookies(address)) != 1 {
			t.Errorf("prefix %q: cookies %v", prefix, first.Jar.Cookies(address))
		}
		if res := get(t, first, base+"/"); res.StatusCode != http.StatusOK {
			t.Errorf("prefix %q: signed in: %d", prefix, res.StatusCode)
		}
		if res := get(t, browser(t), link); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("prefix %q: the link again: %d", prefix, res.StatusCode)
		}
	}
}

// TestCookie looks at what the link sets.
func TestCookie(t *testing.T) {
	srv := newServer(t, server.Config{})
	w := httptest.NewRecorder()
	srv.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/project/default/traces"+strings.TrimPrefix(srv.SignInURL(), "/")+"&level=ERROR", nil))
	res := w.Result()
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "./traces?level=ERROR" {
		t.Fatalf("%d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if c := res.Cookies()[0]; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.MaxAge <= 0 || c.Path != "/" {
		t.Errorf("cookie %+v", c)
	}
}

// TestSecureCookie keeps the cookie off plain HTTP where the address is one of TLS.
func TestSecureCookie(t *testing.T) {
	srv := newServer(t, server.Config{PublicURL: "https://traces.example.com/ls/"})
	link, ok := strings.CutPrefix(srv.SignInURL(), "https://traces.example.com/ls")
	if !ok {
		t.Fatalf("the link is %s", srv.SignInURL())
	}
	w := httptest.NewRecorder()
	srv.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, link, nil))
	res := w.Result()
	res.Body.Close()
	if len(res.Cookies()) != 1 || !res.Cookies()[0].Secure || res.Cookies()[0].Path != "/ls" {
		t.Errorf("cookies %+v", res.Cookies())
	}
}

// TestOpen lets everybody in on loopback, and only there.
func TestOpen(t *testing.T) {
	srv := newServer(t, server.Config{Open: true})
	base := serve(t, srv, "").base
	if res := get(t, browser(t), base+"/"); res.StatusCode != http.StatusOK {
		t.Errorf("on loopback: %d", res.StatusCode)
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host"} {
		if res := get(t, browser(t), base+"/", func(r *http.Request) { r.Header.Set(name, "for=203.0.113.9") }); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("with %s: %d", name, res.StatusCode)
		}
	}
	w := httptest.NewRecorder() // no connection, so not known to be loopback
	srv.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if w.Code != http.StatusUnauthorized {
		t.Errorf("elsewhere: %d", w.Code)
	}
	for _, cfg := range []server.Config{
		{Open: true, Addr: "0.0.0.0:0"},
		{Open: true, Addr: ":0"},
		{Open: true, Authorize: func(*http.Request) (server.Viewer, error) { return server.Viewer{}, nil }},
		{Addr: "nonsense"},
		{PublicURL: "ftp://x"},
		{Open: true, PublicURL: "https://traces.example.com"},
	} {
		if srv, err := server.New(cfg); err == nil {
			t.Errorf("New(%+v) succeeded", cfg)
			_ = srv.Shutdown(t.Context())
		}
	}
}

// TestAuthorize lets the host decide.
func TestAuthorize(t *testing.T) {
	srv := newServer(t, server.Config{Authorize: func(r *http.Request) (server.Viewer, error) {
		if r.Header.Get("X-User") != "kim" {
			return server.Viewer{}, errors.New("who are you?")
		}
		return server.Viewer{Name: "kim"}, nil
	}})
	base := serve(t, srv, "").base
	if res := get(t, browser(t), base+srv.SignInURL()); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a link beside the host's own rule: %d", res.StatusCode)
	}
	if res := get(t, browser(t), base+"/", func(r *http.Request) { r.Header.Set("X-User", "kim") }); res.StatusCode != http.StatusOK {
		t.Errorf("kim: %d", res.StatusCode)
	}
}

// TestForeignHost refuses a name that somebody else has pointed here.
func TestForeignHost(t *testing.T) {
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	srv := newServer(t, server.Config{Addr: "127.0.0.1:0", PublicURL: "https://traces.example.com/ls", Authorize: func(*http.Request) (server.Viewer, error) { return server.Viewer{}, nil }})
	if err := srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	base := "http://" + srv.Addr()
	for name, want := range map[string]int{"evil.example.com": 421, "evil.example.com:80": 421, "localhost:3000": 200, "localhost.:3000": 200, "127.0.0.1": 200, "[::1]:80": 200, "traces.example.com": 200} {
		if res := get(t, browser(t), base+"/", host(name)); res.StatusCode != want {
			t.Errorf("Host %s: %d, want %d", name, res.StatusCode, want)
		}
		if res := get(t, browser(t), base+"/api/public/health", host(name)); res.StatusCode != http.StatusOK { // it asks for keys
			t.Errorf("Host %s, the API: %d", name, res.StatusCode)
		}
	}
}
