package testkit

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestFetch(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Answer", r.Header.Get("X-Ask"))
		w.WriteHeader(http.StatusTeapot)
		_, _ = fmt.Fprintf(w, "%s %s %s", r.Method, r.URL.Path, body)
	}))
	defer s.Close()
	status, text, header := Fetch(t, http.MethodPut, s.URL+"/x", []byte("body"), Header("X-Ask", "once"), Header("X-Ask", "twice"))
	if status != http.StatusTeapot || text != "PUT /x body" || header.Get("X-Answer") != "twice" {
		t.Errorf("%d %q %v", status, text, header)
	}
}
