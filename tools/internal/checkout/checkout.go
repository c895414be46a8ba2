// Package checkout knows the modules of this repository and makes a module
// proxy of files from them.
package checkout

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// Version is that by which the modules require each other.
const Version = "v0.1.0"

// Prefix is where the paths of all modules begin.
const Prefix = "github.com/langshark/langshark-go"

// Module is one of the repository's modules.
type Module struct {
	Path string
	// Dir is relative to the root, with slashes.
	Dir string
	// Published is false for those that are never tagged.
	Published bool
}

// unpublished modules may be missing.
var unpublished = []string{"bench", "examples", "integrations/langchaingo/apitest", "integrations/llmhttp/sdktest", "integrations/openai/apitest", "tools"}

// Files returns the files of the checkout that git would keep, relative to root.
func Files(ctx context.Context, root string) ([]string, error) {
	cmd := exec.CommandContext(ctx, "git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	var files []string
	for name := range strings.SplitSeq(string(out), "\x00") {
		if name == "" {
			continue
		}
		if _, err := os.Lstat(filepath.Join(root, name)); err == nil {
			files = append(files, name)
		}
	}
	return files, nil
}

// Modules returns the modules among the files.
func Modules(root string, files []string) ([]Module, error) {
	var all []Module
	for _, f := range files {
		if filepath.Base(f) != "go.mod" || strings.Contains(f, "testdata/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, f))
		if err != nil {
			return nil, err
		}
		dir := filepath.ToSlash(filepath.Dir(f))
		all = append(all, Module{Path: modfile.ModulePath(text), Dir: dir, Published: !slices.Contains(unpublished, dir)})
	}
	return all, nil
}

// Proxy writes every published module into out as a proxy of files has it:
// <path>/@v/ with list, .info, .mod and .zip.
func Proxy(ctx context.Context, root, out string) ([]Module, error) {
	files, err := Files(ctx, root)
	if err != nil {
		return nil, err
	}
	modules, err := Modules(root, files)
	if err != nil {
		return nil, err
	}
	for _, m := range modules {
		if !m.Published {
			continue
		}
		if err := write(root, out, m, modules, files); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
	}
	return modules, nil
}

func write(root, out string, m Module, modules []Module, files []string) error {
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return err
	}
	dir := filepath.Join(out, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(root, m.Dir, "go.mod"))
	if err != nil {
		return err
	}
	info, err := json.Marshal(map[string]any{"Version": Version, "Time": time.Unix(0, 0).UTC()})
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	if err := zip.Create(&archive, module.Version{Path: m.Path, Version: Version}, contents(root, m, modules, files)); err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		"list": []byte(Version + "\n"), Version + ".info": info, Version + ".mod": mod, Version + ".zip": archive.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// contents are the files of a module that aren't another's.
func contents(root string, m Module, modules []Module, files []string) []zip.File {
	var list []zip.File
	for _, f := range files {
		if owner(f, modules) == m.Dir {
			list = append(list, file{root, m.Dir, f})
		}
	}
	return list
}

// owner is the directory of the innermost module that holds the file.
func owner(f string, modules []Module) string {
	best := "."
	for _, m := range modules {
		if strings.HasPrefix(f, m.Dir+"/") && len(m.Dir) > len(best) {
			best = m.Dir
		}
	}
	return best
}

// Unpack unpacks every published module of a proxy into a folder of its own in out, as importers get it.
func Unpack(modules []Module, proxy, out string) (folders map[string]string, err error) {
	folders = map[string]string{}
	for _, m := range modules {
		if !m.Published {
			continue
		}
		escaped, err := module.EscapePath(m.Path)
		if err != nil {
			return nil, err
		}
		folders[m.Path] = filepath.Join(out, filepath.FromSlash(escaped)+"@"+Version)
		archive := filepath.Join(proxy, filepath.FromSlash(escaped), "@v", Version+".zip")
		if err := zip.Unzip(folders[m.Path], module.Version{Path: m.Path, Version: Version}, archive); err != nil {
			return nil, err
		}
	}
	return folders, nil
}

type file struct{ root, dir, name string }

func (f file) Path() string {
	return strings.TrimPrefix(filepath.ToSlash(f.name), strings.TrimPrefix(f.dir+"/", "./"))
}
func (f file) Lstat() (os.FileInfo, error)  { return os.Lstat(filepath.Join(f.root, f.name)) }
func (f file) Open() (io.ReadCloser, error) { return os.Open(filepath.Join(f.root, f.name)) }

// Env returns the environment in which go takes this repository's modules from
// the proxy in dir and everything else as usual. cache is an empty module
// cache: a kept one would serve an older v0.1.0.
func Env(ctx context.Context, dir, cache string) ([]string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "-json", "GOPROXY", "GOMODCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var usual struct{ GOPROXY, GOMODCACHE string }
	if err := json.Unmarshal(out, &usual); err != nil {
		return nil, err
	}
	downloads := "file://" + filepath.ToSlash(filepath.Join(usual.GOMODCACHE, "cache", "download"))
	return append(os.Environ(),
		"GOWORK=off", "GOFLAGS=-mod=mod -modcacherw", "GOMODCACHE="+cache,
		"GOPROXY=file://"+filepath.ToSlash(dir)+","+downloads+","+usual.GOPROXY,
		"GONOSUMDB="+Prefix+","+Prefix+"/*", "GOPRIVATE=", "GONOPROXY=none",
	), nil
}

// WithoutSiblings removes the repository's own modules from a go.sum: their
// hashes change with every commit.
func WithoutSiblings(sum []byte) []byte {
	var kept []byte
	for line := range bytes.Lines(sum) {
		if path, _, _ := bytes.Cut(line, []byte(" ")); string(path) == Prefix || bytes.HasPrefix(path, []byte(Prefix+"/")) {
			continue
		}
		kept = append(kept, line...)
	}
	return kept
}
