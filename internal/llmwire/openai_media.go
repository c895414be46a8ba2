package llmwire

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"strings"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// openAIMedia are the APIs of pictures, sound and judgements.
// Reference: platform.openai.com/docs/api-reference, images, audio and moderations, as of 2026-11.
type openAIMedia struct {
	provider, deployment string

	operation string
	shape     *shape
	read      func(r *jsonx.Reader, into *Response)
}

func (e openAIMedia) Provider() string  { return e.provider }
func (e openAIMedia) Operation() string { return e.operation }
func (openAIMedia) Kind() Kind          { return Generation }

var (
	pictureShape    = shape{main: "prompt", input: []string{"image", "image[]", "mask"}}
	listenShape     = shape{main: "file", input: []string{"prompt", "known_speaker_references", "known_speaker_references[]"}}
	speakShape      = shape{main: "input", input: []string{"instructions"}}
	moderationShape = shape{main: "input"}
)

// ParseRequest reads JSON or a form with files.
func (e openAIMedia) ParseRequest(contentType string, body []byte, cut bool) Request {
	var req Request
	if strings.HasPrefix(strings.ToLower(contentType), "multipart/form-data") {
		req = e.shape.parseForm(contentType, body, cut)
	} else {
		req = e.shape.parse(body, cut)
	}
	return req.orModel(e.deployment)
}

// ReadForm reads a form with files of any size.
func (e openAIMedia) ReadForm(contentType string, r io.Reader) Request {
	return e.shape.readForm(contentType, r).orModel(e.deployment)
}

// Answer returns the accumulator for JSON, for a stream, or for bytes of another type.
func (e openAIMedia) Answer(status int, contentType string, req *Request) Accumulator {
	a := &sniffed{
		piece:  func() Accumulator { return &whole{read: e.read, limit: MaxMediaBytes} },
		stream: func() Accumulator { return newMediaStream(e.read) },
	}
	kind := strings.ToLower(contentType)
	switch {
	case status >= http.StatusMultipleChoices:
		return &errorAnswer{}
	case isEventStream(kind):
		a.other = a.stream
	case e.operation != "speech" && (kind == "" || strings.Contains(kind, "json")):
		a.other = a.piece
	case !e.answersJSON(kind, req):
		return &opaqueAnswer{contentType: contentType}
	default:
		a.other = func() Accumulator { return &opaqueAnswer{contentType: contentType} }
	}
	return a
}

// answersJSON reports whether JSON or events of it are expected, whatever the
// type of the answer says: sound and texts may begin with any sign.
func (e openAIMedia) answersJSON(kind string, req *Request) bool {
	for _, class := range [...]string{"audio/", "image/", "video/"} {
		if strings.HasPrefix(kind, class) {
			return false
		}
	}
	switch e.operation {
	case "speech":
		return req.Parameters["stream_format"] == "sse"
	case "transcription", "translation":
		switch req.Parameters["response_format"] {
		case "text", "srt", "vtt":
			return false
		}
	}
	return true
}

// readPictures makes data URIs of pictures, which is how the core finds them.
func readPictures(r *jsonx.Reader, into *Response) {
	var head openAIHead
	format := "png"
	var data []byte
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "data":
			data = r.Raw()
		case "output_format":
			r.Set(&format, 16)
			format = plainToken(format)
		default:
			head.member(r)
		}
	}
	head.fill(into)
	if data == nil {
		return
	}
	out := []byte{'['}
	items := jsonx.NewReader(data)
	for ok := items.Array(); ok && items.Item(); {
		if len(out) > 1 {
			out = append(out, ',')
		}
		o := jsonx.BeginObject(out)
		for ok := items.Object(); ok && items.Member(); {
			key, value := string(items.Key), items.Raw()
			switch {
			case len(value) == 0, string(value) == "null":
			case key == "b64_json" && value[0] == '"':
				o.Name("url")
				o.Dst = append(o.Dst, `"data:image/`...)
				o.Dst = append(o.Dst, format...)
				o.Dst = append(o.Dst, ";base64,"...)
				o.Dst = append(o.Dst, value[1:]...)
			default:
				o.Name(key) // as it stood in JSON
				o.Dst = append(o.Dst, value...)
			}
		}
		out = o.End()
	}
	into.Output = append(out, ']')
}

// readTranscript takes the text, or all that is said beside it.
func readTranscript(r *jsonx.Reader, into *Response) {
	var head openAIHead
	var plain []byte
	o := jsonx.BeginObject(nil)
	more := false
	for ok := r.Object(); ok && r.Member(); {
		switch key := string(r.Key); key {
		case "text", "task", "language", "duration", "segments", "words", "logprobs":
			raw := r.Raw()
			if key == "text" {
				plain = raw
			} else {
				more = true
			}
			o.Name(key)
			o.Dst = append(o.Dst, raw...)
		default:
			head.member(r)
		}
	}
	head.fill(into)
	if into.Output = plain; more {
		into.Output = o.End()
	}
}

// readSpeech takes what is said beside the sound, which comes as bytes or as events.
func readSpeech(r *jsonx.Reader, into *Response) {
	var head openAIHead
	for ok := r.Object(); ok && r.Member(); {
		head.member(r)
	}
	head.fill(into)
}

