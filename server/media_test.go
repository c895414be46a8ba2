package server_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/ingestion"
	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/media"
)

var (
	photo  = append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{0, 1, 2, 0xff}, 500)...)
	second = []byte("\x89PNG\r\n\x1a\nanother")
)

// recordMedia traces a call with the same photo twice and another one.
func recordMedia(t *testing.T, to exporter.Exporter) (traceID string) {
	t.Helper()
	client, err := langshark.New(langshark.Config{Exporter: to, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, trace := client.StartTrace(t.Context(), "look")
	_, g := langshark.StartGeneration(ctx, "describe")
	g.SetInput([]langshark.Message{{Role: "user", Parts: []langshark.Part{
		{Text: "what is it?"}, {Media: &langshark.Media{Data: photo}}, {Media: &langshark.Media{Data: photo}}, {Media: &langshark.Media{Data: second}},
	}}})
	g.SetOutput(langshark.Media{Data: photo})
	g.End()
	trace.End()
	if err := client.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if stats := client.Stats(); stats.Accepted != stats.Delivered || stats.MediaOmitted != 0 {
		t.Errorf("%+v", stats)
	}
	return trace.ID()
}

var mediaReference = regexp.MustCompile(`@@@langfuseMedia:type=image/png\|id=([^|]*)\|`)

// TestMediaOfTheSDK has files arrive by HTTP and in process, once each, and reads them back byte by byte.
func TestMediaOfTheSDK(t *testing.T) {
	for _, by := range []string{"HTTP", "process"} {
		t.Run(by, func(t *testing.T) {
			dir := t.TempDir()
			srv := newServer(t, server.Config{DataDir: dir})
			c := serve(t, srv, "/base")
			to := srv.Exporter("one")
			if by == "HTTP" {
				e, err := ingestion.New(ingestion.Config{Host: c.base, PublicKey: c.public, SecretKey: c.secret})
				if err != nil {
					t.Fatal(err)
				}
				to = e
			}
			trace := recordMedia(t, to)
			list := c.object(t, "/api/public/observations?type=GENERATION&traceId="+trace)["data"].([]any)
			refs := mediaReference.FindAllStringSubmatch(fmt.Sprint(list[0].(map[string]any)["input"]), -1)
			if len(refs) != 3 {
				t.Fatalf("%v refers to %v", list, refs)
			}
			for i, want := range [][]byte{photo, photo, second} {
				m := c.object(t, "/api/public/media/"+refs[i][1])
				if m["mediaId"] != refs[i][1] || m["contentType"] != "image/png" || m["contentLength"] != float64(len(want)) || m["uploadedAt"] == nil {
					t.Errorf("%v", m)
				}
				if got := download(t, m["url"].(string)); !bytes.Equal(got, want) {
					t.Errorf("%d bytes came back, want %d", len(got), len(want))
				}
			}
			if got := mediaFiles(t, dir); got != 2 {
				t.Errorf("%d files, want 2", got)
			}
			if err := srv.Check(t.Context()); err != nil {
				t.Error(err)
			}
			if status, text, _ := c.do(t, http.MethodDelete, "/api/public/traces/"+trace, nil); status != http.StatusOK {
				t.Fatalf("%d %s", status, text)
			}
			if got := mediaFiles(t, dir); got != 0 {
				t.Errorf("%d files outlive their trace", got)
			}
		})
	}
}

func download(t *testing.T, address string) []byte {
	t.Helper()
	status, text, header := testkit.Fetch(t, http.MethodGet, address, nil)
	if status != http.StatusOK || header.Get("Content-Disposition") != "attachment" {
		t.Errorf("%d %v", status, header)
	}
	return []byte(text)
}

// mediaFiles counts contents.
func mediaFiles(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(media.Folder(dir), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "key" {
			n++
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	return n
}

// uploadOf is a request for an address to send a content to.
func uploadOf(content, contentType string) map[string]any {
	sum := sha256.Sum256([]byte(content))
	return map[string]any{"traceId": "t", "contentType": contentType, "contentLength": len(content), "sha256Hash": base64.StdEncoding.EncodeToString(sum[:]), "field": "input"}
}

// TestMediaAPI sends and reads a file as other SDKs do, and what is not that file.
func TestMediaAPI(t *testing.T) {
	srv := newServer(t, server.Config{MaxMediaBytes: 1000, PublicURL: "http://127.0.0.1:1/public"})
	c := serve(t, srv, "")
	status, text, _ := c.do(t, http.MethodPost, "/api/public/media", uploadOf("<script>", "text/html"))
	id, address := field(text, "mediaId"), field(text, "uploadUrl")
	if status != http.StatusCreated || id == "" || !strings.HasPrefix(address, "http://127.0.0.1:1/public/api/public/media/"+id+"/content?signature=") {
		t.Fatalf("%d %s", status, text)
	}
	address = strings.TrimPrefix(address, "http://127.0.0.1:1/public")
	if status, text, _ = c.do(t, http.MethodGet, "/api/public/media/"+id, nil); status != http.StatusNotFound || !strings.Contains(text, "not been uploaded yet") {
		t.Errorf("before its content: %d %s", status, text)
	}
	nobody := client{base: c.base}
	for name, x := range map[string]struct {
		address, content string
		change           func(h http.Header)
		want             int
	}{
		"another content":   {address, "<SCRIPT>", nil, 400},
		"a shorter one":     {address, "<s>", nil, 400},
		"another type":      {address, "<script>", func(h http.Header) { h.Set("Content-Type", "image/png") }, 400},
		"no type":           {address, "<script>", func(h http.Header) { h.Del("Content-Type") }, 400},
		"a coding":          {address, "<script>", func(h http.Header) { h.Set("Content-Encoding", "gzip") }, 400},
		"no signature":      {"/api/public/media/" + id + "/content", "<script>", nil, 403},
		"another signature": {address[:len(address)-5] + "AAAAA", "<script>", nil, 403},
		"of another file":   {strings.Replace(address, id, "other", 1), "<script>", nil, 403},
		"the content":       {address, "<script>", nil, 200},
		"the content again": {address, "<script>", nil, 200},
	} {
		if status, text := nobody.put(t, x.address, x.content, x.change); status != x.want {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	if status, text := nobody.put(t, address, "<script>", nil); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	if status, text, _ = c.do(t, http.MethodPatch, "/api/public/media/"+id, `{"uploadedAt":"2026-01-02T03:04:05Z","uploadHttpStatus":200,"uploadHttpError":null,"uploadTimeMs":3}`); status != http.StatusNoContent || text != "" {
		t.Errorf("%d %s", status, text)
	}
	if status, text, _ = c.do(t, http.MethodPost, "/api/public/media", uploadOf("<script>", "text/html")); status != http.StatusCreated || !strings.Contains(text, `"uploadUrl":null`) {
		t.Errorf("once more: %d %s", status, text)
	}
	o := c.object(t, "/api/public/media/"+id)
	to := strings.TrimPrefix(o["url"].(string), "http://127.0.0.1:1/public")
	status, text, header := nobody.do(t, http.MethodGet, to, nil)
	if status != http.StatusOK || text != "<script>" || header.Get("Content-Type") != "text/html" || header.Get("Content-Disposition") != "attachment" ||
		header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cross-Origin-Resource-Policy") != "cross-origin" || !strings.HasPrefix(header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %q %v", status, text, header)
	}
	for _, path := range []string{strings.Replace(to, id, "other", 1), "/api/public/media/" + id + "/content", address} {
		if status, text, _ := nobody.do(t, http.MethodGet, path, nil); status != http.StatusForbidden {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	other := project(t, srv, c.base, "two")
	if status, text, _ := other.do(t, http.MethodGet, "/api/public/media/"+id, nil); status != http.StatusNotFound {
		t.Errorf("seen from another project: %d %s", status, text)
	}
	if status, text, _ := c.do(t, http.MethodPost, "/api/public/media", uploadOf(strings.Repeat("x", 1001), "text/plain")); status != http.StatusBadRequest || !strings.Contains(text, "at most 1000") {
		t.Errorf("too large: %d %s", status, text)
	}
}

// field is a text of a JSON object.
func field(object, name string) string {
	_, rest, _ := strings.Cut(object, `"`+name+`":"`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// put sends a content as storage gets it.
func (c client) put(t *testing.T, path, content string, change func(http.Header)) (int, string) {
	t.Helper()
	status, text, _ := testkit.Fetch(t, http.MethodPut, c.base+path, []byte(content), testkit.Header("Content-Type", "text/html"), func(r *http.Request) {
		if change != nil {
			change(r.Header)
		}
	})
	return status, text
}
