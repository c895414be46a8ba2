package spool

import (
	"os"
	"testing"
)

func benchAppend(b *testing.B, cfg Config) {
	b.Helper()
	cfg.Dir = b.TempDir()
	s, _ := open(b, cfg)
	batch := made(1, 100, 2000)
	var bytes int64
	for i := range batch {
		bytes += batch[i].Record.Size()
	}
	b.SetBytes(bytes)
	b.ReportAllocs()
	for b.Loop() {
		mustAppend(b, s, batch)
	}
}

func BenchmarkAppend100(b *testing.B) {
	b.Run("SyncNone", func(b *testing.B) { benchAppend(b, Config{Sync: SyncNone}) })
	b.Run("SyncBatch", func(b *testing.B) { benchAppend(b, Config{}) })
	b.Run("encrypted", func(b *testing.B) { benchAppend(b, Config{Sync: SyncNone, Key: make([]byte, 32)}) })
}

// BenchmarkNext100 appends, reads and acknowledges; a batch always lies behind the one that is read.
func BenchmarkNext100(b *testing.B) {
	for name, key := range map[string][]byte{"plain": nil, "encrypted": make([]byte, 32)} {
		b.Run(name, func(b *testing.B) {
			s, _ := open(b, Config{Dir: b.TempDir(), Sync: SyncNone, Key: key})
			batch := made(1, 100, 2000)
			mustAppend(b, s, batch)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				mustAppend(b, s, batch)
				b.StartTimer()
				next100(b, s)
			}
		})
	}
}

func next100(tb testing.TB, s *Spool) {
	tb.Helper()
	records, damaged, err := s.Next(100, 2<<20)
	if err != nil || damaged != 0 || len(records) != 100 {
		tb.Fatalf("%d records, %d damaged, %v", len(records), damaged, err)
	}
	for i := range records {
		s.Ack(i)
	}
}

// BenchmarkOpen adopts 64 MB.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	s, _ := open(b, Config{Dir: dir, Sync: SyncNone})
	for range 320 {
		mustAppend(b, s, made(1, 100, 2000))
	}
	b.SetBytes(s.Stats().Bytes)
	s.Close()
	b.ReportAllocs()
	for b.Loop() {
		s, report := open(b, Config{Dir: dir, Sync: SyncNone})
		if report.Adopted != 32000 {
			b.Fatalf("%+v", report)
		}
		s.Close()
	}
	if err := os.RemoveAll(dir); err != nil {
		b.Error(err)
	}
}

func TestAllocations(t *testing.T) {
	for _, key := range [][]byte{nil, make([]byte, 32)} {
		s, _ := open(t, Config{Dir: t.TempDir(), Sync: SyncNone, Key: key, SegmentBytes: 200 << 20})
		batch := made(1, 100, 2000)
		mustAppend(t, s, batch)
		if n := testing.AllocsPerRun(20, func() { mustAppend(t, s, batch) }); n > 2 {
			t.Errorf("Append of 100: %v allocations", n)
		}
		next100(t, s)
		if n := testing.AllocsPerRun(20, func() { next100(t, s) }); n > 10 {
			t.Errorf("Next and Ack of 100: %v allocations", n)
		}
	}
}
