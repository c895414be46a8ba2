package transfer

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// FuzzLine reads any line. What is taken must be fit to be written and read again.
func FuzzLine(f *testing.F) {
	for _, s := range []string{
		`{"type":"header","format":"langshark-export","formatVersion":1}`,
		`{"type":"trace","id":"t","timestamp":"2026-01-01T00:00:00.5Z","tags":["a"],"metadata":{"a":1},"updatedAt":"2026-01-01T00:00:00Z"}`,
		`{"type":"observation","id":"o","traceId":"t","kind":"generation","startTime":"2026-01-01T00:00:00Z","usage":{"input":1,"details":{"x":2}},"cost":{"total":5}}`,
		`{"type":"score","id":"s","traceId":"t","name":"n","dataType":"NUMERIC","value":0.5,"timestamp":"2026-01-01T00:00:00Z"}`,
		`{"type":"trailer","traces":1}`,
		`{"type":"trace","id":"\u0000"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		it, err := decodeLine(text)
		var again []byte
		switch {
		case err != nil:
			var wrong *LineError
			if !errors.As(err, &wrong) || wrong.Message == "" {
				t.Fatalf("not an error of a line: %v", err)
			}
			return
		case it.trace != nil:
			w := it.trace
			again = appendTrace(nil, &store.Trace{
				ID: w.ID, Timestamp: w.Timestamp, Name: w.Name, UserID: w.UserID, SessionID: w.SessionID, Tags: w.Tags, Metadata: w.Metadata, Input: w.Input, Output: w.Output,
				UpdatedAt: epochOf(w.Stamp),
			})
		case it.score != nil:
			w := it.score
			again = appendScore(nil, &store.Score{ID: w.ID, TraceID: w.TraceID, SessionID: w.SessionID, DatasetRunID: w.DatasetRunID, Name: w.Name, Type: w.Type, Number: w.Number, Text: w.Text, UpdatedAt: epochOf(w.Stamp)})
		case it.observation != nil:
			w := it.observation
			o := &store.Observation{
				ID: w.ID, TraceID: w.TraceID, Kind: w.Kind, Name: w.Name, Start: w.Start, End: w.End, Metadata: w.Metadata, Input: w.Input, Output: w.Output, Usage: w.Usage, Cost: w.Cost,
				PromptName: w.PromptName, PromptVersion: w.PromptVersion, UpdatedAt: epochOf(w.Stamp),
			}
			again = appendObservation(nil, o)
		default:
			return
		}
		if bytes.Count(again, []byte("\n")) != 1 {
			t.Fatalf("not one line: %q", again)
		}
		if _, err := decodeLine(again); err != nil {
			t.Fatalf("%q is written as %q: %v", text, again, err)
		}
	})
}

// FuzzFile reads any file to its end.
func FuzzFile(f *testing.F) {
	f.Add([]byte("a\nb\r\n\nc"))
	f.Add([]byte(strings.Repeat("x", 300<<10)))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines := newLineReader(bytes.NewReader(text))
		var all []byte
		for {
			line, err := lines.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, line...)
		}
		if !bytes.Equal(all, text) {
			t.Errorf("%d bytes of %d", len(all), len(text))
		}
	})
}

// TestLongLine is passed over.
func TestLongLine(t *testing.T) {
	lines := newLineReader(io.MultiReader(strings.NewReader("a\n"), io.LimitReader(endless{}, maxLine+10), strings.NewReader("\nb")))
	var got []string
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line = []byte(err.Error())
		}
		got = append(got, string(line))
	}
	if want := "a\n|line 2: longer than 64 MiB|b"; strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestPace makes smaller batches while commits are slow.
func TestPace(t *testing.T) {
	var p pace
	p.rows.Store(256)
	for _, c := range []struct {
		took time.Duration
		want int
	}{{time.Second, 128}, {slowCommit, 128}, {time.Second, 64}, {time.Second, 32}, {time.Second, 32}, {time.Millisecond, 64}, {fastCommit, 64}, {0, 128}, {0, 256}, {0, 256}} {
		if p.learn(c.took); p.limit() != c.want {
			t.Errorf("after %v: %d, want %d", c.took, p.limit(), c.want)
		}
	}
}
