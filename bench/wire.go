package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

const (
	ingestionPath = "/api/public/ingestion"
	llmobsPath    = "/evp_proxy/v2/api/v2/llmobs"
)

// tally is what arrived at a sink.
type tally struct {
	Requests, Bytes int64 // of bodies, as they were on the wire
	// Observations that have ended, each once. Again counts the events or spans that came more than once.
	Observations, Again int64
	// Generations are those of the observations that bear a chat.
	Generations int64
	// Broken counts bodies that can't be read.
	Broken int64
	// Largest is the size of the largest body.
	Largest int64

	ended, seen map[string]bool
}

// observation counts one that has ended, which an event or span said that has
// an id of its own on some wires.
func (t *tally) observation(id, event, name string) {
	if !t.ended[id] {
		t.ended[id] = true
		t.Observations++
		if name == generate {
			t.Generations++
		}
	}
	if t.seen[event] {
		t.Again++
	}
	t.seen[event] = true
}

// add counts a request's body.
func (t *tally) add(path, encoding string, body []byte) {
	if t.seen == nil {
		t.ended, t.seen = map[string]bool{}, map[string]bool{}
	}
	t.Requests++
	t.Bytes += int64(len(body))
	t.Largest = max(t.Largest, int64(len(body)))
	if encoding == "gzip" {
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err == nil {
			body, err = io.ReadAll(r)
		}
		if err != nil {
			t.Broken++
			return
		}
	}
	var err error
	switch {
	case path == ingestionPath:
		err = t.ingestion(body)
	case strings.HasSuffix(path, "/v1/traces"):
		err = t.otlp(body)
	case path == llmobsPath:
		err = t.llmobs(body)
	case strings.HasSuffix(path, "/envelope/"):
		err = t.sentry(body)
	}
	if err != nil {
		t.Broken++
	}
}

// ingestion reads a batch of Langfuse's events.
func (t *tally) ingestion(body []byte) error {
	var request struct {
		Batch []struct {
			ID, Type string
			Body     struct{ ID, Name, EndTime string }
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return err
	}
	for _, e := range request.Batch {
		if e.Type != "trace-create" && e.Type != "score-create" && (e.Body.EndTime != "" || e.Type == "event-create") {
			t.observation(e.Body.ID, e.ID, e.Body.Name)
		}
	}
	return nil
}

func (t *tally) otlp(body []byte) error {
	var request tracepb.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &request); err != nil {
		return err
	}
	for _, resource := range request.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				id := string(s.GetSpanId())
				t.observation(id, id, s.GetName())
			}
		}
	}
	return nil
}

// llmobs reads Datadog's spans; those for its tracing go elsewhere.
func (t *tally) llmobs(body []byte) error {
	var pushes []struct {
		Spans []struct {
			SpanID string `json:"span_id"`
			Name   string
		}
	}
	if err := json.Unmarshal(body, &pushes); err != nil {
		return err
	}
	for _, p := range pushes {
		for _, s := range p.Spans {
			t.observation(s.SpanID, s.SpanID, s.Name)
		}
	}
	return nil
}

// sentry reads an envelope: a line of JSON, then a line and a body for each item.
func (t *tally) sentry(body []byte) error {
	_, rest, _ := bytes.Cut(body, []byte("\n"))
	for len(bytes.TrimSpace(rest)) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		var header struct {
			Type   string
			Length int
		}
		if err := json.Unmarshal(line, &header); err != nil {
			return err
		}
		if header.Length < 0 || header.Length > len(after) {
			return fmt.Errorf("an item of %d bytes where %d are left", header.Length, len(after))
		}
		if header.Type == "transaction" {
			if err := t.transaction(after[:header.Length]); err != nil {
				return err
			}
		}
		rest = bytes.TrimPrefix(after[header.Length:], []byte("\n"))
	}
	return nil
}

func (t *tally) transaction(body []byte) error {
	type span struct {
		SpanID string `json:"span_id"`
		Op     string
	}
	var transaction struct {
		Contexts struct{ Trace span }
		Spans    []span
	}
	if err := json.Unmarshal(body, &transaction); err != nil {
		return err
	}
	for _, s := range append(transaction.Spans, transaction.Contexts.Trace) {
		t.observation(s.SpanID, s.SpanID, s.Op)
	}
	return nil
}

// ingestionAnswer accepts every event that is named as langshark's encoder
// does, with the id first; it is not decoded, because that would take more CPU
// than the process that is measured. A quote inside of a text has a backslash
// before it, so the mark is found only where an object begins.
func ingestionAnswer(body []byte) []byte {
	mark := []byte(`{"id":"`)
	answer := []byte(`{"successes":[`)
	for before := byte('['); ; {
		i := bytes.Index(body, mark)
		if i < 0 {
			break
		}
		if i > 0 {
			before = body[i-1]
		}
		body = body[i+len(mark):]
		end := bytes.IndexByte(body, '"')
		if end < 0 {
			break
		}
		if before == '[' || before == ',' { // an element, not a body
			if answer[len(answer)-1] == '}' {
				answer = append(answer, ',')
			}
			answer = append(answer, `{"id":"`...)
			answer = append(answer, body[:end]...)
			answer = append(answer, `","status":201}`...)
		}
		body = body[end:]
	}
	return append(answer, `],"errors":[]}`...)
}
