package langshark_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/console"
	"github.com/langshark/langshark-go/mask"
)

// png and wav begin like such files.
var (
	png = append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{0, 1, 0xfe, 0xff}, 50)...)
	wav = append([]byte("RIFF\x24\x00\x00\x00WAVEfmt "), bytes.Repeat([]byte{7, 0xf9}, 40)...)
)

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func reference(contentType, source string, content []byte) string {
	return fmt.Sprintf("@@@langfuseMedia:type=%s|id=%s|source=%s@@@", contentType, exporter.NewMedia(contentType, content).ID, source)
}

// TestMediaShapes has the parts of requests and answers as the APIs of models document them.
func TestMediaShapes(t *testing.T) {
	image, sound := b64(png), b64(wav)
	const uri = "base64_data_uri"
	for name, c := range map[string]struct {
		value any
		want  string // with REF for the reference
		ref   string
		file  []byte
	}{
		"a text that is a data URI": {"data:image/png;base64," + image, `"REF"`, reference("image/png", uri, png), png},
		"parameters":                {"data:text/plain;charset=utf-8;base64,aGk=", `"REF"`, reference("text/plain", uri, []byte("hi")), []byte("hi")},
		"OpenAI, an image": {
			json.RawMessage(`[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,` + image + `","detail":"low"}}]}]`),
			`[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"REF","detail":"low"}}]}]`, reference("image/png", uri, png), png,
		},
		"OpenAI, a sound": {
			map[string]any{"type": "input_audio", "input_audio": map[string]string{"data": sound, "format": "wav"}},
			`{"input_audio":{"data":"REF","format":"wav"},"type":"input_audio"}`, reference("audio/wav", uri, wav), wav,
		},
		"OpenAI, a spoken answer": {
			json.RawMessage(`{"message":{"audio":{"id":"a1","data":"` + sound + `","transcript":"hello"}}}`),
			`{"message":{"audio":{"id":"a1","data":"REF","transcript":"hello"}}}`, reference("audio/wav", uri, wav), wav,
		},
		"Anthropic": {
			json.RawMessage(`{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + image + `"}}`),
			`{"type":"image","source":{"type":"base64","media_type":"image/png","data":"REF"}}`, reference("image/png", uri, png), png,
		},
		"Gemini": {
			json.RawMessage(`{"parts":[{"inlineData":{"data":"` + image + `","mimeType":"image/png"}}]}`),
			`{"parts":[{"inlineData":{"data":"REF","mimeType":"image/png"}}]}`, reference("image/png", uri, png), png,
		},
		"Gemini, the other spelling": {
			json.RawMessage(`{"inline_data":{"mime_type":"image/png","data":"` + image + `"}}`),
			`{"inline_data":{"mime_type":"image/png","data":"REF"}}`, reference("image/png", uri, png), png,
		},
		"Vertex AI": {
			json.RawMessage(`{"data":"` + image + `","type":"media","mime_type":"image/png"}`),
			`{"data":"REF","type":"media","mime_type":"image/png"}`, reference("image/png", uri, png), png,
		},
		"MCP": {
			json.RawMessage(`{"content":[{"type":"image","data":"` + image + `","mimeType":"image/png"}]}`),
			`{"content":[{"type":"image","data":"REF","mimeType":"image/png"}]}`, reference("image/png", uri, png), png,
		},
		"LangChainGo": {
			json.RawMessage(`{"type":"binary","binary":{"mime_type":"image/png","data":"` + image + `"}}`),
			`{"type":"binary","binary":{"mime_type":"image/png","data":"REF"}}`, reference("image/png", uri, png), png,
		},
		"escaped slashes": {
			json.RawMessage(`{"url":"data:image\/png;base64,` + strings.ReplaceAll(b64([]byte{0xff, 0xff, 0xff}), "/", `\/`) + `"}`), `{"url":"data:image\/png;base64,\/\/\/\/"}`, "", nil,
		},
		"URL alphabet":         {"data:image/png;base64," + base64.RawURLEncoding.EncodeToString(png), `"REF"`, reference("image/png", uri, png), png},
		"Media":                {langshark.Media{ContentType: "image/png", Data: png}, `"REF"`, reference("image/png", "bytes", png), png},
		"Media, its type told": {&langshark.Media{Data: png}, `"REF"`, reference("image/png", "bytes", png), png},
		"Media in a value": {
			map[string]any{"q": "?", "photo": langshark.Media{ContentType: "image/png", Data: png}},
			`{"photo":"REF","q":"?"}`, reference("image/png", uri, png), png,
		},
		"bytes of a known format": {png, `"REF"`, reference("image/png", "bytes", png), png},

		"a text about data URIs":     {"see data:image/png;base64," + image, `"see data:image/png;base64,` + image + `"`, "", nil},
		"no base64":                  {"data:image/png;base64,!!!", `"data:image/png;base64,!!!"`, "", nil},
		"an empty one":               {"data:image/png;base64,", `"data:image/png;base64,"`, "", nil},
		"no type":                    {"data:;base64,aGk=", `"data:;base64,aGk="`, "", nil},
		"not base64 at all":          {"data:text/plain,hello", `"data:text/plain,hello"`, "", nil},
		"data of something else":     {json.RawMessage(`{"data":"aGk=","mime_type":"image/png"}`), `{"data":"aGk=","mime_type":"image/png"}`, "", nil},
		"data that is no text":       {json.RawMessage(`{"type":"media","mime_type":"image/png","data":[1,{"data":2}]}`), `{"type":"media","mime_type":"image/png","data":[1,{"data":2}]}`, "", nil},
		"a type that isn't one":      {json.RawMessage(`{"type":"media","mime_type":"image|id=1","data":"aGk="}`), `{"type":"media","mime_type":"image|id=1","data":"aGk="}`, "", nil},
		"inline, but said otherwise": {json.RawMessage(`{"inlineData":{"mimeType":"image/png","data":"not base64!"}}`), `{"inlineData":{"mimeType":"image/png","data":"not base64!"}}`, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, langshark.Config{})
			_, s := r.StartSpan(t.Context(), "s")
			s.SetInput(c.value)
			s.End()
			o := r.one("s")
			want := strings.ReplaceAll(c.want, "REF", c.ref)
			if got := jsonOf(o.Input); name != "escaped slashes" && got != want {
				t.Errorf("input %s\nwant  %s", got, want)
			}
			files := r.mem.Media()
			if name == "escaped slashes" {
				if len(files) != 1 || !bytes.Equal(files[0].Data, []byte{0xff, 0xff, 0xff}) || files[0].ContentType != "image/png" {
					t.Errorf("%s, %d files", jsonOf(o.Input), len(files))
				}
				return
			}
			if c.file == nil {
				if len(files) > 0 {
					t.Errorf("a file was found: %s", files[0].ContentType)
				}
				return
			}
			if len(files) != 1 {
				t.Fatalf("%d files", len(files))
			}
			m := files[0]
			if !bytes.Equal(m.Data, c.file) || m.TraceID != o.TraceID || m.ObservationID != o.ID || m.Field != "input" || !strings.Contains(c.ref, m.ID) || !strings.Contains(c.ref, "="+m.ContentType+"|") {
				t.Errorf("%s %s of %s/%s, %d bytes", m.ContentType, m.Field, m.TraceID, m.ObservationID, len(m.Data))
			}
		})
	}
}

