package exporter

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
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

// MediaAccepter takes records of [Media]. Others never get one; the client
// keeps the content out then, and counts it.
type MediaAccepter interface {
	// AcceptsMedia may change its answer when the server's has come. It must not block.
	AcceptsMedia() bool
}

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
