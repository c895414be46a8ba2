package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/exportertest"
)

const plenty = 64 << 20

// open makes a spool and closes it when the test ends.
func open(tb testing.TB, cfg Config) (*Spool, exporter.SpoolReport) {
	tb.Helper()
	s, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	report, err := s.Open()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s, report
}

// spooled gives records their classes and ascending Seqs from first on.
func spooled(records []exporter.Record, first uint64) []exporter.Spooled {
	all := make([]exporter.Spooled, len(records))
	for i, r := range records {
		all[i] = exporter.Spooled{Record: r, Class: exporter.ClassOf(&r), Seq: first + uint64(i)}
	}
	return all
}

// made returns n records with Seqs from first on; each third is a generation. They take
// about size bytes and their event ids are their Seqs.
func made(first uint64, n, size int) []exporter.Spooled {
	all := make([]exporter.Spooled, n)
	for i := range all {
		seq := first + uint64(i)
		o := &exporter.Observation{
			ID: fmt.Sprintf("%016x", seq), TraceID: "0af7651916cd43dd8448eb211c80319c", Name: "step",
			Start: time.Unix(1_800_000_000, int64(seq)).UTC(), Attributes: &exporter.Attributes{UserID: "kim"},
			Input: exporter.Text(strings.Repeat("x", max(0, size-150))),
		}
		if seq%3 == 0 {
			o.Kind, o.Generation = exporter.KindGeneration, &exporter.Generation{Model: "gpt-4o"}
		}
		r := exporter.Record{EventID: fmt.Sprint(seq), Time: o.Start, Observation: o}
		all[i] = exporter.Spooled{Record: r, Class: exporter.ClassOf(&r), Seq: seq}
	}
	return all
}

func spans(first uint64, n, size int) []exporter.Spooled {
	all := made(first, n, size)
	for i := range all {
		all[i].Class = exporter.ClassSpan
	}
	return all
}

func higherOnes(first uint64, n, size int) []exporter.Spooled {
	all := made(first, n, size)
	for i := range all {
		all[i].Class = exporter.ClassGeneration
	}
	return all
}

func mustAppend(tb testing.TB, s *Spool, records []exporter.Spooled) (evicted int64) {
	tb.Helper()
	n, evicted, err := s.Append(records)
	if err != nil || n != len(records) {
		tb.Fatalf("Append wrote %d of %d: %v", n, len(records), err)
	}
	return evicted
}

// drain takes all that there is and acknowledges it.
func drain(tb testing.TB, s *Spool, n int) (ids []string, damaged int64) {
	tb.Helper()
	for {
		records, lost, err := s.Next(n, plenty)
		damaged += lost
		if err != nil {
			tb.Fatalf("Next: %v", err)
		}
		if len(records) == 0 {
			return ids, damaged
		}
		for i := range records {
			ids = append(ids, strings.Clone(records[i].Record.EventID))
			s.Ack(i)
		}
	}
}

func idsOf(records []exporter.Spooled) []string {
	ids := make([]string, len(records))
	for i := range records {
		ids[i] = records[i].Record.EventID
	}
	return ids
}

