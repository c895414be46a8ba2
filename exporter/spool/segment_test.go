package spool

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// edit changes a file.
func edit(tb testing.TB, name string, change func([]byte)) {
	tb.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	change(b)
	if err := os.WriteFile(name, b, 0o600); err != nil {
		tb.Fatal(err)
	}
}

func fixHeader(b []byte) {
	binary.LittleEndian.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
}

// leftBehind makes a folder with one segment of n plain records and returns its name and
// where each frame begins, with the end last.
func leftBehind(tb testing.TB, dir string, n int, key []byte) (name string, frames []int) {
	tb.Helper()
	s, _ := open(tb, Config{Dir: dir, Key: key})
	frames = append(frames, segmentHead)
	for _, r := range spans(1, n, 200) {
		mustAppend(tb, s, []exporter.Spooled{r})
		frames = append(frames, int(s.series[plain].active.size))
	}
	name = s.series[plain].active.path()
	s.Close()
	return name, frames
}

func TestFormat(t *testing.T) {
	s := &segment{number: 1, id: segmentID{1, 2, 3, 4, 5}}
	header := make([]byte, segmentHead)
	putHeader(header, s, keyID{}, time.Unix(1, 2))
	r := exporter.Spooled{
		Record: exporter.Record{EventID: "e", Time: time.Unix(3, 4), Score: &exporter.Score{ID: "s", Number: 1, Metadata: []exporter.KeyValue{{Key: "k", Value: exporter.Text("v")}}}},
		Class:  exporter.ClassTrace, Seq: 258, Again: 3,
	}
	frame := appendRecord(newFrame(nil, &r), &r.Record)
	finishFrame(frame, &s.id, s.id.seed(), 5, nil)
	got := hex.EncodeToString(header) + "\n" + hex.EncodeToString(frame)
	if got != pinnedFormat {
		t.Errorf("the format has changed; if that is meant, readers of old files must still read them:\n%s", got)
	}
}

const pinnedFormat = "4c5353504f4f4c0a010000000000000001020304050000000000000000000000" +
	"000000000000000002ca9a3b000000000000000000000000000000000f1ebb6f\n" +
	"010203048b3b29882400000005000000020100000000000002030000" +
	"000165010604031900000001730000000000000000000000f03f0000000002016b010176"

