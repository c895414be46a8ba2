package llmwire

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strconv"

	"github.com/langshark/langshark-go/internal/jsonx"
)

const (
	maxFormParts  = 100
	maxFieldBytes = 256 << 10
	maxFormBytes  = 2 * MaxFileBytes // of the contents of all files
)

// parseForm reads a multipart form, or its first bytes if cut is true.
func (s *shape) parseForm(contentType string, body []byte, cut bool) Request {
	req := s.readForm(contentType, bytes.NewReader(body))
	req.Truncated = req.Truncated || cut
	return req
}

// readForm reads a multipart form. Files become objects with their name, size
// and content; of numbers it isn't known that they are any.
func (s *shape) readForm(contentType string, r io.Reader) Request {
	var req Request
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return req
	}
	var inputs []field
	room := maxFormBytes
	form := multipart.NewReader(r, params["boundary"])
	for n := 0; ; n++ {
		part, err := form.NextPart()
		if err != nil || n == maxFormParts { // the end, or as far as it goes
			req.Truncated = req.Truncated || err != io.EOF //nolint:errorlint // where a form breaks off it is wrapped
			break
		}
		name := part.FormName()
		if part.FileName() != "" {
			file, whole := readFile(part, &room)
			inputs = append(inputs, field{name, file})
			req.Truncated = req.Truncated || !whole
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, maxFieldBytes))
		if err != nil && len(value) == 0 {
			req.Truncated = true
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

// readFile describes a file of a form. Its content is there if it is whole, no
// larger than MaxFileBytes, and there is room for it.
func readFile(part *multipart.Part, room *int) (file []byte, whole bool) {
	data, err := io.ReadAll(io.LimitReader(part, int64(min(MaxFileBytes, *room))+1))
	size := int64(len(data))
	if err == nil {
		var more int64
		more, err = io.Copy(io.Discard, part)
		size += more
	}
	o := jsonx.BeginObject(nil)
	o.String("filename", cutText(part.FileName(), maxWordBytes))
	if err == nil { // else nobody knows how long it is
		o.Int("bytes", size)
	}
	if err != nil || size > int64(min(MaxFileBytes, *room)) {
		o.Bool("truncated", true)
		return o.End(), false
	}
	*room -= len(data)
	o.Name("content")
	o.Dst = append(o.Dst, blob(part.Header.Get("Content-Type"), data, size)...)
	return o.End(), true
}
