package media

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/langshark/langshark-go/server/catalog"
)

// Serve answers with the content of a file, or parts of it. Whatever it is, a browser
// runs nothing of it: it is for saving, or for an element of a page that shows it. Errors are
// returned before anything is answered; [store.ErrNotFound] is one.
func (f *Files) Serve(w http.ResponseWriter, r *http.Request, projectID, id string) error {
	m, err := f.stored(r.Context(), projectID, id)
	if err != nil {
		return err
	}
	content, err := f.files.open(m.SHA256)
	if errors.Is(err, fs.ErrNotExist) {
		return &catalog.NotFoundError{Message: "The content of this media is missing"}
	}
	if err != nil {
		return fmt.Errorf("langshark: media %s: %w", id, err)
	}
	defer content.Close()
	h := w.Header()
	h.Set("Content-Type", m.ContentType)
	h.Set("Content-Disposition", "attachment")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "private, max-age=300")
	h.Set("ETag", `"`+m.SHA256+`"`)
	http.ServeContent(w, r, "", *m.StoredAt, content)
	return nil
}

// idOf is the id of the content with that hash in hex.
func idOf(sum string) (string, error) {
	raw, err := hex.DecodeString(sum)
	if err != nil {
		return "", fmt.Errorf("langshark: hash of media: %w", err)
	}
	return catalog.MediaID(raw), nil
}
