package llmwire

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strconv"

	"github.com/langshark/langshark-go/internal/jsonx"
)

const (
	maxFormParts  = 100
	maxFieldBytes = 256 << 10
)

// parseForm reads a multipart form. Files become objects with their name, type
// and content; of numbers it isn't known that they are any.
func (s *shape) parseForm(contentType string, body []byte, cut bool) Request {
	req := Request{Truncated: cut}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return req
	}
	var inputs []field
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for range maxFormParts {
		part, err := form.NextPart()
		if err != nil {
			break // the end, or as far as it goes
		}
		name := part.FormName()
		if part.FileName() != "" {
			inputs = append(inputs, field{name, readFile(part, cut)})
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, maxFieldBytes))
		if err != nil && len(value) == 0 {
			break
		}
		switch text := text(value); {
		case s.isInput(name):
			inputs = append(inputs, field{name, textJSON(value)})
		case name == "model":
			req.Model = cutText(text, maxWordBytes)
		case name == "stream":
			req.Stream, _ = strconv.ParseBool(text)
		case text != "":
			req.addParameter(name, cutText(text, maxParameterBytes))
		}
	}
	req.Input = s.join(inputs)
	return req
}

// addParameter adds a value; of one that comes again a list is made.
func (req *Request) addParameter(name, value string) {
	if req.Parameters == nil {
		req.Parameters = make(map[string]any)
	}
	switch before := req.Parameters[name].(type) {
	case nil:
		req.Parameters[name] = value
	case string:
		req.Parameters[name] = []string{before, value}
	case []string:
		req.Parameters[name] = append(before, value)
	}
}

// readFile describes a file of a form.
func readFile(part *multipart.Part, cut bool) []byte {
	data, err := io.ReadAll(part)
	size := int64(len(data))
	o := jsonx.BeginObject(nil)
	o.String("filename", cutText(part.FileName(), maxWordBytes))
	if cut && errors.Is(err, io.ErrUnexpectedEOF) {
		o.Bool("truncated", true)
		return o.End()
	}
	o.Int("bytes", size)
	o.Name("content")
	o.Dst = append(o.Dst, blob(part.Header.Get("Content-Type"), data, size)...)
	return o.End()
}
