package langfuse

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/jsonx"
)

// Uploads sends the content of files: it asks POST /api/public/media where to,
// PUTs it there, and says by PATCH what came of it, as Langfuse's own SDKs do
// (langfuse-python, media_manager.py, 2026).
type Uploads struct {
	client *Client
	none   atomic.Int64 // Unix nanoseconds until which the server is known to have no such API
}

// askAgain is how long a server is believed to have no media API: a proxy may
// have answered during a deployment.
const askAgain = 5 * time.Minute

// NewUploads returns the uploads of the client's server.
func NewUploads(c *Client) *Uploads { return &Uploads{client: c} }

// Accepts reports whether the server takes files, as far as is known.
func (u *Uploads) Accepts() bool { return time.Now().UnixNano() >= u.none.Load() }

// Ask forgets that the server has no place for files: it may be another one now.
func (u *Uploads) Ask() { u.none.Store(0) }

// Upload sends one file. See [exporter.MediaUploader].
func (u *Uploads) Upload(ctx context.Context, m *exporter.Media) error {
	failure, err := u.send(ctx, m)
	if err == nil && failure != nil {
		return &exporter.PartialError{Failed: []exporter.Failure{*failure}}
	}
	return err
}

// send uploads one. An error is one that any file would have met; a failure concerns this one alone.
func (u *Uploads) send(ctx context.Context, m *exporter.Media) (*exporter.Failure, error) {
	if !u.Accepts() {
		return unsupported(), nil
	}
	answer, err := u.client.Do(ctx, Request{Method: http.MethodPost, Path: "/api/public/media", Body: describe(m), ContentType: "application/json"})
	switch {
	case err != nil:
		return nil, err
	case Elsewhere(answer.Status), answer.Status == http.StatusNotImplemented:
		u.none.Store(time.Now().Add(askAgain).UnixNano())
		return unsupported(), nil
	case Retryable(answer.Status), answer.Status == http.StatusUnauthorized, answer.Status == http.StatusForbidden:
		return nil, answer.Error()
	case answer.Status < 200 || answer.Status > 299:
		return &exporter.Failure{Reason: answer.Error().Error()}, nil
	}
	var to struct {
		UploadURL string `json:"uploadUrl"`
		MediaID   string `json:"mediaId"`
	}
	if err := json.Unmarshal(answer.Body, &to); err != nil || to.MediaID == "" {
		return nil, fmt.Errorf("langshark: the answer to a media request is not that of its API: %s", Cut(string(answer.Body)))
	}
	if to.UploadURL == "" {
		return nil, nil // it is there already
	}
	return u.put(ctx, m, to.UploadURL, to.MediaID)
}

func unsupported() *exporter.Failure {
	return &exporter.Failure{Reason: "the server has no API for media", Unsupported: true}
}

// put sends the content where the server said, and tells it how that went.
func (u *Uploads) put(ctx context.Context, m *exporter.Media, to, id string) (*exporter.Failure, error) {
	begun := time.Now()
	status, text, err := u.client.upload(ctx, to, m)
	if err != nil { // the storage is another host, which may be out of reach for good
		return &exporter.Failure{Reason: err.Error(), Retry: true}, nil //nolint:nilerr // the failure has it
	}
	took := time.Since(begun)
	ok := status >= 200 && status <= 299
	if !ok && (Retryable(status) || status == http.StatusForbidden) { // a signature expires; the next request makes a new one
		return &exporter.Failure{Reason: fmt.Sprintf("the upload of media was answered with %d: %s", status, text), Retry: true}, nil
	}
	o := jsonx.BeginObject(nil)
	o.Time("uploadedAt", time.Now())
	o.Int("uploadHttpStatus", int64(status))
	if !ok {
		o.String("uploadHttpError", text)
	}
	o.Int("uploadTimeMs", took.Milliseconds())
	answer, err := u.client.Do(ctx, Request{
		Method: http.MethodPatch, Path: "/api/public/media/" + url.PathEscape(id), Body: o.End(), ContentType: "application/json",
	})
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return &exporter.Failure{Reason: fmt.Sprintf("the upload of media was answered with %d: %s", status, text)}, nil
	case Retryable(answer.Status):
		return nil, answer.Error()
	case answer.Status < 200 || answer.Status > 299:
		return &exporter.Failure{Reason: answer.Error().Error()}, nil
	}
	return nil, nil
}

