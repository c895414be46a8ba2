package cost

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// columns are those of a table as CSV, in the order of WriteCSV. ReadCSV finds them
// by name and does without those that aren't there, but the required ones.
var columns = []string{
	"id", "provider", "model", "match", "pattern", "unit", "from", "until", "tokenizer", "tier", "above", "service",
	"input", "output", "cached", "write", "write_1h", "reasoning", "audio_in", "audio_cached", "audio_out", "image_in", "image_out",
	"searches", "requests", "total", "source", "note",
}

var required = []string{"id", "model", "source"}

// priced are the buckets of the columns that are prices.
var priced = []struct {
	column string
	bucket Bucket
}{
	{"input", Input},
	{"output", Output},
	{"cached", CachedInput},
	{"write", CacheWrite},
	{"write_1h", CacheWrite1h},
	{"reasoning", Reasoning},
	{"audio_in", InputAudio},
	{"audio_cached", CachedAudio},
	{"audio_out", OutputAudio},
	{"image_in", InputImage},
	{"image_out", OutputImage},
	{"searches", Searches},
	{"requests", Calls},
	{"total", Total},
}

// perMillion is how many units the prices of a table as CSV are for.
const perMillion = 1_000_000

// ReadCSV reads a table in the format of prices.csv, whose head explains it.
func ReadCSV(r io.Reader) ([]*Entry, error) {
	in := csv.NewReader(r)
	in.Comment = '#'
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("langshark: prices: the line of the columns: %w", err)
	}
	at := map[string]int{}
	for i, name := range head {
		at[name] = i
	}
	for _, name := range required {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("langshark: prices: there is no column %q: the first line names some of %s", name, strings.Join(columns, ", "))
		}
	}
	var entries []*Entry
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, fmt.Errorf("langshark: prices: %w", err)
		}
		line, _ := in.FieldPos(0)
		l := csvLine{record, at}
		if l.get("id") == "" && len(entries) > 0 {
			err = l.tier(entries[len(entries)-1])
		} else {
			var e *Entry
			if e, err = l.entry(); err == nil {
				entries = append(entries, e)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("langshark: prices: line %d: %w", line, err)
		}
	}
}

// csvLine is one line with its columns.
type csvLine struct {
	record []string
	at     map[string]int
}

func (l csvLine) get(column string) string {
	at, ok := l.at[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(l.record[at])
}

func (l csvLine) entry() (*Entry, error) {
	e := &Entry{
		ID: l.get("id"), Provider: l.get("provider"), Name: l.get("model"), Unit: l.get("unit"), Tokenizer: Encoding(l.get("tokenizer")), Source: l.get("source"),
	}
	if e.Unit == "" {
		e.Unit = Tokens
	}
	names := strings.Fields(l.get("match"))
	switch {
	case e.ID == "":
		return nil, errors.New("id: required, but in the line of a tier below an entry")
	case e.Name == "":
		return nil, errors.New("model: required")
	case len(names) == 0 && l.get("pattern") == "":
		return nil, errors.New("match: required, or pattern, a regular expression")
	}
	if len(names) > 0 {
		g := newGlobs(e.Provider, names)
		e.matcher, e.Pattern = g, g.pattern()
	} else {
		e.Pattern = l.get("pattern")
		if err := e.compile(); err != nil {
			return nil, err
		}
	}
	for column, day := range map[string]*time.Time{"from": &e.From, "until": &e.Until} {
		text := l.get(column)
		if text == "" {
			continue
		}
		var err error
		if *day, err = time.Parse(time.DateOnly, text); err == nil {
			continue
		}
		if *day, err = time.Parse(time.RFC3339, text); err != nil {
			return nil, fmt.Errorf("%s: %q is no day such as 2026-01-31", column, text)
		}
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	var err error
	e.Prices, err = l.prices()
	return e, err
}

func (l csvLine) tier(e *Entry) error {
	t := Tier{Name: l.get("tier"), Service: l.get("service")}
	if text := l.get("above"); text != "" {
		var err error
		if t.Above, err = strconv.ParseInt(text, 10, 64); err != nil || t.Above < 1 {
			return fmt.Errorf("above: %q is no number of units", text)
		}
	}
	if t.Name == "" || t.Above == 0 && t.Service == "" {
		return errors.New("tier: needs a name, and above or service")
	}
	var err error
	t.Prices, err = l.prices()
	e.Tiers = append(e.Tiers, t)
	return err
}

func (l csvLine) prices() (Prices, error) {
	prices := Prices{}
	for _, p := range priced {
		text := l.get(p.column)
		if text == "" {
			continue
		}
		price, err := ParsePrice(text, perMillion)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.column, err)
		}
		prices[p.bucket] = price
	}
	return prices, nil
}
