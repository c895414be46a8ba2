package langshark

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/ids"
)

// MaxMediaBytes bounds the content of one file; what is larger is kept out, and counted.
const MaxMediaBytes = 10 << 20

// MediaMode says what becomes of images, sounds and files in inputs, outputs and metadata
// of observations. In metadata of traces and scores and in model parameters they are always kept out.
//
// They are found where a value is given, in the places that APIs of models have
// for them: strings that are a data URI with base64, parts input_audio and audio of OpenAI, sources
// of type base64 of Anthropic, inlineData of Gemini, parts of type media of
// Vertex AI, image and audio contents of the Model Context Protocol, binary
// parts of LangChainGo; and values of type [Media], or bytes of a known format as a value of
// their own, an item of []any or a member of map[string]any. Other texts are not
// searched. The payload keeps a reference of the form that Langfuse's SDKs use:
//
//	@@@langfuseMedia:type=image/png|id=<22 characters>|source=base64_data_uri@@@
//
// The id comes from the content's SHA-256, so that equal contents have equal ids.
type MediaMode uint8

const (
	// MediaDefault is MediaUpload, or MediaOmit for values that a mask applies to: it can't look into files.
	MediaDefault MediaMode = iota
	// MediaUpload sends the content to the server. Files wait in a queue of their own, of
	// the same limits as the records', and are counted with them. Where the server or the exporter
	// has no place for files, it is MediaOmit.
	MediaUpload
	// MediaOmit keeps the content out; the reference stays. Stats().MediaOmitted counts it.
	MediaOmit
)

// Media is an image, a sound or another file as a value, or as a part of one:
//
//	span.SetInput(map[string]any{"question": q, "photo": langshark.Media{ContentType: "image/jpeg", Data: b}})
//
// Data isn't kept after the call. Of ContentType only the type counts, without
// parameters; an empty one is told from Data.
type Media struct {
	ContentType string
	Data        []byte
}

// MarshalJSON returns a data URI, so that a Media may stand anywhere in a value.
func (m Media) MarshalJSON() ([]byte, error) { return m.appendJSON(nil), nil }

func (m Media) appendJSON(dst []byte) []byte {
	t := m.contentType()
	dst = slices.Grow(dst, len(t)+len(`"data:;base64,"`)+base64.StdEncoding.EncodedLen(len(m.Data)))
	dst = append(append(append(dst, `"data:`...), t...), base64Mark...)
	return append(base64.StdEncoding.AppendEncode(dst, m.Data), '"')
}

func (m Media) contentType() string {
	if t := withoutParameters(m.ContentType); isMediaType(t) {
		return t
	}
	return sniffed(m.Data)
}

// withoutParameters cuts off what follows a type, as in audio/ogg; codecs=opus.
func withoutParameters(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.TrimSpace(t)
}

// sniffed tells the type of a content.
func sniffed(data []byte) string {
	t, _, _ := strings.Cut(http.DetectContentType(data), ";")
	if t == "audio/wave" {
		return "audio/wav"
	}
	return t
}

const (
	filesBegin = "data" // a data URI, or the key of a content: every form has one
	dataPrefix = filesBegin + ":"
	base64Mark = ";base64,"

	base64End   = "= \r\n" // padding, and what may follow it
	longestHead = 200      // of a data URI

	unknownType = "application/octet-stream"

	sourceURI   = "base64_data_uri"
	sourceBytes = "bytes"
)

// attachments are the files that a value refers to, until they are sent.
type attachments struct {
	pending atomic.Bool
	files   []*exporter.Media
	held    atomic.Int64 // their bytes, while an observation that runs is charged with them
}

// newMedia makes the file of a content, and the reference to it.
func newMedia(contentType, source string, data []byte) (*exporter.Media, string) {
	m := exporter.NewMedia(contentType, data)
	return m, "@@@langfuseMedia:type=" + contentType + "|id=" + m.ID + "|source=" + source + "@@@"
}

