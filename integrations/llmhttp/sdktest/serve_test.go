package sdktest

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// serve serves a provider, and returns where it is.
func serve(t testing.TB, handler http.Handler, secure bool) place {
	t.Helper()
	srv := httptest.NewUnstartedServer(handler)
	if secure {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	transport := srv.Client().Transport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		srv.Close()
	})
	return place{url: srv.URL, http: &http.Client{Transport: transport}}
}
