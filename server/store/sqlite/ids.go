package sqlite

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// Rows of traces and observations are found by the hash of their id. Hashes come
// in no order: in an index that has them in order, nearly each new one writes a
// page of its own, to the log and then to the file, which was half of all that
// was written. So new ones go to a log, id_log, a row for each commit; the last of
// it is in memory too. When there are enough of them they go to the index, the
// table ids, sorted, so that each page is written once for many.
//
// Another process may write to the file: what it has added to the log is read at
// the beginning of each transaction. Nothing breaks if two put the same into the index.

// idEntry says that a row has an id with this hash.
type idEntry struct{ hash, rid int64 }

// Entries of the log: what is done, the hash, and the row as a varint.
const (
	idAdded   = 0
	idRemoved = 1
)

func appendID(b []byte, what byte, e idEntry) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, what), uint64(e.hash)) //nolint:gosec // all 64 bits are meant
	return binary.AppendVarint(b, e.rid)
}

var errIDLog = errors.New("langshark: a row of the table id_log is damaged")

func eachID(b []byte, f func(what byte, e idEntry)) error {
	for len(b) > 0 {
		if len(b) < 10 || b[0] > idRemoved {
			return errIDLog
		}
		rid, n := binary.Varint(b[9:])
		if n <= 0 {
			return errIDLog
		}
		f(b[0], idEntry{int64(binary.LittleEndian.Uint64(b[1:])), rid}) //nolint:gosec // all 64 bits are meant
		b = b[9+n:]
	}
	return nil
}

// entrySet is a set of entries that is asked by hash. Hardly ever do two have one.
type entrySet struct {
	one  map[int64]int64
	more map[idEntry]struct{}
}

func newEntrySet() entrySet {
	return entrySet{map[int64]int64{}, map[idEntry]struct{}{}}
}

func (s *entrySet) add(e idEntry) {
	switch rid, taken := s.one[e.hash]; {
	case !taken:
		s.one[e.hash] = e.rid
	case rid != e.rid:
		s.more[e] = struct{}{}
	}
}

func (s *entrySet) remove(e idEntry) {
	if rid, ok := s.one[e.hash]; ok && rid == e.rid {
		delete(s.one, e.hash)
	}
	delete(s.more, e)
}

func (s *entrySet) has(e idEntry) bool {
	if rid, ok := s.one[e.hash]; ok && rid == e.rid {
		return true
	}
	_, ok := s.more[e]
	return ok
}

func (s *entrySet) len() int { return len(s.one) + len(s.more) }

// of adds the rows of a hash to a list, each once.
func (s *entrySet) of(hash int64, list []int64) []int64 {
	if rid, ok := s.one[hash]; ok && !slices.Contains(list, rid) {
		list = append(list, rid)
	}
	for e := range s.more {
		if e.hash == hash && !slices.Contains(list, e.rid) {
			list = append(list, e.rid)
		}
	}
	return list
}

func (s *entrySet) each(f func(idEntry)) {
	for hash, rid := range s.one {
		f(idEntry{hash, rid})
	}
	for e := range s.more {
		f(e)
	}
}

// generation is a part of the log that is in memory. Guarded by ids.mu.
type generation struct {
	first, last int64    // its rows of the log
	rows        entrySet // that are there
	gone        entrySet // that an earlier generation or the index may have
	next        *generation
}

func newGeneration(first int64) *generation {
	return &generation{first: first, last: first - 1, rows: newEntrySet(), gone: newEntrySet()}
}

func (g *generation) apply(what byte, e idEntry) {
	if what == idAdded {
		g.rows.add(e)
		return
	}
	g.rows.remove(e)
	g.gone.add(e)
}

func (g *generation) size() int { return g.rows.len() + g.gone.len() }

// maxGeneration is how many entries a generation has before it goes to the index.
const maxGeneration = 1 << 18

// ids is the part of the log that is in memory: generations that go to the index,
// the oldest first, and the newest, which grows.
type ids struct {
	max  int           // entries of a generation
	full chan struct{} // has something when there is a generation for the index; capacity 1

	mu             sync.RWMutex
	oldest, newest *generation
	seq            int64 // the last row of the log that is here
}

func newIDs(most int) *ids {
	x := &ids{max: most, full: make(chan struct{}, 1)}
	x.oldest = newGeneration(1)
	x.newest = x.oldest
	return x
}

// view remembers the generations there are. Whoever reads takes one before the
// snapshot begins: a generation that goes to the index later is not in the index
// of that snapshot.
func (x *ids) view() *generation {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.oldest
}

// find returns the rows that may have an id with this hash now.
func (x *ids) find(view *generation, hash int64) (list []int64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for g := view; g != nil; g = g.next {
		if g.gone.len() > 0 {
			list = slices.DeleteFunc(list, func(rid int64) bool { return g.gone.has(idEntry{hash, rid}) })
		}
		list = g.rows.of(hash, list)
	}
	return list
}

// everFound returns the rows that may have had it since the view was taken: in a
// snapshot, which may be older than what is known here, one that is gone is there.
func (x *ids) everFound(view *generation, hash int64) (list []int64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for g := view; g != nil; g = g.next {
		list = g.rows.of(hash, g.gone.of(hash, list))
	}
	return list
}

// behind reports the last row of the log that is here, and whether there are later ones.
func (x *ids) behind(last int64) (seq int64, behind bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.seq, x.seq < last
}

