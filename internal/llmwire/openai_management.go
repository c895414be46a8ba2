package llmwire

import (
	"io"
	"net/http"
	"strings"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// openAIManagement is any call of the API that asks no model: files, batches,
// assistants and their threads, vector stores, models.
type openAIManagement struct{ provider, operation string }

func (e openAIManagement) Provider() string  { return e.provider }
func (e openAIManagement) Operation() string { return e.operation }
func (openAIManagement) Kind() Kind          { return Management }

// DetectManagement returns the endpoint of a request of OpenAI's API that asks
// no model. Its operation is the method and the path, as in "GET /files/{id}".
func DetectManagement(method, host, path string) (Endpoint, bool) {
	pattern, ok := resource(path)
	if !ok {
		return nil, false
	}
	provider, _ := openAICompatible(hostname(host))
	return openAIManagement{provider, method + " " + pattern}, true
}

// resources are where paths begin, after the version.
var resources = map[string]bool{
	"assistants": true, "audio": true, "batches": true, "chat": true, "containers": true, "conversations": true, "engines": true,
	"evals": true, "files": true, "fine-tunes": true, "fine_tuning": true, "images": true, "models": true, "organization": true,
	"responses": true, "threads": true, "uploads": true, "vector_stores": true, "videos": true,
}

// actions are the names that stand between ids.
var actions = map[string]bool{
	"alpha": true, "cancel": true, "checkpoints": true, "complete": true, "completions": true, "content": true, "events": true,
	"file_batches": true, "files": true, "input_items": true, "input_tokens": true, "items": true, "jobs": true, "messages": true,
	"parts": true, "permissions": true, "runs": true, "search": true, "steps": true, "submit_tool_outputs": true, "compact": true,
}

// resource replaces the ids in a path and leaves out what is before the resource.
func resource(path string) (string, bool) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for i, s := range segments {
		if !resources[s] || i > 6 {
			continue
		}
		segments = segments[i:]
		for j := 1; j < len(segments); j++ {
			if !actions[segments[j]] && (j > 1 || s != "fine_tuning") {
				segments[j] = "{id}"
			}
		}
		return "/" + strings.Join(segments[:min(len(segments), 8)], "/"), true
	}
	return "", false
}

var everything = shape{all: true}

// ParseRequest takes all of the body as input.
func (openAIManagement) ParseRequest(contentType string, body []byte, cut bool) Request {
	if strings.HasPrefix(strings.ToLower(contentType), "multipart/form-data") {
		return everything.parseForm(contentType, body, cut)
	}
	req := Request{Truncated: cut}
	var short bool
	req.Input, short = fit(readable(body, cut), MaxCaptureBytes)
	req.Truncated = cut || short
	return req
}

// ReadForm takes all of a form as input.
func (openAIManagement) ReadForm(contentType string, r io.Reader) Request {
	return everything.readForm(contentType, r)
}

// Answer returns the accumulator for JSON or for anything else.
func (openAIManagement) Answer(status int, contentType string, _ *Request) Accumulator {
	switch {
	case status >= http.StatusMultipleChoices:
		return &errorAnswer{}
	case strings.Contains(strings.ToLower(contentType), "json"):
		return &whole{limit: MaxBodyBytes, read: func(r *jsonx.Reader, into *Response) { into.Output = r.Raw() }}
	}
	return &opaqueAnswer{contentType: contentType}
}
