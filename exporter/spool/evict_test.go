package spool

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/langshark/langshark-go/exporter"
)

const small = 64 << 10 // MaxBytes of these tests

func asNumbers(t *testing.T, ids []string) []int {
	t.Helper()
	var all []int
	for _, id := range ids {
		n, err := strconv.Atoi(id)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

func TestOldestPlainSpansGoFirst(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir(), MaxBytes: small, SegmentBytes: 4 << 10, Sync: SyncNone})
	mustAppend(t, s, higherOnes(1, 20, 1000))
	var evicted int64
	for i := range 50 {
		evicted += mustAppend(t, s, spans(uint64(100+10*i), 10, 1000))
		if st := s.Stats(); st.Bytes > small {
			t.Fatalf("%d bytes", st.Bytes)
		}
	}
	st := s.Stats()
	if evicted+st.Records != 520 || evicted == 0 {
		t.Fatalf("%d evicted, %d left", evicted, st.Records)
	}
	ids, damaged := drain(t, s, 9)
	got := asNumbers(t, ids)
	if int64(len(got)) != st.Records || damaged != 0 {
		t.Errorf("%d came, %d were there, %d damaged", len(got), st.Records, damaged)
	}
	for i, n := range got[:20] {
		if n != i+1 {
			t.Fatalf("a higher one is gone: %v", got[:20])
		}
	}
	for i, n := range got[20:] { // the newest, without a hole
		if n != 600-len(got[20:])+i {
			t.Fatalf("%v", got[20:])
		}
	}
}

func TestHigherOnesGoWhenNoPlainOnesAreLeft(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir(), MaxBytes: small, SegmentBytes: 4 << 10, Sync: SyncNone})
	mustAppend(t, s, spans(1, 30, 1000))
	var evicted int64
	for i := range 20 {
		evicted += mustAppend(t, s, higherOnes(uint64(100+10*i), 10, 1000))
	}
	st := s.Stats()
	ids, _ := drain(t, s, 9)
	got := asNumbers(t, ids)
	if evicted+st.Records != 230 || int64(len(got)) != st.Records || st.Bytes > small {
		t.Errorf("%d evicted, %+v, %d came", evicted, st, len(got))
	}
	if got[0] < 100 || got[len(got)-1] != 299 || !slices.IsSorted(got) {
		t.Errorf("%v", got)
	}
}

func TestPlainSpansDoNotMakeHigherOnesGo(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir(), MaxBytes: small, SegmentBytes: 4 << 10, Sync: SyncNone})
	there := fillUp(t, s, higherOnes)
	n, evicted, err := s.Append(spans(2000, 30, 1000))
	if !errors.Is(err, exporter.ErrSpoolFull) || n != 0 || evicted != 0 {
		t.Fatalf("wrote %d, %d evicted: %v", n, evicted, err)
	}
	// A batch with a higher one among them does.
	evicted = mustAppend(t, s, append(spans(2200, 2, 1000), higherOnes(2202, 1, 1000)...))
	if evicted == 0 || s.Stats().Bytes > small || evicted+s.Stats().Records != there+3 {
		t.Errorf("%d evicted, %+v", evicted, s.Stats())
	}
}

// fillUp appends until there is no room for another record.
func fillUp(t *testing.T, s *Spool, of func(uint64, int, int) []exporter.Spooled) (records int64) {
	t.Helper()
	for size := int64(0); s.Stats().Bytes+size+seriesCount*segmentHead <= small; records++ {
		if evicted := mustAppend(t, s, of(uint64(1000+records), 1, 1000)); evicted > 0 {
			t.Fatalf("%d evicted", evicted)
		}
		st := s.Stats()
		size = (st.Bytes - int64(st.Segments)*segmentHead) / (records + 1)
	}
	return records
}

