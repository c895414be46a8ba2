package cost

import (
	"encoding/json"
	"fmt"
	"time"
)

// Date is an instant that JSON may give as a day.
type Date time.Time

// MarshalJSON implements [json.Marshaler]: milliseconds, UTC.
func (d Date) MarshalJSON() ([]byte, error) {
	return time.Time(d).UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z"`), nil
}

// UnmarshalJSON implements [json.Unmarshaler].
func (d *Date) UnmarshalJSON(raw []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			*d = Date(t)
			return nil
		}
	}
	return fmt.Errorf("%q is no date: give 2006-01-02 or 2006-01-02T15:04:05Z", s)
}

func (d *Date) time() time.Time { return time.Time(*d) }
