package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/langshark/langshark-go/exporter"
)

// faultFS is the real one with faults in between.
type faultFS struct {
	osFS
	room     int64 // bytes that can still be written; -1: any
	write    error // of every write, after what room allows
	sync     []error
	truncate error
	read     error
	mkdir    error
	dirSync  error
	remove   error
	syncs    int
	writes   int
}

func newFaultFS() *faultFS { return &faultFS{room: -1} }

func (f *faultFS) Remove(name string) error {
	if f.remove != nil && strings.HasSuffix(name, ".seg") {
		return f.remove
	}
	return f.osFS.Remove(name)
}

func (f *faultFS) Mkdir(name string, perm fs.FileMode) error {
	if f.mkdir != nil {
		return f.mkdir
	}
	return f.osFS.Mkdir(name, perm)
}

func (f *faultFS) SyncDir(name string) error {
	if f.dirSync != nil {
		return f.dirSync
	}
	return f.osFS.SyncDir(name)
}

func (f *faultFS) OpenFile(name string, flag int, perm fs.FileMode) (file, error) {
	file, err := f.osFS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultFile{file: file, fs: f, segment: strings.HasSuffix(name, ".seg")}, nil
}

type faultFile struct {
	file
	fs      *faultFS
	segment bool
}

func (f *faultFile) WriteAt(b []byte, off int64) (int, error) {
	if !f.segment {
		return f.file.WriteAt(b, off)
	}
	f.fs.writes++
	if f.fs.room >= 0 && f.fs.room < int64(len(b)) {
		n, err := f.file.WriteAt(b[:f.fs.room], off)
		f.fs.room -= int64(n)
		if err == nil {
			err = f.fs.write
		}
		return n, err // nil: a short write that says nothing
	}
	n, err := f.file.WriteAt(b, off)
	if f.fs.room >= 0 {
		f.fs.room -= int64(n)
	}
	return n, err
}

func (f *faultFile) Sync() error {
	if f.segment {
		f.fs.syncs++
		if len(f.fs.sync) > 0 {
			err := f.fs.sync[0]
			f.fs.sync = f.fs.sync[1:]
			if err != nil {
				return err
			}
		}
	}
	return f.file.Sync()
}

func (f *faultFile) Truncate(size int64) error {
	if f.fs.truncate != nil {
		return f.fs.truncate
	}
	return f.file.Truncate(size)
}

func (f *faultFile) ReadAt(b []byte, off int64) (int, error) {
	if f.segment && f.fs.read != nil {
		return 0, f.fs.read
	}
	return f.file.ReadAt(b, off)
}

func TestOneWriteAndOneSyncForEachSeries(t *testing.T) {
	disk := newFaultFS()
	s, _ := open(t, Config{Dir: t.TempDir(), fs: disk})
	for i := range 3 {
		disk.writes, disk.syncs = 0, 0
		mustAppend(t, s, made(uint64(1+100*i), 100, 2000))
		if disk.writes != 2 || disk.syncs != 2 {
			t.Errorf("%d writes, %d syncs", disk.writes, disk.syncs)
		}
	}
	s, _ = open(t, Config{Dir: t.TempDir(), fs: disk, Sync: SyncNone})
	disk.syncs = 0
	mustAppend(t, s, made(1, 100, 2000))
	if disk.syncs != 0 {
		t.Errorf("%d syncs under SyncNone", disk.syncs)
	}
	s.Close()
	if disk.syncs != 2 {
		t.Errorf("%d syncs by Close", disk.syncs)
	}
}

