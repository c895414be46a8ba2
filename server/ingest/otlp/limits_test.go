package otlp

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// lengthy appends a field with a length.
func lengthy(b []byte, number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), content)
}

// wire is an export request of one span, by hand.
func wire(trace, id, parent string, attributes ...[]byte) []byte {
	s := lengthy(lengthy(lengthy(nil, 1, []byte(trace)), 2, []byte(id)), 4, []byte(parent))
	s = lengthy(s, 5, []byte("n\x00a\xffme"))
	for _, a := range attributes {
		s = lengthy(s, 9, a)
	}
	return lengthy(nil, 1, lengthy(nil, 2, lengthy(nil, 2, s)))
}

const (
	traceBytes = "0123456789abcdef"
	spanBytes  = "01234567"
)

// TestFaultsOfSpans refuses what can't be stored, by name, and keeps the rest.
func TestFaultsOfSpans(t *testing.T) {
	deep := []byte{}
	for range MaxValueDepth + 1 {
		deep = lengthy(nil, 5, lengthy(nil, 1, deep))
	}
	many := make([][]byte, MaxAttributes+1)
	for i := range many {
		many[i] = lengthy(nil, 1, []byte("k"))
	}
	good := wire(traceBytes, spanBytes, "")
	for name, c := range map[string]struct {
		body []byte
		says string
	}{
		"short trace":     {wire("0123", spanBytes, ""), "traceId"},
		"zero trace":      {wire(strings.Repeat("\x00", 16), spanBytes, ""), "traceId"},
		"long span":       {wire(traceBytes, spanBytes+"8", ""), "spanId"},
		"no span":         {wire(traceBytes, "", ""), "spanId"},
		"zero span":       {wire(traceBytes, strings.Repeat("\x00", 8), ""), "spanId"},
		"short parent":    {wire(traceBytes, spanBytes, "012"), "parentSpanId"},
		"deep value":      {wire(traceBytes, spanBytes, "", lengthy(lengthy(nil, 1, []byte("k")), 2, deep)), "nests deeper than 32"},
		"many attributes": {wire(traceBytes, spanBytes, "", many...), "more than 10000 attributes"},
	} {
		r, err := Protobuf(append(append([]byte{}, c.body...), good...))
		if err != nil || r.Rejected != 1 || len(r.Pieces) != 1 || !strings.Contains(r.Reason, c.says) || !strings.Contains(r.Reason, `"na\ufffdme"`) && !strings.Contains(r.Reason, "na�me") {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	r, err := Protobuf(wire(traceBytes, spanBytes, strings.Repeat("\x00", 8)))
	if err != nil || len(r.Pieces) != 1 || r.Pieces[0].Observations[0].ParentID != "" || r.Pieces[0].Observations[0].Name != "na�me" {
		t.Errorf("a parent of zeros is none: %+v, %v", r, err)
	}
}

// TestFaultsOfJSON does the same for what only JSON can get wrong.
func TestFaultsOfJSON(t *testing.T) {
	deep := strings.Repeat(`{"arrayValue":{"values":[`, MaxValueDepth+1) + `{"intValue":1}` + strings.Repeat(`]}}`, MaxValueDepth+1)
	for name, c := range map[string]struct{ attributes, says string }{
		"deep": {`[{"key":"k","value":` + deep + `}]`, "nests deeper"},
		"good": {`[{"key":"k\u0000\ud800","value":{"stringValue":"\ud83d\ude00"}},{"key":"n","value":{"intValue":"9007199254740993"}},{"key":"f","value":{"doubleValue":"NaN"}},{"key":"b","value":{"bytesValue":"aGk="}},null]`, ""},
	} {
		r, err := JSON([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"` + traceHex + `","spanId":"` + spanHex + `","attributes":` + c.attributes + `}]}]}]}`))
		if err != nil || (r.Rejected == 1) != (c.says != "") || !strings.Contains(r.Reason, c.says) {
			t.Errorf("%s: %+v, %v", name, r, err)
			continue
		}
		if c.says == "" {
			same(t, string(r.Pieces[0].Observations[0].Metadata), `{"attributes":{"k\ufffd":"😀","n":9007199254740993,"f":"NaN","b":"aGk=","":null}}`)
		}
	}
	for name, body := range map[string]string{
		"cut off": `{"resourceSpans":[`, "array": `[]`, "text": `"x"`, "nothing": ``, "spans are no array": `{"resourceSpans":[{"scopeSpans":[{"spans":{}}]}]}`,
		"span is no object": `{"resourceSpans":[{"scopeSpans":[{"spans":[1]}]}]}`, "time": `{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"soon"}]}]}]}`,
		"name": `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":{}}]}]}]}`, "integer": `{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"value":{"intValue":"x"}}]}]}]}]}`,
		"deep": strings.Repeat("[", 20000) + strings.Repeat("]", 20000),
	} {
		if r, err := JSON([]byte(body)); !errors.Is(err, ErrBody) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// TestOrderOfKeys reads a resource and a scope that stand behind their spans.
func TestOrderOfKeys(t *testing.T) {
	r, err := JSON([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"` + traceHex + `","spanId":"` + spanHex + `"}],"scope":{"name":"lib","version":"2","attributes":[{"key":"a","value":{"boolValue":true}}]}}],
		"resource":{"attributes":[{"key":"service.version","value":{"stringValue":"7"}}]}}]}`))
	if err != nil || len(r.Pieces) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	o := r.Pieces[0].Observations[0]
	same(t, string(o.Metadata), `{"resourceAttributes":{"service.version":"7"},"scope":{"name":"lib","version":"2","attributes":{"a":true}}}`)
	if o.Version != "7" {
		t.Errorf("version %q", o.Version)
	}
}

// TestBombs bounds what two bytes become.
func TestBombs(t *testing.T) {
	spans := make([]byte, 0, 16<<20) // each 12 00: a span without anything
	for len(spans) < 16<<20 {
		spans = append(spans, 0x12, 0)
	}
	values := make([]byte, 0, 16<<20) // each 0a 00: an element of a list
	for len(values) < 16<<20 {
		values = append(values, 0x0A, 0)
	}
	list := lengthy(lengthy(nil, 1, []byte("k")), 2, lengthy(nil, 5, values))
	for name, body := range map[string][]byte{
		"spans":  lengthy(nil, 1, lengthy(nil, 2, spans)),
		"values": wire(traceBytes, spanBytes, "", list),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Protobuf(body)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrTooMuch) {
			t.Errorf("%s: %v", name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 512<<20 {
			t.Errorf("%s: %d MB for %d MB", name, used>>20, len(body)>>20)
		}
	}
	if _, err := JSON([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[` + strings.Repeat(`{},`, MaxSpans) + `{}]}]}]}`)); !errors.Is(err, ErrTooMuch) {
		t.Errorf("spans in JSON: %v", err)
	}
}

