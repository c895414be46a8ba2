package fakellm

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestCompletions(t *testing.T) {
	p := start(t, WithReplies(Reply{Text: "one two"}, Reply{Text: "a"}, Reply{Text: "b"}, Reply{Text: "a b c", Reasoning: "hm"}, Reply{Text: "a b c"}, Reply{Refusal: "no", FinishReason: "length"}))
	_, body := ask(t, p, http.StatusOK, "/v1/completions", `{"model":"gpt-3.5-turbo-instruct","prompt":"say"}`)
	shape(t, body, "object", `"text_completion"`, "choices", `[{"finish_reason":"stop","index":0,"logprobs":null,"text":"one two"}]`, "model", `"gpt-3.5-turbo-instruct"`, "service_tier", "", "usage.completion_tokens", "2")
	if !strings.HasPrefix(at(t, body, "id"), `"cmpl-`) || p.Requests()[0].API != Completions || p.Requests()[0].LastUser() != "say" {
		t.Errorf("%s", body)
	}
	_, body = ask(t, p, http.StatusOK, "/v1/completions", `{"model":"m","prompt":["x","y"]}`)
	shape(t, body, "choices.1.text", `"b"`, "choices.1.index", "1", "choices.2", "")
	_, body = ask(t, p, http.StatusOK, "/v1/completions", `{"model":"m","prompt":"x","stream":true,"stream_options":{"include_usage":true}}`)
	all := parseEvents(t, body, "\n\n")
	if collect(t, all[:len(all)-1], "choices.0.text") != "a b c" || all[len(all)-1].data != "[DONE]" || len(all) != 3+1+1+1 {
		t.Errorf("%s", body)
	}
	shape(t, all[0].data, "object", `"text_completion"`, "choices.0.finish_reason", "null", "usage", "null", "choices.0.delta", "")
	shape(t, all[3].data, "choices.0.finish_reason", `"stop"`, "choices.0.text", `""`)
	shape(t, all[4].data, "choices", "[]", "usage.completion_tokens", "4")
	_, body = ask(t, p, http.StatusOK, "/v1/completions", `{"model":"m","prompt":"x","stream":true}`)
	if strings.Contains(body, "usage") {
		t.Error("usage that wasn't asked for")
	}
	_, body = ask(t, p, http.StatusOK, "/v1/completions", `{"model":"m","prompt":"x"}`)
	shape(t, body, "choices.0.text", `"no"`, "choices.0.finish_reason", `"length"`)
	for body, want := range map[string]string{`{`: "parse", `{"prompt":"x"}`: "model", `{"model":"m","prompt":5}`: "'prompt'", `{"model":"m","prompt":"x","n":-1}`: "'n'"} {
		if _, got := ask(t, p, http.StatusBadRequest, "/v1/completions", body); !strings.Contains(at(t, got, "error.message"), want) {
			t.Errorf("%s: %s", body, got)
		}
	}
}

func TestCompletionsFailures(t *testing.T) {
	p := start(t, WithReplies(Reply{Err: RateLimited(0)}, Reply{Text: "a b c d", BreakAfter: 2}, Reply{Text: "a b c d", Err: ServerError(), ErrAfter: 2}, Reply{Text: "a", NoDone: true}))
	const stream = `{"model":"m","prompt":"x","stream":true}`
	_, body := ask(t, p, http.StatusTooManyRequests, "/v1/completions", stream)
	shape(t, body, "error.code", `"rate_limit_exceeded"`)
	_, body, err := send(t, "POST", p.BaseURL()+"/completions", "application/json", stream)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(body, `"b "`) || strings.Contains(body, `"c "`) {
		t.Errorf("broken: %v %s", err, body)
	}
	_, body = ask(t, p, http.StatusOK, "/v1/completions", stream)
	all := parseEvents(t, body, "\n\n")
	shape(t, all[2].data, "error.type", `"server_error"`)
	_, body = ask(t, p, http.StatusOK, "/v1/completions", stream)
	if strings.Contains(body, "[DONE]") || !strings.Contains(body, `"stop"`) {
		t.Errorf("without mark: %s", body)
	}
}

