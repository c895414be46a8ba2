package sdktest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/ollama/ollama/api"
	"github.com/openai/openai-go/v3"
	"google.golang.org/genai"
)

// request is one that an SDK sends.
type request struct {
	name, host string
	marked     bool // the SDK marks its attempts
	do         func(ctx context.Context, p place, m *made)
}

func requests() (all []request) {
	all = append(all, openAIRequests("openai", openAIHost, openAIClient)...)
	all = append(all, openAIRequests("azure", azureHost, azureClient)...)
	all = append(all, anthropicRequests()...)
	all = append(all, genaiRequests("gemini", "http://generativelanguage.googleapis.com", false)...)
	all = append(all, genaiRequests("vertex", "http://europe-west4-aiplatform.googleapis.com", true)...)
	return append(all, ollamaRequests()...)
}

func picture() io.Reader {
	return openai.File(strings.NewReader("\x89PNG\r\n\x1a\nbytes of a picture"), "cat.png", "image/png")
}

func openAIRequests(name, host string, client func(place) openai.Client) []request {
	sound := func() io.Reader { return openai.File(strings.NewReader("ID3 sound"), "call.mp3", "audio/mpeg") }
	requests := []request{
		{name: "chat", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			m.answer(c.Chat.Completions.New(ctx, (&openAIChat{question: p.question, model: "gpt-4o"}).params()))
		}},
		{name: "chat-stream", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			stream(m, c.Chat.Completions.NewStreaming(ctx, (&openAIChat{question: p.question, model: "gpt-4o", stream: true}).params()))
		}},
		{name: "responses", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			m.answer(c.Responses.New(ctx, (&openAIResponses{question: p.question}).params()))
		}},
		{name: "responses-stream", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			stream(m, c.Responses.NewStreaming(ctx, (&openAIResponses{question: p.question}).params()))
		}},
		{name: "completion", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			m.answer(c.Completions.New(ctx, openai.CompletionNewParams{Model: "gpt-3.5-turbo-instruct", Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String(p.question)}}))
		}},
		{name: "embeddings", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			m.answer(c.Embeddings.New(ctx, openai.EmbeddingNewParams{
				Model: "text-embedding-3-small", Dimensions: openai.Int(4), Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"가", "나"}},
			}))
		}},
		{name: "image", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			m.answer(c.Images.Generate(ctx, openai.ImageGenerateParams{Model: "gpt-image-1", Prompt: "a cat", Size: "1024x1024"}))
		}},
		{name: "image-edit", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			m.answer(c.Images.Edit(ctx, openai.ImageEditParams{Model: "gpt-image-1", Prompt: "a hat", Image: openai.ImageEditParamsImageUnion{OfFile: picture()}}))
		}},
		{name: "transcription", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			m.answer(c.Audio.Transcriptions.New(ctx, openai.AudioTranscriptionNewParams{Model: "whisper-1", File: sound(), Language: openai.String("ko")}))
		}},
		{name: "translation", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			m.answer(c.Audio.Translations.New(ctx, openai.AudioTranslationNewParams{Model: "whisper-1", File: sound(), Prompt: openai.String("주문")})) //nolint:staticcheck // deprecated, but there
		}},
		{name: "speech", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			m.body(c.Audio.Speech.New(ctx, openai.AudioSpeechNewParams{Model: "tts-1", Input: "안녕", Voice: openai.AudioSpeechNewParamsVoiceUnion{OfString: openai.String("alloy")}, ResponseFormat: "wav"}))
		}},
	}
	if name == "openai" { // Azure has no moderations, and no such requests
		requests = append(requests, request{name: "moderation", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			m.answer(c.Moderations.New(ctx, openai.ModerationNewParams{Model: "omni-moderation-latest", Input: openai.ModerationNewParamsInputUnion{OfString: openai.String("text")}}))
		}}, request{name: "image-variation", do: func(ctx context.Context, p place, m *made) {
			c := client(p)
			m.answer(c.Images.NewVariation(ctx, openai.ImageNewVariationParams{Model: "dall-e-2", Image: picture()})) //nolint:staticcheck // deprecated, but there
		}}, request{name: "post", do: func(ctx context.Context, p place, m *made) { // a body that the SDK doesn't copy for an attempt
			c := client(p)
			var answer json.RawMessage
			err := c.Post(ctx, "chat/completions", bytes.NewReader([]byte(`{"model":"gpt-4o","messages":[{"role":"user","content":"안녕"}]}`)), &answer)
			m.answer(string(answer), err)
		}})
	}
	for i := range requests {
		requests[i].name, requests[i].host, requests[i].marked = name+"/"+requests[i].name, host, true
	}
	return requests
}

