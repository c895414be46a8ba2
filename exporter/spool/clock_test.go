package spool

import (
	"slices"
	"testing"
	"time"
)

// TestTheClockMayBeSetBack: within a process the order is that of the records, whatever the clock says;
// over several it is that of their folders' names. Nothing is lost, and no name is taken twice.
func TestTheClockMayBeSetBack(t *testing.T) {
	dir := t.TempDir()
	at := time.Unix(1_800_000_000, 0)
	cfg := Config{Dir: dir, MaxBytes: 1 << 20, SegmentBytes: 4 << 10, now: func() time.Time {
		at = at.Add(-time.Hour)
		return at
	}}
	var all, reversed []string
	for process := range 3 {
		s, report := open(t, cfg)
		if report.Adopted != int64(len(all)) {
			t.Fatalf("process %d: %+v", process, report)
		}
		if process == 2 {
			got, damaged := drain(t, s, 7)
			same(t, "the later folder first", got, reversed)
			if damaged != 0 {
				t.Errorf("%d damaged", damaged)
			}
		}
		batch := made(uint64(1+100*process), 50, 300) // of several segments, each begun an hour before the last
		mustAppend(t, s, batch)
		if process == 2 {
			got, _ := drain(t, s, 7)
			same(t, "the process's own", got, idsOf(batch))
		}
		all = append(all, idsOf(batch)...)
		reversed = slices.Concat(idsOf(batch), reversed)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if left := entries(t, dir); len(left) != 0 {
		t.Errorf("%q", left)
	}
}

// TestClocksAtTheEdge: a device without a clock begins in 1970, or before.
func TestClocksAtTheEdge(t *testing.T) {
	for _, at := range []time.Time{time.Unix(0, 0), time.Unix(-1, 5), time.Unix(1<<33, 0)} {
		dir := t.TempDir()
		cfg := Config{Dir: dir, now: func() time.Time { return at }}
		s, _ := open(t, cfg)
		mustAppend(t, s, made(1, 5, 200))
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		s, report := open(t, cfg)
		got, _ := drain(t, s, 9)
		if report.Adopted != 5 || len(got) != 5 {
			t.Errorf("%v: %+v, %q", at, report, got)
		}
	}
}
