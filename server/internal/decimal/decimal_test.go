package decimal

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/exporter"
)

func TestNano(t *testing.T) {
	for text, want := range map[string]exporter.NanoUSD{
		"0": 0, "-0": 0, "0.000": 0, "1": 1e9, "0.0125": 12_500_000, "1.25e-2": 12_500_000, "5e-06": 5000, "1.5E+2": 150e9,
		"-3.5": -3_500_000_000, ".5": 500_000_000, "5.": 5e9, "0.1": 100_000_000,
		"0.0000000005": 0, "0.0000000015": 2, "0.00000000051": 1, "0.0000000025": 2, "1e-400": 0, "0e999999999999": 0,
		"9223372036.854775807": 9223372036854775807, "123456.789": 123_456_789_000_000,
		"0." + strings.Repeat("3", 400): 333_333_333,
	} {
		if got, err := Nano(text); err != nil || got != want {
			t.Errorf("%.40s: %d, %v, want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"": ErrSyntax, "-": ErrSyntax, ".": ErrSyntax, "1,5": ErrSyntax, "x": ErrSyntax, "1e": ErrSyntax, "1e+": ErrSyntax, "1.2.3": ErrSyntax, "--1": ErrSyntax, "NaN": ErrSyntax,
		"1e99999999999999999999": ErrRange, "9223372036.854775808": ErrRange, "1e10": ErrRange, "99999999999": ErrRange,
	} {
		if got, err := Nano(text); !errors.Is(err, want) {
			t.Errorf("%q: %d, %v, want %v", text, got, err, want)
		}
	}
}

// FuzzNano compares with rational arithmetic.
func FuzzNano(f *testing.F) {
	for _, s := range []string{"0.0125", "-5e-06", "1e9", "0.0000000015", "12345678.123456789123"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Nano(s)
		if err != nil || len(s) > 40 {
			return
		}
		if i := strings.IndexAny(s, "eE"); i >= 0 && len(s)-i > 5 {
			return // big.Rat would take for ever
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("%q is read as %d, but is no number", s, got)
		}
		off := want.Sub(want.Mul(want, big.NewRat(1e9, 1)), big.NewRat(int64(got), 1))
		if off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Errorf("%q: %d is off by %s", s, got, off)
		}
	})
}
