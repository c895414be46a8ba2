package llmwire

import (
	"github.com/langshark/langshark-go/internal/jsonx"
)

// imagen makes pictures by predict.
type imagen struct{ gemini }

func (imagen) Operation() string { return "image_generation" }
func (imagen) Kind() Kind        { return Generation }

func (e imagen) ParseRequest(_ string, body []byte, cut bool) Request {
	return e.parse(&predictShape, body, cut)
}

func (imagen) Answer(status int, contentType string, req *Request) Accumulator {
	return answerUpTo(MaxMediaBytes, status, contentType, req, nil, readPredictedPictures)
}

// readPredictedPictures gives the pictures the form that generateContent has,
// which is how the core finds them.
func readPredictedPictures(r *jsonx.Reader, into *Response) {
	var head geminiHead
	out := []byte{'['}
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) != "predictions" {
			head.member(r)
			continue
		}
		for ok := r.Array(); ok && r.Item(); {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = appendPredictedPicture(out, r)
		}
	}
	head.fill(into)
	if len(out) > 1 {
		into.Output = append(out, ']')
	}
}

func appendPredictedPicture(dst []byte, r *jsonx.Reader) []byte {
	var kind, data []byte
	o := jsonx.BeginObject(dst)
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "mimeType":
			kind = r.Raw()
		case "bytesBase64Encoded":
			data = r.Raw()
		default:
			o.Name(string(r.Key))
			o.Dst = append(o.Dst, r.Raw()...)
		}
	}
	if len(data) > 0 {
		o.Name("inlineData")
		inline := jsonx.BeginObject(o.Dst)
		if len(kind) > 0 {
			inline.Name("mimeType")
			inline.Dst = append(inline.Dst, kind...)
		}
		inline.Name("data")
		inline.Dst = append(inline.Dst, data...)
		o.Dst = inline.End()
	}
	return o.End()
}
