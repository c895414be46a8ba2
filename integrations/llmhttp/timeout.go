package llmhttp

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// timeoutGrace bounds the wait for the second of two signals of one timeout.
const timeoutGrace = 25 * time.Millisecond

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
