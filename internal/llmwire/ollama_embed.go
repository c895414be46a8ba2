package llmwire

import (
	"github.com/langshark/langshark-go/internal/jsonx"
)

// ollamaEmbed makes embeddings, of several texts or, in the older form, of one.
type ollamaEmbed struct{ shape *shape }

func (ollamaEmbed) Provider() string  { return "ollama" }
func (ollamaEmbed) Operation() string { return embeddings }
func (ollamaEmbed) Kind() Kind        { return Embedding }

var (
	ollamaEmbedShape      = shape{main: "input", groups: []string{"options"}}
	ollamaEmbeddingsShape = shape{main: "prompt", groups: []string{"options"}}
)

// ParseRequest takes the texts as input, all else as parameters.
func (e ollamaEmbed) ParseRequest(_ string, body []byte, cut bool) Request {
	return e.shape.parse(body, cut)
}

// Answer returns an accumulator that counts the vectors, and keeps them only if they are wanted.
func (ollamaEmbed) Answer(status int, contentType string, req *Request) Accumulator {
	return embeddingAnswer(answerOf(status, contentType, req, nil, readOllamaEmbeddings), req)
}

func readOllamaEmbeddings(r *jsonx.Reader, into *Response) {
	var head ollamaHead
	var n int64
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "embedding":
			into.Output = r.Raw()
			n = 1
		case "embeddings":
			into.Output = r.Raw()
			v := jsonx.NewReader(into.Output)
			for ok := v.Array(); ok && v.Item(); {
				v.Skip()
				n++
			}
		default:
			head.member(r)
		}
	}
	head.fill(into)
	into.count(AttributeVectors, n)
}
