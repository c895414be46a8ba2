// Package decimal reads amounts of money without going through floating point.
package decimal

import (
	"errors"
	"math"
	"strings"

	"github.com/langshark/langshark-go/exporter"
)

// Errors of [Nano].
var (
	ErrSyntax = errors.New("not a decimal number")
	ErrRange  = errors.New("out of the range of an amount")
)

const nanoDigits = 9

// Nano is a decimal number of dollars, as in 0.0125 or 1.25e-2, in billionths,
// rounded half to even. Amounts beyond ±9.2 billion dollars are [ErrRange].
func Nano(s string) (exporter.NanoUSD, error) {
	number, negative := s, false
	if strings.HasPrefix(number, "-") || strings.HasPrefix(number, "+") {
		negative = number[0] == '-'
		number = number[1:]
	}
	mantissa, exponent, err := split(number)
	if err != nil {
		return 0, err
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if whole+fraction == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, ErrSyntax
	}
	if digits == "" {
		return 0, nil
	}
	// The value is digits × 10^shift billionths.
	shift := exponent - len(fraction) + nanoDigits
	if len(digits)+shift > 19 {
		return 0, ErrRange
	}
	up := false
	if shift < 0 {
		keep := len(digits) + shift
		if keep < 0 {
			return 0, nil
		}
		rest := digits[keep:]
		digits, shift = digits[:keep], 0
		switch half := "5" + strings.Repeat("0", len(rest)-1); {
		case rest > half:
			up = true
		case rest == half:
			up = digits != "" && (digits[len(digits)-1]-'0')%2 == 1
		}
	}
	var n uint64
	for i := range len(digits) {
		n = n*10 + uint64(digits[i]-'0')
	}
	for range shift {
		n *= 10
	}
	if up {
		n++
	}
	if n > math.MaxInt64 {
		return 0, ErrRange
	}
	if negative {
		return -exporter.NanoUSD(n), nil
	}
	return exporter.NanoUSD(n), nil
}

// split takes the exponent off, cut to where it makes no difference.
func split(s string) (mantissa string, exponent int, err error) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, nil
	}
	mantissa, s = s[:i], s[i+1:]
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return "", 0, ErrSyntax
	}
	const most = 1 << 30
	for _, c := range s {
		if exponent = exponent*10 + int(c-'0'); exponent > most {
			exponent = most
		}
	}
	if negative {
		exponent = -exponent
	}
	return mantissa, exponent, nil
}
