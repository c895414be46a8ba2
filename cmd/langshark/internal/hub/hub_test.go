package hub

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestErrorsOfTheServer(t *testing.T) {
	var status int
	var body string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() == "/sub/api/public/v2/prompts/a%2Fb" && r.URL.RawQuery == "label=x&resolve=false" {
			w.WriteHeader(status)
		}
		_, _ = w.Write([]byte(body))
	}))
	defer s.Close()
	c, err := New(s.URL+"/sub/", "pk", "sk")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, answer := range []struct {
		status int
		body   string
		want   string
	}{
		{404, `{"message":"Prompt not found"}`, "not found: Prompt not found"},
		{500, "<html>" + strings.Repeat("x", 1000), "500: <html>xxx"},
		{302, "", "302"},
		{200, "<html>", "no JSON"},
	} {
		status, body = answer.status, answer.body
		_, err := c.Get(t.Context(), "a/b", Selection{Label: "x"})
		if err == nil || !strings.Contains(err.Error(), answer.want) || len(err.Error()) > 700 || (answer.status == 404) != errors.Is(err, ErrNotFound) {
			t.Errorf("%d: %v", answer.status, err)
		}
	}
}

func TestKeysAreNeeded(t *testing.T) {
	for _, c := range [][3]string{{"", "a", "b"}, {"ftp://x", "a", "b"}, {"http://user@x", "a", "b"}, {"http://x", "", "b"}, {"http://x", "a", ""}} {
		if _, err := New(c[0], c[1], c[2]); err == nil {
			t.Errorf("%q was taken", c)
		}
	}
}
