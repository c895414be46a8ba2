// Command assets builds the dashboard's style sheet and scripts with esbuild
// into files whose names carry a hash of what is in them. The same sources
// give the same bytes on every machine.
//
//	assets [-check] DIR
//
// DIR is the folder of package ui: sources are in DIR/web, output goes to
// DIR/dist. With -check nothing is written and a difference is an error.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// maxScriptBytes is the budget for all scripts together, minified.
const maxScriptBytes = 160 << 10

func main() {
	check := flag.Bool("check", false, "compare with what is committed instead of writing")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: assets [-check] DIR")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *check); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

func run(dir string, check bool) error {
	files, err := build(filepath.Join(dir, "web"))
	if err != nil {
		return err
	}
	dist := filepath.Join(dir, "dist")
	if check {
		return compare(dist, files)
	}
	return write(dist, files)
}

// build returns the contents of dist by file name, manifest.json among them.
func build(web string) (map[string][]byte, error) {
	web, err := filepath.Abs(web)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	manifest := map[string]string{}
	scripts := 0
	add := func(name string, data []byte) {
		sum := sha256.Sum256(data)
		ext := filepath.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:])[:12] + ext
		files[hashed] = data
		manifest[name] = hashed
		if ext == ".js" {
			scripts += len(data)
		}
	}
	for name, entry := range map[string]string{"app.js": "ts/app.ts", "app.css": "css/app.css"} {
		data, err := bundle(web, entry)
		if err != nil {
			return nil, err
		}
		add(name, data)
	}
	htmx, err := os.ReadFile(filepath.Join(web, "vendor", "htmx.min.js"))
	if err != nil {
		return nil, err
	}
	add("htmx.js", htmx)
	icon, err := os.ReadFile(filepath.Join(web, "icon.svg"))
	if err != nil {
		return nil, err
	}
	add("icon.svg", icon)
	if scripts > maxScriptBytes {
		return nil, fmt.Errorf("the scripts are %d bytes, the budget is %d", scripts, maxScriptBytes)
	}
	list, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return nil, err
	}
	files["manifest.json"] = append(list, '\n')
	return files, nil
}

func bundle(web, entry string) ([]byte, error) {
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:     web,
		EntryPoints:       []string{entry},
		Bundle:            true,
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
		Format:            api.FormatIIFE,
		Engines: []api.Engine{
			{Name: api.EngineChrome, Version: "123"},
			{Name: api.EngineFirefox, Version: "120"},
			{Name: api.EngineSafari, Version: "17.5"},
		},
		TsconfigRaw: `{"compilerOptions":{"target":"ES2022","useDefineForClassFields":true}}`,
		Write:       false,
		Outdir:      web,
	})
	if len(result.Errors) > 0 {
		text := api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return nil, errors.New(strings.Join(text, "\n"))
	}
	if len(result.OutputFiles) != 1 {
		return nil, fmt.Errorf("%s gave %d files", entry, len(result.OutputFiles))
	}
	return result.OutputFiles[0].Contents, nil
}

func write(dist string, files map[string][]byte) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	old, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, e := range old {
		if _, ok := files[e.Name()]; !ok {
			if err := os.Remove(filepath.Join(dist, e.Name())); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(dist, name), files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

func compare(dist string, files map[string][]byte) error {
	entries, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, ok := files[e.Name()]; !ok {
			return fmt.Errorf("%s is left over; run go generate in server/ui", e.Name())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		have, err := os.ReadFile(filepath.Join(dist, name))
		if err != nil || string(have) != string(files[name]) {
			return fmt.Errorf("%s is not what the sources give; run go generate in server/ui", name)
		}
	}
	return nil
}