func TestModels(t *testing.T) {
	p := start(t)
	_, body, _ := send(t, "GET", p.BaseURL()+"/models/gpt-4o", "", "")
	shape(t, body, "", `{"created":1715367049,"id":"gpt-4o","object":"model","owned_by":"fakellm"}`)
	resp, body, _ := send(t, "GET", p.BaseURL()+"/models/none", "", "")
	shape(t, body, "error.code", `"model_not_found"`, "error.message", `"The model 'none' does not exist"`)
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestModerations(t *testing.T) {
	p := start(t, WithReplies(Reply{Text: "for a chat"}), WithRepliesTo(Moderations, Reply{Flagged: []string{"violence"}}, Reply{}, Reply{Err: ServerError()}))
	_, body := ask(t, p, http.StatusOK, "/v1/moderations", `{"input":"I'll hit"}`)
	shape(t, body, "model", `"omni-moderation-latest"`, "results.0.flagged", "true", "results.0.categories.violence", "true", "results.0.categories.hate/threatening", "false",
		"results.0.category_scores.violence", "0.97", "results.0.category_applied_input_types.violence", `["text"]`, "results.1", "")
	_, body = ask(t, p, http.StatusOK, "/v1/moderations", `{"model":"text-moderation-latest","input":["a","b"]}`)
	shape(t, body, "results.1.flagged", "false", "results.0.category_applied_input_types", "")
	ask(t, p, http.StatusInternalServerError, "/v1/moderations", `{"input":"x"}`)
	_, body = ask(t, p, http.StatusOK, "/v1/moderations", `{"input":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"u"}}]}`)
	shape(t, body, "results.0.flagged", "false", "results.1", "")
	ask(t, p, http.StatusBadRequest, "/v1/moderations", `{"input":5}`)
	_, body = ask(t, p, http.StatusOK, chatPath, hello+`}`)
	shape(t, body, "choices.0.message.content", `"for a chat"`)
	if got := p.RequestsTo(Moderations); len(got) != 4 || got[0].LastUser() != "I'll hit" || len(p.Requests()) != 1 || len(p.RequestsTo(ChatCompletions)) != 1 {
		t.Errorf("kept %+v", got)
	}
}

// fill makes a request in parts: field, value, …; a field that begins with @ holds a file.
func fill(t *testing.T, fields ...string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		name, file := strings.CutPrefix(fields[i], "@")
		part, err := w.CreateFormField(name)
		if file {
			part, err = w.CreateFormFile(name, name+".bin")
		}
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, fields[i+1])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

func submit(t *testing.T, p *Provider, status int, path string, fields ...string) (*http.Response, string) {
	t.Helper()
	kind, body := fill(t, fields...)
	resp, answer, err := send(t, "POST", p.URL()+path, kind, body)
	if err != nil || resp.StatusCode != status {
		t.Fatalf("%s: %v %d %s", path, err, resp.StatusCode, answer)
	}
	return resp, answer
}

func TestImages(t *testing.T) {
	p := start(t, WithReplies(Reply{}, Reply{Images: []Image{{Data: []byte("x"), URL: "https://a.example/b.png"}}, Text: "a red cat"}, Reply{}, Reply{}, Reply{Err: ContentFiltered()}))
	_, body := ask(t, p, http.StatusOK, "/v1/images/generations", `{"model":"gpt-image-1","prompt":"a cat","n":2,"size":"1536x1024"}`)
	shape(t, body, "background", `"opaque"`, "output_format", `"png"`, "quality", `"medium"`, "size", `"1536x1024"`, "data.2", "", "data.0.url", "",
		"usage", `{"input_tokens":2,"input_tokens_details":{"image_tokens":0,"text_tokens":2},"output_tokens":2112,"total_tokens":2114}`)
	raw, err := base64.StdEncoding.DecodeString(decodeAs[string](t, at(t, body, "data.1.b64_json")))
	if err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(bytes.NewReader(raw)); err != nil || img.Bounds().Dx() != 8 {
		t.Errorf("%v %v", img, err)
	}
	_, body = ask(t, p, http.StatusOK, "/v1/images/generations", `{"model":"dall-e-3","prompt":"a cat"}`)
	shape(t, body, "data", `[{"revised_prompt":"a red cat","url":"https://a.example/b.png"}]`, "usage", "", "size", "")
	_, body = submit(t, p, http.StatusOK, "/v1/images/edits", "prompt", "a hat", "@image[]", "abc", "@mask", "m", "n", "1")
	shape(t, body, "usage.input_tokens_details", `{"image_tokens":646,"text_tokens":2}`)
	_, body = submit(t, p, http.StatusOK, "/v1/images/variations", "model", "dall-e-2", "@image", "abc", "response_format", "b64_json")
	if at(t, body, "data.0.b64_json") == "" || at(t, body, "data.0.url") != "" {
		t.Errorf("%s", body)
	}
	req := p.Requests()
	if len(req) != 4 || req[0].LastUser() != "a cat" || req[2].LastUser() != "a hat" || string(req[2].Files[0].Data) != "abc" || req[2].Files[0].Field != "image[]" || req[2].Files[1].Name != "mask.bin" {
		t.Errorf("kept %+v", req)
	}
	_, body = ask(t, p, http.StatusBadRequest, "/v1/images/generations", `{"prompt":"x"}`)
	shape(t, body, "error.code", `"content_filter"`)
	ask(t, p, http.StatusBadRequest, "/v1/images/generations", `{}`)
	ask(t, p, http.StatusBadRequest, "/v1/images/generations", `{"prompt":"x","n":11}`)
	ask(t, p, http.StatusBadRequest, "/v1/images/edits", `{}`)
	submit(t, p, http.StatusBadRequest, "/v1/images/edits", "prompt", "x")
}

func TestTranscriptions(t *testing.T) {
	says := Reply{Text: "Hello there you all."}
	p := start(t, WithReplies(slices.Repeat([]Reply{says}, 9)...), WithResponder(Echo))
	hear := func(path, model string, more ...string) (*http.Response, string) {
		t.Helper()
		return submit(t, p, http.StatusOK, path, append([]string{"model", model, "@file", "RIFF"}, more...)...)
	}
	_, body := hear("/v1/audio/transcriptions", "gpt-4o-transcribe", "prompt", "names")
	shape(t, body, "", `{"text":"Hello there you all.","usage":{"input_token_details":{"audio_tokens":16,"text_tokens":2},"input_tokens":18,"output_tokens":7,"total_tokens":25,"type":"tokens"}}`)
	_, body = hear("/v1/audio/transcriptions", "whisper-1")
	shape(t, body, "usage", `{"seconds":2,"type":"duration"}`)
	_, body = hear("/v1/audio/transcriptions", "whisper-1", "response_format", "verbose_json", "timestamp_granularities[]", "word", "timestamp_granularities[]", "segment", "language", "en")
	shape(t, body, "task", `"transcribe"`, "language", `"en"`, "duration", "1.6", "segments.0.text", `" Hello there you all."`, "segments.0.end", "1.6", "words.1", `{"end":0.8,"start":0.4,"word":"there"}`, "words.4", "")
	resp, body := hear("/v1/audio/transcriptions", "whisper-1", "response_format", "text")
	if body != "Hello there you all.\n" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%q %v", body, resp.Header)
	}
	if _, body = hear("/v1/audio/transcriptions", "whisper-1", "response_format", "srt"); body != "1\n00:00:00,000 --> 00:00:01,600\nHello there you all.\n\n\n" {
		t.Errorf("%q", body)
	}
	if _, body = hear("/v1/audio/transcriptions", "whisper-1", "response_format", "vtt"); body != "WEBVTT\n\n00:00:00.000 --> 00:00:01.600\nHello there you all.\n\n" {
		t.Errorf("%q", body)
	}
	_, body = hear("/v1/audio/translations", "whisper-1")
	shape(t, body, "", `{"text":"Hello there you all."}`)
	_, body = hear("/v1/audio/translations", "whisper-1", "response_format", "verbose_json")
	shape(t, body, "task", `"translate"`, "words", "", "usage", "")
	_, body = hear("/v1/audio/transcriptions", "gpt-4o-transcribe", "stream", "true")
	all := parseEvents(t, body, "\n\n")
	if collect(t, all, "delta") != says.Text || len(all) != 5 {
		t.Errorf("%s", body)
	}
	shape(t, all[4].data, "type", `"transcript.text.done"`, "text", `"Hello there you all."`, "usage.type", `"tokens"`)
	_, body = hear("/v1/audio/transcriptions", "whisper-1")
	shape(t, body, "text", `"You said: file.bin"`)
	if req := p.Requests()[0]; req.API != Transcriptions || req.LastUser() != "names" || string(req.Files[0].Data) != "RIFF" || req.Model != "gpt-4o-transcribe" {
		t.Errorf("kept %+v", req)
	}
	submit(t, p, http.StatusBadRequest, "/v1/audio/transcriptions", "model", "m")
	submit(t, p, http.StatusBadRequest, "/v1/audio/transcriptions", "@file", "m")
	ask(t, p, http.StatusBadRequest, "/v1/audio/transcriptions", `{}`)
}

