package hub

import (
	"errors"
	"fmt"
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
		{409, `{"message":"Label 'a' is elsewhere"}`, "conflict: Label 'a' is elsewhere"},
		{200, "<html>", "no JSON"},
	} {
		status, body = answer.status, answer.body
		_, err := c.Get(t.Context(), "a/b", Selection{Label: "x"})
		if err == nil || !strings.Contains(err.Error(), answer.want) || len(err.Error()) > 700 || (answer.status == 404) != errors.Is(err, ErrNotFound) || (answer.status == 409) != errors.Is(err, ErrConflict) {
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

// TestHistory reads page after page, and no more than is wanted.
func TestHistory(t *testing.T) {
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		switch {
		case r.URL.Query().Get("name") == "none":
			http.NotFound(w, r)
		case r.URL.Query().Get("cursor") == "":
			_, _ = w.Write([]byte(`{"data":[{"action":"create","version":3,"by":null},{"action":"label","label":"a","version":3,"from":2,"by":"pk"}],"meta":{"cursor":"x&y"}}`))
		default:
			_, _ = w.Write([]byte(`{"data":[{"action":"delete"}],"meta":{}}`))
		}
	}))
	defer s.Close()
	c, err := New(s.URL, "pk", "sk")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var got []string
	for change, err := range c.History(t.Context(), "a/b") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(change.Action, change.Version, change.From, change.By))
	}
	if strings.Join(got, " ") != "create3 0 label3 2pk delete0 0" || len(asked) != 2 || !strings.Contains(asked[1], "cursor=x%26y") {
		t.Errorf("%q by %q", got, asked)
	}
	for range c.History(t.Context(), "a") {
		break
	}
	if len(asked) != 3 {
		t.Errorf("a page too many: %q", asked)
	}
	for _, err := range c.History(t.Context(), "none") {
		if !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
	}
}
