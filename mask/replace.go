package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// hashBytes is how much of the HMAC is written, as twice as many hexadecimal digits.
const hashBytes = 8

// replacement returns what is written for a value.
func (m *Masker) replacement(mode Mode, t Type, value string) string {
	label := m.labels[t]
	switch mode {
	case ModePartial:
		return partial(t, label, value)
	case ModeHash:
		h := hmac.New(sha256.New, m.hashKey)
		h.Write([]byte(string(t) + "\x00" + canonical(t, value)))
		return label[:len(label)-1] + ":" + hex.EncodeToString(h.Sum(nil)[:hashBytes]) + ">"
	default:
		return label
	}
}

// canonical returns the value in one of the ways in which it may be written.
func canonical(t Type, value string) string {
	switch t {
	case TypeEmail:
		return strings.ToLower(value)
	case TypePhone:
		d := digitsOf(value)
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(d, "00"), "82"); ok && len(d) >= 10 {
			return "0" + strings.TrimPrefix(rest, "0")
		}
		return d
	case TypeResidentNumber, TypeForeignerNumber, TypeBusinessNumber, TypeDriverLicense, TypeCard:
		return digitsOf(value)
	case TypeBankAccount, TypePassport:
		return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(value))
	case TypeIP:
		if a, err := netip.ParseAddr(value); err == nil {
			return a.String()
		}
	default: // as it is
	}
	return value
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// partial returns the value with most of it starred.
func partial(t Type, label, value string) string {
	switch t {
	case TypeEmail:
		at := strings.LastIndexByte(value, '@')
		_, n := utf8.DecodeRuneInString(value)
		return value[:n] + "***" + value[at:]
	case TypePhone:
		return star(value, phoneHead(value), 4)
	case TypeResidentNumber, TypeForeignerNumber:
		return star(value, 6, 0)
	case TypeBusinessNumber:
		return star(value, 3, 0)
	case TypeDriverLicense:
		return star(value, 2, 0)
	case TypeCard, TypeBankAccount:
		return star(value, 0, 4)
	case TypePassport:
		return star(value, 1, 3)
	case TypeIP:
		first, rest, v4 := strings.Cut(value, ".")
		if second, _, _ := strings.Cut(rest, "."); v4 && !strings.Contains(value, ":") {
			return star(value, len(first)+len(second), 0)
		}
		first, _, _ = strings.Cut(value, ":")
		return first + ":***"
	case TypeAPIKey:
		if len(value) >= 24 {
			return value[:6] + "***" + value[len(value)-4:]
		}
		return "***"
	case TypeSecret, TypeRedacted:
		return "***"
	case TypePrivateKey, TypeJWT:
		return label
	}
	_, n := utf8.DecodeRuneInString(value)
	if len(value) < 4 {
		return "***"
	}
	return value[:n] + "***"
}

// phoneHead is how many leading digits of a phone number are kept: the area or
// the country and the area.
func phoneHead(value string) int {
	d := digitsOf(value)
	switch {
	case strings.HasPrefix(value, "+"):
		return 2
	case strings.HasPrefix(d, "02"):
		return 2
	}
	return min(3, max(0, len(d)-8+1))
}

// star writes a star for every letter and digit but the first head and the last tail.
func star(value string, head, tail int) string {
	total := 0
	for i := range len(value) {
		if isAlnum(value[i]) {
			total++
		}
	}
	b := []byte(value)
	n := 0
	for i, c := range b {
		if !isAlnum(c) {
			continue
		}
		if n >= head && n < total-tail {
			b[i] = '*'
		}
		n++
	}
	return string(b)
}
