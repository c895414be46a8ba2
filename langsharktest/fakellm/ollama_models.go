package fakellm

import (
	"encoding/json"
	"net/http"
	"time"
)

// ollamaVectors is what is to be embedded.
type ollamaVectors struct {
	Model      string          `json:"model"`
	Input      json.RawMessage `json:"input"`
	Prompt     string          `json:"prompt"`
	Dimensions int             `json:"dimensions"`
	texts      []string
}

func readOllamaVectors(c *call) *Error {
	in := &ollamaVectors{}
	if e := c.parse(in); e != nil {
		return e
	}
	if in.Model == "" {
		return invalid("", "model is required")
	}
	in.texts = []string{in.Prompt}
	if in.Input != nil {
		var ok bool
		if in.texts, ok = texts(in.Input); !ok {
			return invalid("", "invalid input type")
		}
	}
	if in.Dimensions == 0 {
		in.Dimensions = 768
	}
	c.in, c.req.Model = in, in.Model
	c.req.say("user", in.texts...)
	return nil
}

var ollamaEmbedEndpoint = &endpoint{
	api: OllamaEmbeddings, vendor: ollama, read: readOllamaVectors,
	answer: func(c *call) (string, []byte) {
		in := c.in.(*ollamaVectors)
		n := c.embedded(in.texts)
		answer := struct {
			Model      string      `json:"model"`
			Embeddings [][]float32 `json:"embeddings"`
			*ollamaMetrics
		}{c.model(), nil, &ollamaMetrics{Total: ollamaLoad + time.Duration(n)*time.Millisecond, Load: ollamaLoad, PromptEvalCount: n}}
		for i, t := range in.texts {
			answer.Embeddings = append(answer.Embeddings, c.vector(i, t, in.Dimensions))
		}
		return ollamaJSON, compact(answer)
	},
}

// ollamaOlderEndpoint is that of /api/embeddings.
var ollamaOlderEndpoint = &endpoint{
	api: OllamaEmbeddings, vendor: ollama, read: readOllamaVectors,
	answer: func(c *call) (string, []byte) {
		in := c.in.(*ollamaVectors)
		return ollamaJSON, compact(map[string]any{"embedding": c.vector(0, in.texts[0], in.Dimensions)})
	},
}

type ollamaDetails struct {
	Parent       string   `json:"parent_model"`
	Format       string   `json:"format"`
	Family       string   `json:"family"`
	Families     []string `json:"families"`
	Size         string   `json:"parameter_size"`
	Quantization string   `json:"quantization_level"`
}

var ollamaLlama = ollamaDetails{Format: "gguf", Family: "llama", Families: []string{"llama"}, Size: "3.2B", Quantization: "Q4_K_M"}

const ollamaModified = "2026-01-02T03:04:05Z"

func (p *Provider) ollamaTags(w http.ResponseWriter, r *http.Request) {
	if _, ok := p.begin(w, r, &endpoint{vendor: ollama}); !ok {
		return
	}
	type model struct {
		Name     string        `json:"name"`
		Model    string        `json:"model"`
		Modified string        `json:"modified_at"`
		Size     int64         `json:"size"`
		Digest   string        `json:"digest"`
		Details  ollamaDetails `json:"details"`
	}
	var all []model
	for _, name := range []string{"llama3.2:latest", "nomic-embed-text:latest"} {
		all = append(all, model{name, name, ollamaModified, 2019393189, "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72", ollamaLlama})
	}
	w.Header().Set("Content-Type", ollamaJSON)
	_, _ = w.Write(compact(map[string]any{"models": all})) // the client may have gone
}

func (p *Provider) ollamaShow(w http.ResponseWriter, r *http.Request) {
	c, ok := p.begin(w, r, &endpoint{vendor: ollama})
	if !ok {
		return
	}
	var in struct {
		Model string `json:"model"`
		Name  string `json:"name"` // as older clients say
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequestBytes)).Decode(&in); err != nil || in.Model+in.Name == "" {
		c.fail(invalid("", "model is required"))
		return
	}
	w.Header().Set("Content-Type", ollamaJSON)
	_, _ = w.Write(compact(map[string]any{ // the client may have gone
		"modelfile": "FROM " + in.Model + in.Name, "parameters": "", "template": "{{ .Prompt }}", "details": ollamaLlama,
		"model_info":   map[string]any{"general.architecture": "llama", "general.parameter_count": 3212749888, "llama.context_length": 131072},
		"capabilities": []string{"completion", "tools", "thinking", "embedding"}, "modified_at": ollamaModified,
	}))
}