// TestFullDisk gives the disk every amount of room that there can be for a batch.
func TestFullDisk(t *testing.T) {
	for _, key := range [][]byte{nil, make([]byte, 32)} {
		for room := int64(0); room < 1500; room += 29 {
			for _, cause := range []error{syscall.ENOSPC, nil} {
				disk := newFaultFS()
				disk.write = cause
				cfg := Config{Dir: t.TempDir(), Key: key, fs: disk, Sync: SyncNone}
				s, _ := open(t, cfg)
				before, batch := made(1, int(room%2)*3, 200), made(4, 6, 200)
				mustAppend(t, s, before)
				if room%3 == 0 {
					disk.truncate = syscall.EIO
				}
				disk.room = room
				n, _, err := s.Append(batch)
				if err == nil && n == len(batch) && room > 1000 {
					continue // there was enough
				}
				if err == nil || n == len(batch) || cause != nil && !errors.Is(err, cause) || !strings.Contains(err.Error(), cfg.Dir) {
					t.Fatalf("room %d: wrote %d: %v", room, n, err)
				}
				if again, _, err := s.Append(batch[n:]); again != 0 || err == nil {
					if again > 1 {
						t.Fatalf("room %d: wrote %d on a full disk", room, again)
					}
					n += again
				}
				disk.room, disk.truncate = -1, nil
				mustAppend(t, s, batch[n:])
				want := append(idsOf(before), idsOf(batch)...)
				if st := s.Stats(); st.Records != int64(len(want)) {
					t.Fatalf("%+v", st)
				}
				if room%2 == 0 {
					got, damaged := drain(t, s, 4)
					same(t, "after the disk was full", got, want)
					if damaged != 0 {
						t.Fatalf("%d damaged", damaged)
					}
					continue
				}
				s.Close()
				s, report := open(t, cfg)
				got, damaged := drain(t, s, 4)
				if room%3 == 0 { // what could not be cut off comes twice
					got = unique(got)
				} else if report.Damaged != 0 || report.Adopted != int64(len(want)) {
					t.Fatalf("room %d: %+v", room, report)
				}
				if damaged != 0 || len(got) != len(want) {
					t.Fatalf("room %d: %d damaged, %q of %q", room, damaged, got, want)
				}
			}
		}
	}
}

func unique(ids []string) []string {
	var once []string
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			once = append(once, id)
		}
		seen[id] = true
	}
	return once
}

func TestFullDiskCanBeTriedForever(t *testing.T) {
	disk := newFaultFS()
	disk.write = syscall.ENOSPC
	s, _ := open(t, Config{Dir: t.TempDir(), fs: disk})
	disk.room = 0
	for range 200 {
		if n, _, err := s.Append(made(1, 3, 200)); n != 0 || !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%d %v", n, err)
		}
	}
	if left := files(t, s.cfg.Dir, ".seg"); len(left) != 0 {
		t.Errorf("%d files left behind", len(left))
	}
}

func TestSyncThatFailsOnce(t *testing.T) {
	for fails := range 4 { // the first series' sync, the second's, both in a row, the retry's too
		disk := newFaultFS()
		cfg := Config{Dir: t.TempDir(), fs: disk}
		s, _ := open(t, cfg)
		mustAppend(t, s, made(1, 6, 200))
		old := files(t, cfg.Dir, ".seg")
		disk.sync = [][]error{{syscall.EIO}, {nil, syscall.EIO}, {syscall.EIO, syscall.EIO}, {nil, syscall.EIO, nil, syscall.EIO}}[fails]
		batch := made(7, 6, 200)
		n, _, err := s.Append(batch)
		if fails < 2 {
			if err != nil || n != len(batch) {
				t.Fatalf("%d: wrote %d: %v", fails, n, err)
			}
			for _, name := range files(t, cfg.Dir, ".seg") {
				for _, was := range old {
					if name == was && s.series[plain].active.path() == name {
						t.Errorf("%d: goes on with %s, which could not be synced", fails, name)
					}
				}
			}
		} else {
			if n != 0 || !errors.Is(err, syscall.EIO) {
				t.Fatalf("%d: wrote %d: %v", fails, n, err)
			}
			mustAppend(t, s, batch)
		}
		s.Close()
		s, report := open(t, cfg)
		if report.Adopted != 12 || report.Damaged != 0 || report.TornBytes != 0 {
			t.Errorf("%d: %+v", fails, report)
		}
		got, _ := drain(t, s, 5)
		same(t, "all of them", got, idsOf(made(1, 12, 200)))
	}
}

