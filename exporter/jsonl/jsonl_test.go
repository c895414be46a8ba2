package jsonl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/langshark/langshark-go/exporter/exportertest"
	"github.com/langshark/langshark-go/exporter/jsonl"
)

func eventIDs(t *testing.T, text []byte) []string {
	t.Helper()
	var ids []string
	for line := range bytes.Lines(text) {
		var event struct {
			ID, Type string
			Body     map[string]any
		}
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if event.Type == "" || event.Body["id"] == "" {
			t.Errorf("no event: %s", line)
		}
		ids = append(ids, event.ID)
	}
	return ids
}

func TestContract(t *testing.T) {
	exportertest.Run(t, func(t *testing.T) exportertest.Subject {
		t.Helper()
		var b bytes.Buffer
		return exportertest.Subject{Exporter: jsonl.New(&b), Arrived: func() []string { return eventIDs(t, b.Bytes()) }}
	})
}

func TestCreateAppendsToAPrivateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	for range 2 {
		e, err := jsonl.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Export(t.Context(), exportertest.Records()); err != nil {
			t.Fatal(err)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := e.Export(t.Context(), exportertest.Records()); err == nil {
			t.Error("Export after Shutdown says that it delivered")
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(eventIDs(t, text)); n != 2*len(exportertest.Records()) {
		t.Errorf("%d lines", n)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := jsonl.Create(filepath.Join(path, "no")); err == nil {
		t.Error("a file below a file was made")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAFullDiskIsAnError(t *testing.T) {
	if err := jsonl.New(full{}).Export(t.Context(), exportertest.Records()); err == nil {
		t.Error("a failed write was called delivered")
	}
}

// narrow takes so many bytes of the first write.
type narrow struct {
	bytes.Buffer
	room int
	err  error
}

func (n *narrow) Write(p []byte) (int, error) {
	if n.room < 0 {
		return n.Buffer.Write(p)
	}
	k, _ := n.Buffer.Write(p[:n.room])
	n.room = -1
	return k, n.err
}

func TestAfterATornLineANewOneBegins(t *testing.T) {
	for _, err := range []error{errors.New("no space left on device"), nil} {
		w := &narrow{room: 100, err: err}
		e := jsonl.New(w)
		if err := e.Export(t.Context(), exportertest.Records()); err == nil {
			t.Error("a short write was called delivered")
		}
		if err := e.Export(t.Context(), exportertest.Records()); err != nil {
			t.Fatal(err)
		}
		torn, rest, _ := bytes.Cut(w.Bytes(), []byte("\n"))
		if n := len(eventIDs(t, rest)); len(torn) != 100 || n != len(exportertest.Records()) {
			t.Errorf("%d bytes are torn, %d lines follow", len(torn), n)
		}
	}
}
