package fakellm

import (
	"bytes"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"slices"
	"strconv"
)

// form is a request in parts.
type form map[string][]string

func (f form) text(field string) string {
	if v := f[field]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (f form) number(field string) int {
	n, _ := strconv.Atoi(f.text(field))
	return n
}

// readForm reads a request in parts; files go to the request.
func (c *call) readForm() (form, *Error) {
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, invalid("", "Invalid Content-Type header. Expected multipart/form-data.")
	}
	parts, err := multipart.NewReader(bytes.NewReader(c.req.Body), params["boundary"]).ReadForm(maxRequestBytes)
	if err != nil {
		return nil, invalid("", "Could not parse multipart form")
	}
	for _, field := range slices.Sorted(maps.Keys(parts.File)) {
		for _, h := range parts.File[field] {
			f, err := h.Open()
			if err != nil {
				return nil, invalid("", "Could not parse multipart form")
			}
			data, err := io.ReadAll(f)
			f.Close()
			if err != nil {
				return nil, invalid("", "Could not parse multipart form")
			}
			c.req.Files = append(c.req.Files, File{Field: field, Name: h.Filename, Data: data})
		}
	}
	return parts.Value, nil
}
