package llmwire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"strings"
	"testing"
)

// audioForm is a form with files of these sizes, and fields after them.
func audioForm(t *testing.T, sizes ...int) (contentType string, form []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, size := range sizes {
		part, err := w.CreateFormFile("file", "call.wav")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte("RIFF\x24\x00\x00\x00WAVE"))
		_, _ = part.Write(make([]byte, size-12))
	}
	_ = w.WriteField("model", "whisper-1")
	_ = w.WriteField("prompt", "orders")
	_ = w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// The model and the prompt were lost behind a file that was larger than what is read.
func TestFormsOfAnySize(t *testing.T) {
	const large = 25 << 20
	for name, tt := range map[string]struct {
		sizes     []int
		contents  int
		truncated bool
	}{
		"small":                   {[]int{1 << 10}, 1, false},
		"as large as it is whole": {[]int{MaxFileBytes}, 1, false},
		"larger":                  {[]int{MaxFileBytes + 1}, 0, true},
		"as large as it may be":   {[]int{large}, 0, true},
		"many":                    {[]int{MaxFileBytes, MaxFileBytes, 1 << 10}, 2, true},
		"a small one after":       {[]int{large, 1 << 10}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			contentType, form := audioForm(t, tt.sizes...)
			for path, e := range map[string]Endpoint{"media": detect(t, "/v1/audio/transcriptions"), "management": openAIManagement{"openai", "POST /files"}} {
				req := e.(FormReader).ReadForm(contentType, io.MultiReader(bytes.NewReader(form)))
				if media := path == "media"; media && req.Model != "whisper-1" || !strings.HasSuffix(string(req.Input), `"prompt":"orders"}`) || !json.Valid(req.Input) {
					t.Errorf("%s: model %q, input ends %.100q", path, req.Model, req.Input[max(0, len(req.Input)-100):])
				}
				if got := strings.Count(string(req.Input), `"content":"data:audio/wave;base64,`); got != tt.contents || req.Truncated != tt.truncated {
					t.Errorf("%s: %d contents, truncated %v", path, got, req.Truncated)
				}
				for _, size := range tt.sizes {
					if !strings.Contains(string(req.Input), fmt.Sprintf(`"bytes":%d`, size)) {
						t.Errorf("%s: the size %d isn't there", path, size)
					}
				}
				if strings.Contains(string(req.Input), `"truncated":true`) != tt.truncated {
					t.Errorf("%s: not marked", path)
				}
			}
		})
	}
}

func TestFormsBrokenOff(t *testing.T) {
	contentType, form := audioForm(t, 1<<10)
	e := detect(t, "/v1/audio/transcriptions")
	want := `{"filename":"call.wav","truncated":true}`
	if req := e.ParseRequest(contentType, form[:600], true); string(req.Input) != want || !req.Truncated {
		t.Errorf("%+v %s", req, req.Input)
	}
	if req := e.(FormReader).ReadForm(contentType, bytes.NewReader(form[:600])); string(req.Input) != want || !req.Truncated {
		t.Errorf("%+v %s", req, req.Input)
	}
	if req := e.(FormReader).ReadForm("multipart/form-data", bytes.NewReader(form)); req.Input != nil {
		t.Errorf("without a boundary: %+v", req)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for range maxFormParts + 1 {
		_ = w.WriteField("a", "b")
	}
	_ = w.Close()
	if req := e.(FormReader).ReadForm(w.FormDataContentType(), &b); !req.Truncated || len(req.Parameters["a"].([]string)) != maxFormParts {
		t.Errorf("parts: %+v", req)
	}
}