func TestNewFileWhoseNameCanNotBeSynced(t *testing.T) {
	disk := newFaultFS()
	s, _ := open(t, Config{Dir: t.TempDir(), fs: disk})
	disk.dirSync = syscall.EIO
	if n, _, err := s.Append(made(1, 3, 200)); n != 0 || !errors.Is(err, syscall.EIO) {
		t.Fatalf("%d %v", n, err)
	}
	disk.dirSync = nil
	mustAppend(t, s, made(1, 3, 200))
	got, _ := drain(t, s, 5)
	same(t, "once", got, []string{"1", "2", "3"})
}

func TestReadsThatFail(t *testing.T) {
	disk := newFaultFS()
	s, _ := open(t, Config{Dir: t.TempDir(), fs: disk})
	mustAppend(t, s, higherOnes(1, 4, 200))
	disk.read = syscall.EIO
	if _, _, err := s.Next(9, plenty); !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), s.cfg.Dir) {
		t.Fatal(err)
	}
	disk.read = nil
	records, damaged, err := s.Next(2, plenty)
	if err != nil || damaged != 0 || len(records) != 2 {
		t.Fatalf("%d records, %d damaged, %v", len(records), damaged, err)
	}
	for i := range records {
		s.Ack(i)
	}
	s.series[higher].stopReading() // and what it had read ahead
	s.series[higher].reader.buf = nil
	disk.read = syscall.EIO
	var lost int64
	for range 10 {
		_, damaged, _ := s.Next(2, plenty)
		lost += damaged
	}
	if lost != 2 {
		t.Errorf("%d counted as damaged in the end, want 2", lost)
	}
	disk.read = nil
	mustAppend(t, s, made(5, 3, 200))
	got, _ := drain(t, s, 5)
	same(t, "later ones", got, []string{"5", "6", "7"})
	if st := s.Stats(); st != (exporter.SpoolStats{}) {
		t.Errorf("%+v", st)
	}
}

func TestFilesThatCanNotBeRemoved(t *testing.T) {
	disk := newFaultFS()
	cfg := Config{Dir: t.TempDir(), fs: disk}
	s, _ := open(t, cfg)
	mustAppend(t, s, made(1, 6, 200))
	disk.remove = syscall.EPERM
	drain(t, s, 3)
	if err := s.Close(); !errors.Is(err, syscall.EPERM) {
		t.Errorf("Close: %v", err)
	}
	disk.remove = nil
	_, report := open(t, cfg)
	if report.Adopted != 0 {
		t.Errorf("what was acknowledged came again: %+v", report)
	}
	if left := files(t, cfg.Dir, ".seg"); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

func TestFolderThatCanNotBeUsed(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "spool")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Open(); err == nil || !strings.Contains(err.Error(), dir) {
		t.Fatalf("a file in its place: %v", err)
	}
	if _, _, err := s.Append(made(1, 1, 200)); err == nil {
		t.Fatal("Append")
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, s, made(1, 3, 200))
}

func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	left, _ := open(t, Config{Dir: dir})
	mustAppend(t, left, made(1, 3, 200))
	left.Close()

	disk := newFaultFS()
	disk.mkdir = syscall.EROFS
	s, err := New(Config{Dir: dir, fs: disk})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 2 {
		if _, err := s.Open(); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), dir) {
			t.Fatal(err)
		}
	}
	disk.mkdir = nil
	disk.dirSync = syscall.EIO
	if _, err := s.Open(); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	disk.dirSync = nil
	report, err := s.Open()
	if err != nil || report.Adopted != 3 {
		t.Fatalf("%+v %v", report, err)
	}
	if again, err := s.Open(); err != nil || again.Adopted != 0 {
		t.Errorf("a second time: %+v %v", again, err)
	}
	if n, err := filepath.Glob(filepath.Join(dir, "*.lock")); err != nil || len(n) != 2 {
		t.Errorf("locks left by the failures: %q", n)
	}
}
