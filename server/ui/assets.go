//go:build !noui

package ui

import (
	"embed"
	"encoding/json"
	"net/http"
	"path"
	"strconv"
)

//go:embed dist
var dist embed.FS

// assets serves the files of dist. Their names carry a hash of their content,
// so browsers may keep them for good.
type assets struct {
	names map[string]string // by name without hash
	files map[string][]byte // by name with hash
}

func loadAssets() *assets {
	a := &assets{names: map[string]string{}, files: map[string][]byte{}}
	manifest, err := dist.ReadFile("dist/manifest.json")
	if err == nil {
		err = json.Unmarshal(manifest, &a.names)
	}
	if err != nil {
		panic("langshark: the dashboard's manifest is unreadable: " + err.Error())
	}
	for _, name := range a.names {
		data, err := dist.ReadFile("dist/" + name)
		if err != nil {
			panic("langshark: the dashboard lacks a file of its manifest: " + err.Error())
		}
		a.files[name] = data
	}
	return a
}

func (a *assets) name(plain string) string { return a.names[plain] }

var assetTypes = map[string]string{
	".js":  "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml",
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	data, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	tag := strconv.Quote(name)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Etag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", assetTypes[path.Ext(name)])
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data) // the reader has gone: nobody to tell
}
