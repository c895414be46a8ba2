package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestTag is a hash of the answer, of those that went well and are not too large.
func TestTag(t *testing.T) {
	send := func(status int, answer any, ifNoneMatch ...string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		write(&taggable{w, ifNoneMatch}, status, answer)
		return w
	}
	first := send(http.StatusOK, "a")
	etag := first.Header().Get("ETag")
	if len(etag) != 34 || first.Body.String() != "\"a\"\n" {
		t.Fatalf("%q, %q", etag, first.Body)
	}
	if other := send(http.StatusOK, "b").Header().Get("ETag"); other == etag || other == "" {
		t.Errorf("another answer has %q", other)
	}
	for _, given := range []string{etag, "W/" + etag, `"x", ` + etag, "*"} {
		if w := send(http.StatusOK, "a", given); w.Code != http.StatusNotModified || w.Body.Len() != 0 || w.Header().Get("ETag") != etag || w.Header().Get("Content-Type") != "" {
			t.Errorf("%s: %d %q %v", given, w.Code, w.Body, w.Header())
		}
	}
	if w := send(http.StatusOK, "a", `"x"`, etag); w.Code != http.StatusNotModified {
		t.Errorf("in the second line: %d", w.Code)
	}
	for _, given := range []string{`"x"`, "", strings.Trim(etag, `"`), etag + "x"} {
		if w := send(http.StatusOK, "a", given); w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: %d", given, w.Code)
		}
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"an error":       send(http.StatusNotFound, "a", "*"),
		"made":           send(http.StatusCreated, "a", "*"),
		"a large one":    send(http.StatusOK, strings.Repeat("x", maxTagged), "*"),
		"no JSON at all": send(http.StatusOK, func() {}, "*"),
	} {
		if w.Header().Get("ETag") != "" || w.Code == http.StatusNotModified || w.Body.Len() == 0 {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
}
