package llmwire

import (
	"bytes"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// Names of attributes of embeddings.
const (
	AttributeVectors    = "langshark.embeddings.count"        // how many vectors came
	AttributeDimensions = "gen_ai.embeddings.dimension.count" // of each
)

// openAIEmbedding is the embeddings API.
// Reference: platform.openai.com/docs/api-reference/embeddings, as of 2026-11.
type openAIEmbedding struct{ provider, deployment string }

func (e openAIEmbedding) Provider() string { return e.provider }
func (openAIEmbedding) Operation() string  { return "embeddings" }
func (openAIEmbedding) Kind() Kind         { return Embedding }

var embeddingShape = shape{main: "input", input: []string{"messages"}} // these are vLLM's

// ParseRequest takes the texts as input.
func (e openAIEmbedding) ParseRequest(_ string, body []byte, cut bool) Request {
	return embeddingShape.parse(body, cut).orModel(e.deployment)
}

// Answer returns an accumulator that counts the vectors, and keeps them only if they are wanted.
func (openAIEmbedding) Answer(status int, contentType string, req *Request) Accumulator {
	return embeddingAnswer(answerOf(status, contentType, req, nil, readEmbeddings), req)
}

// embeddingAnswer returns the accumulator for an answer with vectors.
func embeddingAnswer(inner Accumulator, req *Request) Accumulator {
	if _, failed := inner.(*errorAnswer); failed {
		return inner
	}
	return &vectors{inner: inner, wanted: req.Vectors}
}

func readEmbeddings(r *jsonx.Reader, into *Response) {
	var head openAIHead
	n := 0
	for ok := r.Object(); ok && r.Member(); {
		if string(r.Key) != "data" {
			head.member(r)
			continue
		}
		if r.Next() == '[' {
			raw := r.Raw()
			into.Output = raw
			items := jsonx.NewReader(raw)
			for ok := items.Array(); ok && items.Item(); {
				items.Skip()
				n++
			}
			continue
		}
		r.Skip()
	}
	head.fill(into)
	if n > 0 {
		into.attribute(AttributeVectors, int64(n))
	}
}

// maxTextBytes is how much of a string is kept where vectors aren't wanted: they
// may come as base64.
const maxTextBytes = 4 << 10

// vectors leaves the numbers of vectors out of an answer on their way to the
// accumulator within, so that an answer of any size is read to its end, where
// the usage is. It counts the numbers of the first vector.
type vectors struct {
	inner  Accumulator
	wanted bool

	inNumbers bool // within an array of numbers
	opened    bool // '[' was the last sign
	inText    bool
	escaped   bool  // the last sign of the text was a backslash
	length    int64 // of the text
	longest   int64
	numbers   int64 // of the first vector
	counted   bool
	out       []byte
}

func (v *vectors) Started() bool { return false }

func (v *vectors) Feed(p []byte) {
	if v.wanted {
		v.inner.Feed(p)
	}
	v.out = v.out[:0]
	for len(p) > 0 {
		switch {
		case v.inNumbers:
			p = v.vector(p)
		case v.inText:
			p = v.text(p)
		default:
			p = v.signs(p)
		}
	}
	if !v.wanted {
		v.inner.Feed(v.out)
	}
}

// vector goes over the numbers of a vector.
func (v *vectors) vector(p []byte) []byte {
	within, after, ended := bytes.Cut(p, []byte{']'})
	if !v.counted {
		v.numbers += int64(bytes.Count(within, []byte{','}))
	}
	if !ended {
		return nil
	}
	v.inNumbers, v.counted = false, true
	v.out = append(v.out, ']')
	return after
}

// text goes over a string, of which the beginning is kept.
func (v *vectors) text(p []byte) []byte {
	for i, c := range p {
		if c == '"' && !v.escaped {
			v.out = append(v.out, c)
			v.longest = max(v.longest, v.length)
			v.inText = false
			return p[i+1:]
		}
		if v.length < maxTextBytes || v.length == maxTextBytes && v.escaped {
			v.out = append(v.out, c)
		}
		v.escaped = c == '\\' && !v.escaped
		v.length++
	}
	return nil
}

func (v *vectors) signs(p []byte) []byte {
	for i, c := range p {
		switch {
		case v.opened && (c == '-' || c >= '0' && c <= '9'):
			v.inNumbers, v.opened = true, false
			if !v.counted {
				v.numbers = 1
			}
			return p[i:]
		case c == '"':
			v.inText, v.escaped, v.length, v.opened = true, false, 0, false
			v.out = append(v.out, c)
			return p[i+1:]
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			v.opened = c == '['
		}
		v.out = append(v.out, c)
	}
	return nil
}

// Close adds the number of dimensions. Of a vector as base64 it is told from the
// text's length: four bytes each.
func (v *vectors) Close() Response {
	r := v.inner.Close()
	n, ok := r.Attributes[AttributeVectors].(int64)
	if !ok {
		r.Output = nil
		return r
	}
	dimensions := v.numbers
	if dimensions == 0 {
		dimensions = v.longest / 4 * 3 / 4
	}
	r.attribute(AttributeDimensions, dimensions)
	if !v.wanted {
		o := jsonx.BeginObject(nil)
		o.Int("count", n)
		o.Int("dimensions", dimensions)
		r.Output = o.End()
	}
	return r
}
