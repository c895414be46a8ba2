package message

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var verb = regexp.MustCompile(`%(\[\d+\])?[a-z]|\{n\}`)

func TestCataloguesHaveTheSameKeys(t *testing.T) {
	for _, key := range For(English).Keys() {
		ko, ok := korean[key]
		if !ok || ko == "" || english[key] == "" {
			t.Errorf("%s has no Korean or no English text", key)
		}
		if a, b := len(verb.FindAllString(english[key], -1)), len(verb.FindAllString(ko, -1)); a != b {
			t.Errorf("%s takes %d values in English and %d in Korean", key, a, b)
		}
	}
	for key := range korean {
		if _, ok := english[key]; !ok {
			t.Errorf("%s has no English text", key)
		}
	}
}

// TestKeysAreUsedAndKnown reads the sources for the keys they ask for.
func TestKeysAreUsedAndKnown(t *testing.T) {
	used := map[string]bool{}
	var prefixes []string
	call := regexp.MustCompile(`(?:\b(?:T|N|Has|add|badInput)\(|\bkey :=)\s*"([a-z0-9_.]+)"(\s*\+)?`)
	script := regexp.MustCompile(`msg\(\s*(?:[^"()]*\?\s*)?"([a-z0-9_.]+)"(?:\s*:\s*(?:[^"()]*\?\s*)?"([a-z0-9_.]+)")?(?:\s*:\s*"([a-z0-9_.]+)")?(\s*\+)?`)
	read := func(pattern, prefix string, re *regexp.Regexp) {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no sources at %s: %v", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_templ.go") || strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range re.FindAllStringSubmatch(string(source), -1) {
				if m[len(m)-1] != "" {
					prefixes = append(prefixes, m[1])
					continue
				}
				for _, key := range m[1 : len(m)-1] {
					if key != "" {
						used[prefix+key] = true
					}
				}
			}
		}
	}
	read("../../*.go", "", call)
	read("../view/*.go", "", call)
	read("../view/*.templ", "", call)
	read("../../web/ts/*.ts", "js.", script)
	for key := range used {
		if _, ok := english[key]; !ok && !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix("js."+p, key) }) {
			t.Errorf("%s is asked for but not in the catalogue", key)
		}
	}
	for key := range english {
		plain := strings.TrimSuffix(key, ".one")
		byPrefix := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(plain, p) })
		if !used[plain] && !used[key] && !byPrefix {
			t.Errorf("%s is in the catalogue but nothing asks for it", key)
		}
	}
}

func TestAccept(t *testing.T) {
	for header, want := range map[string]Lang{
		"":                            English,
		"ko":                          Korean,
		"ko-KR,ko;q=0.9,en;q=0.8":     Korean,
		"en-US,en;q=0.9,ko;q=0.8":     English,
		"de, fr;q=0.9":                English,
		"en;q=0.2, ko;q=0.3":          Korean,
		"ko;q=abc, en":                English,
		"*":                           English,
		"ja;q=1, KO-kr;q=0.5, en;q=0": Korean,
	} {
		if got := Accept(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	en, ko := For(English), For(Korean)
	usd := func(f float64) *float64 { return &f }
	for _, c := range []struct{ got, want string }{
		{en.Number(0), "0"},
		{en.Number(1234567), "1,234,567"},
		{en.Number(-1234), "-1,234"},
		{en.Short(999), "999"},
		{en.Short(1200), "1.2k"},
		{en.Short(3_000_000), "3M"},
		{ko.Short(34_000), "3.4만"},
		{ko.Short(9_999), "9,999"},
		{en.Duration(-1), "–"},
		{en.Duration(0), "0ms"},
		{en.Duration(840 * time.Microsecond), "840µs"},
		{en.Duration(12_345 * time.Microsecond), "12.3ms"},
		{en.Duration(1350 * time.Millisecond), "1.35s"},
		{en.Duration(59_999 * time.Millisecond), "60s"},
		{en.Duration(125 * time.Second), "2m 05s"},
		{en.Duration(62 * time.Minute), "1h 02m"},
		{en.USD(nil), "–"},
		{en.USD(usd(0)), "$0"},
		{en.USD(usd(1234.5)), "$1,234.50"},
		{en.USD(usd(0.05)), "$0.05"},
		{en.USD(usd(0.0123)), "$0.0123"},
		{en.USD(usd(0.000056)), "$0.000056"},
		{en.USD(usd(-2)), "-$2.00"},
		{en.USD(usd(1e-12)), "<$0.000000001"},
		{en.Bytes(500), "500 B"},
		{en.Bytes(1536), "1.5 KB"},
		{en.Bytes(3 << 20), "3 MB"},
		{en.N("traces.errors", 1), "1 error"},
		{en.N("traces.errors", 1200), "1,200 errors"},
		{ko.N("traces.errors", 2), "오류 2개"},
		{en.T("no.such.key"), "no.such.key"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
