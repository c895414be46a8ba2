package cost

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/exporter"
)

// PicoUSD is an amount of money in 10⁻¹² US dollars, mostly what one unit
// costs: a dollar for a million tokens is 1,000,000 of them.
type PicoUSD int64

// MaxPart is what all of a call may come near to, a million dollars, and what [Amount] is cut to.
const MaxPart = exporter.NanoUSD(1e15)

// maxPrice is the highest unit price, a million dollars.
const maxPrice = PicoUSD(1e18)

// Amount is what units cost, rounded half to even to nano-dollars and cut to
// plus and minus [MaxPart].
func Amount(units int64, price PicoUSD) exporter.NanoUSD {
	negative := (units < 0) != (price < 0)
	high, low := bits.Mul64(magnitude(units), magnitude(int64(price)))
	const perNano = 1000
	nano := uint64(math.MaxUint64)
	if high < perNano {
		var rest uint64
		nano, rest = bits.Div64(high, low, perNano)
		if rest > perNano/2 || rest == perNano/2 && nano&1 == 1 {
			nano++
		}
	}
	n := exporter.NanoUSD(min(nano, uint64(MaxPart))) //nolint:gosec // cut
	if negative {
		return -n
	}
	return n
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

var errPrice = errors.New("is no price: give dollars as a decimal number from 0 to 1000000")

// ParsePrice reads dollars for so many units, such as "0.15" for 1,000,000, without
// going through a float. Digits below a pico-dollar are rounded half to even.
func ParsePrice(dollars string, units int64) (PicoUSD, error) {
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(dollars), "e")
	shift := 0
	if scientific {
		n, err := strconv.Atoi(exponent)
		if err != nil || n < -400 || n > 400 {
			return 0, fmt.Errorf("%q %w", dollars, errPrice)
		}
		shift = n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if whole+fraction == "" || len(whole+fraction) > 400 || strings.Trim(whole+fraction, "0123456789") != "" || units < 1 {
		return 0, fmt.Errorf("%q %w", dollars, errPrice)
	}
	if digits == "" {
		return 0, nil
	}
	shift += 12 - len(fraction) // of digits, to pico-dollars for all units
	for n := units; n > 1; n /= 10 {
		if n%10 != 0 {
			return 0, fmt.Errorf("%d units: give a power of ten", units)
		}
		shift--
	}
	if len(digits)+shift > 19 {
		return 0, fmt.Errorf("%q %w", dollars, errPrice)
	}
	rest := ""
	if shift < 0 {
		cut := max(0, len(digits)+shift)
		rest = strings.Repeat("0", max(0, -shift-len(digits))) + digits[cut:]
		digits = digits[:cut]
	} else {
		digits += strings.Repeat("0", shift)
	}
	n, err := strconv.ParseUint("0"+digits, 10, 64)
	if err != nil || n > uint64(maxPrice) {
		return 0, fmt.Errorf("%q %w", dollars, errPrice)
	}
	if half := "5" + strings.Repeat("0", max(0, len(rest)-1)); rest > half || rest == half && n&1 == 1 {
		n++
	}
	return PicoUSD(n), nil //nolint:gosec // at most maxPrice
}

// String is the price in dollars, as in "0.0000025".
func (p PicoUSD) String() string { return p.decimal(12) }

// PerMillion is the price of a million units in dollars, as in "2.5".
func (p PicoUSD) PerMillion() string { return p.decimal(6) }

func (p PicoUSD) decimal(places int) string {
	sign := ""
	if p < 0 {
		sign = "-"
	}
	digits := strconv.FormatUint(magnitude(int64(p)), 10)
	if len(digits) <= places {
		digits = strings.Repeat("0", places+1-len(digits)) + digits
	}
	whole, fraction := digits[:len(digits)-places], strings.TrimRight(digits[len(digits)-places:], "0")
	if fraction == "" {
		return sign + whole
	}
	return sign + whole + "." + fraction
}

// MarshalJSON implements [encoding/json.Marshaler]: dollars, as a number.
func (p PicoUSD) MarshalJSON() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalJSON implements [encoding/json.Unmarshaler]. Null changes nothing.
func (p *PicoUSD) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	n, err := ParsePrice(string(raw), 1)
	if err != nil {
		return err
	}
	*p = n
	return nil
}
