package langshark_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
)

// TestFilesWithoutAPlace are kept out and counted: model parameters and traces' metadata have no field for them.
func TestFilesWithoutAPlace(t *testing.T) {
	image := langshark.Media{Data: png}
	uri := exporter.Text("data:image/png;base64," + b64(png))
	for name, run := range map[string]func(r *recorder){
		"parameters": func(r *recorder) {
			_, g := r.StartGeneration(t.Context(), "g", langshark.WithModelParameters(map[string]any{"a": image}))
			g.End()
		},
		"parameters set later": func(r *recorder) {
			_, g := r.StartGeneration(t.Context(), "g")
			g.SetModelParameters(map[string]any{"prediction": []any{image}})
			g.End()
		},
		"parameters of an observation from elsewhere": func(r *recorder) {
			r.RecordObservation(&exporter.Observation{TraceID: "t", ID: "o", Kind: langshark.KindGeneration, Generation: &exporter.Generation{
				Parameters: []exporter.KeyValue{{Key: "k", Value: uri}},
			}})
		},
		"its trace's metadata": func(r *recorder) {
			r.RecordObservation(&exporter.Observation{TraceID: "t", ID: "o", Attributes: &exporter.Attributes{Metadata: []exporter.KeyValue{{Key: "k", Value: uri}}}})
		},
		"bytes in WithTraceAttributes": func(r *recorder) {
			_, s := langshark.StartSpan(langshark.WithTraceAttributes(with(t, r), langshark.WithMetadata("k", png)), "s")
			s.End()
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, langshark.Config{})
			run(r)
			if r.flush(); len(r.mem.Media()) != 0 || r.Stats().MediaOmitted != 1 {
				t.Errorf("%d sent, %d omitted", len(r.mem.Media()), r.Stats().MediaOmitted)
			}
			for _, rec := range r.mem.Records() {
				if strings.Contains(string(must(json.Marshal(rec))), b64(png)) {
					t.Error("the content is recorded")
				}
			}
		})
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// TestFilesThatNothingRefersTo are not sent: the mask failed or took the reference away, or the limit cut it off.
func TestFilesThatNothingRefersTo(t *testing.T) {
	other := append([]byte("\x89PNG\r\n\x1a\n"), 0xff, 5)
	for name, c := range map[string]struct {
		mask  langshark.MaskFunc
		value any
		sent  int
	}{
		"a failed mask":        {func(langshark.MaskText) (string, error) { return "", errors.New("down") }, []any{langshark.Media{Data: png}, langshark.Media{Data: other}}, 0},
		"a failed mask, alone": {func(langshark.MaskText) (string, error) { return "", errors.New("down") }, langshark.Media{Data: png}, 0},
		"taken away": {func(m langshark.MaskText) (string, error) {
			if strings.Contains(m.Text, exporter.NewMedia("", other).ID) {
				return "***", nil
			}
			return m.Text, nil
		}, []any{langshark.Media{Data: png}, langshark.Media{Data: other}}, 1},
		"cut off":    {nil, []any{langshark.Media{Data: png}, strings.Repeat("x", langshark.MaxValueBytes), langshark.Media{Data: other}}, 1},
		"cut within": {nil, []any{strings.Repeat("x", langshark.MaxValueBytes-60), langshark.Media{Data: other}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := langshark.Config{Media: langshark.MediaUpload, OnError: func(error) {}}
			if c.mask != nil {
				cfg.Mask = c.mask
			}
			r := record(t, cfg)
			_, s := r.StartSpan(t.Context(), "s")
			s.SetInput(c.value)
			s.End()
			files := 1
			if list, ok := c.value.([]any); ok {
				files = bytes.Count(must(json.Marshal(list)), []byte("data:image/png"))
			}
			if r.flush(); len(r.mem.Media()) != c.sent || r.Stats().MediaOmitted != int64(files-c.sent) {
				t.Errorf("%d sent, %d omitted, of %d", len(r.mem.Media()), r.Stats().MediaOmitted, files)
			}
		})
	}
}

// TestWordsAreNoFiles although they stand where a file might.
func TestWordsAreNoFiles(t *testing.T) {
	for _, text := range []string{
		`{"audio":{"data":"none"}}`,
		`{"audio":{"data":"` + strings.Repeat("abcd", 63) + `"}}`,
		`{"data":"skip","mimeType":"image/png","type":"image"}`,
		`{"inlineCode":{"data":"` + b64(png) + `","mimeType":"text/css"}}`,
		`{"data":"Hello123","mime_type":"text/plain","type":"media"}`,
		`{"data":"Hello123\n\n\n\n\n\n\n\n\n\n\n\n","mime_type":"text/plain","type":"media"}`,
		`{"data":"the/path/of/some/image","mimeType":"image/png","type":"image"}`,
		`{"input_audio":{"data":"none","format":"wav"}}`,
	} {
		r := record(t, langshark.Config{})
		_, s := r.StartSpan(t.Context(), "s")
		s.SetInput(json.RawMessage(text))
		s.End()
		if got := jsonOf(r.one("s").Input); got != text || len(r.mem.Media()) > 0 {
			t.Errorf("%s became %s", text, got)
		}
	}
}

