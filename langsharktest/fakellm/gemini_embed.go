package fakellm

// The vectors of Gemini and Vertex.

type geminiEmbed struct {
	Content    geminiContent `json:"content"`
	Dimensions int           `json:"outputDimensionality"`
}

// geminiVectors is what is asked for.
type geminiVectors struct {
	texts      []string
	dimensions int
}

func (c *call) readVectors(of ...geminiEmbed) *Error {
	if len(of) == 0 {
		return invalid("", "* BatchEmbedContentsRequest.requests: requests is not specified")
	}
	in := &geminiVectors{}
	for _, e := range of {
		in.texts, in.dimensions = append(in.texts, e.Content.text()), e.Dimensions
	}
	if in.dimensions == 0 {
		in.dimensions = 768
	}
	c.in, c.req.Model = in, c.geminiModel()
	c.req.say("user", in.texts...)
	return nil
}

type geminiVector struct {
	Values     []float32         `json:"values"`
	Statistics *geminiStatistics `json:"statistics,omitempty"`
}

type geminiStatistics struct {
	TokenCount int64 `json:"token_count"`
	Truncated  bool  `json:"truncated"`
}

func (c *call) geminiVectors() (out []geminiVector) {
	in := c.in.(*geminiVectors)
	for i, t := range in.texts {
		out = append(out, geminiVector{Values: c.vector(i, t, in.dimensions)})
	}
	return out
}

var geminiEmbedEndpoint = &endpoint{
	api: GeminiEmbeddings, vendor: gemini,
	read: func(c *call) *Error {
		var in geminiEmbed
		if e := c.parse(&in); e != nil {
			return e
		}
		return c.readVectors(in)
	},
	answer: func(c *call) (string, []byte) {
		body := map[string]any{"embedding": c.geminiVectors()[0]}
		n := c.embedded(c.in.(*geminiVectors).texts)
		body["usageMetadata"] = map[string]any{"promptTokenCount": n, "promptTokensDetails": []tokensOf{{"TEXT", n}}}
		return geminiJSON, append(indented(body), '\n')
	},
}

var geminiBatchEndpoint = &endpoint{
	api: GeminiEmbeddings, vendor: gemini,
	read: func(c *call) *Error {
		var in struct {
			Requests []geminiEmbed `json:"requests"`
		}
		if e := c.parse(&in); e != nil {
			return e
		}
		return c.readVectors(in.Requests...)
	},
	answer: func(c *call) (string, []byte) {
		return geminiJSON, append(indented(map[string]any{"embeddings": c.geminiVectors()}), '\n')
	},
}

// geminiPredictEndpoint is where Vertex's older embedding models are.
var geminiPredictEndpoint = &endpoint{
	api: GeminiEmbeddings, vendor: gemini,
	read: func(c *call) *Error {
		var in struct {
			Instances []struct {
				Content string `json:"content"`
			} `json:"instances"`
			Parameters struct {
				Dimensions int `json:"outputDimensionality"`
			} `json:"parameters"`
		}
		if e := c.parse(&in); e != nil {
			return e
		}
		var of []geminiEmbed
		for _, i := range in.Instances {
			of = append(of, geminiEmbed{geminiContent{Parts: []geminiPromptPart{{Text: i.Content}}}, in.Parameters.Dimensions})
		}
		return c.readVectors(of...)
	},
	answer: func(c *call) (string, []byte) {
		type prediction struct {
			Embeddings geminiVector `json:"embeddings"`
		}
		texts := c.in.(*geminiVectors).texts
		var all []prediction
		characters := 0
		for i, v := range c.geminiVectors() {
			v.Statistics = &geminiStatistics{TokenCount: CountTokens(texts[i])}
			all = append(all, prediction{v})
			characters += len([]rune(texts[i]))
		}
		return geminiJSON, append(indented(map[string]any{"predictions": all, "metadata": map[string]int{"billableCharacterCount": characters}}), '\n')
	},
}
