package pricing

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/langshark/langshark-go/server/cost"
)

// FileName is that of the imported prices in the folder of the data.
const FileName = "prices.csv"

// file is a table that is read again when it changes.
type file struct {
	path  string
	table atomic.Pointer[cost.Table]

	mu    sync.Mutex
	asked time.Time
	size  int64
	when  time.Time
}

func (f *file) current() *cost.Table { return f.table.Load() }

// refresh looks whether the file has changed, if that is long ago. What can't be
// read leaves the table as it was.
func (f *file) refresh(now time.Time) error {
	if f.path == "" || !f.mu.TryLock() { // somebody else is at it
		return nil
	}
	defer f.mu.Unlock()
	if !f.asked.IsZero() && now.Sub(f.asked) < refreshAfter {
		return nil
	}
	f.asked = now
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.table.Store(nil)
		f.size, f.when = 0, time.Time{}
		return nil
	}
	if err != nil {
		return fmt.Errorf("langshark: prices: %w", err)
	}
	if info.Size() == f.size && info.ModTime().Equal(f.when) {
		return nil
	}
	f.size, f.when = info.Size(), info.ModTime()
	table, err := f.read()
	if err != nil {
		return err
	}
	f.table.Store(table)
	return nil
}

// read reads the file; no table if it isn't there.
func (f *file) read() (*cost.Table, error) {
	r, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // there need not be one
	}
	if err != nil {
		return nil, fmt.Errorf("langshark: prices: %w", err)
	}
	defer r.Close()
	entries, err := cost.ReadCSV(r)
	if err == nil {
		var table *cost.Table
		if table, err = cost.NewTable(entries); err == nil {
			return table, nil
		}
	}
	return nil, fmt.Errorf("%w: %s can't be used: mend the line, import a table again by langshark prices import, or delete the file to go back to the prices that come along", err, f.path)
}
