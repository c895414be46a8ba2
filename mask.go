package langshark

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/jsonx"
	"github.com/langshark/langshark-go/mask"
	"github.com/langshark/langshark-go/semconv"
)

// Field says where a text that is masked comes from.
type Field = mask.Field

// The fields that are masked.
const (
	FieldInput         = mask.FieldInput
	FieldOutput        = mask.FieldOutput
	FieldMetadata      = mask.FieldMetadata
	FieldStatusMessage = mask.FieldStatusMessage
	FieldComment       = mask.FieldComment
	FieldParameters    = mask.FieldParameters
)

// MaskText is one text that a [Masker] sees, with the kind of its observation and its field.
type MaskText = mask.Text

// Masker returns what is recorded instead of t.Text: a [*mask.Masker], which finds
// personal data and secrets, or a [MaskFunc].
//
// Mask is called for every string and number of inputs, outputs, metadata, model
// parameters, status messages and scores' comments, on the goroutine that records,
// before anything is queued or written, and before a value is cut to [MaxValueBytes];
// it must be safe for concurrent use. Names, ids, tags, users, sessions and the keys of
// objects are not masked. A number that changes becomes a string. When Mask returns an
// error or panics, the whole value is replaced by {"$masked":"mask failed"}: nothing
// leaves unmasked. [Config].OnError is told, with the error's text, which must not hold
// what was to be masked; of a panic only the type is said.
type Masker interface {
	Mask(t MaskText) (string, error)
}

// MaskFunc is a function as a [Masker].
type MaskFunc func(t MaskText) (string, error)

// Mask calls f.
func (f MaskFunc) Mask(t MaskText) (string, error) { return f(t) }

// CaptureMode says what is recorded of inputs and outputs: for all of a client by
// [Config].Capture, for an observation or a wrapper by [WithCapture]. A Config.Mask
// applies in every mode.
type CaptureMode uint8

const (
	// CaptureDefault is the client's mode; as the client's own it is CaptureAll.
	CaptureDefault CaptureMode = iota
	// CaptureAll records inputs and outputs.
	CaptureAll
	// CaptureMasked records them through Config.Mask or, where there is none, through the
	// detectors of package mask as they are by default. So are metadata and messages.
	CaptureMasked
	// CaptureNone leaves inputs and outputs out.
	CaptureNone
)

// detectors is the mask of CaptureMasked where no other is set.
var detectors = sync.OnceValues(func() (*mask.Masker, error) { return mask.New(mask.Config{}) })

// captureScope is what a value belongs to.
type captureScope struct {
	kind  Kind
	mode  CaptureMode
	files bool // that it refers to are sent
}

// mode resolves an observation's mode.
func (c *Client) mode(m CaptureMode) CaptureMode {
	if m == CaptureDefault {
		return c.captureMode
	}
	return m
}

// isOwnContent reports whether metadata of this name, one of ours, holds content.
func isOwnContent(key string) bool {
	return strings.HasPrefix(key, "langshark.") && semconv.ContentOf(key) != semconv.NoContent
}

// masker returns the mask for the mode, nil for none.
func (c *Client) masker(m CaptureMode) Masker {
	if c.mask != nil || c.mode(m) != CaptureMasked {
		return c.mask
	}
	d, err := detectors()
	if err != nil {
		return MaskFunc(func(MaskText) (string, error) { return "", err })
	}
	return d
}

const (
	maskFailedJSON = `{"$masked":"mask failed"}`
	maskFailedText = "<masked: mask failed>"
)

// masks applies the mask to a captured value.
func (c *Client) masks(scope captureScope, field Field, key string, v capture) capture {
	m := c.masker(scope.mode)
	if m == nil || v.kind == captureNone {
		return v
	}
	c.masked.Add(1)
	masked, err := masking(m, MaskText{Kind: scope.kind, Field: field, Key: key}, v)
	if err != nil {
		c.omit(v)
		v.release()
		c.complain("masking "+string(field)+" failed, the value is not recorded", err)
		return newJSONCapture([]byte(maskFailedJSON))
	}
	masked.takeFiles(v)
	v.release()
	return masked
}

func masking(m Masker, t MaskText, v capture) (masked capture, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("mask panicked: %T", p) // not its value, which may hold the text
		}
	}()
	if v.kind == captureText {
		t.Text = v.text
		s, err := m.Mask(t)
		return capture{kind: captureText, text: s}, err
	}
	b := getBuffer()
	b.b, err = maskJSON(b.b, v.buf.b, func(key, text string) (string, error) {
		t.Key, t.Text = key, text
		return m.Mask(t)
	}, t.Key)
	if err != nil {
		b.release()
		return capture{}, err
	}
	return capture{kind: captureJSON, buf: b}, nil
}

// maskText applies the mask to a plain text that isn't a payload.
func (c *Client) maskText(scope captureScope, field Field, s string) string {
	s = c.text(s)
	if s == "" || c.masker(scope.mode) == nil {
		return exporter.TruncateText(s, MaxValueBytes)
	}
	v := c.masks(scope, field, "", capture{kind: captureText, text: s})
	if v.kind != captureText {
		v.release()
		return maskFailedText
	}
	return limited(v).text
}

// maskJSON copies src, with every string and number passed through rewrite.
func maskJSON(dst, src []byte, rewrite func(key, text string) (string, error), topKey string) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.UseNumber()
	type level struct {
		object bool
		key    string // of the object's current member, or of the list itself
		isKey  bool   // the next token is a key
		n      int
	}
	stack := []level{{key: topKey}}
	for {
		token, err := dec.Token()
		if err != nil {
			if len(stack) == 1 && stack[0].n == 1 {
				return dst, nil // io.EOF after the one value
			}
			return nil, err
		}
		top := &stack[len(stack)-1]
		if d, ok := token.(json.Delim); ok && (d == '}' || d == ']') {
			dst = append(dst, byte(d))
			stack = stack[:len(stack)-1]
			continue
		}
		if top.object && top.isKey {
			if top.n > 0 {
				dst = append(dst, ',')
			}
			top.key, _ = token.(string)
			top.isKey = false
			dst = append(jsonx.AppendString(dst, top.key), ':')
			continue
		}
		if !top.object && top.n > 0 {
			dst = append(dst, ',')
		}
		top.n++
		top.isKey = top.object
		switch v := token.(type) {
		case json.Delim:
			dst = append(dst, byte(v))
			stack = append(stack, level{object: v == '{', isKey: v == '{', key: top.key})
		case string:
			s, err := rewrite(top.key, v)
			if err != nil {
				return nil, err
			}
			dst = jsonx.AppendString(dst, s)
		case json.Number:
			s, err := rewrite(top.key, v.String())
			if err != nil {
				return nil, err
			}
			if s == v.String() {
				dst = append(dst, s...)
			} else {
				dst = jsonx.AppendString(dst, s)
			}
		case bool:
			dst = fmt.Appendf(dst, "%t", v)
		default:
			dst = append(dst, "null"...)
		}
	}
}
