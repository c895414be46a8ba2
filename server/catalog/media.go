package catalog

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// Media is what is known of an image, a sound or another file that payloads refer to.
// Its content is elsewhere, under its hash.
type Media struct {
	Identity      `json:"-"`
	ContentType   string `json:"contentType"`
	ContentLength int64  `json:"contentLength"`
	// SHA256 is the hash of the content in hex.
	SHA256 string `json:"sha256"`
	// StoredAt is when the content came; nil before.
	StoredAt *time.Time `json:"storedAt,omitempty"`
	// Upload is what the client has said of the upload; nil if nothing.
	Upload *MediaUpload `json:"upload,omitempty"`
}

// MediaUpload is how an upload went, as the client has seen it.
type MediaUpload struct {
	UploadedAt time.Time `json:"uploadedAt"`
	HTTPStatus int       `json:"httpStatus"`
	HTTPError  string    `json:"httpError,omitempty"`
	TimeMs     int64     `json:"timeMs,omitempty"`
}

// mediaIDLen is the part of a hash in base64url that names it, as SDKs have it in payloads.
const mediaIDLen = 22

// MediaID is the id of a content with that hash.
func MediaID(sha256 []byte) string {
	return base64.RawURLEncoding.EncodeToString(sha256)[:mediaIDLen]
}

// RequestMedia notes that a payload refers to a content, which may still have to
// come: then StoredAt of what is returned is nil. A type that says more than
// application/octet-stream replaces the one that is known.
func (c *Catalog) RequestMedia(ctx context.Context, projectID string, r *MediaRequest) (*Media, error) {
	var m *Media
	err := c.change(ctx, projectID, func(tx store.DocumentTx) (err error) {
		id, sum := MediaID(r.SHA256[:]), hex.EncodeToString(r.SHA256[:])
		m, err = read[Media](tx, kindMedia, id)
		changed := true
		switch {
		case errors.Is(err, store.ErrNotFound):
			m = &Media{Identity: Identity{ID: id}, ContentType: r.ContentType, ContentLength: r.ContentLength, SHA256: sum}
		case err != nil:
			return err
		case m.SHA256 != sum:
			return refused("Media %s has another sha256Hash: contents whose hashes begin alike can't be told apart", id)
		case m.StoredAt != nil && m.ContentLength != r.ContentLength:
			return refused("Media %s has %d bytes, not %d: send the length of the content", id, m.ContentLength, r.ContentLength)
		default:
			typed := r.ContentType != unknownType && r.ContentType != m.ContentType
			changed = typed || m.ContentLength != r.ContentLength
			m.ContentLength = r.ContentLength
			if typed {
				m.ContentType = r.ContentType
			}
		}
		if changed {
			if err := put(tx, kindMedia, "", "", m); err != nil {
				return err
			}
		}
		return r.link(tx, id)
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// MediaStored notes that a content has come.
func (c *Catalog) MediaStored(ctx context.Context, projectID, id string, at time.Time) error {
	return c.changeMedia(ctx, projectID, id, func(m *Media) {
		if m.StoredAt == nil {
			m.StoredAt = &at
		}
	})
}

// PatchMedia notes how an upload went for the client, given as JSON: uploadedAt,
// uploadHttpStatus, uploadHttpError, uploadTimeMs.
func (c *Catalog) PatchMedia(ctx context.Context, projectID, id string, body []byte) error {
	u, err := readMediaUpload(body)
	if err != nil {
		return err
	}
	return c.changeMedia(ctx, projectID, id, func(m *Media) { m.Upload = u })
}

func (c *Catalog) changeMedia(ctx context.Context, projectID, id string, f func(*Media)) error {
	return c.change(ctx, projectID, func(tx store.DocumentTx) error {
		m, err := read[Media](tx, kindMedia, id)
		if err != nil {
			return noMedia(err)
		}
		f(m)
		return put(tx, kindMedia, "", "", m)
	})
}

// Media returns what is known of a file.
func (c *Catalog) Media(ctx context.Context, projectID, id string) (*Media, error) {
	m, err := read[Media](c.reader(ctx, projectID), kindMedia, id)
	if err != nil {
		return nil, noMedia(err)
	}
	return m, nil
}

// EachMedia calls f with all files of a project, until it says that it has enough.
func (c *Catalog) EachMedia(ctx context.Context, projectID string, f func(*Media) (more bool, err error)) error {
	return each(c.reader(ctx, projectID), store.DocumentQuery{Kind: kindMedia, Ascending: true}, func(d *store.Document) (bool, error) {
		m, err := decode[Media](d)
		if err != nil {
			return false, err
		}
		return f(m)
	})
}

func noMedia(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return notFound("Media not found within authorized project")
	}
	return err
}
