package otlp

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/store"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	traceHex = "0af7651916cd43dd8448eb211c80319c"
	spanHex  = "b7ad6b7169203331"
)

// attrs are attributes by name, of Go's types.
type attrs map[string]any

// sent is a span as a test gives it.
type sent struct {
	scope, name string
	parent      string
	resource    attrs
	attrs       attrs
	events      []sentEvent
	failed      string
	trace, id   string // default to the constants
}

type sentEvent struct {
	name  string
	attrs attrs
}

// anyValue is a value of OTLP/JSON.
func anyValue(v any) map[string]any {
	switch v := v.(type) {
	case nil:
		return map[string]any{}
	case string:
		return map[string]any{"stringValue": v}
	case bool:
		return map[string]any{"boolValue": v}
	case int:
		return map[string]any{"intValue": fmt.Sprint(v)}
	case float64:
		return map[string]any{"doubleValue": v}
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = anyValue(s)
		}
		return map[string]any{"arrayValue": map[string]any{"values": list}}
	case attrs:
		return map[string]any{"kvlistValue": map[string]any{"values": v.list()}}
	}
	panic(fmt.Sprintf("no AnyValue of %T", v))
}

func (a attrs) list() []any {
	list := []any{}
	for _, key := range slices.Sorted(maps.Keys(a)) {
		list = append(list, map[string]any{"key": key, "value": anyValue(a[key])})
	}
	return list
}

// body is an export request of spans that last two seconds.
func body(tb testing.TB, spans ...sent) []byte {
	tb.Helper()
	var resources []any
	for _, s := range spans {
		events := []any{}
		for _, e := range s.events {
			events = append(events, map[string]any{"name": e.name, "timeUnixNano": "1767323046000000000", "attributes": e.attrs.list()})
		}
		status := map[string]any{}
		if s.failed != "" {
			status = map[string]any{"code": 2, "message": s.failed}
		}
		trace, id := s.trace, s.id
		if trace == "" {
			trace = traceHex
		}
		if id == "" {
			id = spanHex
		}
		resources = append(resources, map[string]any{
			"resource": map[string]any{"attributes": s.resource.list()},
			"scopeSpans": []any{map[string]any{"scope": map[string]any{"name": s.scope}, "spans": []any{map[string]any{
				"traceId": trace, "spanId": id, "parentSpanId": s.parent, "name": s.name, "kind": 3, "status": status,
				"startTimeUnixNano": "1767323045000000000", "endTimeUnixNano": "1767323047000000000", "attributes": s.attrs.list(), "events": events,
			}}}},
		})
	}
	b, err := json.Marshal(map[string]any{"resourceSpans": resources})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// one reads a single span, which must be accepted.
func one(t *testing.T, s sent) store.Batch {
	t.Helper()
	r, err := JSON(body(t, s))
	if err != nil || r.Rejected != 0 || len(r.Pieces) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	return r.Pieces[0]
}

// shown is what a batch says of its one observation and of its trace, as JSON.
func shown(b store.Batch) string {
	m := map[string]any{}
	put := func(key string, v any) {
		if !reflect.ValueOf(v).IsZero() {
			m[key] = v
		}
	}
	for _, o := range b.Observations {
		m["kind"], m["name"] = o.Kind.String(), o.Name
		put("model", o.Model)
		put("parameters", o.ModelParameters)
		put("input", o.Input)
		put("output", o.Output)
		put("metadata", o.Metadata)
		put("environment", o.Environment)
		put("version", o.Version)
		put("status", o.StatusMessage)
		if *o.Level != exporter.LevelDefault {
			m["level"] = o.Level.String()
		}
		if !o.CompletionStart.IsZero() {
			m["firstToken"] = o.CompletionStart.Sub(o.Start).String()
		}
		if o.PromptName != "" {
			m["prompt"] = fmt.Sprintf("%s@%d", o.PromptName, o.PromptVersion)
		}
		if o.Usage != nil {
			m["usage"] = o.Usage.Details
			m["tokens"] = fmt.Sprintf("%d+%d=%d", o.Usage.Input, o.Usage.Output, o.Usage.Total)
		}
		if o.Cost != nil {
			m["cost"] = o.Cost.Total.String()
		}
	}
	trace := map[string]any{}
	for _, w := range b.Traces { // in order of their stamps
		for key, v := range map[string]any{
			"name": w.Name, "user": w.UserID, "session": w.SessionID, "tags": w.Tags, "release": w.Release, "public": w.Public,
			"metadata": w.Metadata, "input": w.Input, "output": w.Output,
		} {
			if !reflect.ValueOf(v).IsZero() {
				trace[key] = v
			}
		}
	}
	m["trace"] = trace
	text, err := json.Marshal(m)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// same compares JSON whatever the order of keys.
func same(t *testing.T, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("what is wanted is no JSON: %v\n%s", err, want)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	if !reflect.DeepEqual(g, w) {
		var lines strings.Builder
		encoder := json.NewEncoder(&lines)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", " ")
		if err := encoder.Encode(g); err != nil {
			t.Fatal(err)
		}
		t.Errorf("got %s", lines.String())
	}
}

// dialect is what a library sends, and what must come of it.
type dialect struct {
	span sent
	want string
}

func run(t *testing.T, cases map[string]dialect) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { same(t, shown(one(t, c.span)), c.want) })
	}
}
