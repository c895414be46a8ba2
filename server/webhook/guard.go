package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// ErrForbidden says that an address may not be reached.
var ErrForbidden = errors.New("it is not a public address: whoever runs the server can allow it (Config.WebhookAllow, serve --webhook-allow)")

// Bounds of a request.
const (
	maxURLBytes     = 2000
	maxHeaderBytes  = 64 << 10
	connectTimeout  = 5 * time.Second
	responseTimeout = 10 * time.Second
	requestTimeout  = 15 * time.Second // in all
)

// Guard decides which addresses may be reached: those of the public Internet, and those that
// whoever runs the server allows besides.
type Guard struct {
	hosts  map[string]bool
	ranges []netip.Prefix
}

// NewGuard returns a guard that allows those hosts besides, by name or address, and those ranges of
// addresses, as in 10.1.0.0/16. Names are allowed whatever they resolve to.
func NewGuard(allow []string) (*Guard, error) {
	g := &Guard{hosts: map[string]bool{}}
	for _, s := range allow {
		p, err := netip.ParsePrefix(s)
		if err == nil {
			g.ranges = append(g.ranges, p.Masked())
			continue
		}
		if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
			g.ranges = append(g.ranges, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		if s == "" || strings.ContainsAny(s, "/:*@ ") {
			return nil, fmt.Errorf("langshark: %q in Config.WebhookAllow is neither a host nor a range such as 10.1.0.0/16", s)
		}
		g.hosts[hostKey(s)] = true
	}
	return g, nil
}

func hostKey(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// CheckURL says what is wrong with an address, as far as it can be seen before a name is resolved.
func (g *Guard) CheckURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("must be an address such as https://example.com/hook")
	case len(raw) > maxURLBytes:
		return fmt.Errorf("must have at most %d bytes", maxURLBytes)
	case u.User != nil:
		return errors.New("must not have a user and password: they would stand in logs; the signature says who sends")
	case u.Fragment != "":
		return errors.New("must not have a part after #, which is never sent")
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && !g.allows(a) {
		return ErrForbidden
	}
	return nil
}

// allows reports whether an address may be connected to.
func (g *Guard) allows(a netip.Addr) bool {
	if isPublic(a) {
		return true
	}
	a = a.WithZone("").Unmap()
	for _, p := range g.ranges {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// control is called with the address that is about to be connected to.
func (g *Guard) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !g.allows(to.Addr()) {
		return fmt.Errorf("connect to %s: %w", address, ErrForbidden)
	}
	return nil
}

// Client returns a client that reaches what the guard allows. It follows no redirects and uses no proxy,
// which would connect on its behalf.
func (g *Guard) Client() *http.Client {
	free := &net.Dialer{Timeout: connectTimeout}
	guarded := &net.Dialer{Timeout: connectTimeout, Control: g.control}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(addr)
			if err == nil && g.hosts[hostKey(host)] {
				return free.DialContext(ctx, network, addr)
			}
			return guarded.DialContext(ctx, network, addr)
		},
		TLSHandshakeTimeout:    connectTimeout,
		ResponseHeaderTimeout:  responseTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        30 * time.Second,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
	return &http.Client{
		Transport: transport, Timeout: requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