// TestResourceOfManySpans bounds what a resource becomes that each span has a copy of.
func TestResourceOfManySpans(t *testing.T) {
	resource := lengthy(nil, 1, lengthy(lengthy(nil, 1, []byte("k")), 2, lengthy(nil, 1, make([]byte, 1<<20)))) // NUL bytes go
	text := lengthy(nil, 1, lengthy(lengthy(nil, 1, []byte("k")), 2, lengthy(nil, 1, []byte(strings.Repeat("x", 1<<20)))))
	span := lengthy(nil, 2, lengthy(lengthy(nil, 1, []byte(traceBytes)), 2, []byte(spanBytes)))
	spans := lengthy(nil, 2, []byte(strings.Repeat(string(span), 300)))
	r, err := Protobuf(lengthy(nil, 1, append(lengthy(nil, 1, resource), spans...)))
	if err != nil || len(r.Pieces) != 300 {
		t.Errorf("%v", err)
	}
	if _, err := Protobuf(lengthy(nil, 1, append(lengthy(nil, 1, text), spans...))); !errors.Is(err, ErrTooMuch) {
		t.Errorf("300 MB of metadata: %v", err)
	}
}

// TestSparseLists makes no long list of a large number.
func TestSparseLists(t *testing.T) {
	b := one(t, sent{name: "n", attrs: attrs{
		"openinference.span.kind": "LLM", "llm.input_messages.4000000000.message.content": "b", "llm.input_messages.2.message.content": "a", "llm.input_messages.x": "rest",
		"llm.output_messages.0" + strings.Repeat(".a", 40): "too deep",
	}})
	o := b.Observations[0]
	same(t, string(o.Input), `[{"content":"a"},{"content":"b"}]`)
	if o.Output != nil || !strings.Contains(string(o.Metadata), "too deep") {
		t.Errorf("%s %s", o.Output, o.Metadata)
	}
}

