package sdktest

import (
	"context"
	"encoding/json"

	"google.golang.org/genai"
)

// geminiClient speaks with Google AI, or with Vertex AI.
func geminiClient(p place, vertex bool) *genai.Client {
	config := genai.ClientConfig{Backend: genai.BackendGeminiAPI, APIKey: "test", HTTPClient: p.http, HTTPOptions: genai.HTTPOptions{BaseURL: p.url}}
	if vertex {
		config.Backend, config.APIKey, config.Project, config.Location = genai.BackendVertexAI, "", "shop", "europe-west4"
	}
	if p.repeats > 0 {
		config.HTTPOptions.RetryOptions = &genai.HTTPRetryOptions{Attempts: new(int32(p.repeats) + 1), InitialDelay: new(0.001), Jitter: new(0.0)}
	}
	client, err := genai.NewClient(context.Background(), &config)
	if err != nil {
		panic(err)
	}
	return client
}

func genaiWays() (all []way) {
	for _, vertex := range []bool{false, true} {
		for _, stream := range []bool{false, true} {
			name, host := "gemini", "http://generativelanguage.googleapis.com"
			if vertex {
				name, host = "vertex", "http://europe-west4-aiplatform.googleapis.com"
			}
			if stream {
				name += "-stream"
			}
			all = append(all, way{name: name, host: host, streams: stream, unmarked: true, start: func(p place) talk {
				return &gemini{client: geminiClient(p, vertex), question: p.question, stream: stream}
			}})
		}
	}
	return all
}

// gemini asks by generateContent.
type gemini struct {
	client   *genai.Client
	question string
	stream   bool
	contents []*genai.Content
}

func (a *gemini) tell(calls []call, results []string) {
	var parts []*genai.Part
	for i, c := range calls {
		part := genai.NewPartFromFunctionResponse(c.name, map[string]any{"output": results[i]})
		part.FunctionResponse.ID = c.id
		parts = append(parts, part)
	}
	a.contents = append(a.contents, genai.NewContentFromParts(parts, genai.RoleUser))
}

func (a *gemini) params() (string, []*genai.Content, *genai.GenerateContentConfig) {
	if a.contents == nil {
		a.contents = []*genai.Content{genai.NewContentFromText(a.question, genai.RoleUser)}
	}
	return "gemini-2.5-flash", a.contents, &genai.GenerateContentConfig{
		SystemInstruction: genai.NewContentFromText("Be kind.", ""), Temperature: genai.Ptr[float32](0.25), MaxOutputTokens: 500,
		ThinkingConfig: &genai.ThinkingConfig{IncludeThoughts: true},
		Tools: []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{{
			Name: "order_status", Parameters: &genai.Schema{Type: genai.TypeObject, Properties: map[string]*genai.Schema{"id": {Type: genai.TypeString}}},
		}}}},
	}
}

func (a *gemini) ask(ctx context.Context) (calls []call, _ error) {
	model, contents, config := a.params()
	var parts []*genai.Part
	take := func(r *genai.GenerateContentResponse) {
		if len(r.Candidates) > 0 && r.Candidates[0].Content != nil {
			parts = append(parts, r.Candidates[0].Content.Parts...)
		}
	}
	if !a.stream {
		got, err := a.client.Models.GenerateContent(ctx, model, contents, config)
		if err != nil {
			return nil, err
		}
		take(got)
	} else {
		for got, err := range a.client.Models.GenerateContentStream(ctx, model, contents, config) {
			if err != nil {
				return nil, err
			}
			take(got)
		}
	}
	a.contents = append(a.contents, genai.NewContentFromParts(parts, genai.RoleModel))
	for _, part := range parts {
		if f := part.FunctionCall; f != nil {
			arguments, err := json.Marshal(f.Args)
			if err != nil {
				return nil, err
			}
			calls = append(calls, call{f.ID, f.Name, string(arguments)})
		}
	}
	return calls, nil
}