// media takes the files out of a captured value.
func (c *Client) media(scope captureScope, field Field, v capture) capture {
	var files []*exporter.Media
	switch v.kind {
	case captureNone:
	case captureText:
		if !strings.HasPrefix(v.text, dataPrefix) {
			return v
		}
		contentType, data, ok := parseDataURI([]byte(v.text))
		if !ok {
			return v
		}
		m, reference := newMedia(contentType, sourceURI, data)
		v = capture{kind: captureText, text: reference}
		files = append(files, m)
	case captureJSON:
		if v.buf.files {
			files = v.buf.takeMedia()
		}
	}
	return c.attach(scope, field, v, files)
}

// asMedia tells whether the whole value is a file: a [Media], or bytes that are no text but a known format.
func asMedia(v any) (m Media, ok bool) {
	switch v := v.(type) {
	case Media:
		return v, true
	case *Media:
		if v != nil {
			return *v, true
		}
	case []byte:
		if !utf8.Valid(v) {
			m.Data = v
			m.ContentType = m.contentType()
			return m, m.ContentType != unknownType
		}
	}
	return m, false
}

// attach keeps the files with the value, or keeps them out.
func (c *Client) attach(scope captureScope, field Field, v capture, files []*exporter.Media) capture {
	if len(files) == 0 {
		return v
	}
	if !c.uploads(scope) {
		c.mediaOmitted.Add(int64(len(files)))
		return v
	}
	kept := files[:0]
	for _, m := range files {
		if len(m.Data) > MaxMediaBytes {
			c.mediaOmitted.Add(1)
			continue
		}
		m.Field = string(field)
		kept = append(kept, m)
	}
	if len(kept) > 0 {
		if v.buf == nil {
			v.buf = getBuffer()
		}
		v.buf.attached = &attachments{files: kept}
		v.buf.attached.pending.Store(true)
	}
	return v
}

// sendFiles queues the files of the entry's values.
func (e *entry) sendFiles() {
	e.sendFilesOf(e.input)
	e.sendFilesOf(e.output)
	for _, kv := range e.metadata {
		e.sendFilesOf(kv.value)
	}
}

func (e *entry) sendFilesOf(v capture) {
	if v.buf == nil || v.buf.attached == nil {
		return
	}
	observation := ""
	if e.what == entryObservation {
		observation = e.id.String()
	}
	e.client.sendFiles(v.buf.attached, e.at(e.made), cmp.Or(e.traceIDText, e.traceID.String()), observation)
}

// sendFiles queues files once: a value may be that of several records.
func (c *Client) sendFiles(a *attachments, at time.Time, traceID, observationID string) {
	if !a.pending.Swap(false) {
		return
	}
	for _, m := range a.files {
		m.TraceID, m.ObservationID = traceID, observationID
		c.files.EnqueueOwned(&exporter.Record{EventID: ids.NewUUID().String(), Time: at, Media: m})
	}
	a.files = nil // the pipeline's now, also while the observation still runs
	c.held.Add(-a.held.Swap(0))
}

// parseDataURI reads data:<type>;base64,<content> (RFC 2397).
func parseDataURI(b []byte) (contentType string, data []byte, ok bool) {
	head := bytes.Index(b[:min(len(b), longestHead)], []byte(base64Mark))
	if head < 0 || !bytes.HasPrefix(b, []byte(dataPrefix)) {
		return "", nil, false
	}
	contentType = strings.ToLower(withoutParameters(string(b[len(dataPrefix):head])))
	if !isMediaType(contentType) {
		return "", nil, false
	}
	data, ok = decodeBase64(bytes.TrimRight(b[head+len(base64Mark):], base64End), false)
	return contentType, data, ok
}

// isMediaType reports whether s is like image/png, without parameters.
func isMediaType(s string) bool {
	kind, sub, ok := strings.Cut(s, "/")
	if !ok || kind == "" || sub == "" || len(s) > 100 {
		return false
	}
	for _, r := range kind + sub {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("!#$&-^_.+", r) {
			return false
		}
	}
	return true
}

// decodeBase64 reads either alphabet, without padding. Strict refuses what no encoder writes, as most words.
func decodeBase64(b []byte, strict bool) ([]byte, bool) {
	encoding := base64.RawStdEncoding
	if bytes.ContainsAny(b, "-_") {
		encoding = base64.RawURLEncoding
	}
	if strict {
		encoding = encoding.Strict()
	}
	data := make([]byte, encoding.DecodedLen(len(b)))
	n, err := encoding.Decode(data, b)
	return data[:n], err == nil && n > 0
}
