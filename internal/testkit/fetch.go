package testkit

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

// Fetch sends a request by http.DefaultClient and reads all of the answer. What goes wrong on the
// way ends the test; a status is no error. Each of change sees the request before it is sent.
func Fetch(tb testing.TB, method, address string, body []byte, change ...func(*http.Request)) (status int, text string, header http.Header) {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range change {
		f(r)
	}
	res, err := http.DefaultClient.Do(r) //nolint:forbidigo // tests have no other
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return res.StatusCode, string(all), res.Header
}

// Header is a change of a request for [Fetch].
func Header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}
