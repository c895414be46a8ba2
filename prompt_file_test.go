package langshark

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzPromptFile checks that no file brings the client down, and that what it takes can be written and read again.
func FuzzPromptFile(f *testing.F) {
	for _, s := range []string{
		`{"format":1,"host":"","publicKey":"","source":"one","prompts":[{"name":"a","label":"production","checkedAt":"2026-01-02T03:04:05Z","body":{"name":"a","version":1,"prompt":"x"}}]}`,
		`{"format":1,"source":"one","prompts":[{"name":"a","experiment":"x","gone":true,"checkedAt":"9026-01-02T03:04:05Z"},{"name":"a","version":3,"body":null}]}`,
		`{"format":2}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		c := newPromptCache(onePrompt{}, &Config{PromptTTL: time.Minute, PromptTimeout: time.Minute}, func(error) {})
		c.file = &promptFile{path: path, of: promptProject{Source: "one"}}
		data, err := c.file.read()
		if err != nil {
			return
		}
		c.load()
		for _, p := range data.Prompts {
			c.entry(p.key(), 0)
		}
		c.stop()
		c.wait(t.Context())
		c.save()
		if again, err := c.file.read(); err != nil || len(again.Prompts) > len(data.Prompts) {
			t.Fatalf("%d became %d, %v", len(data.Prompts), len(again.Prompts), err)
		}
	})
}
