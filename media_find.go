package langshark

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/jsonx"
)

// object is what is known of one while its members are read.
type object struct {
	name                string // of the member that it is
	key                 string // of the member being read
	kind, media, format string // type, media_type or mime_type or mimeType, format
	from, to            int    // where its data's text is, without quotes; zero if it has none
	list                bool   // an array, whose items have its name
}

// found is a content that was found in JSON, at its text without quotes.
type found struct {
	from, to  int
	file      *exporter.Media
	reference string
}

// takeMedia replaces the contents of files in the buffer's JSON, which is valid, by references.
func (b *buffer) takeMedia() (files []*exporter.Media) {
	places := findMedia(b.b)
	if len(places) == 0 {
		return nil
	}
	slices.SortFunc(places, func(x, y found) int { return x.from - y.from })
	size := len(b.b)
	for _, p := range places {
		size += len(p.reference) - (p.to - p.from)
	}
	whole, at := make([]byte, 0, size), 0
	for _, p := range places {
		whole = append(append(whole, b.b[at:p.from]...), p.reference...)
		at = p.to
		if !slices.ContainsFunc(files, func(m *exporter.Media) bool { return m.ID == p.file.ID }) {
			files = append(files, p.file)
		}
	}
	b.b = append(whole, b.b[at:]...)
	return files
}

// findMedia walks through the JSON once; of its texts only quotes, beginnings and the
// values of a few keys are looked at.
func findMedia(b []byte) (places []found) {
	var stack []object
	isKey := false
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			o := object{list: b[i] == '['}
			if n := len(stack); n > 0 {
				if o.name = stack[n-1].key; stack[n-1].list {
					o.name = stack[n-1].name
				}
			}
			stack = append(stack, o)
			isKey = !o.list
		case '}', ']':
			n := len(stack) - 1
			if n < 0 {
				return places // never in valid JSON
			}
			if p, ok := stack[n].content(b); ok {
				places = append(places, p)
			}
			stack = stack[:n]
			isKey = false
		case ',':
			isKey = len(stack) > 0 && !stack[len(stack)-1].list
		case '"':
			from := i + 1
			i = jsonx.StringEnd(b, from)
			text := b[from:min(i, len(b))]
			var top *object
			if n := len(stack); n > 0 {
				top = &stack[n-1]
			}
			if isKey {
				top.key, isKey = shortText(text), false
				continue
			}
			if bytes.HasPrefix(text, []byte(dataPrefix)) {
				if contentType, data, ok := parseDataURI(unescapedURI(text)); ok {
					p := found{from: from, to: i}
					p.file, p.reference = newMedia(contentType, sourceURI, data)
					places = append(places, p)
				}
				continue
			}
			if top != nil && !top.list {
				top.member(text, from)
			}
		}
	}
	return places
}

// shortText is a key or a value that is compared with known ones, all of them short and without escapes.
func shortText(b []byte) string {
	const longest = 100
	if len(b) > longest {
		return ""
	}
	return strings.ReplaceAll(string(b), `\/`, "/")
}

// unescaped returns the text of a JSON string, whose escapes may stand for a part of base64: \/ \u002B \n.
func unescaped(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	var s string
	if json.Unmarshal(slices.Concat([]byte{'"'}, b, []byte{'"'}), &s) != nil {
		return b
	}
	return []byte(s)
}

// unescapedURI is unescaped for what may be a data URI; a long text that isn't is not copied.
func unescapedURI(b []byte) []byte {
	if !bytes.Contains(b[:min(len(b), longestHead)], []byte("base64")) {
		return b
	}
	return unescaped(b)
}

// member notes a text that may be part of a file's description.
func (o *object) member(text []byte, from int) {
	switch o.key {
	case "type":
		o.kind = shortText(text)
	case "media_type", "mime_type", "mimeType":
		o.media = withoutParameters(strings.ToLower(shortText(text)))
	case "format":
		o.format = strings.ToLower(shortText(text))
	case "data":
		o.from, o.to = from, from+len(text)
	}
}

// What is shorter, in characters of base64, is a word and no content; sounds without a type are longer.
const (
	shortestContent = 16
	shortestSound   = 256
)

// content tells whether the object is a file, by the shapes that the APIs have.
func (o *object) content(b []byte) (p found, ok bool) {
	if o.from == 0 || o.from == o.to {
		return p, false
	}
	contentType, spoken := o.media, false
	switch {
	case o.kind == "base64", // Anthropic: {"type":"base64","media_type":…,"data":…}
		o.kind == "media",                    // Vertex AI: {"type":"media","mime_type":…,"data":…}
		o.kind == "image", o.kind == "audio", // MCP: {"type":"image","data":…,"mimeType":…}
		o.name == "inlineData", o.name == "inline_data", // Gemini: {"mimeType":…,"data":…}
		o.name == "binary" && o.kind == "": // LangChainGo: {"type":"binary","binary":{"mime_type":…,"data":…}}
	case o.name == "input_audio", // OpenAI: {"data":…,"format":"wav"}
		o.name == "audio": // OpenAI's answers: {"id":…,"data":…,"transcript":…}
		spoken = true
		if contentType == "" {
			contentType = audioType(o.format)
		}
	default:
		return p, false
	}
	if contentType != "" && !isMediaType(contentType) || contentType == "" && !spoken {
		return p, false
	}
	text := bytes.TrimRight(unescaped(b[o.from:o.to]), base64End)
	if len(text) < shortestContent {
		return p, false
	}
	data, ok := decodeBase64(text, true)
	if !ok {
		return p, false
	}
	if contentType == "" {
		if contentType = sniffed(data); !strings.HasPrefix(contentType, "audio/") {
			if len(text) < shortestSound {
				return p, false
			}
			contentType = "audio/pcm" // as OpenAI's streams have it, without a head that names it
		}
	}
	p.from, p.to = o.from, o.to
	p.file, p.reference = newMedia(contentType, sourceURI, data)
	return p, true
}

// audioType is the type of a format as OpenAI names it; empty if there is none.
func audioType(format string) string {
	switch format {
	case "":
		return ""
	case "mp3":
		return "audio/mpeg"
	case "pcm16":
		return "audio/pcm"
	}
	return "audio/" + format
}

// audioFormat is OpenAI's name for a type of sound.
func audioFormat(contentType string) string {
	switch contentType {
	case "audio/mpeg":
		return "mp3"
	case "audio/pcm":
		return "pcm16"
	}
	return strings.TrimPrefix(strings.TrimPrefix(contentType, "audio/"), "x-")
}
