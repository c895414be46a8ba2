package fakellm

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"math"
	"net/http"
	"strings"
	"unicode"
)

const defaultDimensions = 256

func (p *Provider) embeddings(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Model      string          `json:"model"`
		Input      json.RawMessage `json:"input"`
		Dimensions int             `json:"dimensions"`
		Encoding   string          `json:"encoding_format"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequestBytes)).Decode(&req); err != nil {
		writeError(w, invalid("", "We could not parse the JSON body of your request."))
		return
	}
	var texts []string
	var one string
	if json.Unmarshal(req.Input, &one) == nil {
		texts = []string{one}
	} else if json.Unmarshal(req.Input, &texts) != nil || len(texts) == 0 {
		writeError(w, invalid("input", "Invalid 'input': a string or an array of strings is expected."))
		return
	}
	if req.Dimensions <= 0 || req.Dimensions > 3072 {
		req.Dimensions = defaultDimensions
	}
	p.pause(r.Context(), Moment{Request: &Request{Model: req.Model, Header: r.Header.Clone()}})
	type item struct {
		Object    string `json:"object"`
		Index     int    `json:"index"`
		Embedding any    `json:"embedding"`
	}
	type tokens struct {
		Prompt int64 `json:"prompt_tokens"`
		Total  int64 `json:"total_tokens"`
	}
	answer := struct {
		Object string `json:"object"`
		Data   []item `json:"data"`
		Model  string `json:"model"`
		Usage  tokens `json:"usage"`
	}{Object: "list", Model: req.Model}
	for i, t := range texts {
		v := Embed(t, req.Dimensions)
		it := item{"embedding", i, v}
		if req.Encoding == "base64" {
			raw := make([]byte, 0, 4*len(v))
			for _, f := range v {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
			}
			it.Embedding = base64.StdEncoding.EncodeToString(raw)
		}
		answer.Data = append(answer.Data, it)
		answer.Usage.Prompt += CountTokens(t)
	}
	answer.Usage.Total = answer.Usage.Prompt
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the client may have gone
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