func TestTornTail(t *testing.T) {
	master := t.TempDir()
	name, frames := leftBehind(t, master, 3, nil)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range whole {
		dir := t.TempDir()
		name := filepath.Join(dir, filepath.Base(filepath.Dir(name)), filepath.Base(name))
		if err := os.Mkdir(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		n, end := 0, 0
		for i, off := range frames {
			if off <= cut {
				n, end = i, off
			}
		}
		if n == 0 {
			end = min(cut, segmentHead)
			if cut < segmentHead {
				end = 0
			}
		}
		s, report := open(t, Config{Dir: dir, Sync: SyncNone})
		if report.Adopted != int64(n) || report.TornBytes != int64(cut-end) || report.Damaged != 0 || len(report.Problems) != 0 {
			t.Fatalf("cut at %d (%v): %+v", cut, frames, report)
		}
		got, damaged := drain(t, s, 9)
		same(t, "whole ones", got, idsOf(spans(1, n, 200)))
		if damaged != 0 {
			t.Fatalf("%d damaged", damaged)
		}
		s.Close()
		if left := entries(t, dir); len(left) != 0 {
			t.Fatalf("cut at %d left %q", cut, left)
		}
	}
}

func TestTornTailOfZeros(t *testing.T) {
	dir := t.TempDir()
	name, frames := leftBehind(t, dir, 3, nil)
	edit(t, name, func(b []byte) { clear(b[frames[2]:]) })
	s, report := open(t, Config{Dir: dir})
	if report.Adopted != 2 || report.TornBytes != int64(frames[3]-frames[2]) {
		t.Errorf("%+v", report)
	}
	info, err := os.Stat(name)
	if err != nil || info.Size() != int64(frames[2]) {
		t.Errorf("not cut: %d, %v", info.Size(), err)
	}
	s.Close()
	edit(t, name, func(b []byte) { clear(b) })
	if _, report = open(t, Config{Dir: dir}); report.TornBytes != int64(frames[2]) || report.Damaged != 0 {
		t.Errorf("nothing but zeros: %+v", report)
	}
}

func TestDamageInTheMiddle(t *testing.T) {
	for _, key := range [][]byte{nil, make([]byte, 32)} {
		for _, c := range []struct {
			name   string
			change func(b []byte, at []int)
			lost   []int // records, from 1
		}{
			{"mark", func(b []byte, at []int) { b[at[1]] ^= 1 }, []int{2}},
			{"length beyond the file", func(b []byte, at []int) { b[at[1]+frameLength+3] = 0xff }, []int{2}},
			{"shorter length", func(b []byte, at []int) { b[at[1]+frameLength]-- }, []int{2}},
			{"payload", func(b []byte, at []int) { b[at[2]-1] ^= 1 }, []int{2}},
			{"seq", func(b []byte, at []int) { b[at[1]+16] ^= 1 }, []int{2}},
			{"two frames", func(b []byte, at []int) { clear(b[at[1]:at[3]]) }, []int{2, 3}},
			{"first frame", func(b []byte, at []int) { b[at[0]+30] ^= 1 }, []int{1}},
			{"two places", func(b []byte, at []int) { b[at[0]+30] ^= 1; b[at[2]+30] ^= 1 }, []int{1, 3}},
		} {
			dir := t.TempDir()
			name, frames := leftBehind(t, dir, 5, key)
			edit(t, name, func(b []byte) { c.change(b, frames) })
			s, report := open(t, Config{Dir: dir, Key: key})
			want := []string{"1", "2", "3", "4", "5"}
			for i, n := range c.lost {
				want = append(want[:n-1-i], want[n-i:]...)
			}
			if report.Damaged != int64(len(c.lost)) || report.Adopted != int64(len(want)) || report.TornBytes != 0 {
				t.Errorf("%s: %+v", c.name, report)
			}
			got, damaged := drain(t, s, 2)
			same(t, c.name, got, want)
			if damaged != 0 {
				t.Errorf("%s: counted again: %d", c.name, damaged)
			}
		}
	}
}

func TestDamageWhileTheProcessLives(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir()})
	mustAppend(t, s, spans(1, 5, 200))
	name := s.series[plain].active.path()
	edit(t, name, func(b []byte) { b[segmentHead+300] ^= 1 })
	got, damaged := drain(t, s, 2)
	same(t, "the others", got, []string{"1", "3", "4", "5"})
	if damaged != 1 {
		t.Errorf("%d damaged", damaged)
	}
	mustAppend(t, s, spans(6, 2, 200))
	if err := os.Truncate(s.series[plain].active.path(), segmentHead+3); err != nil {
		t.Fatal(err)
	}
	if got, damaged = drain(t, s, 2); len(got) != 0 || damaged != 2 {
		t.Errorf("truncated: %q, %d damaged", got, damaged)
	}
	if st := s.Stats(); st != (exporter.SpoolStats{}) {
		t.Errorf("%+v", st)
	}
	mustAppend(t, s, spans(8, 1, 200))
	got, _ = drain(t, s, 2)
	same(t, "goes on", got, []string{"8"})
}

func TestDamagedHeaderKeepsTheFile(t *testing.T) {
	for _, at := range []int{0, 20, 61} {
		dir := t.TempDir()
		name, _ := leftBehind(t, dir, 2, nil)
		edit(t, name, func(b []byte) { b[at] ^= 0x10 })
		s, report := open(t, Config{Dir: dir})
		if report.Adopted != 0 || report.Damaged != 1 || len(report.Problems) != 1 || !strings.Contains(report.Problems[0], "header") {
			t.Errorf("byte %d: %+v", at, report)
		}
		s.Close()
		if _, err := os.Stat(name + ".bad"); err != nil {
			t.Error(err)
		}
		if _, report = open(t, Config{Dir: dir}); report.Damaged != 0 || len(report.Problems) != 0 {
			t.Errorf("said again: %+v", report)
		}
	}
}

