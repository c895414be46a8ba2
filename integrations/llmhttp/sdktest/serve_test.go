package sdktest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// place is where a provider is, and how to get there.
type place struct {
	url      string
	http     *http.Client
	repeats  int    // attempts in addition to the first
	question string // to ask there
}

// refusing is a transport for which nobody is there. A port that was free a moment
// ago may have become another test's; on this one nobody listens.
func refusing() *http.Transport {
	return &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", "127.0.0.1:1")
	}}
}

// serve serves a provider under the name of the real one, for the client that it
// returns: a name says who it is.
func serve(t *testing.T, handler http.Handler, url string) place {
	t.Helper()
	srv := httptest.NewUnstartedServer(handler)
	if strings.HasPrefix(url, "https:") {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	transport := srv.Client().Transport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", srv.Listener.Addr().String())
	}
	if transport.TLSClientConfig != nil {
		transport.TLSClientConfig.ServerName = "example.com" // of the certificate
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		srv.Close()
	})
	return place{url: url, http: &http.Client{Transport: transport}, question: "내 소포는 어디에 있나요?"}
}
