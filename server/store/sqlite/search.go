package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// The search index follows the payloads in the background: it reads the blocks
// that came since, makes words of what their owners have now, and has the writer
// put them in. In the write itself it would halve what can be written.

const (
	// indexBlocks is how many blocks a step reads, indexBytes about how much text.
	indexBlocks = 96
	indexBytes  = 384 << 10
	// busyPause is between two steps while others write.
	busyPause = 150 * time.Millisecond
	idlePause = 2 * time.Millisecond
)

// document is what the index has of an observation or trace.
type document struct {
	owner         int64
	input, output int64 // the references that were read
	words         string
}

// indexSearch brings the index up to date after each commit.
func (s *Store) indexSearch(ctx context.Context) {
	wake := make(chan struct{}, 1)
	stop := s.Watch(func(store.Commit) {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	defer stop()
	for {
		more, err := s.indexStep(ctx)
		if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrClosed) {
			s.log.Error("langshark: search index", "error", err)
		}
		if err == nil && !more {
			select {
			case <-ctx.Done():
				return
			case <-wake:
			}
			continue
		}
		rest := idlePause
		if err != nil {
			rest = time.Second
		} else if !s.writer.idle() {
			rest = busyPause
		}
		if !pause(ctx, rest) {
			return
		}
	}
}

// indexStep indexes the next blocks. It reports whether there may be more.
func (s *Store) indexStep(ctx context.Context) (more bool, err error) {
	docs, upTo, err := s.readDocuments(ctx)
	if err != nil || upTo == 0 {
		return false, err
	}
	err = s.do(ctx, func(t *tx) error {
		for _, d := range docs {
			if err := t.indexDocument(d); err != nil {
				return err
			}
		}
		return t.exec("UPDATE counters SET searched = ? WHERE searched < ?", upTo, upTo)
	})
	if err == nil {
		s.counts.searched.Store(upTo)
	}
	return true, err
}

// indexDocument puts a document in, unless its payloads have changed since it
// was read: then there is a block further on that brings it again.
func (t *tx) indexDocument(d document) error {
	var input, output int64
	query := "SELECT ifnull(input, 0), ifnull(output, 0) FROM observations WHERE rid = ?"
	row := d.owner
	if isTrace(d.owner) {
		query, row = "SELECT ifnull(input, 0), ifnull(output, 0) FROM traces WHERE rid = ?", traceOf(d.owner)
	}
	err := t.row(query, []any{row}, &input, &output)
	if errors.Is(err, errNoRow) || err == nil && (input != d.input || output != d.output) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.exec("INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)", d.owner, d.words)
}

// isTrace reports whether the owner of a payload is a trace, not an observation.
func isTrace(owner int64) bool { return owner&(maxMembers-1) == 0 }

// readDocuments makes documents of the next blocks' owners. upTo is the last
// block, 0 if there is none.
func (s *Store) readDocuments(ctx context.Context) (docs []document, upTo int64, err error) {
	found, upTo, err := s.readOwners(ctx)
	if err != nil || upTo == 0 {
		return nil, 0, err
	}
	blocks := map[int64]*opened{}
	for rid, data := range found.blocks {
		o, err := s.openBlock(data)
		if err != nil {
			s.log.Error("langshark: search index", "payload", rid, "error", err) // Check tells of it too
			continue
		}
		blocks[rid] = o
	}
	for _, o := range found.owners {
		var w words
		w.add(projectWord(o.project))
		for _, ref := range []int64{o.input, o.output} {
			if rid, n := blockOf(ref); blocks[rid] != nil {
				payloadText(blocks[rid].part(n), w.text)
			}
		}
		o.words = w.list.String()
		docs = append(docs, o.document)
	}
	return docs, upTo, nil
}

// owners are those of the next blocks, with all blocks that they refer to.
type owners struct {
	owners []owner
	blocks map[int64][]byte
}

type owner struct {
	document
	project int64
}

// readOwners reads as little as it can within its snapshot, which holds up checkpoints.
func (s *Store) readOwners(ctx context.Context) (found owners, upTo int64, err error) {
	found.blocks = map[int64][]byte{}
	source := s.indexer
	s.gate.RLock()
	defer s.gate.RUnlock()
	if err := source.exec("BEGIN"); err != nil {
		return found, 0, err
	}
	defer func() { err = errors.Join(err, source.rollback()) }()
	var searched, last int64
	if err := source.row("SELECT searched, payload - 1 FROM counters", nil, &searched, &last); err != nil || last <= searched {
		return found, 0, err
	}
	bytes, ids := 0, []int64{}
	seen := map[int64]bool{}
	enough := errors.New("enough")
	err = source.rows("SELECT rid, data FROM payloads WHERE rid > ? ORDER BY rid LIMIT ?", []any{searched, indexBlocks}, func(r driverRow) error {
		var rid int64
		var data []byte
		if err := r.Scan(&rid, &data); err != nil {
			return err
		}
		upTo, found.blocks[rid] = rid, data
		parts, _, err := decodeBlock(data)
		if err != nil {
			return nil //nolint:nilerr // told of where it is opened
		}
		for _, p := range parts {
			bytes += p.length
			if p.owner != 0 && !seen[p.owner] {
				seen[p.owner] = true
				ids = append(ids, p.owner)
			}
		}
		if bytes > indexBytes {
			return enough
		}
		return nil
	})
	cut := errors.Is(err, enough)
	if err != nil && !cut {
		return found, 0, err
	}
	if n := len(found.blocks); n > 0 {
		s.counts.perBlock.Store(int64(len(ids) / n))
	}
	if !cut && len(found.blocks) < indexBlocks { // those after it are gone again
		upTo = last
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return found, 0, err
		}
		o := owner{document: document{owner: id}}
		query, row := "SELECT project, ifnull(input, 0), ifnull(output, 0) FROM observations WHERE rid = ?", id
		if isTrace(id) {
			query, row = "SELECT project, ifnull(input, 0), ifnull(output, 0) FROM traces WHERE rid = ?", traceOf(id)
		}
		err := source.row(query, []any{row}, &o.project, &o.input, &o.output)
		if errors.Is(err, errNoRow) {
			continue
		}
		if err != nil {
			return found, 0, err
		}
		for _, ref := range []int64{o.input, o.output} {
			rid, _ := blockOf(ref)
			if ref == 0 || found.blocks[rid] != nil {
				continue
			}
			var data []byte
			if err := source.row("SELECT data FROM payloads WHERE rid = ?", []any{rid}, &data); err != nil {
				return found, 0, err
			}
			found.blocks[rid] = data
		}
		found.owners = append(found.owners, o)
	}
	return found, upTo, nil
}

