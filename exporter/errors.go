package exporter

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// APIError is the answer of a server that did not accept what it was sent.
type APIError struct {
	// StatusCode is the HTTP status, as in 401.
	StatusCode int
	// Code is the server's own name for the error, if it gave one.
	Code string
	// Message is the server's text, cut to 500 bytes.
	Message string
	// RequestID is that of the answer's X-Request-Id header, if any.
	RequestID string
	// RetryAfter is how long the server asked to wait; zero if it did not.
	RetryAfter time.Duration
	// Location is the host that a redirect leads to, which isn't followed; empty for other answers.
	Location string
}

// Error says what the server answered.
func (e *APIError) Error() string {
	var b strings.Builder
	b.WriteString("server answered ")
	b.WriteString(strconv.Itoa(e.StatusCode))
	if text := http.StatusText(e.StatusCode); text != "" {
		b.WriteString(" " + text)
	}
	if e.Location != "" {
		b.WriteString(", to " + e.Location + ": set the host to that")
	}
	if e.Code != "" {
		b.WriteString(" (" + e.Code + ")")
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.RequestID != "" {
		b.WriteString(" [request " + e.RequestID + "]")
	}
	return b.String()
}

// Failure is one record that was not accepted.
type Failure struct {
	// Index is the record's place in the slice given to Export.
	Index int
	// Reason is the server's word.
	Reason string
	// Retry says that the same record may be accepted later; else it is dropped and counted.
	Retry bool
	// Unsupported says that the server has no place for such a record. It is dropped and counted apart.
	Unsupported bool
}

// PartialError says that all records were accepted but those named.
type PartialError struct {
	Failed []Failure
	// Err is why the rest was not tried, if that has one cause: the failure of a later
	// request. What is to be retried is then handled by it, as if it had been returned.
	Err error
}

// Error counts the failures and gives the first one's reason.
func (e *PartialError) Error() string {
	switch {
	case len(e.Failed) == 0:
		return "no record was refused"
	case e.Err != nil:
		return fmt.Sprintf("%d records were not accepted: %v", len(e.Failed), e.Err)
	}
	return fmt.Sprintf("%d records were not accepted, the first because: %s", len(e.Failed), e.Failed[0].Reason)
}

// Unwrap returns Err.
func (e *PartialError) Unwrap() error { return e.Err }

// DeliveryError is what [Pipeline.Flush] and [Pipeline.Shutdown] return when
// not everything that was accepted before has arrived.
type DeliveryError struct {
	// Remaining counts the records that are still queued; after Shutdown, those left behind.
	Remaining int64
	// Spooled counts those that are safe on disk; after Shutdown the next process delivers them.
	Spooled int64
	// Dropped counts the records dropped since the last Flush, whatever the reason; see [Stats].
	Dropped int64
	// Err is the last error of the sink, or that of the context.
	Err error
}

// Error counts what did not arrive.
func (e *DeliveryError) Error() string {
	s := fmt.Sprintf("langshark: %d records not delivered, %d dropped", e.Remaining, e.Dropped)
	if e.Spooled > 0 {
		s = fmt.Sprintf("langshark: %d records not delivered, %d kept on disk, %d dropped", e.Remaining, e.Spooled, e.Dropped)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns Err.
func (e *DeliveryError) Unwrap() error { return e.Err }

// action is what the pipeline does about an error.
type action uint8

const (
	actRetry  action = iota // try again, waiting longer each time
	actHold                 // credentials: keep and try every 30 s
	actShrink               // too large: halve, then truncate
	actBisect               // something in it isn't acceptable: halve, then drop
	actReject               // never acceptable: drop
)

func classify(err error) (action, time.Duration) {
	var api *APIError
	if !errors.As(err, &api) {
		return actRetry, 0
	}
	switch code := api.StatusCode; {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return actHold, api.RetryAfter
	case code == http.StatusRequestEntityTooLarge:
		return actShrink, 0
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		return actRetry, api.RetryAfter
	case code == http.StatusNotFound, code == http.StatusMethodNotAllowed, code == http.StatusGone,
		code == http.StatusPaymentRequired, code == http.StatusProxyAuthRequired:
		// Not about the records: a proxy during a deployment, an unpaid bill.
		return actRetry, api.RetryAfter
	case code == http.StatusBadRequest, code == http.StatusUnprocessableEntity:
		return actBisect, 0
	case code >= 400:
		return actReject, 0
	default: // an answer of another kind: a proxy's page, a redirect
		return actRetry, api.RetryAfter
	}
}