func same(tb testing.TB, what string, got, want []string) {
	tb.Helper()
	if !slices.Equal(got, want) {
		tb.Fatalf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// files lists all that is below dir but locks and folders.
func files(tb testing.TB, dir, suffix string) []string {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*", "*"+suffix))
	if err != nil {
		tb.Fatal(err)
	}
	return names
}

func TestEveryKindOfRecordComesBackEqual(t *testing.T) {
	for _, key := range [][]byte{nil, bytes.Repeat([]byte{7}, 32)} {
		s, _ := open(t, Config{Dir: t.TempDir(), Key: key})
		want := spooled(exportertest.Records(), 1)
		want = append(want, spooled(odd(), uint64(len(want)+1))...)
		for i := range want {
			want[i].Again = uint8(i)
		}
		mustAppend(t, s, want)
		got, damaged, err := s.Next(1000, plenty)
		if err != nil || damaged != 0 || len(got) != len(want) {
			t.Fatalf("%d of %d, %d damaged, %v", len(got), len(want), damaged, err)
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("record %d\n got %s\nwant %s", i, show(got[i].Record), show(want[i].Record))
			}
		}
	}
}

func TestAppendKeepsNothingOfTheMemory(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir()})
	input := []byte(`{"a":1}`)
	o := &exporter.Observation{ID: "1", Input: exporter.JSON(input), Attributes: &exporter.Attributes{}}
	mustAppend(t, s, []exporter.Spooled{{Record: exporter.Record{EventID: "e", Observation: o}, Seq: 1}})
	copy(input, "#######")
	o.ID = "#"
	got, _, err := s.Next(1, plenty)
	if err != nil || len(got) != 1 || got[0].Record.Observation.ID != "1" || string(got[0].Record.Observation.Input.RawJSON()) != `{"a":1}` {
		t.Fatalf("%v %+v", err, got)
	}
}

func TestOrderIsThatOfSeqOverBothSeries(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir(), MaxBytes: 1 << 20, SegmentBytes: 4 << 10})
	want := made(1, 200, 300)
	mustAppend(t, s, want[:50])
	mustAppend(t, s, want[50:])
	if st := s.Stats(); st.Records != 200 || st.Segments < 10 {
		t.Fatalf("%+v", st)
	}
	got, _ := drain(t, s, 7)
	same(t, "order", got, idsOf(want))
	if st := s.Stats(); st != (exporter.SpoolStats{}) {
		t.Errorf("after all: %+v", st)
	}
	if left := files(t, s.cfg.Dir, ".seg"); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

func TestNextIsBoundedInBytes(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir()})
	mustAppend(t, s, made(1, 10, 1000))
	records, _, err := s.Next(100, 2500)
	if err != nil || len(records) != 3 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i := range records {
		s.Ack(i)
	}
	if records, _, _ = s.Next(100, 1); len(records) != 1 {
		t.Errorf("%d records, want one that is larger than asked", len(records))
	}
	if records, _, _ := s.Next(0, plenty); len(records) != 0 {
		t.Errorf("%d records, none were asked", len(records))
	}
}

func TestTheSameComesUntilAllIsAcknowledged(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir()})
	mustAppend(t, s, made(1, 10, 200))
	first, _, _ := s.Next(5, plenty)
	same(t, "first", idsOf(first), []string{"1", "2", "3", "4", "5"})
	s.Ack(1)
	s.Ack(1)
	s.Ack(-1)
	s.Ack(5)
	s.Ack(3)
	first[0].Again = 9
	if st := s.Stats(); st.Records != 8 {
		t.Errorf("%d records, want 8", st.Records)
	}
	again, _, _ := s.Next(2, plenty)
	same(t, "again", idsOf(again), []string{"1", "3"})
	if again[0].Again != 9 {
		t.Error("what the caller changed is gone")
	}
	s.Ack(2) // was not shown
	again, _, _ = s.Next(5, plenty)
	same(t, "again, all", idsOf(again), []string{"1", "3", "5"})
	for i := range again {
		s.Ack(i)
	}
	rest, _ := drain(t, s, 3)
	same(t, "rest", rest, []string{"6", "7", "8", "9", "10"})
}

