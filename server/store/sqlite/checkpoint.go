package sqlite

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// The engine writes commits to a log and moves them into the file later, at a
// checkpoint, which takes as long as a few dozen commits. Here another goroutine
// does that while the writer goes on. What was committed meanwhile, which is
// little, the writer moves itself, and has the log begin anew: for that it waits
// until those who read the log have ended, which most reads do in a few milliseconds.
// A log that grows makes all reads slower.

const (
	// checkpointEvery is how often there is a checkpoint while something is written.
	checkpointEvery = 500 * time.Millisecond
	// From restartPages on the log is to begin anew, and readers are waited for so
	// long; from longPages on, longer.
	restartPages = 2000
	longPages    = 16_000
	restartWait  = 20
	longWait     = 100 // milliseconds
)

func (s *Store) checkpoint(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.writer.committed:
		}
		if !pause(ctx, checkpointEvery) {
			return
		}
		log, _, err := s.moveLog()
		switch {
		case err != nil:
			s.log.Warn("langshark: checkpoint", "error", known(err))
		case log >= longPages && s.longReads.Load() == 0:
			s.restartAlone(ctx)
		case log >= restartPages:
			s.writer.restart.Store(log)
			s.writer.nudge()
		}
	}
}

// restartAlone has the log begin anew while nobody reads: it waits for the reads
// that go on, and those that come wait for it. Otherwise reads one over another
// could keep the log for ever, and it would make them slower and slower.
func (s *Store) restartAlone(ctx context.Context) {
	s.gate.Lock()
	defer s.gate.Unlock()
	log, _, err := s.moveLog() // so that little is left for the writer
	if err != nil {
		return
	}
	select {
	case <-s.writer.restarted: // of an earlier one
	default:
	}
	s.writer.restartAfter.Store(0)
	s.writer.restart.Store(log)
	s.writer.nudge()
	timer := time.NewTimer(maxAlone)
	defer timer.Stop()
	select {
	case <-s.writer.restarted:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// maxAlone is how long reads wait for the writer to have the log begin anew.
const maxAlone = time.Second

// moveLog moves what it can of the log into the file. It returns how many pages
// the log has and how many of them are in the file.
func (s *Store) moveLog() (log, moved int64, err error) {
	s.checkpoints.Lock() // a full disk is probed from another goroutine
	defer s.checkpoints.Unlock()
	var busy int64
	err = s.checkpointer.row("PRAGMA wal_checkpoint(PASSIVE)", nil, &busy, &log, &moved)
	return log, moved, err
}

// restartLog has the log begin anew if it is long enough. Where somebody reads for
// long, it waits once and then not again for a while.
func (w *writer) restartLog() {
	log := w.restart.Swap(0)
	if log > 0 {
		defer func() {
			select {
			case w.restarted <- struct{}{}:
			default:
			}
		}()
	}
	if log < restartPages || w.store.opts.Beside && log < longPages || w.store.longReads.Load() > 0 || time.Now().UnixNano() < w.restartAfter.Load() {
		return
	}
	wait := restartWait
	if log >= longPages {
		wait = longWait
	}
	var busy, moved int64
	err := w.db.exec("PRAGMA busy_timeout = " + strconv.Itoa(wait))
	if err == nil {
		err = w.db.row("PRAGMA wal_checkpoint(RESTART)", nil, &busy, &log, &moved)
		err = errors.Join(err, w.db.exec("PRAGMA busy_timeout = "+strconv.Itoa(busyTimeout)))
	}
	switch {
	case err != nil && !errors.Is(known(err), store.ErrBusy):
		w.store.log.Warn("langshark: checkpoint", "error", known(err))
	case err != nil || busy != 0:
		w.restartPause = min(max(2*w.restartPause, time.Second), maxRestartPause)
		w.restartAfter.Store(time.Now().Add(w.restartPause).UnixNano())
	default:
		w.restartPause = 0
	}
}

// maxRestartPause is how long the log is not tried to be begun anew after it could not be.
const maxRestartPause = 16 * time.Second

// readLong notes somebody who reads one state for long, so that the log can't begin anew meanwhile.
func (s *Store) readLong() (end func()) {
	s.longReads.Add(1)
	return func() { s.longReads.Add(-1) }
}