// describe makes the request for a place to upload to.
func describe(m *exporter.Media) []byte {
	o := jsonx.BeginObject(nil)
	o.String("traceId", m.TraceID)
	o.StringIf("observationId", m.ObservationID)
	o.String("contentType", mediaType(m.ContentType))
	o.Int("contentLength", int64(len(m.Data)))
	o.String("sha256Hash", base64.StdEncoding.EncodeToString(m.SHA256[:]))
	o.String("field", m.Field)
	return o.End()
}

// mediaTypes are those that the API accepts (Langfuse's OpenAPI, MediaContentType, 2026).
var mediaTypes = strings.Fields(`
	image/png image/jpeg image/jpg image/webp image/gif image/svg+xml image/tiff image/bmp image/avif image/heic
	audio/mpeg audio/mp3 audio/wav audio/ogg audio/oga audio/aac audio/mp4 audio/flac audio/opus audio/webm
	video/mp4 video/webm video/ogg video/mpeg video/quicktime video/x-msvideo video/x-matroska
	text/plain text/html text/css text/csv text/markdown text/x-python text/x-typescript
	application/javascript application/x-yaml application/pdf application/msword application/vnd.ms-excel
	application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
	application/vnd.openxmlformats-officedocument.wordprocessingml.document
	application/vnd.openxmlformats-officedocument.presentationml.presentation
	application/zip application/json application/xml application/octet-stream application/rtf application/x-ndjson
	application/vnd.apache.parquet application/gzip application/x-tar application/x-7z-compressed`)

func mediaType(t string) string {
	if slices.Contains(mediaTypes, t) {
		return t
	}
	return "application/octet-stream"
}

// upload PUTs the content to a signed URL, which may be another host's: without our credentials.
func (c *Client) upload(ctx context.Context, to string, m *exporter.Media) (status int, text string, err error) {
	u, err := c.uploadURL(to)
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, u.String(), bytes.NewReader(m.Data))
	if err != nil {
		return 0, "", fmt.Errorf("langshark: media: %w", withoutQuery(err))
	}
	req.Header.Set("User-Agent", SDKName+"/"+c.cfg.SDKVersion)
	req.Header.Set("Content-Type", mediaType(m.ContentType))
	if !strings.HasSuffix(u.Hostname(), "storage.googleapis.com") { // which refuses headers that weren't signed
		req.Header.Set("X-Amz-Checksum-Sha256", base64.StdEncoding.EncodeToString(m.SHA256[:]))
		req.Header.Set("X-Ms-Blob-Type", "BlockBlob")
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("langshark: media: %w", withoutQuery(err))
	}
	defer resp.Body.Close()
	body, err := readLimited(resp.Body, maxMessageBytes)
	if err != nil {
		return 0, "", fmt.Errorf("langshark: media: reading the answer of the upload: %w", err)
	}
	return resp.StatusCode, Cut(strings.ToValidUTF8(string(body), "")), nil
}

// errUploadURL repeats nothing of the URL, for its query may be a signature.
var errUploadURL = errors.New("langshark: media: the server named no http or https URL to upload to")

// uploadURL reads the URL to upload to, which may be relative to the server's.
func (c *Client) uploadURL(to string) (*url.URL, error) {
	base, err := url.Parse(c.base + "/")
	if err != nil {
		return nil, fmt.Errorf("langshark: media: %w", err)
	}
	u, err := base.Parse(to)
	switch {
	case err != nil:
		return nil, errUploadURL
	case u.Scheme != "https" && (u.Scheme != "http" || u.Host == ""):
		return nil, errUploadURL
	}
	return u, nil
}
