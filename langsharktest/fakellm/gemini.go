package fakellm

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The Gemini API and that of Vertex, as Google has them in 2026-11.

// gemini is the vendor of both; Vertex's paths name a publisher.
var gemini = &vendor{
	badJSON:  "Invalid JSON payload received.",
	failType: "application/json; charset=UTF-8",
	greet:    func(*call) {},
	wrongKey: func(c *call) *Error {
		switch h := c.r.Header; {
		case c.vertex():
			return &Error{Status: http.StatusUnauthorized, Message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential."}
		case h.Get("X-Goog-Api-Key") == "" && h.Get("Authorization") == "" && !c.r.URL.Query().Has("key"):
			return &Error{Status: http.StatusForbidden, Message: "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API."}
		default:
			return &Error{Status: http.StatusBadRequest, Code: "API_KEY_INVALID", Message: "API key not valid. Please pass a valid API key."}
		}
	},
	fail: func(c *call, e *Error) (int, []byte) {
		body := indented(c.geminiFailure(e))
		if c.listed() {
			body = bytes.Join([][]byte{[]byte("["), body, []byte("\n]")}, nil)
		}
		return e.status(), append(body, '\n')
	},
}

// vertex reports whether the path is one of Vertex.
func (c *call) vertex() bool { return strings.Contains(c.r.URL.Path, "/publishers/") }

// listed reports whether a stream is asked for as a JSON list, as it comes without alt=sse.
func (c *call) listed() bool {
	return strings.HasSuffix(c.r.URL.Path, ":streamGenerateContent") && c.r.URL.Query().Get("alt") != "sse"
}

type geminiError struct {
	Error struct {
		Code    int              `json:"code"`
		Message string           `json:"message"`
		Status  string           `json:"status"`
		Details []map[string]any `json:"details,omitempty"`
	} `json:"error"`
}

// geminiMessages are Google's texts for the errors of this package.
var geminiMessages = map[string]string{
	rateMessage:     "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.",
	serverMessage:   "An internal error has occurred. Please retry.",
	overloadMessage: "The model is overloaded. Please try again later.",
	contextMessage:  "The input token count (1048712) exceeds the maximum number of tokens allowed (1048576).",
}

// geminiStatuses go with the HTTP status.
var geminiStatuses = map[int]string{
	http.StatusBadRequest:          "INVALID_ARGUMENT",
	http.StatusUnauthorized:        "UNAUTHENTICATED",
	http.StatusForbidden:           "PERMISSION_DENIED",
	http.StatusNotFound:            "NOT_FOUND",
	http.StatusConflict:            "ABORTED",
	http.StatusTooManyRequests:     "RESOURCE_EXHAUSTED",
	499:                            "CANCELLED",
	http.StatusInternalServerError: "INTERNAL",
	http.StatusNotImplemented:      "UNIMPLEMENTED",
	http.StatusServiceUnavailable:  "UNAVAILABLE",
	http.StatusGatewayTimeout:      "DEADLINE_EXCEEDED",
}

// upper reports whether a word is one of Google's, which are in upper case.
func upper(s string) bool { return s != "" && s == strings.ToUpper(s) }

func (c *call) geminiFailure(e *Error) (out geminiError) {
	f := &out.Error
	f.Code, f.Message = e.status(), cmp.Or(geminiMessages[e.Message], e.Message)
	if c.vertex() && e.Message == rateMessage {
		f.Message = "Resource exhausted. Please try again later."
	}
	f.Status = cmp.Or(geminiStatuses[f.Code], "UNKNOWN")
	if upper(e.Type) {
		f.Status = e.Type
	}
	if upper(e.Code) {
		f.Details = append(f.Details, map[string]any{
			"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": e.Code, "domain": "googleapis.com",
			"metadata": map[string]string{"service": "generativelanguage.googleapis.com"},
		})
	}
	if e.RetryAfter > 0 {
		f.Details = append(f.Details, map[string]any{
			"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": fmt.Sprintf("%gs", e.RetryAfter.Round(time.Millisecond).Seconds()),
		})
	}
	return out
}

// geminiRequest is the part of a request that the provider looks at. Google
// takes the names in both spellings.
type geminiRequest struct {
	Contents    []geminiContent `json:"contents"`
	System      *geminiContent  `json:"systemInstruction"`
	SystemSnake *geminiContent  `json:"system_instruction"`
	Tools       []struct {
		Functions      []named `json:"functionDeclarations"`
		FunctionsSnake []named `json:"function_declarations"`
	} `json:"tools"`
	Config struct {
		Candidates int `json:"candidateCount"`
	} `json:"generationConfig"`
}

// named is something that has a name.
type named struct {
	Name string `json:"name"`
}

type geminiContent struct {
	Role  string             `json:"role"`
	Parts []geminiPromptPart `json:"parts"`
}

type geminiPromptPart struct {
	Text          string          `json:"text"`
	Thought       bool            `json:"thought"`
	Call          *geminiCalled   `json:"functionCall"`
	CallSnake     *geminiCalled   `json:"function_call"`
	Response      *geminiResponse `json:"functionResponse"`
	ResponseSnake *geminiResponse `json:"function_response"`
}

type geminiCalled struct {
	ID   string          `json:"id"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"`
}

type geminiResponse struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Response json.RawMessage `json:"response"`
}

