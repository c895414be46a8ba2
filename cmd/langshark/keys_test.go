package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var exported = regexp.MustCompile(`export LANGSHARK_(?:PUBLIC|SECRET)_KEY=(\S+)`)

// TestKeys changes a key beside a server that runs.
func TestKeys(t *testing.T) {
	dir := withData(t)
	s := start(t, 1, "--addr", "127.0.0.1:0", "--data", dir, "--open")
	defer s.stop()
	made := func() (public, secret string) {
		code, stdout, stderr := command(t, "project", "keys", "create", "first", "--note", "for CI", "--data", dir)
		pair := exported.FindAllStringSubmatch(stdout, -1)
		if code != 0 || len(pair) != 2 {
			t.Fatalf("create: %d %s%s", code, stdout, stderr)
		}
		return pair[0][1], pair[1][1]
	}
	public, secret := made()
	if status := projects(t, s.url, public, secret); status != http.StatusOK {
		t.Errorf("the new key: %d", status)
	}
	code, stdout, stderr := command(t, "project", "keys", "ls", "first", "--data", dir)
	if code != 0 || strings.Count(stdout, "\n") != 3 || !strings.Contains(stdout, public) || !strings.Contains(stdout, "for CI") || strings.Contains(stdout, secret) {
		t.Errorf("ls: %d %s%s", code, stdout, stderr)
	}
	keys := regexp.MustCompile(`(?m)^pk-\S+`).FindAllString(stdout, -1)
	if code, stdout, stderr := command(t, "project", "keys", "rm", "first", keys[0], "--data", dir); code != 0 || !strings.Contains(stdout, keys[0]) {
		t.Errorf("rm: %d %s%s", code, stdout, stderr)
	}
	for args, want := range map[string]string{
		"rm first " + keys[0]: "has no key " + keys[0],
		"rm first " + keys[1]: "is the last key",
		"rm nope pk":          "there is no project",
		"ls nope":             "there is no project",
		"create nope":         "there is no project",
	} {
		if code, _, stderr := command(t, append(append([]string{"project", "keys"}, strings.Fields(args)...), "--data", dir)...); code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d %s", args, code, stderr)
		}
	}
}