// TestMediaIsSentOnce although the root's payload is the trace's too, and a record of a running observation has it.
func TestMediaIsSentOnce(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx, root := r.StartTrace(t.Context(), "root")
	two := []langshark.Media{{ContentType: "image/png", Data: png}, {ContentType: "image/png", Data: png}, {ContentType: "audio/wav", Data: wav}}
	root.SetInput(two)
	langshark.UpdateObservation(ctx, langshark.WithMetadata("picture", langshark.Media{Data: png}))
	root.SetMetadata("a trace's", langshark.Media{Data: png})
	langshark.UpdateTrace(ctx, langshark.WithOutput(langshark.Media{Data: wav}))
	_, replaced := langshark.StartSpan(ctx, "replaced")
	replaced.SetInput(langshark.Media{Data: []byte("\x89PNG\r\n\x1a\n another")})
	replaced.SetInput("text")
	replaced.End()
	root.End()
	var got []string
	for _, m := range r.flush().mem.Media() {
		got = append(got, fmt.Sprint(m.Field, " ", m.ContentType, " ", m.ObservationID == ""))
	}
	if fmt.Sprint(got) != "[input image/png false input audio/wav false metadata image/png false output audio/wav true]" {
		t.Errorf("%q", got)
	}
	if n := r.Stats().MediaOmitted; n != 1 {
		t.Errorf("%d omitted", n)
	}
}