// readModeration takes the results, and whether one of them is an objection.
func readModeration(r *jsonx.Reader, into *Response) {
	var head openAIHead
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) != "results" {
			head.member(r)
			continue
		}
		into.Output = r.Raw()
	}
	head.fill(into)
	if len(into.Output) == 0 {
		return
	}
	flagged := false
	items := jsonx.NewReader(into.Output)
	for ok := items.Array(); ok && items.Item(); {
		for ok := items.Object(); ok && items.Member(); {
			if string(items.Key) == "flagged" {
				flagged = items.Bool() || flagged
			} else {
				items.Skip()
			}
		}
	}
	into.attribute("openai.moderation.flagged", flagged)
}

// mediaStream reads streams of transcripts and of pictures: pieces of text, and
// an event with all of it at the end.
type mediaStream struct {
	sse     SSE
	unread  unread
	keep    keeper
	read    func(r *jsonx.Reader, into *Response)
	text    []byte
	last    Response
	err     *ProviderError
	started bool
	over    bool // there is a whole transcript, or a whole picture
	ended   bool // and no other can follow
}

func newMediaStream(read func(r *jsonx.Reader, into *Response)) *mediaStream {
	s := &mediaStream{keep: keeper{room: MaxCaptureBytes}, read: read}
	s.sse.OnEvent = func(_, data []byte) { s.event(data) }
	return s
}

func (s *mediaStream) Feed(p []byte)   { s.sse.Feed(p) }
func (s *mediaStream) Started() bool   { return s.started }
func (s *mediaStream) Ended(bool) bool { return s.ended }

func (s *mediaStream) event(data []byte) {
	if bytes.HasPrefix(data, doneMark) {
		s.over, s.ended = true, true
		return
	}
	var kind, delta, picture []byte
	failed := false
	r := jsonx.NewReader(data)
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "type":
			kind = r.Raw()
		case "delta":
			delta = r.Raw()
		case "b64_json":
			picture = r.Raw()
		case "error":
			failed = isError(&r)
		default:
			r.Skip()
		}
	}
	s.unread.event(&r, data)
	switch k := word(kind); {
	case failed || k == "error":
		s.err = parseError(data[:min(len(data), MaxErrorBytes)])
	case strings.HasSuffix(k, ".delta"):
		before := len(s.text)
		s.text = s.keep.value(s.text, delta)
		s.started = s.started || len(s.text) > before
	case strings.HasSuffix(k, ".partial_image"):
		s.started = true
	case strings.HasSuffix(k, ".done"), strings.HasSuffix(k, ".completed"):
		s.over, s.ended = true, s.ended || strings.HasSuffix(k, ".done")
		whole := readable(data, false)
		if picture != nil { // one picture, in the form of an answer in one piece
			whole = append(append([]byte(`{"data":[{"b64_json":`), picture...), `}],`...)
			whole = append(whole, bytes.TrimLeft(data, "{ \t\r\n")...)
			whole = readable(whole, false)
		}
		reader := jsonx.NewReader(whole)
		s.read(&reader, &s.last)
	}
}

func (s *mediaStream) Close() Response {
	s.sse.Close()
	r := s.last
	s.unread.fill(&r)
	if r.Output == nil && len(s.text) > 0 {
		r.Output = textJSON(s.text)
	}
	r.Err, r.Complete, r.Truncated = s.err, s.over && s.err == nil, s.keep.cut || s.sse.Skipped > 0
	return r
}

// opaqueAnswer takes what isn't JSON: a text as it is, sound and pictures as a
// data URI, other bytes as their number.
type opaqueAnswer struct {
	contentType string
	data        []byte
	size        int64
}

func (a *opaqueAnswer) Feed(p []byte) {
	a.size += int64(len(p))
	a.data = append(a.data, p[:min(len(p), MaxBodyBytes-len(a.data))]...)
}

func (a *opaqueAnswer) Started() bool { return false }

func (a *opaqueAnswer) Close() Response {
	r := Response{Endless: true, Truncated: a.size > int64(len(a.data))}
	if len(a.data) > 0 {
		r.Output = blob(a.contentType, a.data, a.size)
	}
	return r
}

// blob describes bytes of which data are the first.
func blob(contentType string, data []byte, size int64) []byte {
	kind, _, _ := strings.Cut(contentType, ";")
	if kind = strings.TrimSpace(kind); kind == "" || kind == "application/octet-stream" {
		kind, _, _ = strings.Cut(http.DetectContentType(data), ";")
	}
	switch class, _, _ := strings.Cut(kind, "/"); {
	case class == "text":
		k := keeper{room: MaxCaptureBytes}
		return textJSON(k.bound(data, 0))
	case (class == "audio" || class == "image" || class == "video") && size == int64(len(data)) && size <= MaxFileBytes:
		out := append(make([]byte, 0, len(data)*4/3+100), `"data:`...)
		out = append(out, plainToken(kind)...)
		out = append(out, ";base64,"...)
		out = base64.StdEncoding.AppendEncode(out, data)
		return append(out, '"')
	}
	o := jsonx.BeginObject(nil)
	o.String("content_type", kind)
	o.Int("bytes", size)
	return o.End()
}

// plainToken keeps what a media type may consist of.
func plainToken(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && r != '"' && r != '\\' && r != ',' {
			return r
		}
		return -1
	}, s)
}
