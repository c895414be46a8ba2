package spool

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/exporter"
)

// model is what a spool should hold, in order.
type model struct {
	t     *testing.T
	rng   *rand.Rand
	cfg   Config
	s     *Spool
	seq   uint64
	next  int
	holds []expected
	done  map[string]bool // acknowledged: may come again after a crash, if that is so
	log   []string
	shown []string // by the last Next
	acked []bool
}

type expected struct {
	id    string
	maybe bool // its Append had not returned when the process died
}

func (m *model) say(format string, args ...any) { m.log = append(m.log, fmt.Sprintf(format, args...)) }

func (m *model) fail(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("%s\nafter:\n%s", fmt.Sprintf(format, args...), strings.Join(m.log, "\n"))
}

func (m *model) batch() []exporter.Spooled {
	batch := make([]exporter.Spooled, 1+m.rng.IntN(12))
	for i := range batch {
		m.seq++
		m.next++
		size := 150 + m.rng.IntN(600)
		if m.rng.IntN(40) == 0 {
			size = 9000
		}
		batch[i] = made(m.seq, 1, size)[0]
		batch[i].Class = exporter.Class(m.rng.IntN(3))
		batch[i].Record.EventID = fmt.Sprint("e", m.next)
	}
	return batch
}

func (m *model) append() {
	batch := m.batch()
	m.say("append %d..%d", m.next-len(batch)+1, m.next)
	mustAppend(m.t, m.s, batch)
	for _, r := range batch {
		m.holds = append(m.holds, expected{id: r.Record.EventID})
	}
}

func (m *model) read() {
	n := 1 + m.rng.IntN(15)
	records, damaged, err := m.s.Next(n, int64(1+m.rng.IntN(8000)))
	if err != nil || damaged != 0 {
		m.fail("Next: %d damaged, %v", damaged, err)
	}
	m.shown, m.acked = m.shown[:0], make([]bool, len(records))
	p := 0
	for _, r := range records {
		id := strings.Clone(r.Record.EventID)
		m.shown = append(m.shown, id)
		if m.done[id] {
			continue
		}
		for p < len(m.holds) && m.holds[p].id != id && m.holds[p].maybe {
			m.holds = slices.Delete(m.holds, p, p+1)
		}
		if p == len(m.holds) || m.holds[p].id != id {
			m.fail("Next(%d) has %q, want %v", n, m.shown, m.holds[p:min(p+3, len(m.holds))])
		}
		p++
	}
	if len(records) == 0 {
		m.holds = slices.DeleteFunc(m.holds, func(e expected) bool { return e.maybe })
		if len(m.holds) != 0 {
			m.fail("nothing comes, but there should be %v", m.holds[0])
		}
	}
	m.say("next %q", m.shown)
}

func (m *model) ack(share int) {
	for i, id := range m.shown {
		if !m.acked[i] && m.rng.IntN(100) < share {
			m.acked[i] = true
			m.s.Ack(i)
			m.done[id] = true
			m.holds = slices.DeleteFunc(m.holds, func(e expected) bool { return e.id == id })
			m.say("ack %s", id)
		}
	}
}

// restart goes on with the spool of cfg.Dir as a new process does.
func (m *model) restart() {
	var err error
	if m.s, err = New(m.cfg); err != nil {
		m.t.Fatal(err)
	}
	report, err := m.s.Open()
	if err != nil || report.Damaged != 0 || len(report.Problems) != 0 {
		m.fail("Open: %+v %v", report, err)
	}
	m.shown, m.seq = nil, 0
}

func (m *model) reopen() {
	m.say("close and open")
	if err := m.s.Close(); err != nil {
		m.fail("%v", err)
	}
	m.restart()
}