// TestMediaModes says when a file leaves the process.
func TestMediaModes(t *testing.T) {
	hide := langshark.MaskFunc(func(m langshark.MaskText) (string, error) { return m.Text, nil })
	large := langshark.Media{ContentType: "image/png", Data: make([]byte, langshark.MaxMediaBytes+1)}
	image := langshark.Media{Data: png}
	for name, c := range map[string]struct {
		cfg     langshark.Config
		value   any
		sent    int
		omitted int64
	}{
		"by default":                    {langshark.Config{}, image, 1, 0},
		"omitted":                       {langshark.Config{Media: langshark.MediaOmit}, image, 0, 1},
		"a mask can't see into it":      {langshark.Config{Mask: hide}, image, 0, 1},
		"nor the detectors":             {langshark.Config{Capture: langshark.CaptureMasked}, image, 0, 1},
		"a mask, but wanted":            {langshark.Config{Mask: hide, Media: langshark.MediaUpload}, []any{image}, 1, 0},
		"a mask, but the text wanted":   {langshark.Config{Mask: hide, Media: langshark.MediaUpload}, image, 1, 0},
		"too large":                     {langshark.Config{}, large, 0, 1},
		"too large within a value":      {langshark.Config{}, []any{large}, 0, 1},
		"nothing is captured":           {langshark.Config{Capture: langshark.CaptureNone}, image, 0, 0},
		"an exporter that has no place": {langshark.Config{Exporter: console.New(new(bytes.Buffer))}, image, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, c.cfg)
			_, s := r.StartSpan(t.Context(), "s")
			s.SetInput(c.value)
			s.End()
			if sent := len(r.flush().mem.Media()); sent != c.sent || r.Stats().MediaOmitted != c.omitted {
				t.Errorf("%d sent, %d omitted", sent, r.Stats().MediaOmitted)
			}
			if n := len(r.mem.Observations()); n == 1 && c.cfg.Capture != langshark.CaptureNone {
				if text := jsonOf(r.mem.Observations()[0].Input); !strings.Contains(text, "@@@langfuseMedia:type=image/png|id=") {
					t.Errorf("%.200s", text)
				}
			}
		})
	}
}

// TestMediaOfAFailedMaskStays as nothing of the value may leave.
func TestMediaOfAFailedMaskStays(t *testing.T) {
	r := record(t, langshark.Config{Media: langshark.MediaUpload, OnError: func(error) {}, Mask: langshark.MaskFunc(func(langshark.MaskText) (string, error) {
		return "", errors.New("no")
	})})
	_, s := r.StartSpan(t.Context(), "s")
	s.SetInput([]any{langshark.Media{Data: png}})
	s.End()
	if o := r.one("s"); jsonOf(o.Input) != `{"$masked":"mask failed"}` || len(r.mem.Media()) > 0 {
		t.Errorf("%s, %d files", jsonOf(o.Input), len(r.mem.Media()))
	}
}

// TestMediaComesBeforeTheLimit on a value, which holds for what is left of it.
func TestMediaComesBeforeTheLimit(t *testing.T) {
	r := record(t, langshark.Config{})
	_, s := r.StartSpan(t.Context(), "s")
	content := bytes.Repeat(png, 3*langshark.MaxValueBytes/len(png))
	s.SetInput([]any{"see", langshark.Media{ContentType: "image/png", Data: content}})
	s.End()
	if got := jsonOf(r.one("s").Input); got != `["see","`+reference("image/png", "base64_data_uri", content)+`"]` {
		t.Errorf("%.300s", got)
	}
	if files := r.mem.Media(); len(files) != 1 || !bytes.Equal(files[0].Data, content) {
		t.Errorf("%d files", len(files))
	}
}

// TestDetectorsLeaveReferences as they are: ids look like secrets to a bad one.
func TestDetectorsLeaveReferences(t *testing.T) {
	m, err := mask.New(mask.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 {
		text := reference("image/png", "base64_data_uri", fmt.Append(nil, i))
		got, err := m.Mask(mask.Text{Text: text, Field: mask.FieldInput, Key: "url"})
		if err != nil || got != text {
			t.Errorf("%s became %s (%v)", text, got, err)
		}
	}
}

// TestMediaVariables reads both spellings.
func TestMediaVariables(t *testing.T) {
	for _, c := range []struct {
		name, value string
		sent        int
	}{{"LANGSHARK_MEDIA", "omit", 0}, {"LANGSHARK_MEDIA", "Upload", 1}, {"LANGFUSE_MEDIA_UPLOAD_ENABLED", "false", 0}, {"LANGFUSE_MEDIA_UPLOAD_ENABLED", "True", 1}} {
		t.Run(c.name+"="+c.value, func(t *testing.T) {
			t.Setenv(c.name, c.value)
			r := record(t, langshark.Config{})
			_, s := r.StartSpan(t.Context(), "s")
			s.SetInput(langshark.Media{Data: png})
			s.End()
			if n := len(r.flush().mem.Media()); n != c.sent {
				t.Errorf("%d sent", n)
			}
		})
	}
	t.Setenv("LANGSHARK_MEDIA", "perhaps")
	if _, err := langshark.New(langshark.Config{}); err == nil || !strings.Contains(err.Error(), "LANGSHARK_MEDIA") {
		t.Errorf("LANGSHARK_MEDIA=perhaps: %v", err)
	}
}
