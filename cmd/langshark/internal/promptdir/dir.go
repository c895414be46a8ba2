package promptdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const (
	extension    = ".md"
	maxFileBytes = 8 << 20
)

// Read reads all prompts of a folder and those below it, by name. All errors are joined, each
// with its file. Files that aren't .md, .yaml or .yml, and folders and files that begin with a period, are left
// alone, and so are Markdown files without front matter, as a README.
func Read(root string) ([]*File, error) {
	var files []*File
	var errs []error
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && p != root {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if d.IsDir() || !strings.HasSuffix(p, extension) && !isYAML(p) {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		f, err := read(p, filepath.ToSlash(rel))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", filepath.ToSlash(rel), err))
		} else if f != nil {
			files = append(files, f)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b *File) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(files); i++ {
		if files[i].Name == files[i-1].Name {
			errs = append(errs, fmt.Errorf("%s and %s are both named %s", files[i-1].Path, files[i].Path, files[i].Name))
		}
	}
	return files, errors.Join(errs...)
}

func read(file, rel string) (*File, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFileBytes {
		return nil, fmt.Errorf("it has more than %d bytes", maxFileBytes)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if !isYAML(rel) && !strings.HasPrefix(strings.TrimPrefix(string(b), "\ufeff"), fence) {
		return nil, nil //nolint:nilnil // a file that is no prompt
	}
	return Decode(rel, b)
}

// Write writes the file of a prompt, at its path or, without one, at that of its name.
func Write(root string, f *File) error {
	if f.Path == "" {
		f.Path = PathOf(f.Name)
	}
	b, err := f.Encode()
	if err != nil {
		return err
	}
	if isYAML(f.Path) {
		return fmt.Errorf("%s: a pull doesn't write files in YAML: change it by hand, or delete it and pull a file in Markdown", f.Path)
	}
	return writeFile(root, f.Path, b)
}

func writeFile(root, file string, b []byte) error {
	if err := os.MkdirAll(root, 0o755); err != nil { //nolint:gosec // prompts are for all who read the checkout
		return err
	}
	within, err := os.OpenRoot(root) // no link leads out of it
	if err != nil {
		return err
	}
	defer within.Close() //nolint:errcheck // nothing was written by it
	if dir := path.Dir(file); dir != "." {
		if err := within.MkdirAll(filepath.FromSlash(dir), 0o755); err != nil {
			return err
		}
	}
	return within.WriteFile(filepath.FromSlash(file), b, 0o644)
}
