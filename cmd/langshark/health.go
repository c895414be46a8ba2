package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type healthCommand struct {
	URL      string        `default:"http://127.0.0.1:3000" env:"LANGSHARK_HEALTH_URL" placeholder:"URL" help:"Address of the server (${env}). Defaults to ${default}."`
	Ready    bool          `help:"Ask whether it is ready for requests, too: it isn't while it shuts down or its disk is full."`
	Insecure bool          `env:"LANGSHARK_HEALTH_INSECURE" help:"Take any certificate, such as one that is not for 127.0.0.1 (${env})."`
	Timeout  time.Duration `default:"3s" placeholder:"DURATION" help:"How long the answer may take. Defaults to ${default}."`
}

// Help is the long text of health --help.
func (*healthCommand) Help() string {
	return `It prints what the server says and ends with 0, or with 1 if the server doesn't answer or isn't well. It is for health checks of containers, which have no curl.`
}

// Run asks the server.
func (c *healthCommand) Run(ctx context.Context, term terminal) error {
	base, err := url.Parse(c.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return fmt.Errorf("--url %q is not an address such as http://127.0.0.1:3000", c.URL)
	}
	path := "healthz"
	if c.Ready {
		path = "readyz"
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base.JoinPath(path).String(), nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: c.Insecure}} //nolint:gosec // as asked
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(r)
	if err != nil {
		return fmt.Errorf("no answer from %s: %w", r.URL, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("no answer from %s: %w", r.URL, err)
	}
	text := strings.TrimSpace(string(body))
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s: %s", r.URL, res.Status, text)
	}
	fmt.Fprintln(term.stdout, text)
	return nil
}
