package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
)

// ChatRequest makes the request of a managed prompt: its messages with the
// variables filled in, a text as one message of role user, and its config as the
// request's other fields, as in {"model": "gpt-4o", "temperature": 0.2}. Fields of
// the config that the API doesn't have are overlooked, and stream is left to the
// method that the request is given to. A temperature or top_p of 0 is sent as the least number above
// it, since the library would leave it out. Generations below the returned context are
// linked to the prompt, unless it is a fallback.
//
// The errors are those of [langshark.Prompt.Messages], and of a config that doesn't fit.
func ChatRequest(ctx context.Context, p *langshark.Prompt, vars langshark.Vars, opts ...langshark.CompileOption) (context.Context, openai.ChatCompletionRequest, error) {
	messages, err := p.Messages(vars, opts...)
	if err != nil {
		return ctx, openai.ChatCompletionRequest{}, err
	}
	request, err := requestOf(p.Config())
	if err != nil {
		return ctx, openai.ChatCompletionRequest{}, fmt.Errorf("langshark: config of prompt %q version %d: %w", p.Name(), p.Version(), err)
	}
	for i := range messages {
		var m openai.ChatCompletionMessage
		b, err := json.Marshal(messages[i]) // in the form of this API
		if err == nil {
			err = json.Unmarshal(b, &m)
		}
		if err != nil {
			return ctx, openai.ChatCompletionRequest{}, fmt.Errorf("langshark: message %d of prompt %q version %d: %w", i, p.Name(), p.Version(), err)
		}
		request.Messages = append(request.Messages, m)
	}
	return langshark.ContextWithPrompt(ctx, p), request, nil
}

// requestOf reads the config as the fields of a request.
func requestOf(config json.RawMessage) (r openai.ChatCompletionRequest, err error) {
	var fields map[string]json.RawMessage
	if !bytes.HasPrefix(config, []byte("{")) {
		return r, nil // a config of another form is the application's own
	}
	if err := json.Unmarshal(config, &fields); err != nil {
		return r, fmt.Errorf("decoding: %w", err)
	}
	format := fields["response_format"]
	for name := range fields { // package json takes any case
		switch strings.ToLower(name) {
		case "response_format", "messages", "stream", "stream_options":
			delete(fields, name)
		}
	}
	if stop := fields["stop"]; bytes.HasPrefix(stop, []byte(`"`)) { // the API takes a text, the library a list
		fields["stop"] = slices.Concat([]byte("["), stop, []byte("]"))
	}
	b, err := json.Marshal(fields)
	if err != nil {
		return r, fmt.Errorf("encoding: %w", err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return openai.ChatCompletionRequest{}, fmt.Errorf("it doesn't fit a chat request: %w", err)
	}
	given := func(name string, v float32) float32 {
		if _, ok := fields[name]; ok && v == 0 { // which the library would leave out, so that the API's default counted
			return math.SmallestNonzeroFloat32
		}
		return v
	}
	r.Temperature, r.TopP = given("temperature", r.Temperature), given("top_p", r.TopP)
	if len(format) > 0 {
		r.ResponseFormat, err = formatOf(format)
	}
	return r, err
}

// formatOf reads a response_format, whose schema stays as it is written.
func formatOf(b json.RawMessage) (*openai.ChatCompletionResponseFormat, error) {
	var w struct {
		Type       openai.ChatCompletionResponseFormatType `json:"type"`
		JSONSchema *struct {
			Name        string          `json:"name"`
			Description string          `json:"description"`
			Schema      json.RawMessage `json:"schema"`
			Strict      bool            `json:"strict"`
		} `json:"json_schema"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, fmt.Errorf("response_format: %w", err)
	}
	format := &openai.ChatCompletionResponseFormat{Type: w.Type}
	if s := w.JSONSchema; s != nil {
		format.JSONSchema = &openai.ChatCompletionResponseFormatJSONSchema{Name: s.Name, Description: s.Description, Schema: s.Schema, Strict: s.Strict}
	}
	return format, nil
}