// text returns what stands in the parts.
func (g *geminiContent) text() string {
	var b strings.Builder
	for _, p := range g.Parts {
		if !p.Thought {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func readGemini(c *call) *Error {
	var in geminiRequest
	if e := c.parse(&in); e != nil {
		return e
	}
	if len(in.Contents) == 0 {
		return invalid("", "* GenerateContentRequest.contents: contents is not specified")
	}
	req := c.req
	req.Model, req.N = c.geminiModel(), in.Config.Candidates
	if req.N < 0 || req.N > 8 {
		return invalid("", "Invalid value for candidateCount.")
	}
	req.Stream = strings.HasSuffix(c.r.URL.Path, ":streamGenerateContent")
	if s := cmp.Or(in.System, in.SystemSnake); s != nil {
		req.say("system", s.text())
	}
	for _, m := range in.Contents {
		req.readContent(m)
	}
	for _, t := range in.Tools {
		for _, f := range append(t.Functions, t.FunctionsSnake...) {
			req.offer(f.Name)
		}
	}
	return nil
}

// readContent takes apart a content.
func (r *Request) readContent(m geminiContent) {
	out := Message{Role: "user", Content: Content(m.text())}
	if m.Role == "model" {
		out.Role = "assistant"
	}
	var results []Message
	for _, p := range m.Parts {
		if f := cmp.Or(p.Call, p.CallSnake); f != nil {
			out.ToolCalls = append(out.ToolCalls, called(cmp.Or(f.ID, f.Name), f.Name, cmp.Or(string(f.Args), "{}")))
		}
		if f := cmp.Or(p.Response, p.ResponseSnake); f != nil {
			results = append(results, Message{Role: "tool", Name: f.Name, ToolCallID: cmp.Or(f.ID, f.Name), Content: f.content()})
		}
	}
	r.turn(out, results)
}

// content is a function's result: the text, if that is all there is in it.
func (g *geminiResponse) content() Content {
	var fields map[string]any
	if json.Unmarshal(g.Response, &fields) == nil && len(fields) == 1 {
		for _, k := range []string{"output", "result"} {
			if text, ok := fields[k].(string); ok {
				return Content(text)
			}
		}
	}
	return Content(g.Response)
}

// geminiModel is the model that the path names.
func (c *call) geminiModel() string {
	model, _, _ := strings.Cut(c.r.PathValue("call"), ":")
	return model
}

// geminiMethods are what follows on a model's name.
var geminiMethods = map[string]*endpoint{
	"generateContent":       geminiEndpoint,
	"streamGenerateContent": geminiEndpoint,
	"countTokens":           geminiCountEndpoint,
	"embedContent":          geminiEmbedEndpoint,
	"batchEmbedContents":    geminiBatchEndpoint,
	"predict":               geminiPredictEndpoint,
}

// gemini answers the requests to a model's methods.
func (p *Provider) gemini(w http.ResponseWriter, r *http.Request) {
	_, method, _ := strings.Cut(r.PathValue("call"), ":")
	e := geminiMethods[method]
	if e == nil {
		if c, ok := p.begin(w, r, &endpoint{vendor: gemini}); ok {
			c.fail(&Error{Status: http.StatusNotFound, Message: "Method not found."})
		}
		return
	}
	p.serve(e)(w, r)
}