func TestRightChecksumWrongPayload(t *testing.T) {
	for _, key := range [][]byte{nil, make([]byte, 32)} {
		dir := t.TempDir()
		name, frames := leftBehind(t, dir, 3, key)
		edit(t, name, func(b []byte) {
			f := b[frames[1]:frames[2]]
			id := segmentID(b[16:32])
			for i := range f[frameHead:] {
				f[frameHead+i] = 0xff
			}
			binary.LittleEndian.PutUint32(f[frameCRC:], crc32.Update(id.seed(), castagnoli, f[frameLength:]))
		})
		s, _ := open(t, Config{Dir: dir, Key: key})
		got, damaged := drain(t, s, 1)
		same(t, "the others", got, []string{"1", "3"})
		if damaged != 1 {
			t.Errorf("%d damaged", damaged)
		}
	}
}

func TestFramesInsidePayloadsAreNotFrames(t *testing.T) {
	// Somebody records the bytes of a segment, and then the frame around them is damaged.
	dir := t.TempDir()
	name, _ := leftBehind(t, dir, 2, nil)
	smuggled, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	os.RemoveAll(filepath.Dir(name))
	s, _ := open(t, Config{Dir: dir})
	batch := spans(7, 2, 200)
	batch[0].Record.Observation.Output = exporter.Text(string(smuggled))
	mustAppend(t, s, batch)
	name = s.series[plain].active.path()
	s.Close()
	edit(t, name, func(b []byte) { b[segmentHead+frameHead] ^= 1 })
	s, report := open(t, Config{Dir: dir})
	got, _ := drain(t, s, 9)
	same(t, "only what was appended", got, []string{"8"})
	if report.Damaged != 1 {
		t.Errorf("%+v", report)
	}
}

