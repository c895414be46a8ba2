package main

import (
	"net/http"
	"strings"
	"testing"
)

// TestProtectLabel protects a label beside a running server.
func TestProtectLabel(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("LANGSHARK_INIT_PROJECT_PUBLIC_KEY", "pk-one")
	t.Setenv("LANGSHARK_INIT_PROJECT_SECRET_KEY", "sk-one")
	s := start(t, 1, "--addr", "127.0.0.1:0", "--data", dir, "--open")
	create := func() int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/api/public/v2/prompts", strings.NewReader(`{"name":"p","prompt":"x","labels":["production"]}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth("pk-one", "sk-one")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	for _, x := range []struct {
		args string
		code int
		want string
		then int // what a new version with the label is answered
	}{
		{"labels", 0, "WHO MAY MOVE IT", 201},
		{"protect-label --label production --role admin --role owner", 0, "role admin, role owner may move it", 403},
		{"labels", 0, "production  role admin, role owner may move it", 403},
		{"protect-label --label production --key pk-one", 0, "key pk-one may move it", 201},
		{"protect-label --label production", 0, "nobody may move it", 403},
		{"protect-label --label production --key pk-other", 1, `no public key "pk-other"`, 403},
		{"protect-label --label latest", 1, "latest", 403},
		{"unprotect-label --label staging", 1, "langshark project labels --project default", 403},
		{"unprotect-label --label production", 0, "all keys may move it", 201},
		{"unprotect-label --label production --project none", 1, `no project "none"`, 201},
	} {
		args := append([]string{"project"}, strings.Fields(x.args)...)
		if !strings.Contains(x.args, "--project") {
			args = append(args, "--project", "default")
		}
		code, stdout, stderr := command(t, append(args, "--data", dir)...)
		if code != x.code || !strings.Contains(stdout+stderr, x.want) {
			t.Errorf("%s: %d %s%s, want %d with %q", x.args, code, stdout, stderr, x.code, x.want)
		}
		if got := create(); got != x.then {
			t.Errorf("after %s: %d, want %d", x.args, got, x.then)
		}
	}
	if code, rest := s.stop(); code != 0 {
		t.Errorf("ended with %d %s", code, rest)
	}
}
