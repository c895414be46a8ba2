package llmwire

import (
	"net/http"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// detectGemini returns the endpoint of Google's API that the path addresses, as
// in …/models/gemini-2.5-pro:generateContent, on Gemini's hosts or Vertex AI's.
func detectGemini(host, path string) (Endpoint, bool) {
	resource, method, ok := cutLast(path, ":")
	rest, id, _ := cutLast(resource, "/")
	_, collection, _ := cutLast(rest, "/")
	if !ok || id == "" {
		return nil, false
	}
	model := id
	switch collection {
	case "models":
	case "tunedModels", "endpoints": // of a project's own; the name alone says nothing
		model = collection + "/" + id
	default:
		return nil, false
	}
	e := gemini{provider: geminiProvider(host, path), model: model}
	switch method {
	case "generateContent":
		return geminiGenerate{e, false}, true
	case "streamGenerateContent":
		return geminiGenerate{e, true}, true
	case "embedContent":
		return geminiEmbed{e, &embedShape}, true
	case "batchEmbedContents":
		return geminiEmbed{e, &batchEmbedShape}, true
	case "countTokens":
		return geminiCount{e}, true
	case "predict":
		return detectPredict(e)
	}
	return nil, false
}

// geminiProvider tells Vertex AI by its host, or else, behind a proxy, by its paths.
func geminiProvider(host, path string) string {
	vertex := strings.Contains(path, "/projects/") || strings.Contains(path, "/publishers/")
	if strings.HasSuffix(host, ".googleapis.com") {
		vertex = !strings.HasPrefix(host, "generativelanguage.")
	}
	if vertex {
		return vertexAI
	}
	return "gcp.gemini"
}

// gemini is what Google's endpoints have in common.
type gemini struct{ provider, model string }

func (e gemini) Provider() string { return e.provider }

// parse reads a request; the path says which model is asked.
func (e gemini) parse(s *shape, body []byte, cut bool) Request {
	req := s.parse(body, cut)
	req.Model = e.model
	return req
}

// geminiGenerate is generateContent and streamGenerateContent.
// Reference: ai.google.dev/api/generate-content, as of 2026-11.
type geminiGenerate struct {
	gemini
	stream bool
}

func (geminiGenerate) Operation() string { return generateContent }
func (geminiGenerate) Kind() Kind        { return Generation }

const generateContent = "generate_content"

var generateShape = shape{
	main:   "contents",
	input:  []string{"systemInstruction", "system_instruction", "tools", "generateContentRequest"},
	groups: []string{"generationConfig", "generation_config"},
}

// ParseRequest takes contents, system instruction and tools as input, all else as parameters.
func (e geminiGenerate) ParseRequest(_ string, body []byte, cut bool) Request {
	req := e.parse(&generateShape, body, cut)
	req.Stream = e.stream
	req.ToolResults = geminiToolResults(req.Input)
	return req
}

// Answer returns the accumulator for a stream, which comes as server-sent
// events or as one array, for an answer in one piece, or for an error.
func (e geminiGenerate) Answer(status int, contentType string, req *Request) Accumulator {
	events := func() Accumulator { return newGeminiStream(true) }
	if !e.stream || status >= http.StatusMultipleChoices {
		return answerUpTo(MaxMediaBytes, status, contentType, req, events, readGeminiAnswer)
	}
	a := &sniffed{piece: func() Accumulator { return newGeminiStream(false) }, stream: events, other: events}
	if strings.Contains(strings.ToLower(contentType), "json") {
		a.other = a.piece
	}
	return a
}

// geminiToolResults takes the results in the contents after the last one of the
// model that asks for some: what it is made to begin with may follow them.
func geminiToolResults(input []byte) (results []ToolResult) {
	r := listIn(input, "contents")
	for ok := r.Array(); ok && r.Item(); {
		var role string
		var parts []byte
		for ok := r.Object(); ok && r.Member(); {
			switch string(r.Key) {
			case "role":
				r.Set(&role, maxWordBytes)
			case "parts":
				parts = r.Raw()
			default:
				r.Skip()
			}
		}
		p := jsonx.NewReader(parts)
		for ok := p.Array(); ok && p.Item(); {
			for ok := p.Object(); ok && p.Member(); {
				switch name := string(p.Key); {
				case role == "model" && (name == "functionCall" || name == "function_call"):
					results = nil
					p.Skip()
				case role != "model" && (name == "functionResponse" || name == "function_response"):
					if result := readFunctionResponse(&p); len(results) < maxToolCalls {
						results = append(results, result)
					}
				default:
					p.Skip()
				}
			}
		}
	}
	return results
}

// readFunctionResponse takes a result, which has the key "error" by agreement
// where the function failed.
func readFunctionResponse(r *jsonx.Reader) (result ToolResult) {
	var response []byte
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "id":
			r.Set(&result.ID, maxWordBytes)
		case "name":
			r.Set(&result.Name, maxWordBytes)
		case "response":
			response = r.Raw()
		default:
			r.Skip()
		}
	}
	v := jsonx.NewReader(response)
	for ok := v.Object(); ok && v.Member(); {
		if string(v.Key) == "error" {
			result.Failed = present(v.Raw())
		} else {
			v.Skip()
		}
	}
	result.Output = slices.Clone(response)
	return result
}

// geminiCount asks how many tokens a request would have.
type geminiCount struct{ gemini }

func (geminiCount) Operation() string { return countTokens }
func (geminiCount) Kind() Kind        { return Management }

func (e geminiCount) ParseRequest(_ string, body []byte, cut bool) Request {
	return e.parse(&generateShape, body, cut)
}

func (geminiCount) Answer(status int, contentType string, req *Request) Accumulator {
	return answerOf(status, contentType, req, nil, readAsIs)
}
