package cost

import (
	_ "embed" // the table
	"strings"
	"sync"
)

//go:embed prices.csv
var pricesCSV string

var builtin = sync.OnceValues(func() (*Table, error) {
	entries, err := ReadCSV(strings.NewReader(pricesCSV))
	if err != nil {
		return nil, err
	}
	return NewTable(entries)
})

// Builtin is the table that comes along, see prices.csv. It is read on first use.
func Builtin() *Table {
	t, err := builtin()
	if err != nil {
		panic("langshark: the prices that come along can't be read: " + err.Error()) // a test reads them
	}
	return t
}