// crash goes on with a copy of the folder as it is, after an Append of which only a part
// reached the disk.
func (m *model) crash() {
	var cut [seriesCount]*segment
	var was [seriesCount]int64
	for i := range cut {
		if a := m.s.series[i].active; a != nil {
			was[i] = a.size
		}
		cut[i] = m.s.series[i].active
	}
	if m.rng.IntN(3) > 0 {
		batch := m.batch()
		batch = batch[:min(len(batch), 3)] // one write for each series
		mustAppend(m.t, m.s, batch)
		for _, r := range batch {
			m.holds = append(m.holds, expected{r.Record.EventID, true})
		}
		for i := range cut {
			if a := m.s.series[i].active; a != cut[i] {
				cut[i], was[i] = a, 0
			}
		}
	}
	dir := m.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(m.cfg.Dir)); err != nil {
		m.t.Fatal(err)
	}
	for i, seg := range cut {
		if seg == nil {
			continue
		}
		name := filepath.Join(dir, filepath.Base(seg.folder.path), seg.name())
		at := was[i] + m.rng.Int64N(seg.size-was[i]+1)
		if err := os.Truncate(name, at); err != nil {
			m.t.Fatal(err)
		}
		m.say("crash: %s cut from %d to %d of %d", seg.name(), seg.size, at, was[i])
	}
	m.s.Close()
	m.cfg.Dir = dir
	m.restart()
}

func TestModel(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	for seed := range rounds {
		m := &model{t: t, rng: rand.New(rand.NewPCG(uint64(seed), 7)), done: map[string]bool{}, cfg: Config{
			Dir: t.TempDir(), MaxBytes: 64 << 20, SegmentBytes: 4 << 10 << (seed % 3),
		}}
		if seed%4 == 3 {
			m.cfg.Key = make([]byte, 32)
		}
		m.say("seed %d", seed)
		m.restart()
		for range 120 {
			switch m.rng.IntN(12) {
			case 0, 1, 2, 3:
				m.append()
			case 4, 5, 6:
				m.read()
				m.ack(100)
			case 7, 8:
				m.read()
			case 9:
				m.ack(50)
			case 10:
				m.reopen()
			case 11:
				m.crash()
			}
		}
		for len(m.holds) > 0 || m.s.Stats().Records > 0 {
			m.read()
			m.ack(100)
		}
		if err := m.s.Close(); err != nil {
			m.fail("%v", err)
		}
		if left := entries(t, m.cfg.Dir); len(left) != 0 {
			m.fail("left: %q", left)
		}
	}
}

// TestModelOfCounts does anything at any time in a spool that is too small.
func TestModelOfCounts(t *testing.T) {
	for seed := range 40 {
		rng := rand.New(rand.NewPCG(uint64(seed), 11))
		m := &model{t: t, rng: rng, cfg: Config{Dir: t.TempDir(), MaxBytes: small, SegmentBytes: 4 << 10, Sync: SyncNone}}
		m.restart()
		var appended, evicted, acked int64
		for step := range 400 {
			switch rng.IntN(8) {
			case 0, 1, 2, 3:
				batch := m.batch()
				n, gone, err := m.s.Append(batch)
				if (err == nil) != (n == len(batch)) {
					t.Fatalf("seed %d: wrote %d of %d: %v", seed, n, len(batch), err)
				}
				appended += int64(n)
				evicted += gone
			case 4, 5:
				records, damaged, err := m.s.Next(1+rng.IntN(20), 9000)
				if damaged != 0 || err != nil {
					t.Fatalf("seed %d: %d damaged, %v", seed, damaged, err)
				}
				m.acked = make([]bool, len(records))
			case 6:
				for i := range m.acked {
					if !m.acked[i] && rng.IntN(3) > 0 {
						m.acked[i] = true
						m.s.Ack(i)
						acked++
					}
				}
			case 7:
				if rng.IntN(10) == 0 {
					m.s.Close()
					before := m.s.Stats().Records
					m.restart()
					m.acked = nil
					// What was acknowledged behind something that wasn't comes again.
					acked -= m.s.Stats().Records - before
				}
			}
			st := m.s.Stats()
			if appended != evicted+acked+st.Records || st.Bytes > small || st.Records < 0 {
				t.Fatalf("seed %d, step %d: %d appended, %d evicted, %d acknowledged, %+v", seed, step, appended, evicted, acked, st)
			}
		}
		m.s.Close()
	}
}
