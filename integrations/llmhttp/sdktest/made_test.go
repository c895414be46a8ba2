package sdktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/ollama/ollama/api"
	"github.com/openai/openai-go/v3"
	"google.golang.org/genai"
)

// made is all that an SDK gave the application, as text.
type made struct {
	strings.Builder
	brief bool // the JSON that the SDK keeps will do
}

// value adds what an SDK returned, with the JSON that it keeps.
func (m *made) value(v any) {
	if raw, ok := v.(interface{ RawJSON() string }); ok && m.brief {
		fmt.Fprintf(m, "%T %s\n", v, raw.RawJSON())
		return
	}
	b, err := json.Marshal(v)
	fmt.Fprintf(m, "%T %s %v\n", v, b, err)
	if raw, ok := v.(interface{ RawJSON() string }); ok {
		fmt.Fprintf(m, "raw %s\n", raw.RawJSON())
	}
}

// answer adds an answer or an error.
func (m *made) answer(v any, err error) {
	if err != nil {
		m.err(err)
		return
	}
	m.value(v)
}

// body adds an answer that is no JSON.
func (m *made) body(r *http.Response, err error) {
	if err != nil {
		m.err(err)
		return
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	m.response(r)
	fmt.Fprintf(m, "%q\n", b)
	m.err(err)
}

// err adds an error with all that can be asked of it.
func (m *made) err(err error) {
	for e := err; e != nil; e = errors.Unwrap(e) {
		fmt.Fprintf(m, "error %T %v\n", e, e)
	}
	var ofOpenAI *openai.Error
	var ofAnthropic *anthropic.Error
	switch {
	case errors.As(err, &ofOpenAI):
		fmt.Fprintf(m, "%d %q %q %q %q %s\n%q\n%q\n", ofOpenAI.StatusCode, ofOpenAI.Code, ofOpenAI.Type, ofOpenAI.Param, ofOpenAI.Message, ofOpenAI.RawJSON(),
			ofOpenAI.DumpRequest(true), ofOpenAI.DumpResponse(true))
		m.response(ofOpenAI.Response)
	case errors.As(err, &ofAnthropic):
		fmt.Fprintf(m, "%d %q %q %s\n%q\n%q\n", ofAnthropic.StatusCode, ofAnthropic.Type(), ofAnthropic.RequestID, ofAnthropic.RawJSON(),
			ofAnthropic.DumpRequest(true), ofAnthropic.DumpResponse(true))
		m.response(ofAnthropic.Response)
	}
	if e := new(genai.APIError); errors.As(err, e) {
		fmt.Fprintf(m, "%#v\n", *e)
	}
	if e := new(api.StatusError); errors.As(err, e) {
		fmt.Fprintf(m, "%#v\n", *e)
	}
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			fmt.Fprintf(m, "is %v\n", known)
		}
	}
}

// response adds an answer's header, and what it says of its request.
func (m *made) response(r *http.Response) {
	if r == nil {
		return
	}
	fmt.Fprintf(m, "%s %s %d %v %v %t %v\n", r.Status, r.Proto, r.ContentLength, r.TransferEncoding, r.Header, r.Uncompressed, r.Trailer)
	if q := r.Request; q != nil {
		fmt.Fprintf(m, "of %s %s %d %v %v\n", q.Method, q.URL, q.ContentLength, q.Header, q.GetBody != nil)
	}
}

// events are the streams of the SDKs made by Stainless.
type events[T any] interface {
	Next() bool
	Current() T
	Err() error
	Close() error
}

func stream[T any](m *made, s events[T]) {
	for s.Next() {
		m.value(s.Current())
	}
	m.err(s.Err())
	m.err(s.Close())
}

var (
	moment   = regexp.MustCompile(`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.]*(?:Z|[+-]\d\d:\d\d)`)
	second   = regexp.MustCompile(`\b1[789]\d{8}\b`)
	unsteady = regexp.MustCompile(`"?Date"?: ?\[?"?\w{3}, \d\d \w{3} \d{4} [0-9:]{8} GMT"?\]?|` +
		`"Content-Length":\["\d+"\]|` + // of Google's answers, which have a time of any length
		`\bimg-[0-9a-f]+`) // depends on the boundary
	numbered   = regexp.MustCompile(`[0-9a-f]{16,}|cached[_a-z]*":\d+`) // ids, which the provider counts
	ofQuestion = regexp.MustCompile(`질문 \d+번`)
	boundary   = regexp.MustCompile(`\b[0-9a-f]{60}\b`)
)

// steadied is what was made without what differs from run to run.
func (m *made) steadied() string {
	text := unsteady.ReplaceAllString(atOnce(m.String()), "~")
	return boundary.ReplaceAllString(text, "boundary")
}

// atOnce is a text as if all of it were of one moment.
func atOnce(text string) string {
	return second.ReplaceAllString(moment.ReplaceAllString(text, "2026-01-01T00:00:00Z"), "1767225600")
}
