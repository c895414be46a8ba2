package llmhttp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// timeoutGrace bounds the wait for the second of two signals of one timeout, which
// comes within microseconds unless the machine is busy. Who sets a shorter deadline
// besides waits that long for nothing.
const timeoutGrace = 8 * time.Millisecond

// clientTimeout makes of the error of a request whose [http.Client] has a Timeout
// what the client would get without us. It doesn't know our transport, and
// therefore ends such a request twice at the same time: by its context's deadline
// and by its Cancel channel. Which comes first is chance, and the client tells its
// own timeout from others only after the second.
func clientTimeout(req *http.Request, err error) error {
	if err == nil || req.Cancel == nil { //nolint:staticcheck // net/http sets it still
		return err
	}
	deadline, ok := req.Context().Deadline()
	cancelled := strings.HasPrefix(err.Error(), "net/http: request canceled")
	if !ok || !cancelled && !errors.Is(err, context.DeadlineExceeded) || time.Now().Before(deadline) {
		return err
	}
	wait := time.NewTimer(timeoutGrace)
	defer wait.Stop()
	select {
	case <-req.Cancel: //nolint:staticcheck // as above
	case <-wait.C: // the deadline is the application's own
		return err
	}
	if !cancelled {
		return err
	}
	select {
	case <-req.Context().Done():
	case <-wait.C:
	}
	return context.DeadlineExceeded
}

// timedBody has an answer that isn't recorded end by the error that it would end by without us.
func timedBody(resp *http.Response, req *http.Request) {
	if req.Cancel == nil || resp.Body == nil || resp.Body == http.NoBody || resp.StatusCode == http.StatusSwitchingProtocols { //nolint:staticcheck // as above
		return
	}
	resp.Body = &timeoutBody{resp.Body, req}
}

type timeoutBody struct {
	io.ReadCloser
	req *http.Request
}

func (b *timeoutBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = clientTimeout(b.req, err)
	}
	return n, err //nolint:wrapcheck // as it came
}
