package main

import (
	"errors"
	"fmt"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// packageOf is the package that a file belongs to: of the file whose go:generate line is run, if that is in the same
// folder, else of the folder's other files, else the folder's name.
func packageOf(out string) (string, error) {
	generating := os.Getenv("GOPACKAGE") // set by go generate, which runs in the folder of the file
	if !strings.HasSuffix(out, "_test.go") {
		generating = strings.TrimSuffix(generating, "_test")
	}
	if out == "-" {
		if generating == "" {
			return "", errors.New("name the package with --package")
		}
		return generating, nil
	}
	dir, err := filepath.Abs(filepath.Dir(out))
	if err != nil {
		return "", err
	}
	if here, err := os.Getwd(); generating != "" && err == nil && here == dir {
		return generating, nil
	}
	name, err := packageIn(dir, filepath.Base(out))
	if err != nil || name != "" {
		return name, err
	}
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '.' {
			return -1
		}
		return r
	}, filepath.Base(dir)), nil
}

// packageIn is the package of the Go files of a folder but one; empty if there are none.
func packageIn(dir, but string) (name string, err error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	first := ""
	for _, file := range files {
		base := file.Name()
		if built, err := build.Default.MatchFile(dir, base); err != nil || !built || base == but || filepath.Ext(base) != ".go" {
			continue // as for another system, or for go run
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, base), nil, parser.PackageClauseOnly)
		if err != nil {
			continue // the compiler says it better
		}
		pkg := parsed.Name.Name
		if strings.HasSuffix(base, "_test.go") {
			pkg = strings.TrimSuffix(pkg, "_test")
		}
		if name != "" && pkg != name {
			return "", fmt.Errorf("%s is of package %s and %s of package %s: name one with --package", first, name, base, pkg)
		}
		first, name = base, pkg
	}
	return name, nil
}
