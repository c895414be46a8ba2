package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// meter shows how far something is: a line that is drawn again and again on a
// terminal, else a line each ten seconds. No library: it is all that is needed.
type meter struct {
	w        io.Writer
	terminal bool
	now      func() time.Time

	mu    sync.Mutex
	began time.Time
	shown time.Time
	drawn bool // a line stands on the terminal
}

// How often a line is shown.
const (
	redraw = 100 * time.Millisecond
	report = 10 * time.Second
)

func newMeter(w io.Writer) *meter {
	m := &meter{w: w, now: time.Now}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		m.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	m.began = m.now()
	m.shown = m.began
	return m
}

// show says how far it is, unless it did just now. A total below 1 is unknown.
// rows are what the rate counts.
func (m *meter) show(done, total, rows int64, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	pause := report
	if m.terminal {
		pause = redraw
	}
	if now.Sub(m.shown) < pause {
		return
	}
	m.shown = now
	line := text
	if took := now.Sub(m.began).Seconds(); took > 0 {
		line += fmt.Sprintf("  %s/s", count(int64(float64(rows)/took)))
	}
	if total > 0 {
		share := min(float64(done)/float64(total), 1)
		line = fmt.Sprintf("%3.0f %%  %s", 100*share, line)
		if share > 0 {
			left := time.Duration(float64(now.Sub(m.began)) * (1 - share) / share)
			line += "  ETA " + left.Round(time.Second).String()
		}
		if m.terminal {
			const width = 20
			filled := int(share * width)
			line = "[" + strings.Repeat("#", filled) + strings.Repeat("-", width-filled) + "] " + line
		}
	}
	m.print(line)
}

// note says something else on a line of its own.
func (m *meter) note(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clear()
	fmt.Fprintln(m.w, text)
}

// end takes the line away.
func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clear()
}

func (m *meter) print(line string) {
	if !m.terminal {
		fmt.Fprintln(m.w, line)
		return
	}
	fmt.Fprint(m.w, "\r\x1b[K", line)
	m.drawn = true
}

func (m *meter) clear() {
	if m.drawn {
		fmt.Fprint(m.w, "\r\x1b[K")
		m.drawn = false
	}
}

// count is a number with commas, as in 12,345.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