// TestLongNames cuts labels, and refuses ids that are too long to be kept.
func TestLongNames(t *testing.T) {
	long := strings.Repeat("가", 1200)
	b := one(t, sent{name: long, attrs: attrs{"user.id": long, "session.id": long, "langfuse.trace.tags": []string{long, " ", ""}}})
	w := b.Traces[len(b.Traces)-1]
	if n := len([]rune(b.Observations[0].Name)); n != 1000 {
		t.Errorf("a name of %d characters", n)
	}
	if len([]rune(w.UserID)) != 1000 || len([]rune(w.SessionID)) != 800 || len(w.Tags) != 1 || len([]rune(w.Tags[0])) != 1000 {
		t.Errorf("%d %d %d", len([]rune(w.UserID)), len([]rune(w.SessionID)), len(w.Tags))
	}
	if o := b.Observations[0]; !strings.Contains(string(o.Metadata), `"session.id":"`+long+`"`) || !strings.Contains(string(o.Metadata), `"user.id":"`+long+`"`) {
		t.Errorf("the whole ids are not in the metadata: %.200s", o.Metadata)
	}
	r, err := JSON(body(t, sent{name: "n", attrs: attrs{"langshark.trace_id": long}}))
	if err != nil || r.Rejected != 1 || !strings.Contains(r.Reason, "langshark.trace_id must have at most 800") {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestLongIDsStayApart has sessions and users whose long ids begin alike be two, and one that comes again the same.
func TestLongIDsStayApart(t *testing.T) {
	ids := func(end string) (session, user, metadata string) {
		long := strings.Repeat("가", 1000) + end
		b := one(t, sent{name: "n", attrs: attrs{"langfuse.user.id": long, "gen_ai.conversation.id": long}})
		w := b.Traces[len(b.Traces)-1]
		return w.SessionID, w.UserID, string(b.Observations[0].Metadata)
	}
	session, user, metadata := ids("a")
	otherSession, otherUser, _ := ids("b")
	if session == otherSession || user == otherUser || session == user {
		t.Errorf("%.30s %.30s", session, user)
	}
	if again, same, _ := ids("a"); again != session || same != user {
		t.Errorf("not the same again: %s %s", again, same)
	}
	if strings.Count(metadata, strings.Repeat("가", 1000)+"a") != 2 {
		t.Errorf("metadata %.300s", metadata)
	}
	b := one(t, sent{name: "n", attrs: attrs{"user.id": "u", "session.id": "s"}})
	if w := b.Traces[len(b.Traces)-1]; w.UserID != "u" || w.SessionID != "s" || strings.Contains(string(b.Observations[0].Metadata), "session.id") {
		t.Errorf("short ones: %+v, %s", w, b.Observations[0].Metadata)
	}
}

func validJSON(tb testing.TB, raws ...json.RawMessage) {
	tb.Helper()
	for _, raw := range raws {
		if raw != nil && !json.Valid(raw) {
			tb.Errorf("not JSON: %s", raw)
		}
	}
}

// check is what every request must hold that was read.
func check(tb testing.TB, r *Request) {
	tb.Helper()
	if (r.Rejected > 0) != (r.Reason != "") {
		tb.Errorf("%d rejected: %s", r.Rejected, r.Reason)
	}
	for _, p := range r.Pieces {
		if p.Len() == 0 {
			tb.Error("an empty piece")
		}
		for _, o := range p.Observations {
			validJSON(tb, o.Input, o.Output, o.Metadata, o.ModelParameters)
			if o.ID == "" || o.TraceID == "" || o.IsZero() || o.Level == nil {
				tb.Errorf("%+v", o)
			}
			if u := o.Usage; u != nil {
				for name, n := range u.Details {
					if n < 0 {
						tb.Error(fmt.Sprint(name, n))
					}
				}
			}
		}
		for _, w := range p.Traces {
			validJSON(tb, w.Input, w.Output, w.Metadata)
		}
		for _, w := range p.Scores {
			validJSON(tb, w.Metadata)
			if w.Name == "" || w.Type == "" {
				tb.Errorf("%+v", w)
			}
		}
	}
}