// apply takes over a row of the log, unless it is here.
func (x *ids) apply(seq int64, entries []byte) error {
	if err := eachID(entries, func(byte, idEntry) {}); err != nil { // before anything of it is taken
		return fmt.Errorf("%w: %d", err, seq)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if seq <= x.seq {
		return nil
	}
	if x.newest.size() >= x.max {
		x.newest.next = newGeneration(seq)
		x.newest = x.newest.next
		select {
		case x.full <- struct{}{}:
		default:
		}
	}
	x.seq, x.newest.last = seq, seq
	return eachID(entries, x.newest.apply)
}

// caughtUp notes that all rows up to this one are here, or in the index.
func (x *ids) caughtUp(seq int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.seq = max(x.seq, seq)
}

// replace takes over the log as another one has read it anew.
func (x *ids) replace(anew *ids) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.newest.next = anew.oldest // for the views of before
	x.oldest, x.newest, x.seq = anew.oldest, anew.newest, anew.seq
	select {
	case x.full <- struct{}{}:
	default:
	}
}

// waiting is the generation that is to go to the index, or nil.
func (x *ids) waiting() *generation {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.oldest == x.newest {
		return nil
	}
	return x.oldest
}

// backlog is how many generations wait for the index.
func (x *ids) backlog() (n int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for g := x.oldest; g != x.newest; g = g.next {
		n++
	}
	return n
}

// forget lets go of the oldest generation, which is in the index.
func (x *ids) forget(g *generation) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.oldest == g {
		x.oldest = g.next
	}
}

// idChange is what is to be done to the index.
type idChange struct {
	idEntry

	gone bool
}

// changes are those of a generation that grows no more, in the order of the index.
func (g *generation) changes() []idChange {
	list := make([]idChange, 0, g.size())
	g.rows.each(func(e idEntry) { list = append(list, idChange{e, false}) })
	g.gone.each(func(e idEntry) { list = append(list, idChange{e, true}) })
	slices.SortFunc(list, func(a, b idChange) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.rid, b.rid))
	})
	return list
}

// goneLater reports whether a generation after g knows that the entry is gone.
func (x *ids) goneLater(g *generation, e idEntry) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for g = g.next; g != nil; g = g.next {
		if g.gone.has(e) {
			return true
		}
	}
	return false
}

// foundIDs is what a transaction has found out of ids, by hash.
type foundIDs struct {
	rows  map[int64][]int64 // that may have it
	asked map[int64]bool    // whether the index was asked
}

// addID and dropID note what the transaction does to rows.
func (t *tx) addID(of byte, project int64, id string, rid int64) {
	t.moved = appendID(t.moved, idAdded, idEntry{hashOf(of, project, id), rid})
	t.movedIDs++
}

func (t *tx) dropID(of byte, project int64, id string, rid int64) {
	t.moved = appendID(t.moved, idRemoved, idEntry{hashOf(of, project, id), rid})
	t.movedIDs++
}

// catchUp reads what others have added to the log.
func (t *tx) catchUp(last int64) error {
	seq, behind := t.s.ids.behind(last)
	if !behind {
		return nil
	}
	err := t.d.rows("SELECT seq, entries FROM id_log WHERE seq > ? ORDER BY seq", []any{seq}, func(r driverRow) error {
		var seq int64
		var entries []byte
		if err := r.Scan(&seq, &entries); err != nil {
			return err
		}
		return t.s.ids.apply(seq, entries)
	})
	if err != nil {
		return wrapRead(err)
	}
	t.s.ids.caughtUp(last)
	return nil
}

// lookUp asks the index for all of these hashes at once that memory does not have.
func (t *tx) lookUp(hashes map[int64]struct{}) error {
	var list []byte
	for h := range hashes {
		if rows := t.s.ids.find(t.view, h); len(rows) > 0 {
			t.found.rows[h] = rows
			continue
		}
		t.found.asked[h] = true
		list = append(strconv.AppendInt(list, h, 10), ',')
	}
	if len(list) == 0 {
		return nil
	}
	return wrapRead(t.d.rows("SELECT hash, rid FROM ids WHERE hash IN (SELECT value FROM json_each(?))", []any{jsonList(list)}, func(r driverRow) error {
		var e idEntry
		if err := r.Scan(&e.hash, &e.rid); err != nil {
			return err
		}
		t.found.rows[e.hash] = append(t.found.rows[e.hash], e.rid)
		return nil
	}))
}

// jsonList makes a list of JSON of numbers that each have a comma behind them.
func jsonList(numbers []byte) string {
	return "[" + string(numbers[:max(len(numbers)-1, 0)]) + "]"
}

// load calls read for each row that may have the id, until one has it; errNoRow if none has.
func (t *tx) load(hash int64, read func(rid int64) error) error {
	if _, there := t.found.rows[hash]; !there && !t.found.asked[hash] {
		if err := t.lookUp(map[int64]struct{}{hash: {}}); err != nil {
			return err
		}
	}
	for {
		for _, rid := range t.found.rows[hash] {
			if err := read(rid); !errors.Is(err, errNoRow) {
				return err
			}
		}
		if t.found.asked[hash] {
			return errNoRow
		}
		t.found.asked[hash] = true
		rows, err := t.indexed(hash)
		if err != nil {
			return err
		}
		t.found.rows[hash] = rows
	}
}

// indexed are the rows that the index has of a hash.
func (t *tx) indexed(hash int64) (list []int64, err error) {
	err = wrapRead(t.d.rows("SELECT rid FROM ids WHERE hash = ?", []any{hash}, func(r driverRow) error {
		var rid int64
		err := r.Scan(&rid)
		list = append(list, rid)
		return err
	}))
	return list, err
}

// flushIDs writes what happened to rows to the log.
func (t *tx) flushIDs() error {
	if len(t.moved) == 0 {
		return nil
	}
	t.next.id++
	t.numbering = true
	return t.exec("INSERT INTO id_log (seq, entries) VALUES (?, ?)", t.next.id, t.moved)
}
