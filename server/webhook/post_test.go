package webhook

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// attempt makes one attempt by a real client, at what the guard lets through.
func attempt(t *testing.T, url string) Result {
	t.Helper()
	client := guard(t, "127.0.0.0/8").Client()
	defer client.CloseIdleConnections()
	s := &Sender{cfg: Config{Client: client, Logger: slog.New(slog.DiscardHandler), UserAgent: "LangShark/test"}, ctx: t.Context()}
	return s.post(&Delivery{URL: url, Secret: "secret", Event: "labels", DeliveryID: "1", Body: []byte("{}")})
}

// TestAnswers has endpoints answer in all ways.
func TestAnswers(t *testing.T) {
	var read atomic.Int64
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		switch r.URL.Path {
		case "/good":
			w.WriteHeader(http.StatusAccepted)
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/moved":
			w.Header().Set("Location", "/good")
			w.WriteHeader(http.StatusPermanentRedirect)
		case "/unchanged":
			w.WriteHeader(http.StatusNotModified)
		case "/endless": // what is not read isn't waited for
			chunk := bytes.Repeat([]byte("x"), 64<<10)
			for range 1000 {
				n, err := w.Write(chunk)
				if read.Add(int64(n)); err != nil {
					return
				}
			}
		case "/long-header":
			w.Header().Set("X-Long", strings.Repeat("x", maxHeaderBytes))
		case "/cut-off":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
		}
	}))
	t.Cleanup(ts.Close)
	for path, want := range map[string]struct {
		status int
		reason string
	}{
		"/good": {202, ""}, "/gone": {410, "it answered 410 Gone"}, "/moved": {308, "redirects are not followed"}, "/unchanged": {304, "it answered 304"}, "/endless": {200, ""},
		"/long-header": {0, "it could not be reached"}, "/cut-off": {0, "it could not be reached"},
	} {
		r := attempt(t, ts.URL+path)
		if r.Status != want.status || (r.Err == nil) != (want.reason == "") || !strings.Contains(r.Reason(), want.reason) || r.At.IsZero() {
			t.Errorf("%s: %+v, %q; want %+v", path, r, r.Reason(), want)
		}
	}
	if n := read.Load(); n > 16<<20 {
		t.Errorf("%d bytes of an endless answer were taken", n)
	}
}

// TestNoAnswer has addresses where nobody is, and a certificate that nobody has signed.
func TestNoAnswer(t *testing.T) {
	closed, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	if r := attempt(t, "http://"+closed.Addr().String()+"/secret-path"); r.Status != 0 || r.Reason() != "it could not be reached" || strings.Contains(r.Err.Error(), "secret-path") {
		t.Errorf("nobody there: %+v, %q", r, r.Reason())
	}
	ts := httptest.NewUnstartedServer(http.NotFoundHandler())
	ts.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	ts.StartTLS()
	t.Cleanup(ts.Close)
	r := attempt(t, ts.URL)
	if _, ok := errors.AsType[*tls.CertificateVerificationError](r.Err); !ok || r.Reason() != "it could not be reached" {
		t.Errorf("a certificate of its own: %+v, %q", r, r.Reason())
	}
	if r := attempt(t, "http://[::1]:9/"); !errors.Is(r.Err, ErrForbidden) || r.Reason() != ErrForbidden.Error() {
		t.Errorf("within the network: %+v, %q", r, r.Reason())
	}
	if r := attempt(t, "http://exa mple/"); r.Err == nil {
		t.Errorf("no address: %+v", r)
	}
}
