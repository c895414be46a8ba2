package spool

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// entries lists what is in Dir itself.
func entries(tb testing.TB, dir string) []string {
	tb.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

func TestAdoptedRecordsComeFirstInTheOrderOfTheirFolders(t *testing.T) {
	dir := t.TempDir()
	clock := time.Unix(1_800_000_000, 0)
	cfg := Config{Dir: dir, MaxBytes: 1 << 20, SegmentBytes: 4 << 10, now: func() time.Time { return clock }}
	var want []string
	// Both processes live at once; the later one uses lower numbers.
	first, _ := open(t, cfg)
	clock = clock.Add(time.Second)
	second, _ := open(t, cfg)
	mustAppend(t, second, made(1, 30, 300))
	mustAppend(t, first, made(100, 30, 300))
	want = append(idsOf(made(100, 30, 300)), idsOf(made(1, 30, 300))...)
	first.Close()
	second.Close()

	clock = clock.Add(time.Second)
	s, report := open(t, cfg)
	if report.Adopted != 60 || report.AdoptedFolders != 2 || report.Damaged != 0 || report.TornBytes != 0 || len(report.Problems) != 0 {
		t.Fatalf("%+v", report)
	}
	if seq, ok := s.FirstSeq(); seq != 0 || !ok {
		t.Errorf("FirstSeq %d %v", seq, ok)
	}
	mustAppend(t, s, made(50, 3, 300))
	want = append(want, "50", "51", "52")
	var got []string
	for {
		records, _, err := s.Next(7, plenty)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			break
		}
		for i, r := range records {
			got = append(got, strings.Clone(r.Record.EventID))
			own := len(got) > 60
			if (r.Seq != 0) != own || r.Class != exporter.ClassOf(&r.Record) {
				t.Errorf("record %d: Seq %d, class %d", len(got), r.Seq, r.Class)
			}
			s.Ack(i)
		}
	}
	same(t, "order", got, want)
	if names := entries(t, dir); len(names) != 2 {
		t.Errorf("the adopted folders are still there: %q", names)
	}
	s.Close()
	if names := entries(t, dir); len(names) != 0 {
		t.Errorf("left: %q", names)
	}
}

func TestLivingProcessesAreNotTouched(t *testing.T) {
	dir := t.TempDir()
	a, _ := open(t, Config{Dir: dir})
	mustAppend(t, a, made(1, 5, 200))
	b, report := open(t, Config{Dir: dir})
	if report.Adopted != 0 || len(report.Problems) != 0 {
		t.Fatalf("%+v", report)
	}
	mustAppend(t, b, made(6, 5, 200))
	got, _ := drain(t, b, 9)
	same(t, "b's own", got, idsOf(made(6, 5, 200)))
	b.Close()
	got, _ = drain(t, a, 9)
	same(t, "a's own", got, idsOf(made(1, 5, 200)))
}

func TestAcknowledgedRecordsDoNotComeAgain(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, Config{Dir: dir})
	mustAppend(t, s, made(1, 20, 200))
	records, _, _ := s.Next(8, plenty)
	for i := range records {
		s.Ack(i)
	}
	_, _, _ = s.Next(8, plenty)
	s.Ack(0)
	s.Ack(1)
	s.Ack(5) // its series has an earlier one that isn't
	left := s.Stats()
	s.Close()
	if s.Stats() != left || left.Records != 9 {
		t.Errorf("Stats after Close: %+v, before: %+v", s.Stats(), left)
	}
	s, report := open(t, Config{Dir: dir})
	got, _ := drain(t, s, 9)
	slices.Sort(got)
	if !slices.Contains(got, "11") || slices.Contains(got, "10") || slices.Contains(got, "9") || slices.Contains(got, "8") {
		t.Errorf("%q", got)
	}
	if int64(len(got)) != report.Adopted || len(got) < 9 || len(got) > 10 {
		t.Errorf("%d came, %+v", len(got), report)
	}
}

func TestAdoptionOfWhatWasAdopted(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		s, report := open(t, Config{Dir: dir})
		if report.Adopted != int64(i*9) {
			t.Fatalf("%d: %+v", i, report)
		}
		mustAppend(t, s, made(uint64(100*i+1), 10, 200))
		records, _, _ := s.Next(1, plenty)
		s.Ack(0)
		_ = records
		s.Close()
	}
	s, report := open(t, Config{Dir: dir})
	if report.Adopted != 45 {
		t.Fatalf("%+v", report)
	}
	got, _ := drain(t, s, 100)
	same(t, "order", got[:6], []string{"6", "7", "8", "9", "10", "101"})
}

