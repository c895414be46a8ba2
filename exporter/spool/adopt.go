package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/exporter"
)

// adopt takes over the folders that nobody has locked, oldest first.
func (s *Spool) adopt(report *exporter.SpoolReport) error {
	entries, err := s.cfg.fs.ReadDir(s.cfg.Dir) // sorted by name
	if err != nil {
		return err
	}
	folders := make(map[string]bool)
	for _, e := range entries {
		if e.IsDir() && isFolderName(e.Name()) {
			folders[e.Name()] = true
			if err := s.adoptFolder(filepath.Join(s.cfg.Dir, e.Name()), report); err != nil {
				report.Problems = append(report.Problems, fmt.Sprintf("langshark: spool %s: not adopted: %v", e.Name(), err))
			}
		}
	}
	for _, e := range entries {
		name, isLock := strings.CutSuffix(e.Name(), lockSuffix)
		if isLock && isFolderName(name) && !folders[name] {
			s.removeLock(filepath.Join(s.cfg.Dir, name))
		}
	}
	return nil
}

// removeLock removes a lock's file that was left without its folder.
func (s *Spool) removeLock(path string) {
	l, err := tryLock(path + lockSuffix)
	if err != nil {
		return
	}
	_, err = s.cfg.fs.ReadDir(path)
	l.release(errors.Is(err, fs.ErrNotExist))
}

func (s *Spool) adoptFolder(path string, report *exporter.SpoolReport) error {
	l, err := tryLock(path + lockSuffix)
	if errors.Is(err, errLocked) {
		return nil // its process lives
	}
	if err != nil {
		return err
	}
	entries, err := s.cfg.fs.ReadDir(path)
	if err != nil {
		gone := errors.Is(err, fs.ErrNotExist)
		l.release(gone)
		if gone { // adopted and drained by another process meanwhile
			return nil
		}
		return err
	}
	s.order++
	f := newFolder(path, l, s.order)
	f.adopted = true
	var found [seriesCount][]*segment
	for _, e := range entries {
		series, number, ok := parseSegmentName(e.Name())
		switch {
		case ok:
			found[series] = append(found[series], &segment{folder: f, series: series, number: number, start: segmentHead})
		case e.Name() != cursorName(plain) && e.Name() != cursorName(higher):
			f.kept++
		}
	}
	a := adoption{s: s, report: report, folder: f}
	for series, segments := range found {
		slices.SortFunc(segments, func(a, b *segment) int { return cmp.Compare(a.number, b.number) })
		a.series(series, segments)
	}
	for _, p := range a.problems {
		report.Problems = append(report.Problems, fmt.Sprintf("langshark: spool %s: %d files (%d bytes) kept, which can't be read: %v", filepath.Base(path), p.files, p.bytes, p.cause))
	}
	if a.records > 0 {
		report.AdoptedFolders++
		report.Adopted += a.records
	}
	if f.live == 0 {
		return f.finish(s.cfg.fs)
	}
	s.folders = append(s.folders, f)
	return nil
}

// adoption is the work on one folder.
type adoption struct {
	s        *Spool
	report   *exporter.SpoolReport
	folder   *folder
	records  int64
	problems []problem
}

// problem is why some files can't be read.
type problem struct {
	cause error
	files int
	bytes int64
}

func (a *adoption) series(series int, segments []*segment) {
	done := a.folder.cursors[series].load(a.s.cfg.fs)
	for _, seg := range segments {
		if seg.number < done.segment {
			_ = a.s.cfg.fs.Remove(seg.path())
			continue
		}
		if seg.number == done.segment && done.offset > segmentHead {
			seg.start, seg.startFrame = done.offset, done.frame
		}
		a.segment(seg)
	}
}

func (a *adoption) segment(seg *segment) {
	s := a.s
	size, damaged, torn, err := a.examine(seg)
	a.report.Damaged += damaged
	switch {
	case errors.Is(err, errTornHeader):
		a.report.TornBytes += size
		_ = s.cfg.fs.Remove(seg.path())
		return
	case errors.Is(err, errNoSegment):
		a.report.Damaged++ // at least
		a.keep(size, err)
		_ = s.cfg.fs.Rename(seg.path(), seg.path()+".bad")
		return
	case err != nil:
		a.keep(size, err)
		return
	}
	a.report.TornBytes += torn
	if seg.unread == 0 {
		_ = s.cfg.fs.Remove(seg.path())
		return
	}
	a.records += seg.unread
	a.folder.live++
	s.series[seg.series].segs = append(s.series[seg.series].segs, seg)
	s.stats.Segments++
	s.stats.Bytes += seg.size
	s.stats.Records += seg.unread
}

// examine reads the whole segment and cuts off what was torn.
func (a *adoption) examine(seg *segment) (size, damaged, torn int64, err error) {
	f, err := a.s.cfg.fs.OpenFile(seg.path(), os.O_RDWR, 0)
	if err != nil {
		return 0, 0, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, 0, 0, err
	}
	size = info.Size()
	if err := readHeader(f, seg, a.s.keyID); err != nil {
		return size, 0, 0, err
	}
	damaged, torn, err = seg.scan(&a.s.scanner, f, size)
	if err != nil {
		return size, 0, 0, err
	}
	if torn > 0 && seg.unread > 0 {
		_ = f.Truncate(seg.size) // what stays is not read
	}
	return size, damaged, torn, nil
}

func (a *adoption) keep(bytes int64, cause error) {
	a.folder.kept++
	for i := range a.problems {
		if a.problems[i].cause.Error() == cause.Error() {
			a.problems[i].files++
			a.problems[i].bytes += bytes
			return
		}
	}
	a.problems = append(a.problems, problem{cause, 1, bytes})
}