func TestFirstSeq(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir()})
	first := func(want uint64, wantOK bool) {
		t.Helper()
		if seq, ok := s.FirstSeq(); seq != want || ok != wantOK {
			t.Fatalf("FirstSeq %d %v, want %d %v", seq, ok, want, wantOK)
		}
	}
	first(0, false)
	mustAppend(t, s, made(4, 6, 200)) // 4..9
	first(4, true)
	_, _, _ = s.Next(3, plenty)
	first(4, true)
	s.Ack(1)
	first(4, true)
	s.Ack(0)
	first(6, true)
	s.Ack(2)
	first(7, true)
	mustAppend(t, s, made(10, 1, 200))
	first(7, true)
	records, _, _ := s.Next(9, plenty)
	mustAppend(t, s, made(11, 2, 200))
	for i := range records {
		s.Ack(i)
	}
	first(11, true)
	mustAppend(t, s, made(2, 1, 200)) // came back late
	first(2, true)
	drain(t, s, 9)
	first(0, false)
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	for field, cfg := range map[string]Config{
		"Config.Dir":          {},
		"Config.MaxBytes":     {Dir: "d", MaxBytes: 1000},
		"Config.SegmentBytes": {Dir: "d", MaxBytes: 1 << 20, SegmentBytes: 1 << 20},
		"Config.Sync":         {Dir: "d", Sync: 9},
		"Config.Key":          {Dir: "d", Key: make([]byte, 16)},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	s, err := New(Config{Dir: "d"})
	if err != nil || s.cfg.MaxBytes != DefaultMaxBytes || s.cfg.SegmentBytes != DefaultSegmentBytes {
		t.Errorf("%v %+v", err, s.cfg)
	}
}

func TestUseBeforeOpenAndAfterClose(t *testing.T) {
	s, err := New(Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, _, err := s.Append(made(1, 1, 200)); err == nil {
			t.Error("Append")
		}
		if _, _, err := s.Next(1, 1); err == nil {
			t.Error("Next")
		}
		s.Ack(0)
		if _, ok := s.FirstSeq(); ok {
			t.Error("FirstSeq")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Open(); !errors.Is(err, errClosed) {
		t.Error(err)
	}
}

func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s, _ := open(t, Config{Dir: dir})
	mustAppend(t, s, made(1, 6, 200))
	records, _, _ := s.Next(3, plenty)
	for i := range records {
		s.Ack(i)
	}
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if want := map[bool]os.FileMode{true: 0o700, false: 0o600}[info.IsDir()]; info.Mode().Perm() != want {
			t.Errorf("%s: %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(files(t, dir, ".pos")); n != 2 {
		t.Errorf("%d cursors", n)
	}
}

func TestRecordLargerThanTheLimit(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir(), MaxBytes: 64 << 10})
	batch := append(made(1, 1, 300), append(made(2, 1, 70<<10), made(3, 1, 300)...)...)
	n, evicted, err := s.Append(batch)
	if n != 1 || evicted != 0 || !errors.Is(err, exporter.ErrSpoolTooLarge) || !strings.Contains(err.Error(), "MaxBytes 65536") {
		t.Fatalf("%d %d %v", n, evicted, err)
	}
	mustAppend(t, s, batch[2:])
	got, _ := drain(t, s, 9)
	same(t, "the others", got, []string{"1", "3"})
}

func TestSegmentLargerThanUsual(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir(), MaxBytes: 1 << 20, SegmentBytes: 4 << 10})
	want := append(made(1, 2, 300), append(made(3, 2, 100<<10), made(5, 2, 300)...)...)
	mustAppend(t, s, want)
	got, _ := drain(t, s, 2)
	same(t, "order", got, idsOf(want))
}

func TestFolderThatIsTidiedAway(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir(), MaxBytes: 1 << 20, SegmentBytes: 4 << 10})
	mustAppend(t, s, made(1, 5, 300))
	if err := os.RemoveAll(s.own.path); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, s, made(6, 20, 300))
	mustAppend(t, s, made(26, 20, 300))
	got, damaged := drain(t, s, 9)
	if int64(len(got))+damaged != 45 || damaged == 0 || got[len(got)-1] != "45" {
		t.Errorf("%d came, %d damaged: %q", len(got), damaged, got)
	}
	if st := s.Stats(); st.Records != 0 {
		t.Errorf("%+v", st)
	}
}
