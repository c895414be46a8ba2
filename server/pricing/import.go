package pricing

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/langshark/langshark-go/server/cost"
)

// MaxImportBytes bounds a file that is imported.
const MaxImportBytes = 64 << 20

// Imported says what an import has brought.
type Imported struct {
	// Format is langfuse, genai-prices, litellm or langshark.
	Format string
	Models int
	// Skipped names the models that can't be used, and why.
	Skipped []string
	// Kept is how many models keep buckets and tiers of the table that comes along, since the
	// imported one doesn't speak of them, and Less names those that lose some, see [cost.Complete].
	Kept int
	Less []string
	// Since is how many hold since the price of their model last changed, see [cost.KeepHistory].
	Since int
}

// Import puts a table of prices, in any format of [cost.Import], in the place of
// Config.File. It takes the place of an earlier import as a whole, comes before
// the table that comes along, and holds for what is written from now on. What it doesn't
// speak of is completed from the table that comes along, unless it is in our own format: what
// a model cost before its price changed, too. If from isn't zero, prices without a day of their
// own hold for calls that began then or later.
func (p *Pricer) Import(data []byte, from time.Time) (Imported, error) {
	if p.file.path == "" {
		return Imported{}, errors.New("langshark: prices: there is no folder to keep them in")
	}
	if len(data) > MaxImportBytes {
		return Imported{}, fmt.Errorf("langshark: prices: %d bytes are more than %d", len(data), MaxImportBytes)
	}
	entries, format, skipped, err := cost.Import(data)
	if err != nil {
		return Imported{}, err
	}
	if !from.IsZero() {
		cost.HoldFrom(entries, from)
	}
	since := 0
	var completed cost.Completed
	if format != cost.OwnFormat {
		since = cost.KeepHistory(entries, cost.Builtin(), p.now())
		completed = cost.Complete(entries, cost.Builtin(), p.now())
	}
	var out bytes.Buffer
	if err := cost.WriteCSV(&out, entries); err != nil {
		return Imported{}, fmt.Errorf("langshark: prices: %w", err)
	}
	if _, err := cost.ReadCSV(bytes.NewReader(out.Bytes())); err != nil { // it must be readable when it is needed
		return Imported{}, err
	}
	if err := p.file.replace(out.Bytes()); err != nil {
		return Imported{}, fmt.Errorf("langshark: prices: %w", err)
	}
	return Imported{Format: format, Models: len(entries), Skipped: skipped, Kept: completed.Kept, Less: completed.Less, Since: since}, p.file.refresh(p.now())
}

// replace writes the file, all of it or nothing, and has it read again.
func (f *file) replace(data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	tmp, err := os.CreateTemp(filepath.Dir(f.path), FileName+".*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), f.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	f.asked, f.size = time.Time{}, -1
	return nil
}