// The search index is merged anew once a third of its rows is gone, at least
// mergeLeast, and every mergeEvery if any is: the words of what was deleted leave
// the file by it. It goes in steps of mergePages pages.
const (
	mergeLeast = 1000
	mergePages = 8
	mergeEvery = 24 * time.Hour
)

// mergeSearch takes deleted rows out of the search index, if there are many.
func (s *Store) mergeSearch(ctx context.Context) error {
	var dead, rows int64
	if err := s.read.QueryRowContext(ctx, "SELECT dead FROM counters").Scan(&dead); err != nil || dead == 0 || dead < mergeLeast && time.Since(s.merged) < mergeEvery {
		return err
	}
	if time.Since(s.merged) < mergeEvery {
		if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM search_docsize").Scan(&rows); err != nil || dead < rows/2 {
			return err
		}
	}
	s.merged = time.Now()
	pages := int64(-mergePages) // begins a merge of all; then it goes on
	for more := true; more; pages = mergePages {
		start := time.Now()
		err := s.do(ctx, func(t *tx) error {
			var before, after int64
			if err := t.row("SELECT total_changes()", nil, &before); err != nil {
				return err
			}
			if err := t.exec("INSERT INTO search (search, rank) VALUES ('merge', ?)", pages); err != nil {
				return err
			}
			if err := t.row("SELECT total_changes()", nil, &after); err != nil {
				return err
			}
			if more = after-before >= 2; !more {
				return t.exec("UPDATE counters SET dead = max(dead - ?, 0)", dead)
			}
			return nil
		})
		if err != nil {
			return err
		}
		rest := time.Since(start)
		if !s.writer.idle() {
			rest *= 4
		}
		if !pause(ctx, rest) {
			return ctx.Err()
		}
	}
	return nil
}
