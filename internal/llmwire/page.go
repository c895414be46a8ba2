package llmwire

import (
	"bytes"
	"net/http"
	"strings"
)

// AnswerOf is the endpoint's accumulator, which takes no page for an answer:
// gateways and portals say 200 to what they answer in the provider's place.
func AnswerOf(e Endpoint, status int, contentType string, req *Request) Accumulator {
	inner := e.Answer(status, contentType, req)
	if status >= http.StatusMultipleChoices || e.Kind() == Management || !strings.HasPrefix(strings.ToLower(contentType), "text/html") {
		return inner
	}
	return &pageAnswer{inner: inner}
}

// pageAnswer is an answer that calls itself HTML: it is, if it begins with a tag.
type pageAnswer struct {
	inner Accumulator
	page  *errorAnswer // nil unless it is
	begun bool
}

func (a *pageAnswer) Feed(p []byte) {
	if first := bytes.TrimLeft(p, "\ufeff \t\r\n"); !a.begun && len(first) > 0 {
		a.begun = true
		if first[0] == '<' {
			a.page = &errorAnswer{}
		}
	}
	if a.page != nil {
		a.page.Feed(p)
	} else {
		a.inner.Feed(p)
	}
}

func (a *pageAnswer) Started() bool { return a.inner.Started() }

func (a *pageAnswer) Close() Response {
	if a.page == nil {
		return a.inner.Close()
	}
	r := a.page.Close()
	r.Err.Message = "a page instead of an answer: " + r.Err.Message
	return r
}
