package media_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/media"
)

// TestGrants hold for an hour, for one file and one way.
func TestGrants(t *testing.T) {
	f := open(t, nil)
	id := f.send(t, "p1", "t", "abc")
	d, err := f.Get(t.Context(), "p1", id)
	if err != nil {
		t.Fatal(err)
	}
	up := f.request(t, "p2", "t", "abc")
	for name, ok := range map[string]bool{
		"as given":       tells(f.Check(d.Token, id, false)),
		"an upload":      tells(f.Check(up.Token, id, true)),
		"to send":        !tells(f.Check(d.Token, id, true)),
		"to read":        !tells(f.Check(up.Token, id, false)),
		"another file":   !tells(f.Check(d.Token, "other", false)),
		"nothing":        !tells(f.Check("", id, false)),
		"a dot":          !tells(f.Check(".", id, false)),
		"no signature":   !tells(f.Check(d.Token[:strings.IndexByte(d.Token, '.')+1], id, false)),
		"cut":            !tells(f.Check(d.Token[:len(d.Token)-4], id, false)),
		"another's text": !tells(f.Check(up.Token[:strings.IndexByte(up.Token, '.')]+d.Token[strings.IndexByte(d.Token, '.'):], id, true)),
	} {
		if !ok {
			t.Error(name)
		}
	}
	f.later.Store(int64(59 * time.Minute))
	if _, err := f.Check(d.Token, id, false); err != nil {
		t.Errorf("within the hour: %v", err)
	}
	f.later.Store(int64(61 * time.Minute))
	if _, err := f.Check(d.Token, id, false); !errors.Is(err, media.ErrGrant) {
		t.Errorf("after the hour: %v", err)
	}
	if !f.now().After(d.Expires) {
		t.Errorf("it says that it expires at %v", d.Expires)
	}
}

func tells(_ *media.Grant, err error) bool { return err == nil }

// TestKey is made when it is first needed, and the same after a restart.
func TestKey(t *testing.T) {
	f := open(t, nil)
	if _, err := os.Stat(f.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that nobody needs: %v", err)
	}
	id := f.send(t, "p1", "t", "abc")
	d, err := f.Get(t.Context(), "p1", id)
	if err != nil {
		t.Fatal(err)
	}
	cfg := f.Config
	cfg.Housekeeping = false
	again, err := media.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := again.Check(d.Token, id, false); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	cfg.Dir = filepath.Join(t.TempDir(), "other")
	other, err := media.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Check(d.Token, id, false); !errors.Is(err, media.ErrGrant) {
		t.Errorf("with another key: %v", err)
	}
	if _, err := other.Get(t.Context(), "p1", id); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(cfg.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a tool beside a server keeps a key: %v", err)
	}
	key := filepath.Join(f.dir, "key")
	if err := os.WriteFile(key, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := media.Open(f.Config); err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("a key that is none: %v", err)
	}
}

// TestUnfinished uploads of a process that was killed go.
func TestUnfinished(t *testing.T) {
	var left string
	open(t, func(c *media.Config) {
		left = filepath.Join(c.Dir, ".upload-1")
		if err := errors.Join(os.MkdirAll(c.Dir, 0o700), os.WriteFile(left, []byte("x"), 0o600)); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// FuzzGrant finds no text that counts as signed.
func FuzzGrant(f *testing.F) {
	files, err := media.Open(media.Config{Dir: f.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(files.Close)
	f.Add([]byte("eyJwIjoicDEiLCJtIjoibSIsImUiOjk5OTk5OTk5OTl9.AAAA"))
	f.Add([]byte("."))
	f.Add(bytes.Repeat([]byte("A"), 5000))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, upload := range []bool{false, true} {
			if g, err := files.Check(string(b), "m", upload); err == nil {
				t.Fatalf("%q lets in as %+v", b, g)
			}
		}
	})
}
