package promptdir

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Diff is what a file changes, in the unified form, line by line.
func Diff(old, file *File) []string {
	text := strings.TrimSuffix(udiff.Unified("server", file.Path, plain(old, file), plain(file, file)), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// plain is the file without what a push decides.
func plain(f, like *File) string {
	if f.Name == "" {
		return ""
	}
	only := *f
	only.Version, only.Labels, only.Message = 0, nil, ""
	if len(like.Tags) == 0 {
		only.Tags = nil
	}
	b, err := only.Encode()
	if err != nil { // a role that no line can hold
		return err.Error() + "\n"
	}
	return string(b)
}
