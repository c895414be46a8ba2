package sqlite

import (
	"context"
	"time"
)

// The engine writes commits to a log and moves them into the file later, at a
// checkpoint, which takes as long as a few dozen commits. Here another goroutine
// does that while the writer goes on; what was committed meanwhile, which is
// little, the writer moves itself. Then the log begins anew, unless somebody
// still reads an old state from it.

// checkpointEvery is how often there is a checkpoint while something is written.
const checkpointEvery = time.Second

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
		log, moved, err := moveLog(s.checkpointer)
		switch {
		case err != nil:
			s.log.Warn("langshark: checkpoint", "error", known(err))
		case moved < log:
			s.writer.checkpoint.Store(true)
		}
	}
}

// moveLog moves what it can of the log into the file. It returns how many pages
// the log has and how many of them are in the file.
func moveLog(d *db) (log, moved int64, err error) {
	var busy int64
	err = d.row("PRAGMA wal_checkpoint(PASSIVE)", nil, &busy, &log, &moved)
	return log, moved, err
}
