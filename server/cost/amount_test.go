package cost

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/langshark/langshark-go/exporter"
)

// plainAmount is the same by numbers of any size.
func plainAmount(units int64, price PicoUSD) exporter.NanoUSD {
	product := new(big.Int).Mul(big.NewInt(units), big.NewInt(int64(price)))
	negative := product.Sign() < 0
	product.Abs(product)
	q, r := new(big.Int).QuoRem(product, big.NewInt(1000), new(big.Int))
	if c := r.Cmp(big.NewInt(500)); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	if q.Cmp(big.NewInt(int64(MaxPart))) > 0 {
		q.SetInt64(int64(MaxPart))
	}
	if negative {
		q.Neg(q)
	}
	return exporter.NanoUSD(q.Int64())
}

func TestAmount(t *testing.T) {
	for _, c := range []struct {
		units int64
		price PicoUSD
		want  exporter.NanoUSD
	}{
		{1000, 5_000_000, 5_000_000}, // 1000 tokens at $5 a million: half a cent
		{1, 500, 0},                  // half a nano-dollar goes to the even neighbour,
		{3, 500, 2},                  // which is above for one and a half
		{5, 500, 2},                  // and below for two and a half
		{1, 501, 1},
		{-3, 500, -2},
		{0, 1 << 60, 0},
		{math.MaxInt64, math.MaxInt64, MaxPart},
		{math.MinInt64, math.MaxInt64, -MaxPart},
		{math.MinInt64, math.MinInt64, MaxPart},
	} {
		if got := Amount(c.units, c.price); got != c.want {
			t.Errorf("Amount(%d, %d) = %d, want %d", c.units, c.price, got, c.want)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		units, price := r.Int64()>>r.IntN(63), PicoUSD(r.Int64()>>r.IntN(63))
		if got, want := Amount(units, price), plainAmount(units, price); got != want {
			t.Fatalf("Amount(%d, %d) = %d, want %d", units, price, got, want)
		}
	}
}

func FuzzAmount(f *testing.F) {
	f.Add(int64(3), int64(500))
	f.Add(int64(math.MinInt64), int64(-1))
	f.Fuzz(func(t *testing.T, units, price int64) {
		if got, want := Amount(units, PicoUSD(price)), plainAmount(units, PicoUSD(price)); got != want {
			t.Errorf("Amount(%d, %d) = %d, want %d", units, price, got, want)
		}
	})
}

func TestParsePrice(t *testing.T) {
	for _, c := range []struct {
		text  string
		units int64
		want  PicoUSD
	}{
		{"2.5", 1_000_000, 2_500_000},
		{"0.003625", 1_000_000, 3625},
		{"2.5e-06", 1, 2_500_000},
		{"5E-7", 1, 500_000},
		{"0", 1, 0},
		{"0.000", 1_000_000, 0},
		{"1000000", 1, 1e18},
		{"35", 1000, 35_000_000_000},
		{"0.0000005", 1_000_000, 0}, // half of one: to even
		{"0.0000015", 1_000_000, 2},
		{"0.0000025", 1_000_000, 2},
		{"0.00000250000001", 1_000_000, 3},
		{"1e-300", 1, 0},
		{".5", 1, 500_000_000_000},
		{"7.000000000000001e-08", 1, 70_000},
	} {
		if got, err := ParsePrice(c.text, c.units); got != c.want || err != nil {
			t.Errorf("ParsePrice(%q, %d) = %d, %v, want %d", c.text, c.units, got, err, c.want)
		}
	}
	for _, text := range []string{"", ".", "-1", "+1", "1e", "1e999", "1000001", "NaN", "0x1", "1,5", "1e400", "99999999999999999999"} {
		if got, err := ParsePrice(text, 1); err == nil {
			t.Errorf("ParsePrice(%q) = %d, want an error", text, got)
		}
	}
}

// FuzzParsePrice reads anything; what it accepts comes back as written.
func FuzzParsePrice(f *testing.F) {
	for _, s := range []string{"2.5", "1e-06", "0.0000005", "-", "1e400", "999999.999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePrice(s, 1)
		if err != nil {
			return
		}
		if again, err := ParsePrice(p.String(), 1); again != p || err != nil {
			t.Errorf("%q is %d, written %s, read %d, %v", s, p, p, again, err)
		}
		if again, err := ParsePrice(p.PerMillion(), 1_000_000); again != p || err != nil {
			if p < 1e12 { // a million times more is beyond the bound
				t.Errorf("%q is %d, a million are %s, read %d, %v", s, p, p.PerMillion(), again, err)
			}
		}
	})
}

func TestPriceAsJSON(t *testing.T) {
	var p PicoUSD
	if err := json.Unmarshal([]byte("2.5e-6"), &p); err != nil || p != 2_500_000 {
		t.Errorf("read %d, %v", p, err)
	}
	if text, err := json.Marshal(p); err != nil || string(text) != "0.0000025" {
		t.Errorf("written %s, %v", text, err)
	}
	if err := json.Unmarshal([]byte(`"2"`), &p); err == nil {
		t.Error("a text is no price")
	}
	if PicoUSD(-1_500_000_000_000).String() != "-1.5" {
		t.Error(PicoUSD(-1_500_000_000_000))
	}
}
