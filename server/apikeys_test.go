package server_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/store"
)

// TestAPIKeys changes a key for another by the API: the old one is refused at once.
func TestAPIKeys(t *testing.T) {
	srv := newServer(t, server.Config{})
	c := serve(t, srv, "")
	other := project(t, srv, c.base, "two")
	const path = "/api/public/projects/one/apiKeys"
	status, text, _ := c.do(t, http.MethodPost, path, `{"note":"for CI"}`)
	next := client{c.base, field(text, "publicKey"), field(text, "secretKey")}
	if status != http.StatusCreated || next.secret == "" || field(text, "note") != "for CI" {
		t.Fatalf("%d %s", status, text)
	}
	keys := next.object(t, path)["apiKeys"].([]any)
	listed, err := json.Marshal(keys)
	if err != nil || len(keys) != 2 || !strings.Contains(string(listed), c.public) || !strings.Contains(string(listed), `"note":"for CI"`) ||
		strings.Contains(string(listed), next.secret) || strings.Contains(string(listed), c.secret) {
		t.Errorf("%s, %v", listed, err)
	}
	for _, x := range []struct {
		who          client
		method, path string
		want         int
	}{
		{other, "GET", path, 404},
		{other, "POST", path, 404},
		{other, "DELETE", path + "/" + c.public, 404},
		{other, "DELETE", "/api/public/projects/two/apiKeys/" + c.public, 404},
		{other, "DELETE", "/api/public/projects/two/apiKeys/" + other.public, 400},
		{c, "DELETE", path + "/none", 404},
		{next, "DELETE", path + "/" + c.public, 200},
		{c, "GET", path, 401},
		{next, "DELETE", path + "/" + next.public, 400},
		{next, "GET", path, 200},
	} {
		if status, text, _ := x.who.do(t, x.method, x.path, nil); status != x.want {
			t.Errorf("%s %s: %d %s, want %d", x.method, x.path, status, text, x.want)
		}
	}
	if status, _, _ := testkit.Fetch(t, http.MethodGet, c.base+path, nil, testkit.Header("Authorization", "Bearer "+next.public)); status != http.StatusUnauthorized {
		t.Errorf("with the public half alone: %d", status)
	}
}

// TestDeleteKey takes keys away in process.
func TestDeleteKey(t *testing.T) {
	srv := newServer(t, server.Config{})
	c := serve(t, srv, "")
	if err := srv.DeleteKey(t.Context(), "one", c.public); !errors.Is(err, store.ErrLastKey) {
		t.Errorf("the last one: %v", err)
	}
	if _, err := srv.AddKeyWithNote(t.Context(), "one", "next"); err != nil {
		t.Fatal(err)
	}
	if _, err := srv.AddKeyWithNote(t.Context(), "one", strings.Repeat("x", 256)); err == nil {
		t.Error("a long note is taken")
	}
	if status, _, _ := c.do(t, http.MethodGet, "/api/public/projects", nil); status != http.StatusOK {
		t.Fatalf("%d", status)
	}
	if err := srv.DeleteKey(t.Context(), "one", c.public); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := c.do(t, http.MethodGet, "/api/public/projects", nil); status != http.StatusUnauthorized {
		t.Errorf("after it: %d", status)
	}
	if keys, err := srv.Keys(t.Context(), "one"); err != nil || len(keys) != 1 || keys[0].Note != "next" {
		t.Errorf("%+v, %v", keys, err)
	}
	if keys, err := srv.Keys(t.Context(), ""); err != nil || len(keys) != 0 {
		t.Errorf("of the first project: %+v, %v", keys, err)
	}
}

// TestRemovedKeys has a key that was taken away come back nowhere, and its public half in no other project.
func TestRemovedKeys(t *testing.T) {
	srv := newServer(t, server.Config{})
	c := serve(t, srv, "")
	other := project(t, srv, c.base, "two")
	const public, secret = "pk-lf-leaked", "sk-lf-cccccccccccccccccccccccccccccccc"
	pair := `{"publicKey":"` + public + `","secretKey":"` + secret + `"}`
	for _, x := range []struct {
		who          client
		method, path string
		body         any
		want         int
	}{
		{c, "POST", "one/apiKeys", pair, 201},
		{c, "POST", "one/apiKeys", pair, 409},
		{other, "POST", "two/apiKeys", pair, 409},
		{c, "DELETE", "one/apiKeys/" + public, nil, 200},
		{c, "POST", "one/apiKeys", pair, 409},
		{c, "POST", "one/apiKeys", `{"publicKey":"` + public + `","secretKey":"` + secret + `d"}`, 409},
		{other, "POST", "two/apiKeys", `{"publicKey":"` + public + `","secretKey":"` + secret + `d"}`, 409},
	} {
		if status, text, _ := x.who.do(t, x.method, "/api/public/projects/"+x.path, x.body); status != x.want || status == 409 && (!strings.Contains(text, public) || strings.Contains(text, secret)) {
			t.Errorf("%s %s: %d %s, want %d", x.method, x.path, status, text, x.want)
		}
	}
	if err := srv.SetKey(t.Context(), "one", public, secret); !errors.Is(err, server.ErrRemoved) {
		t.Errorf("the same key: %v", err)
	}
	if err := srv.SetKey(t.Context(), "two", public, secret); !errors.Is(err, server.ErrOtherProject) || !errors.Is(err, server.ErrExists) {
		t.Errorf("in another project: %v", err)
	}
	if _, err := srv.AddProjectWithKey(t.Context(), "three", public, secret); !errors.Is(err, server.ErrOtherProject) || !strings.Contains(err.Error(), "belongs to project one") {
		t.Errorf("in a new project: %v", err)
	}
	if all, err := srv.Projects(t.Context()); err != nil || len(all) != 3 { // default, one and two
		t.Errorf("projects: %+v, %v", all, err)
	}
	if err := srv.SetKey(t.Context(), "one", public, secret+"d"); err != nil {
		t.Errorf("with another secret, by whoever runs the server: %v", err)
	}
}
