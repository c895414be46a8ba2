package webhook

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

func TestIsPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "172.15.255.255": true, "172.32.0.1": true, "100.63.255.255": true, "100.128.0.1": true, "192.167.1.1": true, "223.255.255.255": true,
		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "100.64.0.1": false, "100.127.255.255": false, "127.0.0.1": false, "127.255.255.255": false,
		"169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false, "192.0.0.1": false, "192.0.2.1": false, "192.168.0.1": false, "198.18.0.1": false, "198.19.255.255": false,
		"198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		"2606:4700:4700::1111": true, "2a00:1450::1": true,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "ff02::1": false, "fec0::1": false, "100::1": false,
		"2001:db8::1": false, "2001::1": false, "3fff::1": false, "5f00::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:8.8.8.8": true, // mapped
		"::127.0.0.1": false, "::8.8.8.8": false, "::ffff:0:8.8.8.8": false, // compatible, translated
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b::808:808": true, "64:ff9b:1::808:808": false, // NAT64
		"2002:7f00:1::1": false, "2002:a00:1::1": false, "2002:808:808::1": true, // 6to4
		"2606:4700::5efe:7f00:1": false, "2606:4700::200:5efe:a00:1": false, "2606:4700::5efe:808:808": true, // ISATAP
	} {
		if got := isPublic(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %t, want %t", address, got, want)
		}
	}
	if isPublic(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func guard(t *testing.T, allow ...string) *Guard {
	t.Helper()
	g, err := NewGuard(allow)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestCheckURL(t *testing.T) {
	g := guard(t, "10.1.0.0/16", "[fd00::5]", "Hooks.Internal.")
	for raw, ok := range map[string]bool{
		"https://example.com/hook?x=1": true, "http://example.com:8080": true, "https://8.8.8.8/": true, "http://10.1.2.3/": true, "http://[fd00::5]:80/": true, "https://hooks.internal/": true,
		"http://[::ffff:10.1.2.3]/": true, "http://localhost/": true, // names are looked at when they are resolved
		"": false, "example.com": false, "/hook": false, "https://": false, "https:///x": false, "ftp://example.com": false, "file:///etc/passwd": false, "gopher://example.com": false,
		"https://user:pass@example.com": false, "https://example.com/#x": false, "http://127.0.0.1/": false, "http://[::1]/": false, "http://10.2.0.1": false, "http://169.254.169.254/latest": false,
		"http://[::ffff:169.254.169.254]/": false, "http://[fe80::1%25eth0]/": false, "https://exa mple.com": false, "https://example.com/" + strings.Repeat("x", 2000): false,
	} {
		if err := g.CheckURL(raw); (err == nil) != ok {
			t.Errorf("%.60s: %v, want %t", raw, err, ok)
		}
	}
	for _, allow := range []string{"", "https://example.com", "example.com:80", "10.0.0.0/40", "*.example.com", "a b"} {
		if _, err := NewGuard([]string{allow}); err == nil || !strings.Contains(err.Error(), "Config.WebhookAllow") {
			t.Errorf("allow %q: %v", allow, err)
		}
	}
}

// FuzzCheckURL has no text make a panic, and none that it accepts be another scheme or a literal that is refused.
func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://example.com/hook", "http://[::1]:80", "http://127.0.0.1", "http://0x7f.1/", "//x", "http://a@b"} {
		f.Add(seed)
	}
	g, err := NewGuard(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if g.CheckURL(raw) != nil {
			return
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, raw, nil)
		if err != nil {
			t.Fatalf("%q can't be requested: %v", raw, err)
		}
		if a, err := netip.ParseAddr(r.URL.Hostname()); err == nil && !isPublic(a) || r.URL.Scheme != "http" && r.URL.Scheme != "https" {
			t.Fatalf("%q is let through", raw)
		}
	})
}

// post sends a request by a guard's client.
func post(t *testing.T, g *Guard, url string) (*http.Response, error) {
	t.Helper()
	client := g.Client()
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(r)
	if err == nil {
		res.Body.Close()
	}
	return res, err
}

// TestGuardConnects looks at the address that is connected to, whatever the name is.
func TestGuardConnects(t *testing.T) {
	var hits atomic.Int64
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		if r.URL.Path == "/redirect" {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(ts.Close)
	_, port, err := net.SplitHostPort(ts.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTP_PROXY", ts.URL) // a proxy would connect on the server's behalf
	t.Setenv("http_proxy", ts.URL)
	for _, url := range []string{ts.URL, "http://localhost:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://10.255.255.1/", "http://169.254.169.254/", "http://[64:ff9b::7f00:1]/", "http://0.0.0.0:" + port} {
		if _, err := post(t, guard(t, "10.1.0.0/16", "other.internal"), url); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: %v, want that it is forbidden", url, err)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Fatalf("%d requests have arrived", n)
	}
	for allow, url := range map[string]string{"127.0.0.0/8": ts.URL, "127.0.0.1": ts.URL, "LOCALHOST": "http://localhost:" + port} {
		if res, err := post(t, guard(t, allow), url); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s by %s: %v", url, allow, err)
		}
	}
	if n := hits.Load(); n != 3 {
		t.Errorf("%d requests have arrived, want 3", n)
	}
	res, err := post(t, guard(t, "127.0.0.1"), ts.URL+"/redirect")
	if err != nil || res.StatusCode != http.StatusTemporaryRedirect || hits.Load() != 4 {
		t.Errorf("a redirect: %v, %v, %d requests", res, err, hits.Load())
	}
}

// TestNamesAreResolvedOnce has a name that leads inside: the connection itself is refused.
func TestNamesAreResolvedOnce(t *testing.T) {
	g := guard(t)
	conn, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	dialer := &net.Dialer{Control: g.control}
	if c, err := dialer.DialContext(context.WithoutCancel(t.Context()), "tcp", conn.Addr().String()); !errors.Is(err, ErrForbidden) {
		t.Errorf("connected to %v, %v", c, err)
	}
	for _, address := range []string{"", "example.com:80", "127.0.0.1", "[::1]"} {
		if err := g.control("tcp", address, nil); !errors.Is(err, ErrForbidden) {
			t.Errorf("%q: %v", address, err)
		}
	}
}
