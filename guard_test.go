package langshark_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// goCommand runs the go command and returns what it prints.
func goCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	return stdout.String() + stderr.String(), err
}

// TestDependencies fails when a package of the core module depends on anything
// but the standard library, google/uuid and cenkalti/backoff.
func TestDependencies(t *testing.T) {
	out, err := goCommand(t, "list", "-deps", "-test", "-f", "{{if not .Standard}}{{if .Module}}{{.Module.Path}}{{end}}{{end}}", "./...")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	allowed := []string{"", "github.com/langshark/langshark-go", "github.com/google/uuid", "github.com/cenkalti/backoff/v4"}
	for module := range strings.SplitSeq(strings.TrimSpace(out), "\n") {
		if !slices.Contains(allowed, module) && !strings.HasPrefix(module, "github.com/langshark/langshark-go/") {
			t.Errorf("the core depends on %s", module)
		}
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(mod), "\tgithub.com/"); n != 2 || strings.Contains(string(mod), "replace") || strings.Contains(string(mod), "toolchain") {
		t.Errorf("go.mod has more than uuid and backoff:\n%s", mod)
	}
}

// TestFloors fails when a package of the core imports one of a floor above it.
func TestFloors(t *testing.T) {
	floors := []struct {
		prefix string
		floor  int
	}{
		{"examples", 5},
		{"langsharktest/fakellm", 2},
		{"langsharktest", 4},
		{"eval", 4},
		{"integrations", 4},
		{"exporter", 2},
		{"mask", 2},
		{"semconv", 1},
		{"internal/llmwire", 1},
		{"internal/langfuse", 2},
		{"internal", 0},
		{"", 3},
	}
	floor := func(path string) int {
		rel := strings.TrimPrefix(strings.TrimPrefix(path, "github.com/langshark/langshark-go"), "/")
		for _, f := range floors {
			if rel == f.prefix || f.prefix != "" && strings.HasPrefix(rel, f.prefix+"/") {
				return f.floor
			}
		}
		t.Fatalf("package %s stands on no floor", path)
		return 0
	}
	out, err := goCommand(t, "list", "-json=ImportPath,Imports", "./...")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for dec := json.NewDecoder(strings.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "github.com/langshark/langshark-go") && floor(i) > floor(p.ImportPath) {
				t.Errorf("%s (floor %d) imports %s (floor %d)", p.ImportPath, floor(p.ImportPath), i, floor(i))
			}
		}
	}
}