func anthropicRequests() []request {
	const host = "http://api.anthropic.com"
	return []request{
		{name: "anthropic/messages", host: host, marked: true, do: func(ctx context.Context, p place, m *made) {
			c := anthropicClient(p)
			m.answer(c.Messages.New(ctx, (&claude{question: p.question}).params()))
		}},
		{name: "anthropic/messages-stream", host: host, marked: true, do: func(ctx context.Context, p place, m *made) {
			c := anthropicClient(p)
			stream(m, c.Messages.NewStreaming(ctx, (&claude{question: p.question}).params()))
		}},
		{name: "anthropic/beta", host: host, marked: true, do: func(ctx context.Context, p place, m *made) {
			c := anthropicClient(p)
			m.answer(c.Beta.Messages.New(ctx, anthropic.BetaMessageNewParams{
				Model: "claude-sonnet-4-5", MaxTokens: 100, Betas: []anthropic.AnthropicBeta{"context-1m-2025-08-07"},
				Messages: []anthropic.BetaMessageParam{anthropic.NewBetaUserMessage(anthropic.NewBetaTextBlock(p.question))},
			}))
		}},
		{name: "anthropic/count", host: host, marked: true, do: func(ctx context.Context, p place, m *made) {
			c := anthropicClient(p)
			m.answer(c.Messages.CountTokens(ctx, anthropic.MessageCountTokensParams{Model: "claude-sonnet-4-5", Messages: (&claude{question: p.question}).params().Messages}))
		}},
		{name: "anthropic/post", host: host, marked: true, do: func(ctx context.Context, p place, m *made) {
			c := anthropicClient(p)
			var answer json.RawMessage
			err := c.Post(ctx, "v1/messages", bytes.NewReader([]byte(`{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"안녕"}]}`)), &answer)
			m.answer(string(answer), err)
		}},
	}
}

func genaiRequests(name, host string, vertex bool) []request {
	texts := []*genai.Content{genai.NewContentFromText("가", genai.RoleUser), genai.NewContentFromText("나", genai.RoleUser)}
	return []request{
		{name: name + "/generate", host: host, do: func(ctx context.Context, p place, m *made) {
			model, contents, config := (&gemini{question: p.question}).params()
			m.answer(geminiClient(p, vertex).Models.GenerateContent(ctx, model, contents, config))
		}},
		{name: name + "/generate-stream", host: host, do: func(ctx context.Context, p place, m *made) {
			model, contents, config := (&gemini{question: p.question}).params()
			for got, err := range geminiClient(p, vertex).Models.GenerateContentStream(ctx, model, contents, config) {
				m.answer(got, err)
				if err != nil {
					break
				}
			}
		}},
		{name: name + "/embed", host: host, do: func(ctx context.Context, p place, m *made) {
			model := "gemini-embedding-001"
			if vertex {
				model = "text-embedding-005"
			}
			m.answer(geminiClient(p, vertex).Models.EmbedContent(ctx, model, texts, &genai.EmbedContentConfig{TaskType: "RETRIEVAL_QUERY", OutputDimensionality: genai.Ptr[int32](4)}))
		}},
		{name: name + "/count", host: host, do: func(ctx context.Context, p place, m *made) {
			m.answer(geminiClient(p, vertex).Models.CountTokens(ctx, "gemini-2.5-flash", texts, nil))
		}},
	}
}

func ollamaRequests() []request {
	const host = "http://ollama.local:11434"
	chat := func(stream bool) func(ctx context.Context, p place, m *made) {
		return func(ctx context.Context, p place, m *made) {
			m.err(ollamaClient(p).Chat(ctx, (&ollamaChat{question: p.question, stream: stream}).params(), func(r api.ChatResponse) error { m.value(r); return nil }))
		}
	}
	generate := func(stream bool) func(ctx context.Context, p place, m *made) {
		return func(ctx context.Context, p place, m *made) {
			m.err(ollamaClient(p).Generate(ctx, (&ollamaGenerate{question: p.question, stream: stream}).params(), func(r api.GenerateResponse) error { m.value(r); return nil }))
		}
	}
	return []request{
		{name: "ollama/chat", host: host, do: chat(false)},
		{name: "ollama/chat-stream", host: host, do: chat(true)},
		{name: "ollama/chat-left", host: host, do: func(ctx context.Context, p place, m *made) { // by the application, after a piece
			m.err(ollamaClient(p).Chat(ctx, (&ollamaChat{question: p.question, stream: true}).params(), func(r api.ChatResponse) error {
				m.value(r)
				return errors.New("enough")
			}))
		}},
		{name: "ollama/generate", host: host, do: generate(false)},
		{name: "ollama/generate-stream", host: host, do: generate(true)},
		{name: "ollama/embed", host: host, do: func(ctx context.Context, p place, m *made) {
			m.answer(ollamaClient(p).Embed(ctx, &api.EmbedRequest{Model: "nomic-embed-text", Input: []string{"가", "나"}, Dimensions: 4}))
		}},
		{name: "ollama/embeddings", host: host, do: func(ctx context.Context, p place, m *made) {
			m.answer(ollamaClient(p).Embeddings(ctx, &api.EmbeddingRequest{Model: "nomic-embed-text", Prompt: "가"}))
		}},
	}
}
