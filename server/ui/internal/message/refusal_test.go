package message

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// formatAt is where the functions take the format of a refusal.
var formatAt = map[string]int{"refused": 0, "conflict": 0, "notFound": 0, "forbidden": 0, "say": 0, "fail": 2}

// refusals are the formats of what the catalog refuses of prompts, read from its sources, with where each stands.
func refusals(t *testing.T) map[string]string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"catalog/prompt*.go", "catalog/experiment*.go", "catalog/label*.go", "catalog/fields.go", "ingest/idchars.go"} {
		found, err := filepath.Glob("../../../" + pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no sources at %s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	found, set := map[string]string{}, token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.CompositeLit); ok && slices.Contains([]string{"RequestError", "NotFoundError", "ConflictError", "ForbiddenError", "Reason"}, called(lit.Type)) {
				t.Errorf("%s: a refusal is made by hand: use refused, notFound, conflict, forbidden or say, whose texts are translated", set.Position(n.Pos()))
			}
			call, ok := n.(*ast.CallExpr)
			if !ok || call.Ellipsis.IsValid() { // the body of one of them
				return true
			}
			at, ok := formatAt[called(call.Fun)]
			if _, method := call.Fun.(*ast.SelectorExpr); !ok || method != (at > 0) {
				return true
			}
			where := set.Position(call.Pos()).String()
			lit, ok := call.Args[at].(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				t.Errorf("%s: the format is no literal, so that nobody can look for its translation", where)
				return true
			}
			format, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(verbs.FindAllString(format, -1)); n != len(call.Args)-at-1 {
				t.Errorf("%s: %q takes %d values and gets %d", where, format, n, len(call.Args)-at-1)
			}
			found[format] = where
			return true
		})
	}
	return found
}

// called is the last name of a function or a type.
func called(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

var verbs = regexp.MustCompile(`%(?:\[\d+\])?(?:\.\d+)?[a-z]`)

// TestEveryRefusalHasAKoreanText: what a page of prompts can be refused with is said in the reader's language.
func TestEveryRefusalHasAKoreanText(t *testing.T) {
	found := refusals(t)
	if len(found) < 50 {
		t.Errorf("only %d refusals: the sources are read wrongly", len(found))
	}
	for format, where := range found {
		if koreanRefusals[format] == "" {
			t.Errorf("%s: %q has no Korean text in refusal_ko.go", where, format)
		}
	}
	for format := range koreanRefusals {
		if found[format] == "" {
			t.Errorf("%q has a Korean text, but nothing is refused with it", format)
		}
	}
}

// TestKoreanRefusalsKeepWhatIsPutIn: each name and number is there once, as it is, and with no ending that fits only some of them.
func TestKoreanRefusalsKeepWhatIsPutIn(t *testing.T) {
	// The particles that differ by whether the word before them ends in a consonant.
	particle := regexp.MustCompile(`(%(\[\d+\])?[a-z]|%\.60q|'|")(을|를|은|는|이|가|과|와|으로|로|이나|나|이고|고|이라|라)([ ,.]|$)`)
	for _, format := range slices.Sorted(maps.Keys(koreanRefusals)) {
		text := koreanRefusals[format]
		if m := particle.FindString(text); m != "" {
			t.Errorf("%q: %s doesn't fit every word", text, m)
		}
		var args []any
		var want []string
		for i, verb := range verbs.FindAllString(format, -1) {
			name := fmt.Sprint("name", i)
			if verb == "%d" {
				args, want = append(args, 5+i), append(want, strconv.Itoa(5+i))
				continue
			}
			args, want = append(args, name), append(want, name)
		}
		got, ok := For(Korean).Refusal(format, args...)
		if !ok || strings.Contains(got, "%!") {
			t.Errorf("%q: %q, %t", format, got, ok)
		}
		for _, w := range want {
			if strings.Count(got, w) != 1 {
				t.Errorf("%q has %q %d times", got, w, strings.Count(got, w))
			}
		}
		if text == format {
			t.Errorf("%q is not translated", format)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		format string
		args   []any
		want   string
	}{
		{"Version %d of prompt '%s' is in experiment '%s': change or delete that first", []any{1200, "a/b", "tone"}, "'a/b' 프롬프트의 버전 1200에서 'tone' 실험이 진행 중입니다. 실험부터 바꾸거나 끝내세요."},
		{"must have at most %d bytes, has %d", []any{65536, 1234567}, "65,536바이트까지 쓸 수 있는데 1,234,567바이트입니다. 줄이세요."},
		{"must be one of %s, received %.60q", []any{"text, chat", "x"}, `다음 가운데 하나여야 합니다: text, chat. 받은 값: "x".`},
		{"required", nil, "값이 필요합니다."},
	} {
		if got, ok := For(Korean).Refusal(c.format, c.args...); !ok || got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		if got, ok := For(English).Refusal(c.format, c.args...); ok || got != "" {
			t.Errorf("English: %q", got)
		}
	}
	if got, ok := For(Korean).Refusal("no such refusal"); ok || got != "" {
		t.Errorf("%q of nothing", got)
	}
}
