package server

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/langshark/langshark-go/server/internal/accesslog"
	"github.com/langshark/langshark-go/server/media"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui"
)

// Version is that of the server, sent in the header X-LangShark-Version.
const Version = "0.1.0"

// DefaultAddr is where [Server.Start] listens unless told otherwise: this machine alone can reach it.
const DefaultAddr = "127.0.0.1:3000"

// DefaultProject is the name of the project that a new server has.
const DefaultProject = "default"

// DefaultFeedbackLimit is how many scores a minute may come from browsers with one key.
const DefaultFeedbackLimit = 600

// Viewer is a person who looks at the dashboard.
type Viewer = ui.Viewer

// Config says how a [Server] works. Its zero value is valid: data nobody
// keeps, on loopback, with a sign-in.
type Config struct {
	// DataDir is the folder of the data, made if it isn't there. Empty means a
	// temporary folder that is removed at Shutdown.
	DataDir string
	// Addr is where Start listens, as host:port. Defaults to 127.0.0.1:3000;
	// port 0 is any free one.
	Addr string
	// PublicURL is the address by which people and applications reach the
	// server, if that isn't where it listens: behind a proxy, or mounted in
	// another server. It may have a path.
	PublicURL string
	// Open lets everybody look at the dashboard without a sign-in. Only
	// requests on loopback that no proxy has passed on profit from it. Addr must
	// be loopback, and PublicURL too, if it is set.
	Open bool
	// Authorize decides who may look at the dashboard, instead of the one-time
	// links. An error means that the page is not shown.
	Authorize func(*http.Request) (Viewer, error)
	// Logger gets requests (at level debug) and what goes wrong, with the id of the
	// request. Defaults to slog.Default().
	Logger *slog.Logger
	// TLSCert and TLSKey are files in PEM: a certificate with what it is signed by, and
	// its key. With them Start serves HTTPS, from TLS 1.2 on, HTTP/2 included. They
	// are read again when they change, so that a renewed certificate needs no restart.
	TLSCert, TLSKey string
	// TLS is for certificates that come from elsewhere, in place of TLSCert and
	// TLSKey. Its MinVersion defaults to TLS 1.2 and can't be lower.
	TLS *tls.Config
	// MetricsToken lets those read /metrics and Debug who send it in the header
	// "Authorization: Bearer …", from wherever they come. Without it only requests
	// on loopback are let in that no proxy has passed on; those are with it too.
	MetricsToken string
	// Collectors are shown on /metrics besides those of the server itself. The
	// binary has those of the Go runtime and of the process here; an application
	// that carries the server in itself may have them elsewhere.
	Collectors []prometheus.Collector
	// Debug is served below /debug/ to those who may read /metrics. It is for
	// net/http/pprof, which this package does not import: that would put the
	// profiles into http.DefaultServeMux of whoever imports the server. Nil is
	// nothing.
	Debug http.Handler
	// Drain is how long Shutdown lets the server go on once /readyz says no, so
	// that load balancers turn away before connections are refused. It counts
	// against the context of Shutdown. Defaults to zero.
	Drain time.Duration
	// NoHousekeeping leaves retention, the search index and dictionaries to another
	// process that has the folder open, or to the next one. For tools that look in: such a
	// server works beside another one, and brings data of an older version up to date only
	// if no other uses the folder.
	NoHousekeeping bool
	// ReadOnly opens data that is there and changes nothing: no folder, no project is made,
	// data of an older version stays as it is and can only be backed up, and writes fail.
	// Beside another server it works as well. It implies NoHousekeeping.
	ReadOnly bool
	// MaxPendingWrites bounds the writes that wait for the store. What comes on
	// top is answered with 429. Defaults to 20,000.
	MaxPendingWrites int
	// RateLimit is how many requests a minute each key may send to the API, in bursts of as
	// many; a batch is one request. What comes on top is answered with 429 and
	// Retry-After, which SDKs obey. Defaults to 0, no limit.
	RateLimit int
	// FeedbackLimit is how many scores a minute may come with the public half of a key alone, which is
	// in the pages of an application and may write scores: whoever reads it there can send some.
	// Defaults to [DefaultFeedbackLimit]; negative is no limit.
	FeedbackLimit int
	// WebhookAllow lists hosts and ranges of addresses, as in hooks.internal or 10.1.0.0/16, that webhooks may
	// be posted to besides public addresses. Others within the network of the server, this machine
	// included, are refused, whatever a name resolves to.
	WebhookAllow []string

	// MaxMediaBytes is how large a file may be that payloads refer to. Defaults to
	// [media.DefaultMaxBytes], 50 MiB. Without DataDir all of them together have at most
	// [media.MaxTemporaryBytes].
	MaxMediaBytes int64

	wrapStore func(store.Store) store.Store // for tests
}

func (c Config) withDefaults() (Config, error) {
	c.Addr = cmp.Or(c.Addr, DefaultAddr)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Logger = accesslog.Logger(c.Logger)
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return c, fmt.Errorf("langshark: Config.Addr %q is not host:port: %w", c.Addr, err)
	}
	if c.Open && c.Authorize != nil {
		return c, errors.New("langshark: Config.Open and Config.Authorize exclude each other")
	}
	if c.Open && !isLoopback(host) {
		return c, fmt.Errorf("langshark: Config.Open works on loopback only, not on %s: listen on 127.0.0.1 or sign in by link", c.Addr)
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return c, fmt.Errorf("langshark: Config.PublicURL %q is not an address such as https://langshark.example.com", c.PublicURL)
		}
		if c.Open && !isLoopback(u.Hostname()) {
			return c, fmt.Errorf("langshark: Config.Open works on loopback only, but Config.PublicURL is %s: leave one of them out", c.PublicURL)
		}
		c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	}
	if c.ReadOnly && c.DataDir == "" {
		return c, errors.New("langshark: Config.ReadOnly needs Config.DataDir, with data in it")
	}
	c.NoHousekeeping = c.NoHousekeeping || c.ReadOnly
	if c.FeedbackLimit = cmp.Or(c.FeedbackLimit, DefaultFeedbackLimit); c.FeedbackLimit < 0 {
		c.FeedbackLimit = 0
	}
	if c.RateLimit < 0 {
		return c, fmt.Errorf("langshark: Config.RateLimit %d is negative: give requests a minute, or 0 for no limit", c.RateLimit)
	}
	if c.MaxMediaBytes < 0 {
		return c, fmt.Errorf("langshark: Config.MaxMediaBytes %d is negative: give bytes, or 0 for %d", c.MaxMediaBytes, media.DefaultMaxBytes)
	}
	if c.Drain < 0 {
		return c, fmt.Errorf("langshark: Config.Drain %v is negative", c.Drain)
	}
	return c, nil
}

// isLoopback reports whether the host, a name or address, is this machine.
func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.Unmap().IsLoopback()
}
