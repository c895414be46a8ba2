package fakellm

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// at returns what stands at a path as in "content.0.type", as JSON; "" if nothing does.
func at(t *testing.T, body, path string) string {
	t.Helper()
	v := decodeAs[any](t, body)
	for key := range strings.SplitSeq(path, ".") {
		if path == "" {
			break
		}
		switch in := v.(type) {
		case map[string]any:
			var ok bool
			if v, ok = in[key]; !ok {
				return ""
			}
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(in) {
				return ""
			}
			v = in[i]
		default:
			return ""
		}
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

// shape checks what stands at paths: path, JSON, path, JSON, ….
func shape(t *testing.T, body string, want ...string) {
	t.Helper()
	for i := 0; i+1 < len(want); i += 2 {
		if got := at(t, body, want[i]); got != want[i+1] {
			t.Errorf("%s is %s, want %s, in %s", want[i], got, want[i+1], body)
		}
	}
}

// sse is one server-sent event.
type sse struct{ name, data string }

// parseEvents cuts a stream at separators, which must be just those.
func parseEvents(t *testing.T, body, separator string) (out []sse) {
	t.Helper()
	body, ok := strings.CutSuffix(body, separator)
	if !ok {
		t.Fatalf("the stream doesn't end with a separator: %q", body)
	}
	for block := range strings.SplitSeq(body, separator) {
		var e sse
		for line := range strings.SplitSeq(block, "\n") {
			if name, ok := strings.CutPrefix(line, "event: "); ok {
				e.name = name
			} else if data, ok := strings.CutPrefix(line, "data: "); ok {
				e.data = data
			} else {
				t.Fatalf("a line %q", line)
			}
		}
		out = append(out, e)
	}
	return out
}

// names are those of events, repetitions left out.
func names(events []sse) (out []string) {
	for _, e := range events {
		if len(out) == 0 || out[len(out)-1] != e.name {
			out = append(out, e.name)
		}
	}
	return out
}

// collect puts together what stands at a path in the events that have it.
func collect(t *testing.T, events []sse, path string) string {
	t.Helper()
	var b strings.Builder
	for _, e := range events {
		if s := at(t, e.data, path); s != "" {
			b.WriteString(decodeAs[string](t, s))
		}
	}
	return b.String()
}

// ask posts to a path below the root, and expects the status.
func ask(t *testing.T, p *Provider, status int, path, body string, headers ...string) (http.Header, string) {
	t.Helper()
	resp, answer, err := send(t, http.MethodPost, p.URL()+path, "application/json", body, headers...)
	if err != nil || resp.StatusCode != status {
		t.Fatalf("%s: %v %d %s", path, err, resp.StatusCode, answer)
	}
	return resp.Header, answer
}

// checkEvents compares the order of events.
func checkEvents(t *testing.T, events []sse, want ...string) {
	t.Helper()
	if got := names(events); !slices.Equal(got, want) {
		t.Errorf("events\n%s\nwant\n%s", strings.Join(got, " "), strings.Join(want, " "))
	}
}

// parcel is a reply with everything in it.
var parcel = Reply{
	Text: "It arrives tomorrow.", Reasoning: "hm, well", ReasoningTokens: 64,
	ToolCalls: []ToolCall{{Name: "weather", Arguments: `{"city":"서울"}`}, {ID: "call_7", Name: "clock"}},
}
