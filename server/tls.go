package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
)

// tlsConfig is what Start serves TLS by; nil is plain HTTP.
func tlsConfig(cfg *Config) (*tls.Config, error) {
	switch {
	case cfg.TLS != nil && (cfg.TLSCert != "" || cfg.TLSKey != ""):
		return nil, errors.New("langshark: Config.TLS and Config.TLSCert exclude each other")
	case cfg.TLS != nil:
		c := cfg.TLS.Clone()
		if len(c.Certificates) == 0 && c.GetCertificate == nil && c.GetConfigForClient == nil {
			return nil, errors.New("langshark: Config.TLS has no certificate")
		}
		if c.MinVersion == 0 {
			c.MinVersion = tls.VersionTLS12
		}
		if c.MinVersion < tls.VersionTLS12 {
			return nil, fmt.Errorf("langshark: Config.TLS.MinVersion is %s: TLS 1.2 is the least", tls.VersionName(c.MinVersion))
		}
		return c, nil
	case cfg.TLSCert == "" && cfg.TLSKey == "":
		return nil, nil
	case cfg.TLSKey == "":
		return nil, fmt.Errorf("langshark: Config.TLSCert is %s, but Config.TLSKey names no file", cfg.TLSCert)
	case cfg.TLSCert == "":
		return nil, fmt.Errorf("langshark: Config.TLSKey is %s, but Config.TLSCert names no file", cfg.TLSKey)
	}
	files := &certificateFiles{cert: cfg.TLSCert, key: cfg.TLSKey, log: cfg.Logger}
	if _, err := files.get(nil); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: files.get}, nil
}

// certificateFiles is a certificate in two files, which are read again when
// they have changed.
type certificateFiles struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	seen   [2]fs.FileInfo // the files as they were last read, well or not
	loaded *tls.Certificate
}

// get returns the certificate of the files as they are now. One that can't be
// used, such as one whose key is not there yet, is left for the one before.
func (f *certificateFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen, err := f.look()
	if f.loaded != nil && same(seen[0], f.seen[0]) && same(seen[1], f.seen[1]) {
		return f.loaded, nil
	}
	var cert *tls.Certificate
	if err == nil {
		cert, err = f.read()
	}
	switch {
	case err != nil && f.loaded == nil:
		return nil, err
	case err != nil:
		f.log.Error("langshark: the certificate has changed and can't be used: the one before still is", "error", err)
	case f.loaded != nil:
		f.log.Info("langshark: the certificate has been read anew", "file", f.cert)
	}
	f.seen = seen
	if err == nil {
		f.loaded = cert
	}
	return f.loaded, nil
}

// look says what the files are now; a file that can't be seen is nil.
func (f *certificateFiles) look() (seen [2]fs.FileInfo, err error) {
	var errs [2]error
	if seen[0], errs[0] = os.Stat(f.cert); errs[0] != nil {
		errs[0] = fmt.Errorf("langshark: Config.TLSCert: %w", errs[0])
	}
	if seen[1], errs[1] = os.Stat(f.key); errs[1] != nil {
		errs[1] = fmt.Errorf("langshark: Config.TLSKey: %w", errs[1])
	}
	return seen, errors.Join(errs[:]...)
}

// same reports whether a file is as it was, or as missing.
func same(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

func (f *certificateFiles) read() (*tls.Certificate, error) {
	cert, err := os.ReadFile(f.cert)
	if err != nil {
		return nil, fmt.Errorf("langshark: Config.TLSCert: %w", err)
	}
	key, err := os.ReadFile(f.key)
	if err != nil {
		return nil, fmt.Errorf("langshark: Config.TLSKey: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("langshark: Config.TLSCert %s with Config.TLSKey %s: %w", f.cert, f.key, err)
	}
	return &pair, nil
}
