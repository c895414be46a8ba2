package fakellm

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"math"
	"strings"
	"unicode"
)

const defaultDimensions = 256

var embeddingsEndpoint = &endpoint{api: Embeddings, vendor: openAI, read: readEmbeddings, answer: answerEmbeddings}

// vectors is what an embeddings request asks for.
type vectors struct {
	Model      string          `json:"model"`
	Input      json.RawMessage `json:"input"`
	Dimensions int             `json:"dimensions"`
	Encoding   string          `json:"encoding_format"`
	texts      []string
}

func readEmbeddings(c *call) *Error {
	v := &vectors{}
	if json.Unmarshal(c.req.Body, v) != nil {
		return invalid("", "We could not parse the JSON body of your request.")
	}
	c.in, c.req.Model = v, c.named(v.Model)
	var ok bool
	if v.texts, ok = texts(v.Input); !ok {
		return invalid("input", "Invalid 'input': a string or an array of strings is expected.")
	}
	c.req.say("user", v.texts...)
	return nil
}

// texts takes a text or a list of them.
func texts(raw json.RawMessage) ([]string, bool) {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, true
	}
	var many []string
	err := json.Unmarshal(raw, &many)
	return many, err == nil && len(many) > 0
}

// vector is the i-th of a reply's, or that of the text.
func (c *call) vector(i int, text string, dimensions int) []float32 {
	if given := c.replies[0].Embeddings; i < len(given) {
		return given[i]
	}
	if dimensions <= 0 || dimensions > 3072 {
		dimensions = defaultDimensions
	}
	return Embed(text, dimensions)
}

// embedded counts the tokens of embedded texts.
func (c *call) embedded(texts []string) (n int64) {
	if u := c.replies[0].Usage; u != nil {
		return u.PromptTokens
	}
	for _, t := range texts {
		n += CountTokens(t)
	}
	return n
}

func answerEmbeddings(c *call) (string, []byte) {
	type item struct {
		Object    string `json:"object"`
		Index     int    `json:"index"`
		Embedding any    `json:"embedding"`
	}
	type tokens struct {
		Prompt int64 `json:"prompt_tokens"`
		Total  int64 `json:"total_tokens"`
	}
	req := c.in.(*vectors)
	n := c.embedded(req.texts)
	answer := struct {
		Object string `json:"object"`
		Data   []item `json:"data"`
		Model  string `json:"model"`
		Usage  tokens `json:"usage"`
	}{Object: "list", Model: c.model(), Usage: tokens{n, n}}
	for i, t := range req.texts {
		v := c.vector(i, t, req.Dimensions)
		it := item{"embedding", i, v}
		if req.Encoding == "base64" {
			raw := make([]byte, 0, 4*len(v))
			for _, f := range v {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
			}
			it.Embedding = base64.StdEncoding.EncodeToString(raw)
		}
		answer.Data = append(answer.Data, it)
	}
	return "application/json", append(compact(answer), '\n')
}

// Embed returns the vector of a text, of length 1: texts that share words, or
// parts of words, point in similar directions. It works for any language and
// is the same for the same text.
func Embed(text string, dimensions int) []float32 {
	sums := make([]float64, dimensions)
	add := func(s string, weight float64) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(s))
		n := h.Sum64()
		if n>>63 == 1 {
			weight = -weight
		}
		sums[n%uint64(dimensions)] += weight
	}
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		runes := []rune("<" + word + ">")
		add(word, 1)
		for n := 2; n <= 3; n++ {
			for i := 0; i+n <= len(runes); i++ {
				add(string(runes[i:i+n]), 0.5)
			}
		}
	}
	var norm float64
	for _, s := range sums {
		norm += s * s
	}
	out := make([]float32, dimensions)
	if norm == 0 {
		return out
	}
	for i, s := range sums {
		out[i] = float32(s / math.Sqrt(norm))
	}
	return out
}
