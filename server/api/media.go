package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/internal/accesslog"
	"github.com/langshark/langshark-go/server/media"
)

type (
	wireUpload struct {
		MediaID   string  `json:"mediaId"`
		UploadURL *string `json:"uploadUrl"` // null if the content is there
	}
	wireMedia struct {
		MediaID       string  `json:"mediaId"`
		ContentType   string  `json:"contentType"`
		ContentLength int64   `json:"contentLength"`
		UploadedAt    instant `json:"uploadedAt"`
		URL           string  `json:"url"`
		URLExpiry     instant `json:"urlExpiry"`
	}
)

func (c *call) postMedia() {
	body, err := c.body(maxBodyBytes)
	if err != nil {
		c.fail(err)
		return
	}
	u, err := c.Media.Request(c.ctx(), c.access.ProjectID, body)
	answer(c, http.StatusCreated, u, err, func(u *media.Upload) wireUpload {
		w := wireUpload{MediaID: u.MediaID}
		if u.Token != "" {
			to := c.mediaURL(u.MediaID, u.Token)
			w.UploadURL = &to
		}
		return w
	})
}

func (c *call) getMedia() {
	d, err := c.Media.Get(c.ctx(), c.access.ProjectID, c.params["id"])
	answer(c, http.StatusOK, d, err, func(d *media.Download) wireMedia {
		return wireMedia{d.ID, d.ContentType, d.ContentLength, instant(*d.StoredAt), c.mediaURL(d.ID, d.Token), instant(d.Expires)}
	})
}

func (c *call) patchMedia() {
	body, err := c.body(maxBodyBytes)
	if err == nil {
		err = c.Catalog.PatchMedia(c.ctx(), c.access.ProjectID, c.params["id"], body)
	}
	if err != nil {
		c.fail(err)
		return
	}
	c.w.WriteHeader(http.StatusNoContent)
}

// mediaToken is the parameter of signed addresses that holds the grant.
const mediaToken = "signature"

// mediaURL is the address at which a content is sent or read.
func (c *call) mediaURL(id, token string) string {
	return c.base() + root + "media/" + url.PathEscape(id) + "/content?" + url.Values{mediaToken: {token}}.Encode()
}

// base is the address of the server, as the client reaches it.
func (c *call) base() string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	scheme := "http://"
	if c.r.TLS != nil {
		scheme = "https://"
	}
	path, _, _ := strings.Cut(c.r.RequestURI, "?")
	return scheme + c.r.Host + strings.TrimSuffix(path, c.r.URL.EscapedPath())
}

// grant reads what the signed address of the request allows.
func (c *call) grant(upload bool) *media.Grant {
	g, err := c.Media.Check(c.r.URL.Query().Get(mediaToken), c.params["id"], upload)
	if err != nil {
		c.fail(err)
		return nil
	}
	accesslog.SetProject(c.ctx(), g.ProjectID)
	return g
}

// putMediaContent takes a content in. It streams to the disk.
func (c *call) putMediaContent() {
	g := c.grant(true)
	if g == nil {
		return
	}
	if err := checkMediaHeaders(c.r, g); err != nil {
		c.fail(err)
		return
	}
	// An upload may take longer than other requests; where that can't be said, they are as long.
	_ = http.NewResponseController(c.w).SetReadDeadline(time.Now().Add(uploadTime))
	err := c.Media.Put(c.ctx(), g, http.MaxBytesReader(c.w, c.r.Body, g.ContentLength+1))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errMediaCut
	}
	if err != nil {
		c.fail(err)
		return
	}
	c.w.WriteHeader(http.StatusOK)
}

// uploadTime is how long a content may take to come.
const uploadTime = 15 * time.Minute

var errMediaCut = &apiError{status: http.StatusBadRequest, message: "The content ended before its Content-Length", name: "InvalidRequestError"}

// checkMediaHeaders compares what is announced with what was asked for, before a byte is read.
func checkMediaHeaders(r *http.Request, g *media.Grant) error {
	given, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var text string
	switch {
	case err != nil || given != g.ContentType:
		text = "The Content-Type must be " + g.ContentType + ", as it was asked for"
	case r.Header.Get("Content-Encoding") != "":
		text = "The content must be sent as it is, without a Content-Encoding"
	case r.ContentLength >= 0 && r.ContentLength != g.ContentLength:
		text = "The content must have the contentLength that was asked for"
	default:
		return nil
	}
	return &apiError{status: http.StatusBadRequest, message: text, name: "InvalidRequestError"}
}

// getMediaContent answers with a content.
func (c *call) getMediaContent() {
	g := c.grant(false)
	if g == nil {
		return
	}
	c.w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin") // the signature is the right, wherever it is shown
	if err := c.Media.Serve(c.w, c.r, g.ProjectID, g.MediaID); err != nil {
		c.fail(err)
	}
}
