package llmwire

import (
	"strings"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// geminiEmbed makes embeddings: embedContent, batchEmbedContents, and predict
// with a model of embeddings on Vertex AI.
type geminiEmbed struct {
	gemini
	shape *shape
}

func (geminiEmbed) Operation() string { return embeddings }
func (geminiEmbed) Kind() Kind        { return Embedding }

const embeddings = "embeddings"

var (
	embedShape      = shape{main: "content", input: []string{"title"}, groups: []string{"embedContentConfig"}}
	batchEmbedShape = shape{main: "requests"}
	predictShape    = shape{main: "instances", groups: []string{"parameters"}}
)

// ParseRequest takes the contents as input, all else as parameters.
func (e geminiEmbed) ParseRequest(_ string, body []byte, cut bool) Request {
	return e.parse(e.shape, body, cut)
}

// Answer returns an accumulator that counts the vectors, and keeps them only if they are wanted.
func (geminiEmbed) Answer(status int, contentType string, req *Request) Accumulator {
	return embeddingAnswer(answerOf(status, contentType, req, nil, readGeminiEmbeddings), req)
}

func readGeminiEmbeddings(r *jsonx.Reader, into *Response) {
	var head geminiHead
	var n int64
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "embedding", "embeddings", "predictions":
			into.Output = r.Raw()
			v := jsonx.NewReader(into.Output)
			if v.Next() == '{' {
				n += head.embedding(&v)
				continue
			}
			for ok := v.Array(); ok && v.Item(); {
				n += head.embedding(&v)
			}
		default:
			head.member(r)
		}
	}
	head.fill(into)
	into.count(AttributeVectors, n)
}

// embedding takes an embedding, or a prediction that has one or several, and
// returns how many.
func (h *geminiHead) embedding(r *jsonx.Reader) (n int64) {
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) != "embeddings" {
			n += h.vector(r)
			continue
		}
		for ok := r.Object(); ok && r.Member(); {
			n += h.vector(r)
		}
	}
	return n
}

// vector takes a member of an embedding, returns 1 if that is the vector, and
// adds up the tokens where each tells its own.
func (h *geminiHead) vector(r *jsonx.Reader) int64 {
	switch string(r.Key) {
	case "values", "textEmbedding", "imageEmbedding":
		r.Skip()
		return 1
	case "statistics":
		for ok := r.Object(); ok && r.Member(); {
			switch string(r.Key) {
			case "token_count", "tokenCount":
				h.usage.prompt += r.Int()
			default:
				r.Skip()
			}
		}
	default:
		r.Skip()
	}
	return 0
}

// detectPredict tells by the model what a prediction is: many of Vertex AI's
// are nothing of language.
func detectPredict(e gemini) (Endpoint, bool) {
	switch {
	case strings.Contains(e.model, "embedding"):
		return geminiEmbed{e, &predictShape}, true
	case strings.HasPrefix(e.model, "imagen"), strings.HasPrefix(e.model, "imagegeneration"):
		return imagen{e}, true
	}
	return nil, false
}
