package llmwire

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// errorAnswer keeps the body of an error.
type errorAnswer struct {
	body []byte
	cut  bool
}

func (a *errorAnswer) Feed(p []byte) {
	room := MaxErrorBytes - len(a.body)
	if len(p) > room {
		p, a.cut = p[:room], true
	}
	a.body = append(a.body, p...)
}

func (a *errorAnswer) Started() bool { return false }

func (a *errorAnswer) Close() Response {
	return Response{Err: parseError(a.body), Complete: true, Truncated: a.cut}
}

// parseError reads {"error": {…}} in the forms that are about: an object, a
// string, or the fields at the top; else it takes the text as it is.
func parseError(body []byte) *ProviderError {
	e := &ProviderError{Body: strings.ToValidUTF8(string(body), string(utf8.RuneError))}
	var outer struct {
		Error   json.RawMessage `json:"error"`
		Message json.RawMessage `json:"message"`
		Detail  json.RawMessage `json:"detail"`
		Type    json.RawMessage `json:"type"`
		Code    json.RawMessage `json:"code"`
	}
	inner := json.RawMessage(body)
	// Where a list of errors is answered, the first is taken.
	var list []json.RawMessage
	if json.Unmarshal(body, &list) == nil && len(list) > 0 {
		inner = list[0]
	}
	if json.Unmarshal(inner, &outer) == nil && len(outer.Error) > 0 {
		inner = outer.Error
	}
	var fields struct {
		Type    json.RawMessage `json:"type"`
		Code    json.RawMessage `json:"code"`
		Message json.RawMessage `json:"message"`
		Detail  json.RawMessage `json:"detail"`
		Status  json.RawMessage `json:"status"` // of Google, as in "RESOURCE_EXHAUSTED"
	}
	if json.Unmarshal(inner, &fields) != nil {
		e.Message = cutText(plainText(inner), 500)
		e.Type, e.Code = plainText(outer.Type), plainText(outer.Code) // xAI
		return e
	}
	e.Type, e.Code = plainText(fields.Type), plainText(fields.Code)
	if e.Type == "" && len(fields.Status) > 0 && fields.Status[0] == '"' {
		e.Type = plainText(fields.Status)
	}
	for _, m := range []json.RawMessage{fields.Message, fields.Detail, outer.Message, outer.Detail} {
		if e.Message = cutText(plainText(m), 500); e.Message != "" {
			break
		}
	}
	return e
}

// plainText returns a JSON string's text, nothing for null, other JSON and what is none as it is.
func plainText(raw []byte) string {
	var s *string
	if len(raw) == 0 {
		return ""
	}
	if json.Unmarshal(raw, &s) == nil {
		if s == nil {
			return ""
		}
		return *s
	}
	return strings.ToValidUTF8(strings.TrimSpace(string(raw)), "")
}