func TestSpeech(t *testing.T) {
	p := start(t, WithReplies(Reply{}, Reply{}, Reply{Audio: []byte("beep")}, Reply{Err: RateLimited(0)}, Reply{BreakAfter: -1}))
	h, body := ask(t, p, http.StatusOK, "/v1/audio/speech", `{"model":"tts-1","input":"안녕","voice":"alloy","response_format":"wav"}`)
	if h.Get("Content-Type") != "audio/wav" || !strings.HasPrefix(body, "RIFF") || body[8:16] != "WAVEfmt " ||
		int(binary.LittleEndian.Uint32([]byte(body[4:]))) != len(body)-8 || int(binary.LittleEndian.Uint32([]byte(body[40:]))) != len(body)-44 {
		t.Errorf("%v %.50q", h, body)
	}
	h, body = ask(t, p, http.StatusOK, "/v1/audio/speech", `{"model":"tts-1","input":"안녕","voice":"alloy"}`)
	if h.Get("Content-Type") != "audio/mpeg" || !strings.HasPrefix(body, "\xff\xfb") {
		t.Errorf("%v %.50q", h, body)
	}
	if _, body = ask(t, p, http.StatusOK, "/v1/audio/speech", `{"model":"tts-1","input":"x"}`); body != "beep" {
		t.Errorf("%q", body)
	}
	ask(t, p, http.StatusTooManyRequests, "/v1/audio/speech", `{"model":"tts-1","input":"x"}`)
	if _, body, err := send(t, "POST", p.BaseURL()+"/audio/speech", "application/json", `{"model":"tts-1","input":"x"}`); !errors.Is(err, io.ErrUnexpectedEOF) || body == "" {
		t.Errorf("cut: %v", err)
	}
	if req := p.Requests()[0]; req.API != Speech || req.LastUser() != "안녕" {
		t.Errorf("kept %+v", req)
	}
	for _, body := range []string{`{`, `{"model":"m"}`, `{"input":"x"}`, `{"model":"m","input":"x","response_format":"midi"}`} {
		ask(t, p, http.StatusBadRequest, "/v1/audio/speech", body)
	}
}
