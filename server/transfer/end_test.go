package transfer_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/transfer"
)

var compressions = []transfer.Compression{transfer.Plain, transfer.Gzip, transfer.Zstd}

func compressed(t *testing.T, c transfer.Compression, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := transfer.Compress(&b, c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestMoreThanOneFile is refused before anything further is written.
func TestMoreThanOneFile(t *testing.T) {
	lines := sample(t)
	lines[4] += "\n"
	whole := strings.Join(lines, "")
	for name, c := range map[string]struct{ more, want string }{
		"another file":        {strings.Replace(whole, "2026-05-04", "2026-05-05", 1), "line 6: a second header: import the files one by one"},
		"after blank lines":   {"\n \r\n" + whole, "line 8: a second header: import the files one by one"},
		"the start of a file": {whole[:30], "line 6: a second header: import the files one by one"},
		"a row":               {lines[1], "line 6: more after the trailer in line 5"},
		"anything":            {"xyz\n", "line 6: more after the trailer in line 5"},
		"blank lines":         {"\n\r\n  \n", ""},
	} {
		for _, compression := range compressions {
			for _, skip := range []bool{false, true} {
				s := open(t)
				in := slices.Concat(compressed(t, compression, whole), compressed(t, compression, c.more))
				_, err := transfer.Import(t.Context(), s, project, bytes.NewReader(in), transfer.ImportOptions{SkipBad: skip})
				want := 0
				if c.want == "" {
					want = 3
				}
				if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, transfer.ErrBeyond) || !strings.Contains(err.Error(), c.want)) {
					t.Errorf("%s, %q: %v, want %q", name, compression, err, c.want)
				}
				if page, err := s.Traces(t.Context(), project, store.TraceQuery{}); err != nil || len(page.Traces) != want {
					t.Errorf("%s, %q: %d traces were written, %v", name, compression, len(page.Traces), err)
				}
			}
		}
	}
	for name, at := range map[string]int{"no trailer": len(whole) - len(lines[4]), "half a trailer": len(whole) - 10, "a trailer without an end": len(whole) - 1} {
		_, err := transfer.Import(t.Context(), open(t), project, strings.NewReader(whole[:at]+whole), transfer.ImportOptions{SkipBad: true})
		if !errors.Is(err, transfer.ErrBeyond) || !strings.Contains(err.Error(), "line 5: a second header") {
			t.Errorf("two files with %s between: %v", name, err)
		}
	}
	if _, err := transfer.Import(t.Context(), open(t), project, bytes.NewReader(append(compressed(t, transfer.Gzip, whole), whole...)), transfer.ImportOptions{}); err == nil {
		t.Error("a plain file after a compressed one is not noticed")
	}
}

// TestCutFiles say that they were cut off, whole lines before are written, and
// the whole file goes on from there.
func TestCutFiles(t *testing.T) {
	a := open(t)
	n := 400
	if testing.Short() {
		n = 120
	}
	fill(t, a, dice{rand.New(rand.NewPCG(8, 8))}, n)
	text := export(t, a, transfer.ExportOptions{})
	rows := strings.Count(text, "\n") - 2
	firstLine := strings.Index(text, "\n") + 1
	lastLine := strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n") + 1
	for _, compression := range compressions {
		whole := compressed(t, compression, text)
		cuts := []int{len(whole) / 3, len(whole) / 2, len(whole) - 3, len(whole) - 12}
		if compression == transfer.Plain {
			cuts = []int{firstLine + 1, firstLine + (lastLine-firstLine)/2, lastLine - 1, lastLine, lastLine + 1, len(whole) - 2}
		}
		for _, at := range cuts {
			for _, skip := range []bool{false, true} {
				name := fmt.Sprintf("%q at %d of %d", compression, at, len(whole))
				s := open(t)
				opts := transfer.ImportOptions{State: filepath.Join(t.TempDir(), "state.json"), Resume: true, SkipBad: skip}
				first, err := transfer.Import(t.Context(), s, project, bytes.NewReader(whole[:at]), opts)
				if !errors.Is(err, transfer.ErrCut) || !strings.Contains(err.Error(), "download or copy it again") || first.Bad != 0 {
					t.Errorf("%s: %v, %+v", name, err, first)
					continue
				}
				if compression == transfer.Plain {
					if want := strings.Count(text[:at], "\n") - 1; int(first.Total()) != want && int(first.Total()) != min(want+1, rows) || !strings.Contains(err.Error(), fmt.Sprintf("after line %d,", first.Line)) {
						t.Errorf("%s: %d rows of %d: %v", name, first.Total(), want, err)
					}
				}
				if first.Line != first.Total()+1 && first.Header.ProjectID != "" { // a block of zstd comes whole or not at all
					t.Errorf("%s: %d rows up to line %d", name, first.Total(), first.Line)
				}
				second, err := transfer.Import(t.Context(), s, project, bytes.NewReader(whole[:at/2]), opts) // a worse copy takes nothing back
				if err == nil || second.Total() != first.Total() && second.Header.ProjectID != "" {
					t.Errorf("%s: a worse copy: %v, %+v", name, err, second)
				}
				second, err = transfer.Import(t.Context(), s, project, bytes.NewReader(whole), opts)
				if err != nil || second.Resumed != first.Line || int(second.Total()) != rows {
					t.Errorf("%s: resumed: %v, %+v", name, err, second)
				}
				if diff := testkit.Diff(unstamped(text), unstamped(export(t, s, transfer.ExportOptions{}))); diff != "" {
					t.Errorf("%s: %.300s", name, diff)
				}
				if _, err := os.Stat(opts.State); !os.IsNotExist(err) {
					t.Errorf("%s: the state is still there: %v", name, err)
				}
			}
		}
	}
}
