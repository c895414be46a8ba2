package exporter

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	spoolRetry = 30 * time.Second // between attempts to open a spool, or to write to one that failed
	spoolChunk = 2000             // records that are written, and synced, at once
)

// disk is the worker's side of a [Spool]: records go there while the sink
// fails or the memory is half full, and come back in their order.
type disk struct {
	spool  Spool
	open   bool
	after  time.Time // not before
	failed bool      // that it fails has been reported
	slots  slots     // for what is written, while a batch is in flight
	chunk  []Spooled
	window []Spooled // what the spool's Next returned
}

// openSpool opens the spool, and counts what earlier processes left there.
func (p *Pipeline) openSpool() {
	d := &p.disk
	if d.spool == nil || d.open || time.Now().Before(d.after) {
		return
	}
	defer func() {
		p.mu.Lock()
		p.looked = true
		p.mu.Unlock()
	}()
	var report SpoolReport
	err := guard(func() (err error) { report, err = d.spool.Open(); return err })
	if err != nil {
		p.spoolFails(err)
		return
	}
	d.open, d.failed = true, false
	p.mu.Lock()
	p.stats.Accepted += report.Adopted + report.Damaged
	p.stats.Adopted += report.Adopted
	p.stats.Spooled += report.Adopted
	p.stats.drop(DropDamaged, report.Damaged)
	p.noteSpool()
	p.mu.Unlock()
	if report.TornBytes > 0 || report.Damaged > 0 {
		p.report(fmt.Errorf("langshark: spool: %d bytes of a record that was being written were cut off, %d records can't be read", report.TornBytes, report.Damaged))
	}
	for _, text := range report.Problems {
		p.report(errors.New(text))
	}
}

// guard calls what isn't ours.
func guard(f func() error) (err error) {
	defer recovered(&err)
	return f()
}

// spoolFails counts and reports a failure; records stay in memory meanwhile.
func (p *Pipeline) spoolFails(err error) {
	d := &p.disk
	d.after = time.Now().Add(spoolRetry)
	p.mu.Lock()
	p.stats.SpoolFailures++
	p.mu.Unlock()
	if !d.failed {
		d.failed = true
		p.report(fmt.Errorf("langshark: the spool fails, records wait in memory: %w", err))
	}
}

// noteSpool keeps what others may ask of the spool; the caller holds mu.
func (p *Pipeline) noteSpool() {
	p.oldest, p.onDisk = p.disk.spool.FirstSeq()
	p.stats.SpoolBytes = p.disk.spool.Stats().Bytes
}

// crowded reports whether memory is half full, so that some of it should go to
// disk; the caller holds mu.
func (p *Pipeline) crowded() bool {
	return p.disk.spool != nil && (2*(p.queue.bytes+p.flying) > p.cfg.QueueBytes || 2*p.queue.count > p.cfg.QueueItems)
}

// relieve writes the oldest of the queue to disk while memory is half full.
func (p *Pipeline) relieve() {
	p.mu.Lock()
	crowded := p.crowded()
	p.mu.Unlock()
	if crowded {
		p.spill(func() bool { return 4*p.queue.bytes > p.cfg.QueueBytes || 4*p.queue.count > p.cfg.QueueItems })
	}
}

// spillAll writes all that waits in memory to disk.
func (p *Pipeline) spillAll() { p.spill(func() bool { return p.queue.count > 0 }) }

// spill writes the queue's oldest records to disk for as long as more says so,
// which is called with mu held.
func (p *Pipeline) spill(more func() bool) {
	d := &p.disk
	if d.spool == nil {
		return
	}
	p.openSpool()
	if !d.open || d.failed && time.Now().Before(d.after) {
		return
	}
	for {
		p.mu.Lock()
		p.spilling = p.spilling[:0]
		var bytes int64
		for len(p.spilling) < spoolChunk && bytes < maxBatchBytes && !p.abandoned && more() {
			q, ok := p.queue.pop()
			if !ok {
				break
			}
			p.spilling = append(p.spilling, q)
			bytes += q.bytes
		}
		p.spillBytes = bytes
		batch := p.spilling
		p.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		if !p.write(batch) {
			return
		}
	}
}