func TestEmptyFoldersAndLocksAreRemoved(t *testing.T) {
	dir := t.TempDir()
	name := folderName(time.Unix(1, 0))
	if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil { // killed before its first record
		t.Fatal(err)
	}
	for _, n := range []string{name + lockSuffix, folderName(time.Unix(2, 0)) + lockSuffix, "README", "p.lock"} {
		if err := os.WriteFile(filepath.Join(dir, n), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "other"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, report := open(t, Config{Dir: dir})
	if report.AdoptedFolders != 0 || len(report.Problems) != 0 {
		t.Errorf("%+v", report)
	}
	s.Close()
	same(t, "what isn't ours stays", entries(t, dir), []string{"README", "other", "p.lock"})
}

func TestFilesThatAreNotOursKeepTheFolder(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, Config{Dir: dir})
	mustAppend(t, s, made(1, 5, 200))
	folder := s.own.path
	s.Close()
	if err := os.WriteFile(filepath.Join(folder, "note.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _ = open(t, Config{Dir: dir})
	got, _ := drain(t, s, 9)
	if len(got) != 5 {
		t.Errorf("%q", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left := files(t, dir, ""); len(left) != 1 {
		t.Errorf("%q", left)
	}
}

func TestOtherKeysKeepTheFiles(t *testing.T) {
	dir := t.TempDir()
	key, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	s, _ := open(t, Config{Dir: dir, Key: key})
	mustAppend(t, s, made(1, 12, 200))
	s.Close()
	for _, name := range files(t, dir, ".seg") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte("xxxx")) || bytes.Contains(b, []byte("gpt-4o")) {
			t.Errorf("%s can be read", name)
		}
	}
	before := files(t, dir, ".seg")
	for _, k := range [][]byte{other, nil} {
		s, report := open(t, Config{Dir: dir, Key: k})
		if report.Adopted != 0 || report.Damaged != 0 || len(report.Problems) != 1 || !strings.Contains(report.Problems[0], "another key") {
			t.Errorf("%+v", report)
		}
		if got, damaged := drain(t, s, 9); len(got) != 0 || damaged != 0 {
			t.Errorf("%q %d", got, damaged)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	same(t, "files", files(t, dir, ".seg"), before)
	s, report := open(t, Config{Dir: dir, Key: key})
	got, _ := drain(t, s, 5)
	same(t, "with the key", got, idsOf(made(1, 12, 200)))
	if report.Adopted != 12 || len(report.Problems) != 0 {
		t.Errorf("%+v", report)
	}
	s.Close()
	if left := entries(t, dir); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

func TestKeyIsNeededForItsOwnFilesOnly(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, Config{Dir: dir})
	mustAppend(t, s, made(1, 5, 200))
	s.Close()
	s, _ = open(t, Config{Dir: dir, Key: make([]byte, 32)})
	mustAppend(t, s, made(6, 5, 200))
	got, _ := drain(t, s, 4)
	same(t, "both", got, idsOf(made(1, 10, 200)))
}

func TestNewerSegmentsAreLeftAlone(t *testing.T) {
	for what, change := range map[string]func([]byte){
		"major":   func(b []byte) { b[8] = 2 },
		"feature": func(b []byte) { b[12] |= 0x80; fixHeader(b) },
	} {
		dir := t.TempDir()
		s, _ := open(t, Config{Dir: dir})
		mustAppend(t, s, spans(1, 3, 200))
		s.Close()
		name := files(t, dir, ".seg")[0]
		edit(t, name, change)
		before, _ := os.ReadFile(name)
		s, report := open(t, Config{Dir: dir})
		if report.Adopted != 0 || report.Damaged != 0 || len(report.Problems) != 1 || !strings.Contains(report.Problems[0], "newer version") {
			t.Errorf("%s: %+v", what, report)
		}
		s.Close()
		if after, err := os.ReadFile(name); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s: changed: %v", what, err)
		}
	}
}

func TestMinorVersionsAndUnknownFlagsAreRead(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, Config{Dir: dir})
	mustAppend(t, s, spans(1, 3, 200))
	s.Close()
	edit(t, files(t, dir, ".seg")[0], func(b []byte) { b[10], b[15] = 9, 0x80; fixHeader(b) })
	s, _ = open(t, Config{Dir: dir})
	got, _ := drain(t, s, 4)
	same(t, "all", got, []string{"1", "2", "3"})
}