func TestWhatIsBeingDeliveredStays(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir(), MaxBytes: small, SegmentBytes: 4 << 10, Sync: SyncNone})
	mustAppend(t, s, spans(1, 50, 1000))
	window, _, _ := s.Next(6, plenty)
	if len(window) != 6 {
		t.Fatal(len(window))
	}
	s.Ack(0)
	var evicted int64
	for i := range 20 {
		evicted += mustAppend(t, s, spans(uint64(51+10*i), 10, 1000))
	}
	again, _, _ := s.Next(6, plenty)
	same(t, "the window", idsOf(again), []string{"2", "3", "4", "5", "6"})
	if again[4].Record.Observation.Name != "step" || again[4].Record.Observation.Input.Len() != 850 {
		t.Errorf("its memory was used: %s", show(again[4].Record))
	}
	for i := range again {
		s.Ack(i)
	}
	left := s.Stats().Records
	ids, _ := drain(t, s, 9)
	if int64(len(ids)) != left || 6+evicted+left != 250 {
		t.Errorf("%d came, %d evicted, %d were left", len(ids), evicted, left)
	}
	if got := asNumbers(t, ids); !slices.IsSorted(got) || got[len(got)-1] != 250 {
		t.Errorf("%v", got)
	}
}

func TestAllOfItIsBeingDelivered(t *testing.T) {
	s, _ := open(t, Config{Dir: t.TempDir(), MaxBytes: small, SegmentBytes: 4 << 10, Sync: SyncNone})
	there := fillUp(t, s, spans)
	window, _, _ := s.Next(100, plenty)
	n, evicted, err := s.Append(higherOnes(2101, 30, 1000))
	if n != 0 || evicted != 0 || !errors.Is(err, exporter.ErrSpoolFull) || int64(len(window)) != there {
		t.Fatalf("wrote %d, %d evicted of the %d in the window: %v", n, evicted, len(window), err)
	}
	for i := range window {
		s.Ack(i)
	}
	mustAppend(t, s, higherOnes(2101, 30, 1000))
	ids, _ := drain(t, s, 100)
	same(t, "the others", ids, idsOf(higherOnes(2101, 30, 1000)))
}

func TestAdoptedOnesMakeRoomToo(t *testing.T) {
	dir := t.TempDir()
	cfg := Config{Dir: dir, MaxBytes: small, SegmentBytes: 4 << 10, Sync: SyncNone}
	for i := range 3 { // each as much as one may have
		s, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		s.own, err = s.makeFolder() // open without adopting
		if err != nil {
			t.Fatal(err)
		}
		s.folders = append(s.folders, s.own)
		mustAppend(t, s, spans(uint64(100*i+1), 50, 1000))
		s.Close()
	}
	s, report := open(t, cfg)
	if report.Adopted != 150 || report.AdoptedFolders != 3 {
		t.Fatalf("%+v", report)
	}
	evicted := mustAppend(t, s, spans(500, 10, 1000))
	st := s.Stats()
	if st.Bytes > small || evicted+st.Records != 160 {
		t.Errorf("%d evicted, %+v", evicted, st)
	}
	ids, _ := drain(t, s, 9)
	if got := asNumbers(t, ids); !slices.IsSorted(got) || got[0] < 140 || got[len(got)-1] != 509 {
		t.Errorf("%v", got)
	}
	s.Close()
	if left := entries(t, dir); len(left) != 0 {
		t.Errorf("%q", left)
	}
}

func TestEvictionAtEachPlaceOfReading(t *testing.T) {
	for read := range 30 {
		s, _ := open(t, Config{Dir: t.TempDir(), MaxBytes: small, SegmentBytes: 4 << 10, Sync: SyncNone})
		mustAppend(t, s, made(1, 50, 1000))
		var delivered []string
		for range read {
			records, _, err := s.Next(1, plenty)
			if err != nil {
				t.Fatal(err)
			}
			delivered = append(delivered, fmt.Sprint(records[0].Seq))
			s.Ack(0)
		}
		evicted := mustAppend(t, s, made(51, 30, 1000))
		rest, damaged := drain(t, s, 4)
		all := asNumbers(t, append(delivered, rest...))
		if int64(len(all))+evicted != 80 || damaged != 0 || !slices.IsSorted(all) || len(slices.Compact(all)) != len(all) {
			t.Fatalf("after %d: %d evicted, %d damaged, %v", read, evicted, damaged, all)
		}
	}
}
