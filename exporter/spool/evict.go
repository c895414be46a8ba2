package spool

// makeRoom gives up older records until there is room for the first k items of
// the chunk, and returns how many there is room for. Segments with records that
// are being delivered stay.
func (s *Spool) makeRoom(k int) (room int, evicted int64) {
	items := s.chunk.items[:k]
	highest := plain
	need := int64(seriesCount * segmentHead) // in case they are new
	for _, it := range items {
		highest = max(highest, it.series)
		need += int64(it.end - it.off)
	}
	for s.stats.Bytes+need > s.cfg.MaxBytes {
		gone, ok := s.evict(highest)
		evicted += gone
		if ok {
			continue
		}
		for k > 0 && s.stats.Bytes+need > s.cfg.MaxBytes {
			k--
			need -= int64(items[k].end - items[k].off)
		}
		break
	}
	return k, evicted
}

// evict gives up the oldest segment of the lowest series that has one.
func (s *Spool) evict(highest int) (records int64, ok bool) {
	for i := plain; i <= highest; i++ {
		sr := &s.series[i]
		for at, seg := range sr.segs {
			if seg.held > 0 {
				continue
			}
			if at == sr.at {
				sr.move(at)
			} else if at < sr.at {
				sr.at--
			}
			records = seg.unread
			seg.unread = 0
			s.stats.Records -= records
			sr.segs = append(sr.segs[:at], sr.segs[at+1:]...)
			s.discard(seg)
			return records, true
		}
	}
	return 0, false
}
