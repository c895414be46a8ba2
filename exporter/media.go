package exporter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// Media is the content of an image, a sound or another file. The payload it was
// taken from refers to it by a text that contains its ID.
type Media struct {
	// ID is the first 22 characters of the content's SHA-256 in base64url.
	ID      string
	TraceID string
	// ObservationID is empty for a payload of the trace itself.
	ObservationID string
	// Field is where the reference stands: "input", "output" or "metadata".
	Field string
	// ContentType is a media type, as in image/png.
	ContentType string
	// SHA256 is the hash of Data.
	SHA256 [sha256.Size]byte
	Data   []byte
}

// MediaUploader takes the contents of files, which are no records of [Exporter.Export]:
// a client has a pipeline of its own for them, so that a file that can't be
// uploaded holds up nothing else. Where an exporter is none, files are kept out.
type MediaUploader interface {
	// AcceptsMedia may change its answer when the server's has come. It must not block.
	AcceptsMedia() bool
	// UploadMedia returns nil when the content is stored, and else an error as Export
	// does for a batch of this one: a [*PartialError] if it is about this file, another
	// if any file would have met it. It may run at the same time as Export.
	UploadMedia(ctx context.Context, m *Media) error
}

// MediaSink is an [Exporter] whose records are files only.
func MediaSink(u MediaUploader) Exporter { return mediaSink{u} }

type mediaSink struct{ uploader MediaUploader }

func (s mediaSink) Export(ctx context.Context, records []Record) error {
	var failed []Failure
	for i := range records {
		if records[i].Media == nil {
			failed = append(failed, Failure{Index: i, Reason: "it is no file", Unsupported: true})
			continue
		}
		err := s.uploader.UploadMedia(ctx, records[i].Media)
		var partial *PartialError
		switch {
		case err == nil:
		case errors.As(err, &partial) && len(partial.Failed) == 1:
			f := partial.Failed[0]
			f.Index = i
			failed = append(failed, f)
		case i == 0:
			return err
		default:
			for ; i < len(records); i++ {
				failed = append(failed, Failure{Index: i, Reason: err.Error(), Retry: true})
			}
			return &PartialError{Failed: failed, Err: err}
		}
	}
	if len(failed) > 0 {
		return &PartialError{Failed: failed}
	}
	return nil
}

// Shutdown does nothing: the uploader belongs to somebody else.
func (mediaSink) Shutdown(context.Context) error { return nil }

// mediaIDLen is the part of a hash that names it.
const mediaIDLen = 22

// NewMedia names the content by its hash.
func NewMedia(contentType string, data []byte) *Media {
	m := &Media{ContentType: contentType, Data: data, SHA256: sha256.Sum256(data)}
	m.ID = base64.RawURLEncoding.EncodeToString(m.SHA256[:])[:mediaIDLen]
	return m
}

func (m *Media) clone() *Media {
	c := *m
	for _, p := range []*string{&c.ID, &c.TraceID, &c.ObservationID, &c.Field, &c.ContentType} {
		*p = strings.Clone(*p)
	}
	c.Data = bytes.Clone(m.Data)
	return &c
}
