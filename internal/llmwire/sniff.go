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
	_, sniffs := inner.(*sniffed)
	if sniffs || status >= http.StatusMultipleChoices || e.Kind() == Management || !strings.HasPrefix(strings.ToLower(contentType), "text/html") {
		return inner
	}
	return &sniffed{other: func() Accumulator { return inner }}
}

// sniffed is an answer whose first sign says what it is, for servers and proxies
// send streams as JSON, JSON as streams, and either as text or as nothing. Once
// that is known it only hands on.
type sniffed struct {
	// piece and stream make the accumulators for JSON and for server-sent events;
	// nil where the wire has none.
	piece, stream func() Accumulator
	// other makes the one for what the Content-Type says.
	other func() Accumulator

	inner  Accumulator // nil until known
	head   []byte      // what doesn't yet say it
	length int64       // of the whole answer, if known
}

// Grow hands the length on to an answer in one piece.
func (a *sniffed) Grow(n int64) { a.length = n }

func (a *sniffed) Feed(p []byte) {
	if a.inner == nil {
		if p = a.begin(p); a.inner == nil {
			return
		}
	}
	a.inner.Feed(p)
}

// begin chooses the accumulator if it can, and returns what that is to be fed.
func (a *sniffed) begin(p []byte) []byte {
	if len(a.head) > 0 {
		a.head = append(a.head, p...)
		p = a.head
	}
	p = bytes.TrimLeft(p, byteOrderMark+" \t\r\n")
	first, known := sniff(p)
	if !known {
		a.head = append(a.head[:0], p...)
		return nil
	}
	a.choose(first)
	a.head = nil
	return p
}

func (a *sniffed) choose(first sign) {
	answer := a.other
	switch {
	case first == signPage:
		answer = func() Accumulator { return &pageAnswer{} }
	case first == signJSON && a.piece != nil:
		answer = a.piece
	case first == signEvent && a.stream != nil:
		answer = a.stream
	}
	a.inner = answer()
	if g, ok := a.inner.(Grower); ok && a.length > 0 {
		g.Grow(a.length)
	}
}

func (a *sniffed) Started() bool { return a.inner != nil && a.inner.Started() }

func (a *sniffed) Ended(usageAsked bool) bool {
	e, ok := a.inner.(Ender)
	return ok && e.Ended(usageAsked)
}

func (a *sniffed) Close() Response {
	if a.inner == nil {
		a.choose(signOther)
		a.inner.Feed(a.head)
	}
	return a.inner.Close()
}

// sign is what the first bytes of an answer say that it is.
type sign uint8

const (
	signOther sign = iota
	signJSON
	signEvent
	signPage
)

const byteOrderMark = "\ufeff"

// sniff says what begins with p, or that p is too short to know it.
func sniff(p []byte) (first sign, known bool) {
	if len(p) == 0 {
		return signOther, false
	}
	switch p[0] {
	case '{', '[':
		return signJSON, true
	case '<':
		return signPage, true
	}
	for _, field := range [...]string{":", "data:", "event:", "id:", "retry:"} {
		if bytes.HasPrefix(p, []byte(field)) {
			return signEvent, true
		}
		if strings.HasPrefix(field, string(p[:min(len(p), len(field))])) {
			return signOther, false
		}
	}
	return signOther, !strings.HasPrefix(byteOrderMark, string(p[:min(len(p), len(byteOrderMark))]))
}

// pageAnswer is a page instead of an answer.
type pageAnswer struct{ errorAnswer }

func (a *pageAnswer) Close() Response {
	r := a.errorAnswer.Close()
	r.Err.Message = "a page instead of an answer: " + r.Err.Message
	return r
}