// TestNoSiblingHashes fails when a go.sum holds a hash of one of our own modules, which changes with every commit.
func TestNoSiblingHashes(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text := func() string {
			b, readErr := os.ReadFile(path)
			if readErr != nil {
				t.Error(readErr)
			}
			return string(b)
		}
		switch d.Name() {
		case "go.sum", "go.work.sum":
			if strings.Contains(text(), "github.com/langshark/langshark-go") {
				t.Errorf("%s has hashes of this repository's modules: run make tidy", path)
			}
		case "go.mod":
			if s := text(); strings.Contains(s, "\nreplace") || strings.Contains(s, "\ntoolchain") || !regexp.MustCompile(`(?m)^go 1\.2[56]\.0$`).MatchString(s) {
				t.Errorf("%s: no replace and no toolchain line, and go 1.25.0 or 1.26.0", path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOptionsFitTheirTargets compiles pairs of functions and options that must not fit.
func TestOptionsFitTheirTargets(t *testing.T) {
	wrong := []string{
		`langshark.StartTrace(ctx, "", langshark.WithModel(""))`,
		`langshark.StartTrace(ctx, "", langshark.WithObservationID(""))`,
		`langshark.StartTrace(ctx, "", langshark.WithComment(""))`,
		`langshark.StartSpan(ctx, "", langshark.WithModel(""))`,
		`langshark.StartSpan(ctx, "", langshark.WithUsage(langshark.Usage{}))`,
		`langshark.StartSpan(ctx, "", langshark.WithUser(""))`,
		`langshark.StartSpan(ctx, "", langshark.WithTags(""))`,
		`langshark.StartSpan(ctx, "", langshark.WithKind(langshark.KindTool))`,
		`langshark.StartGeneration(ctx, "", langshark.WithPublic(true))`,
		`langshark.StartGeneration(ctx, "", langshark.WithSession(""))`,
		`langshark.UpdateTrace(ctx, langshark.WithLevel(langshark.LevelError))`,
		`langshark.WithTraceAttributes(ctx, langshark.WithPromptVersion("", 1))`,
		`langshark.UpdateObservation(ctx, langshark.WithUser(""))`,
		`langshark.RecordScore(ctx, "", langshark.Numeric(1), langshark.WithInput(""))`,
		`langshark.RecordScore(ctx, "", langshark.Numeric(1), langshark.WithVersion(""))`,
		`langshark.ObserveErr0("", nil, langshark.WithModel(""))`,
		`langshark.ObserveErr0("", nil, langshark.WithUser(""))`,
		`langshark.ObserveHandler("", nil, langshark.WithoutInput())`,
	}
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\t\"context\"\n\n\t\"github.com/langshark/langshark-go\"\n)\n\nfunc main() {\n\tctx := context.Background()\n")
	first := strings.Count(b.String(), "\n") + 1
	for _, w := range wrong {
		b.WriteString("\t" + w + "\n")
	}
	b.WriteString("}\n")
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := goCommand(t, "build", "-gcflags=-e", "-o", os.DevNull, file)
	if err == nil {
		t.Fatal("all of the wrong pairs compile")
	}
	for i, w := range wrong {
		if !strings.Contains(out, fmt.Sprintf("main.go:%d:", first+i)) {
			t.Errorf("this compiles: %s\n%s", w, out)
		}
	}
}

// TestAPI compares the exported declarations of the core's packages with
// testdata/api.txt, so that a change of the API is seen in review.
func TestAPI(t *testing.T) {
	var b strings.Builder
	for _, dir := range []string{".", "exporter", "exporter/auto", "exporter/console", "exporter/exportertest", "exporter/ingestion", "exporter/jsonl", "exporter/memory", "exporter/multi", "exporter/otlp", "exporter/spool", "integrations/llmhttp", "langsharktest", "langsharktest/fakellm", "mask", "semconv"} {
		b.WriteString("# " + dir + "\n")
		for _, line := range exported(t, dir) {
			b.WriteString(line + "\n")
		}
		b.WriteString("\n")
	}
	const golden = "testdata/api.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	have := strings.Split(b.String(), "\n")
	before := strings.Split(string(want), "\n")
	for _, line := range have {
		if !slices.Contains(before, line) {
			t.Errorf("new: %s", line)
		}
	}
	for _, line := range before {
		if !slices.Contains(have, line) {
			t.Errorf("gone: %s", line)
		}
	}
	if t.Failed() {
		t.Log("if that is meant, run go test . -run TestAPI -update and say so in CHANGELOG.md")
	}
}

func exported(t *testing.T, dir string) []string {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			lines = append(lines, declaration(t, fset, d)...)
		}
	}
	slices.Sort(lines)
	return lines
}

func declaration(t *testing.T, fset *token.FileSet, d ast.Decl) []string {
	t.Helper()
	show := func(prefix string, n any) string {
		var b bytes.Buffer
		if err := format.Node(&b, fset, n); err != nil {
			t.Fatal(err)
		}
		return prefix + strings.Join(strings.Fields(b.String()), " ")
	}
	var lines []string
	switch d := d.(type) {
	case *ast.FuncDecl:
		if !d.Name.IsExported() {
			return nil
		}
		if d.Recv != nil && !ast.IsExported(strings.TrimLeft(strings.Split(show("", d.Recv.List[0].Type), "[")[0], "*")) {
			return nil
		}
		d.Body, d.Doc = nil, nil
		lines = append(lines, show("", d))
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if !s.Name.IsExported() {
					continue
				}
				s.Doc, s.Comment = nil, nil
				if st, ok := s.Type.(*ast.StructType); ok {
					lines = append(lines, "type "+s.Name.Name+" struct")
					for _, field := range st.Fields.List {
						for _, n := range field.Names {
							if n.IsExported() {
								lines = append(lines, show("type "+s.Name.Name+" struct, "+n.Name+" ", field.Type))
							}
						}
						if len(field.Names) == 0 {
							lines = append(lines, show("type "+s.Name.Name+" struct, embedded ", field.Type))
						}
					}
					continue
				}
				if it, ok := s.Type.(*ast.InterfaceType); ok {
					for _, m := range it.Methods.List {
						m.Doc, m.Comment = nil, nil
					}
				}
				lines = append(lines, show("type ", s))
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() {
						lines = append(lines, d.Tok.String()+" "+n.Name)
					}
				}
			}
		}
	}
	return lines
}
