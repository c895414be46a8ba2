package cost

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"
)

// WriteCSV writes a table that [ReadCSV] reads. How a tokenizer frames messages is not in it.
func WriteCSV(w io.Writer, entries []*Entry) error {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	for _, e := range entries {
		fields := map[string]string{
			"id": e.ID, "provider": e.Provider, "model": e.Name, "pattern": e.Pattern, "from": moment(e.From), "until": moment(e.Until),
			"tokenizer": string(e.Tokenizer), "source": e.Source,
		}
		if e.Unit != Tokens {
			fields["unit"] = e.Unit
		}
		if err := writeLine(out, fields, e.Prices); err != nil {
			return err
		}
		for _, t := range e.Tiers {
			fields := map[string]string{"tier": t.Name, "service": t.Service}
			if t.Above > 0 {
				fields["above"] = strconv.FormatInt(t.Above, 10)
			}
			if err := writeLine(out, fields, t.Prices); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func writeLine(out *csv.Writer, fields map[string]string, prices Prices) error {
	for _, p := range priced {
		if price, ok := prices[p.bucket]; ok {
			fields[p.column] = price.PerMillion()
		}
	}
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = fields[c]
	}
	return out.Write(record)
}

func moment(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.UTC().Format(time.DateOnly)
	}
	return t.UTC().Format(time.RFC3339)
}