// write writes a part of the queue, and puts back what could not be written.
func (p *Pipeline) write(batch []queued) bool {
	d := &p.disk
	var n int
	var evicted int64
	err := guard(func() (err error) {
		d.chunk = d.chunk[:0]
		records := d.slots.records(batch)
		for i, q := range batch {
			d.chunk = append(d.chunk, Spooled{Record: records[i], Class: q.class, Seq: q.seq, Again: q.again})
		}
		n, evicted, err = d.spool.Append(d.chunk)
		return err
	})
	clear(d.chunk)
	n = min(max(n, 0), len(batch))
	written := slices.Clone(batch[:n])
	rest := batch[n:]
	var refused []queued
	if errors.Is(err, ErrSpoolTooLarge) && len(rest) > 0 { // it stays in memory no longer than others do
		refused, rest, err = rest[:1:1], rest[1:], nil
	}
	p.mu.Lock()
	p.stats.Spooled += int64(n) - evicted
	p.stats.drop(DropSpoolFull, evicted)
	p.stats.drop(DropTooLarge, int64(len(refused)))
	if p.abandoned {
		p.stats.drop(DropShutdown, int64(len(rest)))
		written = append(written, rest...)
	} else {
		p.queue.pushFront(rest)
	}
	p.spilling, p.spillBytes = nil, 0
	p.noteSpool()
	p.mu.Unlock()
	releaseAll(written)
	releaseAll(refused)
	switch {
	case errors.Is(err, ErrSpoolFull):
		return false // it passes when something is delivered; memory is bounded too
	case err != nil:
		p.spoolFails(err)
		return false
	}
	d.failed = false
	return true
}

// fromDisk moves the oldest records on disk into flight, if they are older than those in memory.
func (p *Pipeline) fromDisk() []queued {
	d := &p.disk
	if d.spool == nil {
		return nil
	}
	p.openSpool()
	p.mu.Lock()
	first := p.onDisk && (p.queue.count == 0 || !p.queue.has(p.oldest))
	p.mu.Unlock()
	if !first || !d.open {
		return nil
	}
	var records []Spooled
	var damaged int64
	err := guard(func() (err error) {
		records, damaged, err = d.spool.Next(p.cfg.BatchItems, maxBatchBytes)
		return err
	})
	d.window = records
	batch := make([]queued, len(records))
	var bytes int64
	for i := range records {
		r := &records[i]
		r.Record.Orphan = r.Record.Orphan || r.Seq == 0 // one that was adopted stays one
		batch[i] = queued{entry: &ownedRecord{r.Record}, seq: r.Seq, bytes: charge(r.Record.Size()), disk: int32(i) + 1, class: r.Class, again: r.Again}
		bytes += batch[i].bytes
	}
	p.mu.Lock()
	p.stats.Spooled -= int64(len(batch)) + damaged
	p.stats.drop(DropDamaged, damaged)
	p.inFlight, p.flying = batch, bytes
	p.noteSpool()
	p.mu.Unlock()
	if err != nil {
		p.spoolFails(err)
	}
	if damaged > 0 {
		p.report(fmt.Errorf("langshark: spool: %d records can't be read any more", damaged))
	}
	return batch
}

// acknowledge tells the spool which of its records are done with.
func (p *Pipeline) acknowledge(gone []queued) {
	some := false
	for _, q := range gone {
		if q.disk > 0 {
			some = true
			p.disk.spool.Ack(int(q.disk) - 1)
		}
	}
	if some {
		p.mu.Lock()
		p.noteSpool()
		p.mu.Unlock()
	}
}

// closeSpool writes what is left in memory and closes the spool.
func (p *Pipeline) closeSpool() {
	if p.disk.spool == nil {
		return
	}
	p.spillAll()
	if err := guard(p.disk.spool.Close); err != nil {
		p.report(err)
	}
}
