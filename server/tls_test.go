package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server"
)

// certificate makes one that signs itself, for this machine, in PEM.
func certificate(t *testing.T, serial int64) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

// replace puts a file in the place of another at once, as those who renew certificates do.
func replace(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// TestTLS serves HTTPS and HTTP/2 and takes a renewed certificate without a restart.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	first, firstKey := certificate(t, 1)
	second, secondKey := certificate(t, 2)
	replace(t, certFile, first)
	replace(t, keyFile, firstKey)
	var logged syncBuffer
	srv := newServer(t, server.Config{Addr: "127.0.0.1:0", TLSCert: certFile, TLSKey: keyFile, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	if err := srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(srv.URL(), "https://127.0.0.1:") {
		t.Fatalf("the address is %s", srv.URL())
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(first) || !roots.AppendCertsFromPEM(second) {
		t.Fatal("no certificates")
	}
	get := func(path string) *http.Response {
		t.Helper()
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	serial := func() int64 {
		t.Helper()
		return get("/healthz").TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	if res := get("/healthz"); res.StatusCode != http.StatusOK || res.ProtoMajor != 2 || serial() != 1 {
		t.Errorf("%d %s, certificate %d", res.StatusCode, res.Proto, serial())
	}
	link := strings.TrimPrefix(srv.SignInURL(), srv.URL())
	if cookies := get(link).Cookies(); len(cookies) != 1 || !cookies[0].Secure || !cookies[0].HttpOnly {
		t.Errorf("cookies %v", cookies)
	}
	old, err := (&tls.Dialer{Config: &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS11}}).DialContext(t.Context(), "tcp", srv.Addr())
	if err == nil {
		old.Close()
		t.Error("speaks TLS 1.1")
	}

	replace(t, certFile, second) // the key is yet to come
	if once, twice := serial(), serial(); once != 1 || twice != 1 || strings.Count(logged.String(), "level=ERROR") != 1 || !strings.Contains(logged.String(), certFile) {
		t.Errorf("a certificate without its key, logged %s", logged.String())
	}
	replace(t, keyFile, secondKey)
	if serial() != 2 || !strings.Contains(logged.String(), "read anew") {
		t.Errorf("certificate %d after it was renewed, logged %s", serial(), logged.String())
	}
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	if once, twice := serial(), serial(); once != 2 || twice != 2 || strings.Count(logged.String(), "level=ERROR") != 2 {
		t.Errorf("a key that has gone, logged %s", logged.String())
	}
	if strings.Contains(logged.String(), "handshake") {
		t.Errorf("logged what knocks at the port: %s", logged.String())
	}
}

// TestTLSConfig takes certificates from elsewhere.
func TestTLSConfig(t *testing.T) {
	cert, key := certificate(t, 3)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	srv := newServer(t, server.Config{Addr: "127.0.0.1:0", TLS: &tls.Config{Certificates: []tls.Certificate{pair}}}) //nolint:gosec // what is the least is tested
	if err := srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	conn, err := (&tls.Dialer{Config: &tls.Config{RootCAs: roots}}).DialContext(t.Context(), "tcp", srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

// TestTLSErrors name the file and the setting.
func TestTLSErrors(t *testing.T) {
	dir := t.TempDir()
	cert, key := certificate(t, 1)
	_, other := certificate(t, 2)
	file := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	certFile, keyFile, otherFile, empty := file("cert", cert), file("key", key), file("other", other), file("empty", nil)
	none := filepath.Join(dir, "none")
	for name, test := range map[string]struct {
		cfg  server.Config
		want []string
	}{
		"no key":             {server.Config{TLSCert: certFile}, []string{certFile, "Config.TLSKey"}},
		"no certificate":     {server.Config{TLSKey: keyFile}, []string{keyFile, "Config.TLSCert"}},
		"no such file":       {server.Config{TLSCert: none, TLSKey: keyFile}, []string{none, "Config.TLSCert:"}},
		"no such key":        {server.Config{TLSCert: certFile, TLSKey: none}, []string{none, "Config.TLSKey:"}},
		"another's key":      {server.Config{TLSCert: certFile, TLSKey: otherFile}, []string{certFile, otherFile, "does not match"}},
		"the wrong way":      {server.Config{TLSCert: keyFile, TLSKey: certFile}, []string{"switched"}},
		"an empty file":      {server.Config{TLSCert: empty, TLSKey: keyFile}, []string{empty}},
		"a folder":           {server.Config{TLSCert: dir, TLSKey: keyFile}, []string{dir}},
		"both ways":          {server.Config{TLSCert: certFile, TLSKey: keyFile, TLS: &tls.Config{}}, []string{"exclude"}}, //nolint:gosec // not used
		"a config of no use": {server.Config{TLS: &tls.Config{}}, []string{"no certificate"}},                              //nolint:gosec // not used
		"an old version": {server.Config{TLS: &tls.Config{MinVersion: tls.VersionTLS11, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { //nolint:gosec // refused
			return nil, nil //nolint:nilnil // not called
		}}}, []string{"TLS 1.1", "MinVersion"}},
	} {
		srv, err := server.New(test.cfg)
		if err == nil {
			t.Errorf("%s: no error", name)
			if err := srv.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			continue
		}
		for _, text := range test.want {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v, want %s", name, err, text)
			}
		}
	}
}
