package langshark

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/jsonx"
)

// Field says where a text that is masked comes from.
type Field string

// The fields that are masked.
const (
	FieldInput         Field = "input"
	FieldOutput        Field = "output"
	FieldMetadata      Field = "metadata"
	FieldStatusMessage Field = "status_message"
	FieldComment       Field = "comment"
	FieldParameters    Field = "model_parameters"
)

// MaskText is one text that a [MaskFunc] sees.
type MaskText struct {
	Field Field
	// Key is the name of the enclosing object's member, as in "email"; empty at the top and, for a
	// list's items, that of the list.
	Key string
	// Text is a string's text or a number's digits.
	Text string
}

// MaskFunc returns what is recorded instead of t.Text. It is called for every
// string and number of inputs, outputs, metadata, model parameters, status
// messages and scores' comments, on the goroutine that records, before anything
// is queued or written, and before a value is cut to [MaxValueBytes]; it must
// be safe for concurrent use. Names, ids, tags, users, sessions and the keys of
// objects are not masked. A number that changes becomes a string. When it returns an error or panics, the whole
// value is replaced by {"$masked":"mask failed"}: nothing leaves unmasked.
type MaskFunc func(t MaskText) (string, error)

const (
	maskFailedJSON = `{"$masked":"mask failed"}`
	maskFailedText = "<masked: mask failed>"
)

// mask applies the client's mask to a captured value.
func (c *Client) mask(field Field, key string, v capture) capture {
	if c.maskFunc == nil || v.kind == captureNone {
		return v
	}
	c.masked.Add(1)
	masked, err := c.masking(field, key, v)
	v.release()
	if err != nil {
		c.report(fmt.Errorf("langshark: masking %s failed, the value is not recorded: %w", field, err))
		return newJSONCapture([]byte(maskFailedJSON))
	}
	return masked
}

func (c *Client) masking(field Field, key string, v capture) (masked capture, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("mask panicked: %v", p)
		}
	}()
	if v.kind == captureText {
		s, err := c.maskFunc(MaskText{Field: field, Key: key, Text: v.text})
		return capture{kind: captureText, text: s}, err
	}
	b := getBuffer()
	b.b, err = maskJSON(b.b, v.buf.b, func(key, text string) (string, error) {
		return c.maskFunc(MaskText{Field: field, Key: key, Text: text})
	}, key)
	if err != nil {
		b.release()
		return capture{}, err
	}
	return capture{kind: captureJSON, buf: b}, nil
}

// maskText applies the mask to a plain text that isn't a payload.
func (c *Client) maskText(field Field, s string) string {
	s = c.text(s)
	if c.maskFunc == nil || s == "" {
		return exporter.TruncateText(s, MaxValueBytes)
	}
	v := c.mask(field, "", capture{kind: captureText, text: s})
	if v.kind != captureText {
		v.release()
		return maskFailedText
	}
	return limited(v).text
}

// maskJSON copies src, with every string and number passed through mask.
func maskJSON(dst, src []byte, mask func(key, text string) (string, error), topKey string) ([]byte, error) {
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
			s, err := mask(top.key, v)
			if err != nil {
				return nil, err
			}
			dst = jsonx.AppendString(dst, s)
		case json.Number:
			s, err := mask(top.key, v.String())
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