// TestFilesInOddForms are found all the same.
func TestFilesInOddForms(t *testing.T) {
	binary := bytes.Repeat([]byte{0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff}, 40) // all of its base64 is + and /
	escaped := strings.NewReplacer("+", `\u002B`, "/", `\/`, "=", `\u003D`).Replace(b64(append(binary, 7)))
	long := b64(binary)
	for name, c := range map[string]struct {
		value       any
		contentType string
		content     []byte
	}{
		"escapes in a data URI":        {json.RawMessage(`{"u":"data:image\/png;base64,` + escaped + `"}`), "image/png", append(binary, 7)},
		"the head escaped":             {json.RawMessage(`{"u":"data:image\u002Fpng;base64,` + long + `"}`), "image/png", binary},
		"escapes in a part":            {json.RawMessage(`{"type":"media","mime_type":"image\/png","data":"` + escaped + `"}`), "image/png", append(binary, 7)},
		"lines in a data URI":          {json.RawMessage(`{"u":"data:image/png;base64,` + long[:60] + `\n` + long[60:] + `\n"}`), "image/png", binary},
		"lines in a text":              {"data:image/png;base64," + long[:60] + "\r\n" + long[60:] + "\r\n", "image/png", binary},
		"parameters of a Media's type": {langshark.Media{ContentType: "audio/ogg; codecs=opus", Data: binary}, "audio/ogg", binary},
		"and within a value":           {[]any{langshark.Media{ContentType: "audio/ogg; codecs=opus", Data: binary}}, "audio/ogg", binary},
		"parameters of a part's type":  {json.RawMessage(`{"type":"media","mime_type":"audio/L16;rate=24000","data":"` + long + `"}`), "audio/l16", binary},
		"a short data URI":             {json.RawMessage(`["data:text/plain;base64,aGk="]`), "text/plain", []byte("hi")},
		"a long sound without a head":  {json.RawMessage(`{"audio":{"data":"` + long + `"}}`), "audio/pcm", binary},
		"a spoken answer with format":  {json.RawMessage(`{"audio":{"data":"` + long[:40] + `","format":"opus"}}`), "audio/opus", binary[:30]},
		"bytes in a list":              {[]any{png}, "image/png", png},
		"bytes in a map":               {map[string]any{"a": []any{png}}, "image/png", png},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, langshark.Config{})
			_, s := r.StartSpan(t.Context(), "s")
			s.SetInput(c.value)
			s.End()
			files := r.flush().mem.Media()
			if len(files) != 1 || files[0].ContentType != c.contentType || !bytes.Equal(files[0].Data, c.content) {
				t.Fatalf("%d files: %.300s", len(files), jsonOf(r.one("s").Input))
			}
			if got := jsonOf(r.one("s").Input); strings.Contains(got, long[:20]) || !strings.Contains(got, files[0].ID) {
				t.Errorf("%.300s", got)
			}
		})
	}
}

// TestBytesAsTheyWere: those of no known format are text, or base64 as encoding/json writes them.
func TestBytesAsTheyWere(t *testing.T) {
	r := record(t, langshark.Config{})
	_, s := r.StartSpan(t.Context(), "s")
	s.SetInput([]any{[]byte("hi"), []byte{0xff, 1}, []byte(nil), []byte{}})
	s.End()
	if got := jsonOf(r.one("s").Input); got != `["aGk=","/wE=",null,""]` {
		t.Error(got)
	}
}

// TestBytesOfAStream are files too.
func TestBytesOfAStream(t *testing.T) {
	r := record(t, langshark.Config{})
	drain(t, r, [][]byte{png, []byte("text")})
	files := r.flush().mem.Media()
	if got := jsonOf(r.one("stream").Output); len(files) != 1 || got != fmt.Sprintf(`[%q,"text"]`, reference("image/png", "base64_data_uri", png)) {
		t.Errorf("%d files, %.300s", len(files), got)
	}
}

// drain observes a channel of the items, named "stream".
func drain[T any](t *testing.T, r *recorder, items []T) {
	t.Helper()
	ch, err := langshark.ObserveChan("stream", func(context.Context, int) (<-chan T, error) {
		source := make(chan T, len(items))
		for _, i := range items {
			source <- i
		}
		close(source)
		return source, nil
	})(with(t, r), 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range ch {
		n++
	}
	if n != len(items) {
		t.Errorf("%d of %d items came", n, len(items))
	}
}
