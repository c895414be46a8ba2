package fakellm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

var transcriptionsEndpoint = &endpoint{
	api: Transcriptions, vendor: openAI, read: readSound, answer: answerSound, stream: streamSound, wholeCalls: true,
}

var translationsEndpoint = &endpoint{api: Translations, vendor: openAI, read: readSound, answer: answerSound}

func readSound(c *call) *Error {
	f, e := c.readForm()
	if e != nil {
		return e
	}
	c.req.Model = c.named(f.text("model"))
	switch {
	case c.req.Model == "":
		return invalid("model", "you must provide a model parameter")
	case !slices.ContainsFunc(c.req.Files, func(f File) bool { return f.Field == "file" }):
		return invalid("file", "Missing required parameter: 'file'.")
	}
	c.in = f
	c.req.Stream = f.text("stream") == "true" && c.api == Transcriptions && !whisper(c.req.Model)
	c.req.say("user", cmp.Or(f.text("prompt"), c.req.Files[0].Name))
	return nil
}

// whisper reports whether a model is one that is paid for by the second.
func whisper(model string) bool { return strings.HasPrefix(model, "whisper") }

// spoken is how long it takes to say a text.
func spoken(text string) time.Duration {
	return max(time.Second, time.Duration(len(strings.Fields(text)))*400*time.Millisecond)
}

// soundUsage is in tokens or, for Whisper, in seconds.
func (c *call) soundUsage() any {
	heard := spoken(c.replies[0].Text)
	if whisper(c.req.Model) {
		return map[string]any{"type": "duration", "seconds": int64((heard + time.Second - 1) / time.Second)}
	}
	text := CountTokens(c.in.(form).text("prompt"))
	in, out := text+heard.Milliseconds()/100, CountTokens(c.replies[0].Text)
	if u := c.replies[0].Usage; u != nil {
		in, out, text = u.PromptTokens, u.CompletionTokens, 0
	}
	return map[string]any{
		"type": "tokens", "input_tokens": in, "input_token_details": map[string]int64{"audio_tokens": in - text, "text_tokens": text},
		"output_tokens": out, "total_tokens": in + out,
	}
}

func answerSound(c *call) (string, []byte) {
	const plain = "text/plain; charset=utf-8"
	f, text := c.in.(form), c.replies[0].Text
	stamp := func(point string) string {
		d := spoken(text)
		return fmt.Sprintf("%02d:%02d:%02d%s%03d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60, point, d.Milliseconds()%1000)
	}
	switch f.text("response_format") {
	case "text":
		return plain, []byte(text + "\n")
	case "srt":
		return plain, fmt.Appendf(nil, "1\n00:00:00,000 --> %s\n%s\n\n\n", stamp(","), text)
	case "vtt":
		return plain, fmt.Appendf(nil, "WEBVTT\n\n00:00:00.000 --> %s\n%s\n\n", stamp("."), text)
	case "verbose_json":
		return "application/json", compact(c.verbose(f))
	}
	body := map[string]any{"text": text}
	if c.api == Transcriptions {
		body["usage"] = c.soundUsage()
	}
	return "application/json", compact(body)
}

// verbose is a transcript with times.
func (c *call) verbose(f form) map[string]any {
	text := c.replies[0].Text
	seconds := spoken(text).Seconds()
	task := "transcribe"
	if c.api == Translations {
		task = "translate"
	}
	body := map[string]any{
		"task": task, "language": cmp.Or(f.text("language"), "english"), "duration": seconds, "text": text,
	}
	if c.api == Transcriptions {
		body["usage"] = c.soundUsage()
	}
	by := append(f["timestamp_granularities[]"], f["timestamp_granularities"]...)
	if len(by) == 0 || slices.Contains(by, "segment") {
		body["segments"] = []any{map[string]any{
			"id": 0, "seek": 0, "start": 0.0, "end": seconds, "text": " " + text, "tokens": []int{50364, 50364 + int(seconds*50)},
			"temperature": 0.0, "avg_logprob": -0.25, "compression_ratio": 1.0, "no_speech_prob": 0.01,
		}}
	}
	if slices.Contains(by, "word") {
		words := []any{}
		fields := strings.Fields(text)
		for i, w := range fields {
			each := seconds / float64(len(fields))
			words = append(words, map[string]any{"word": w, "start": float64(i) * each, "end": float64(i+1) * each})
		}
		body["words"] = words
	}
	return body
}

func streamSound(s *stream) {
	s.openEvents()
	s.each(func(_ int, p piece) {
		if p.kind == pieceText {
			s.event("", map[string]any{"type": "transcript.text.delta", "delta": p.text, "logprobs": []any{}})
		}
	})
	if !s.over {
		s.end(event("", compact(map[string]any{"type": "transcript.text.done", "text": s.replies[0].Text, "logprobs": []any{}, "usage": s.soundUsage()})))
	}
}
