package message

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Unknown stands for a number that nobody knows.
const Unknown = "–"

// Number writes n with its thousands parted, as in 12,345.
func (p Printer) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Short writes n in at most five characters: 950, 1.2k and 3.4M in English,
// 950, 1.2천 and 3.4만 in Korean, which counts in ten thousands.
func (p Printer) Short(n int64) string {
	type unit struct {
		size float64
		name string
	}
	units := []unit{{1e9, "B"}, {1e6, "M"}, {1e3, "k"}}
	if p.lang == Korean {
		units = []unit{{1e8, "억"}, {1e4, "만"}}
	}
	for _, u := range units {
		if math.Abs(float64(n)) >= u.size {
			f := float64(n) / u.size
			digits := 1
			if math.Abs(f) >= 100 {
				digits = 0
			}
			return strings.TrimSuffix(strconv.FormatFloat(f, 'f', digits, 64), ".0") + u.name
		}
	}
	return p.Number(n)
}

// Duration writes d to three digits, in the unit that suits it: 840µs, 12.3ms, 1.35s, 2m 05s, 1h 02m.
func (p Printer) Duration(d time.Duration) string {
	switch {
	case d < 0:
		return Unknown
	case d == 0:
		return "0ms"
	case d < time.Millisecond:
		return digits(float64(d)/1e3) + "µs"
	case d < time.Second:
		return digits(float64(d)/1e6) + "ms"
	case d < time.Minute:
		return digits(d.Seconds()) + "s"
	case d < time.Hour:
		s := int64(d.Round(time.Second) / time.Second)
		return strconv.FormatInt(s/60, 10) + "m " + two(s%60) + "s"
	}
	m := int64(d.Round(time.Minute) / time.Minute)
	return p.Number(m/60) + "h " + two(m%60) + "m"
}

func digits(f float64) string {
	prec := 2
	switch {
	case f >= 99.95:
		prec = 0
	case f >= 9.995:
		prec = 1
	}
	s := strconv.FormatFloat(f, 'f', prec, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func two(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// USD writes an amount of dollars; nil, an unknown amount, is a dash.
// Small amounts keep two significant digits: $12.34, $0.0123, $0.000056.
func (p Printer) USD(amount *float64) string {
	if amount == nil {
		return Unknown
	}
	a := *amount
	sign := ""
	if a < 0 {
		sign, a = "-", -a
	}
	switch {
	case a == 0:
		return "$0"
	case a >= 1:
		whole, cents, _ := strings.Cut(strconv.FormatFloat(a, 'f', 2, 64), ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		if err != nil {
			return sign + "$" + whole
		}
		return sign + "$" + p.Number(n) + "." + cents
	case a < 1e-9:
		return sign + "<$0.000000001"
	}
	places := max(2, int(math.Ceil(-math.Log10(a)))+1)
	s := strconv.FormatFloat(a, 'f', min(places+1, 9), 64)
	if places > 2 {
		s = strings.TrimRight(s, "0")
	}
	return sign + "$" + s
}

// Bytes writes a size as in 34 KB.
func (p Printer) Bytes(n int64) string {
	const kilo = 1024
	switch {
	case n < kilo:
		return p.Number(n) + " B"
	case n < kilo*kilo:
		return digits(float64(n)/kilo) + " KB"
	}
	return digits(float64(n)/kilo/kilo) + " MB"
}
