package langfuse

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

const maxMessageBytes = 500

// Answer is a response, read whole within limits.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte

	url *url.URL // that was asked
}

// Error makes an error of an answer that isn't the expected one.
func (a *Answer) Error() *exporter.APIError {
	var body struct {
		Message string          `json:"message"`
		Error   json.RawMessage `json:"error"`
	}
	e := &exporter.APIError{
		StatusCode: a.Status,
		RequestID:  a.Header.Get("X-Request-Id"),
		RetryAfter: retryAfter(a.Header.Get("Retry-After"), time.Now()),
	}
	if a.Status >= 300 && a.Status < 400 {
		e.Location = a.redirect()
	}
	if json.Unmarshal(a.Body, &body) == nil {
		e.Message = body.Message
		var code string
		if json.Unmarshal(body.Error, &code) == nil {
			e.Code = code
		}
	}
	e.Message = Cut(cmp.Or(e.Message, string(bytes.ToValidUTF8(a.Body, nil))))
	e.Code = Cut(e.Code)
	return e
}

// redirect returns the host that a redirect leads to, with its path if that goes on as ours does.
func (a *Answer) redirect() string {
	to, err := a.url.Parse(a.Header.Get("Location"))
	if err != nil || a.Header.Get("Location") == "" {
		return ""
	}
	to.User, to.RawQuery, to.Fragment = nil, "", ""
	host, _, _ := strings.Cut(to.String(), "/api/public/")
	return Cut(host)
}

// Cut trims a server's text and cuts it to what an error repeats.
func Cut(s string) string { return exporter.TruncateText(strings.TrimSpace(s), maxMessageBytes) }

// Retryable reports whether what had the status may be accepted later.
func Retryable(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooEarly ||
		status == http.StatusTooManyRequests || status >= 500
}

// Elsewhere reports whether the status says that nothing answers at this path,
// so that the server may be another one than it was.
func Elsewhere(status int) bool {
	return status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusGone
}

// retryAfter reads seconds or a date (RFC 9110, 10.2.3).
func retryAfter(s string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(s, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