func TestCursor(t *testing.T) {
	dir := t.TempDir()
	c := newCursor(dir, plain)
	positions := []position{{1, 64, 0}, {1, 900, 7}, {3, 64, 0}, {3, 100, 1}}
	for i, p := range positions {
		for range 2 {
			if err := c.store(osFS{}, p); err != nil {
				t.Fatal(err)
			}
		}
		fresh := newCursor(dir, plain)
		if got := fresh.load(osFS{}); got != p {
			t.Errorf("%d: %+v", i, got)
		}
	}
	c.close()
	whole, err := os.ReadFile(c.path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole { // one slot is damaged: the other one's position, or the last
		b := bytes.Clone(whole)
		b[at] ^= 0x40
		if err := os.WriteFile(c.path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		fresh := newCursor(dir, plain)
		if got := fresh.load(osFS{}); got != positions[2] && got != positions[3] {
			t.Errorf("byte %d: %+v", at, got)
		}
	}
	for cut := range whole {
		if err := os.WriteFile(c.path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		fresh := newCursor(dir, plain)
		if got := fresh.load(osFS{}); cut < slotBytes && got != (position{}) {
			t.Errorf("cut at %d: %+v", cut, got)
		}
	}
}

func TestCursorBeyondTheFile(t *testing.T) {
	// The power failed: the cursor reached the disk, what was acknowledged before did not.
	dir := t.TempDir()
	name, frames := leftBehind(t, dir, 3, nil)
	c := newCursor(filepath.Dir(name), plain)
	if err := c.store(osFS{}, position{1, int64(frames[3]), 3}); err != nil {
		t.Fatal(err)
	}
	c.close()
	if err := os.Truncate(name, int64(frames[1])); err != nil {
		t.Fatal(err)
	}
	s, report := open(t, Config{Dir: dir})
	if report.Adopted != 0 || report.Damaged != 0 || report.TornBytes != 0 {
		t.Errorf("%+v", report)
	}
	s.Close()
	if left := entries(t, dir); len(left) != 0 {
		t.Errorf("%q", left)
	}
}

// TestHostileSegmentEndsInTime reads a file of nothing but marks before long frames.
func TestHostileSegmentEndsInTime(t *testing.T) {
	id := segmentID{'m', 'a', 'r', 'k'}
	b := make([]byte, 1<<20)
	for at := 0; at+12 <= len(b); at += 12 {
		copy(b[at:], id.mark())
		binary.LittleEndian.PutUint32(b[at+frameLength:], uint32(len(b)-at-frameHead)&0xfffff)
	}
	var r frameReader
	r.reset(bytes.NewReader(b), id, 0)
	r.end = int64(len(b))
	if _, err := r.next(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if r.budget > 0 {
		t.Errorf("the budget is not touched: %d", r.budget)
	}
}

func FuzzSegment(f *testing.F) {
	dir := f.TempDir()
	name, frames := leftBehind(f, dir, 3, nil)
	whole, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, int64(0))
	f.Add(whole[:frames[2]+5], int64(frames[1]))
	f.Add(append(bytes.Clone(whole[:frames[1]]), whole[frames[1]+3:]...), int64(7))
	f.Add(bytes.Repeat(whole[:70], 3), int64(1<<40))
	f.Fuzz(func(t *testing.T, b []byte, start int64) {
		var s segment
		if err := readHeader(bytes.NewReader(b), &s, keyID{}); err != nil {
			fixed := append(bytes.Clone(whole[:segmentHead]), b...)
			b = fixed
			if err := readHeader(bytes.NewReader(b), &s, keyID{}); err != nil {
				t.Fatal(err)
			}
		}
		s.start = max(segmentHead, start)
		size := int64(len(b))
		var r frameReader
		damaged, torn, err := s.scan(&r, bytes.NewReader(b), size)
		if err != nil || damaged < 0 || torn < 0 || torn > size || s.size > size || s.unread > size/frameHead || damaged > size/frameHead+1 {
			t.Fatalf("%d damaged, %d torn, %v, %+v", damaged, torn, err, s)
		}
		// A second reading finds the same.
		r.reset(bytes.NewReader(b), s.id, s.start)
		r.end = s.size
		var mem memory
		for n := int64(0); ; n++ {
			fr, err := r.next()
			if err != nil {
				if n != s.unread {
					t.Fatalf("read %d of %d: %v", n, s.unread, err)
				}
				return
			}
			r.off = fr.end
			decodeRecord(fr.payload(), &mem)
		}
	})
}

func TestSegmentNames(t *testing.T) {
	for name, want := range map[string]bool{
		"plain-00000001.seg": true, "higher-123456789.seg": true, "plain-.seg": false, "plain-1.pos": false,
		"other-00000001.seg": false, "plain-18446744073709551615.seg": false, "plain--1.seg": false, ".seg": false,
	} {
		series, number, ok := parseSegmentName(name)
		if ok != want {
			t.Errorf("%s: %v", name, ok)
		}
		if s := (&segment{series: series, number: number}); ok && s.name() != name {
			t.Errorf("%s: %s", name, s.name())
		}
	}
}

func TestReaderOverBufferEdges(t *testing.T) {
	id := segmentID{9, 8, 7, 6}
	rng := rand.New(rand.NewPCG(1, 2))
	var b []byte
	var ends []int64
	for i := range 300 {
		at := len(b)
		b = newFrame(b, &exporter.Spooled{Seq: uint64(i)})
		b = append(b, make([]byte, rng.IntN(3000))...)
		if i%50 == 7 {
			b = append(b, make([]byte, 2*readAhead)...)
		}
		finishFrame(b[at:], &id, id.seed(), uint32(i), nil)
		ends = append(ends, int64(len(b)))
	}
	for _, damage := range []bool{false, true} {
		if damage {
			b[ends[9]+5] ^= 1
		}
		var r frameReader
		r.reset(bytes.NewReader(b), id, 0)
		r.end = int64(len(b))
		for i := 0; i < len(ends); i++ {
			if damage && i == 10 {
				i++
			}
			f, err := r.next()
			if err != nil || f.seq != uint64(i) || f.end != ends[i] {
				t.Fatalf("%d: %v %+v", i, err, f)
			}
			r.off = f.end
		}
		if _, err := r.next(); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	}
}
