//go:build !noui

package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/ui/internal/message"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

func newHandlerPage() view.Page { return view.Page{Printer: message.For(message.English)} }

func TestAssetNamesCarryTheirHash(t *testing.T) {
	a := loadAssets()
	for plain, name := range a.names {
		sum := sha256.Sum256(a.files[name])
		if !strings.Contains(name, "."+hex.EncodeToString(sum[:])[:12]+".") {
			t.Errorf("%s is not named by its content: %s", plain, name)
		}
	}
	entries, err := dist.ReadDir("dist")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(a.names)+1 {
		t.Errorf("dist has %d files, the manifest names %d", len(entries), len(a.names))
	}
}

// TestScriptBudget holds what HOUSE.md promises: 160 KB minified, 60 KB gzipped.
func TestScriptBudget(t *testing.T) {
	a := loadAssets()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	plain := 0
	for _, name := range []string{"app.js", "htmx.js"} {
		plain += len(a.files[a.name(name)])
		if _, err := z.Write(a.files[a.name(name)]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("scripts: %d bytes, %d gzipped", plain, packed.Len())
	if plain > 160<<10 || packed.Len() > 60<<10 {
		t.Errorf("scripts are %d bytes, %d gzipped", plain, packed.Len())
	}
}

// TestAssetsReproduce builds the assets again and compares every byte.
func TestAssetsReproduce(t *testing.T) {
	tool, err := filepath.Abs("../../.bin/assets")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tool); err != nil {
		testkit.Skip(t, "no asset generator: run make tools")
	}
	if out, err := exec.CommandContext(t.Context(), tool, "-check", ".").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestStartSnippetCompiles(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		testkit.Skip(t, "no go command: "+err.Error())
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "main.go")
	if err := os.WriteFile(file, []byte(startCode), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), goTool, "build", "-o", filepath.Join(dir, "out"), file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

var token = regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);`)

// TestContrast checks WCAG AA for text (4.5:1) and for bars and marks (3:1) on
// the grounds they stand on, in both themes.
func TestContrast(t *testing.T) {
	css, err := os.ReadFile("web/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	colours := map[string][2]string{"on-accent": {"#ffffff", "#ffffff"}}
	for _, m := range token.FindAllStringSubmatch(string(css), -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	pairs := map[string][]string{
		"text":           {"bg", "surface", "sunken", "hover", "selected", "fresh", "mark"},
		"muted":          {"bg", "surface", "sunken", "hover", "selected"},
		"accent":         {"bg", "surface", "accent-soft", "selected"},
		"error":          {"bg", "surface", "error-soft", "selected"},
		"warning":        {"bg", "surface", "warning-soft", "selected"},
		"ok":             {"surface", "ok-soft"},
		"var":            {"surface", "var-soft"},
		"json-key":       {"surface", "sunken"},
		"json-string":    {"surface", "sunken"},
		"json-number":    {"surface", "sunken"},
		"json-literal":   {"surface", "sunken"},
		"kind-tool":      {"surface", "sunken"},
		"kind-retriever": {"surface"},
	}
	for fore, grounds := range pairs {
		for _, ground := range grounds {
			checkContrast(t, colours, fore, ground, 4.5)
		}
	}
	for name := range colours {
		if strings.HasPrefix(name, "kind-") {
			checkContrast(t, colours, name, "surface", 4.5)
		}
	}
	if ratio := contrast("#ffffff", colours["accent-solid"][0]); ratio < 4.5 {
		t.Errorf("button text has %.2f:1", ratio)
	}
}

func checkContrast(t *testing.T, colours map[string][2]string, fore, ground string, least float64) {
	t.Helper()
	if colours[fore][0] == "" || colours[ground][0] == "" {
		t.Errorf("no colour %s or %s", fore, ground)
		return
	}
	for theme, name := range []string{"light", "dark"} {
		if ratio := contrast(colours[fore][theme], colours[ground][theme]); ratio < least {
			t.Errorf("%s: %s on %s has %.2f:1, want %.1f", name, fore, ground, ratio, least)
		}
	}
}

func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(hexColour string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hexColour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return math.NaN()
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
