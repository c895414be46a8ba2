package catalog

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// MediaRequest says which content a payload refers to, and where.
type MediaRequest struct {
	// TraceID, with ObservationID unless it is the trace's own payload; or DatasetItemID.
	TraceID       string
	ObservationID string
	DatasetID     string
	DatasetItemID string
	// Field is the payload: input, output, metadata, of items expectedOutput.
	Field         string
	ContentType   string
	ContentLength int64
	SHA256        [sha256.Size]byte
}

const unknownType = "application/octet-stream"

// MediaTypes are the types that a file may have (Langfuse's OpenAPI, MediaContentType, 2026).
var MediaTypes = strings.Fields(`
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

// MediaType is t if files may have that type, else application/octet-stream.
func MediaType(t string) string {
	if slices.Contains(MediaTypes, t) {
		return t
	}
	return unknownType
}

// ReadMediaRequest reads a request given as JSON: contentType, contentLength (at most
// maxBytes), sha256Hash in base64, field, and traceId with observationId, or datasetId with datasetItemId.
func ReadMediaRequest(body []byte, maxBytes int64) (*MediaRequest, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	r := &MediaRequest{
		TraceID: o.id("traceId"), ObservationID: o.id("observationId"), DatasetID: o.id("datasetId"), DatasetItemID: o.id("datasetItemId"),
		ContentType: o.mediaType("contentType"), ContentLength: o.wholeNumber("contentLength", 1, maxBytes),
	}
	fields := []string{"input", "output", "metadata"}
	switch {
	case r.TraceID != "" && (r.DatasetID != "" || r.DatasetItemID != ""):
		o.fail("traceId", "custom", "a trace and a dataset exclude each other: give one")
	case r.DatasetItemID != "" && r.DatasetID != "":
		fields[1] = "expectedOutput"
	case r.DatasetID != "" || r.DatasetItemID != "":
		o.fail("datasetItemId", "custom", "datasetId and datasetItemId belong together: give both")
	default:
		o.needID("traceId")
	}
	if o.need("field") {
		r.Field = o.oneOf("field", fields...)
	}
	if o.need("sha256Hash") {
		if text := o.text("sha256Hash"); text != nil {
			sum, err := base64.StdEncoding.DecodeString(*text)
			if err != nil || len(sum) != sha256.Size {
				o.fail("sha256Hash", "invalid_string", "must be the SHA-256 of the content in base64, 44 characters")
			}
			copy(r.SHA256[:], sum)
		}
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	return r, nil
}

// mediaType is one of MediaTypes, which must be there.
func (o *object) mediaType(name string) string {
	if !o.need(name) {
		return ""
	}
	t := o.text(name)
	if t == nil {
		return ""
	}
	if !slices.Contains(MediaTypes, *t) {
		o.fail(name, "invalid_enum_value", "%.60q is none of the types that files may have, such as image/png: send it as %s", *t, unknownType)
		return ""
	}
	return *t
}

// wholeNumber is a whole number within bounds, which must be there.
func (o *object) wholeNumber(name string, least, most int64) int64 {
	if !o.need(name) {
		return 0
	}
	f := o.number(name)
	switch {
	case f == nil:
	case *f != math.Trunc(*f):
		o.fail(name, "invalid_type", "expected a whole number, received %v", *f)
	case *f < float64(least):
		o.fail(name, "too_small", "must be at least %d", least)
	case *f > float64(most):
		o.fail(name, "too_big", "must be at most %d", most)
	default:
		return int64(*f)
	}
	return 0
}

// readMediaUpload reads how an upload went.
func readMediaUpload(body []byte) (*MediaUpload, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	u := &MediaUpload{HTTPStatus: int(o.wholeNumber("uploadHttpStatus", 0, 999))}
	if o.need("uploadedAt") {
		if text := o.text("uploadedAt"); text != nil {
			if u.UploadedAt, err = ingest.ParseTime(*text); err != nil {
				o.fail("uploadedAt", "invalid_string", "%v", err)
			}
		}
	}
	if text := o.text("uploadHttpError"); text != nil {
		u.HTTPError = *text
	}
	if o.has("uploadTimeMs") {
		u.TimeMs = o.wholeNumber("uploadTimeMs", 0, 1<<53)
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	return u, nil
}

// mediaLink says where a payload refers to a file.
type mediaLink struct {
	TraceID       string `json:"traceId,omitempty"`
	ObservationID string `json:"observationId,omitempty"`
	DatasetID     string `json:"datasetId,omitempty"`
	DatasetItemID string `json:"datasetItemId,omitempty"`
	Field         string `json:"field"`
}

// objectDatasetItem is what links of items are looked for by.
const objectDatasetItem = "DATASET_ITEM"

// link keeps the link to a file; one that is there is as new again.
func (r *MediaRequest) link(tx store.DocumentTx, mediaID string) error {
	l := mediaLink{r.TraceID, r.ObservationID, r.DatasetID, r.DatasetItemID, r.Field}
	parent := objectKey(ObjectTrace, r.TraceID)
	if r.TraceID == "" {
		parent = objectKey(objectDatasetItem, r.DatasetItemID)
	}
	name, err := json.Marshal([]any{l, mediaID})
	if err != nil {
		return err
	}
	data, err := encode(l)
	if err != nil {
		return err
	}
	return tx.Put(store.Document{Kind: kindMediaLink, ID: uuid.NewSHA1(uuid.NameSpaceURL, name).String(), Parent: parent, Name: mediaID, Data: data})
}
