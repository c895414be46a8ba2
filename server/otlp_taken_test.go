package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server"
)

// spansOf is an export request of spans, each a trace, an id, a name and maybe an observation id of the application's own.
func spansOf(spans ...[4]string) []byte {
	list := make([]string, len(spans))
	for i, s := range spans {
		attributes := ""
		if s[3] != "" {
			attributes = fmt.Sprintf(`,"attributes":[{"key":"langshark.observation_id","value":{"stringValue":%q}}]`, s[3])
		}
		list[i] = fmt.Sprintf(`{"traceId":"%032s","spanId":"%016s","name":%q,"startTimeUnixNano":"1767323045000000000","endTimeUnixNano":"1767323046000000000"%s}`, s[0], s[1], s[2], attributes)
	}
	return []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[` + strings.Join(list, ",") + `]}]}]}`)
}

// TestSpansOfOtherTraces refuses a span whose id is that of an observation of another trace, and nothing else.
func TestSpansOfOtherTraces(t *testing.T) {
	srv := newServer(t, server.Config{})
	c := serve(t, srv, "")
	other := project(t, srv, c.base, "two")
	send := func(who client, rejected int, spans ...[4]string) {
		t.Helper()
		status, text, _ := who.post(t, "/v1/traces", map[string]string{"Content-Type": "application/json"}, spansOf(spans...))
		want := "{}"
		if rejected > 0 {
			want = fmt.Sprintf(`"rejectedSpans":"%d"`, rejected)
		}
		if status != http.StatusOK || !strings.Contains(text, want) || rejected > 0 && (!strings.Contains(text, "unique in a project") || !strings.Contains(text, fmt.Sprintf("%032s", "a"))) {
			t.Errorf("%v: %d %s, want %s", spans, status, text, want)
		}
	}
	named := func(who client, trace, want string) {
		t.Helper()
		var names []string
		status, text, _ := who.do(t, http.MethodGet, "/api/public/v2/observations?traceId="+fmt.Sprintf("%032s", trace), nil)
		for _, part := range strings.Split(text, `"name":"`)[1:] {
			names = append(names, part[:strings.IndexByte(part, '"')])
		}
		if got := strings.Join(names, " "); status != http.StatusOK || got != want {
			t.Errorf("trace %s has %q, want %q", trace, got, want)
		}
	}
	send(c, 0, [4]string{"a", "1", "one"}, [4]string{"a", "1", "one"})
	send(c, 0, [4]string{"a", "1", "one"}) // again, as after an answer that was lost
	send(c, 2, [4]string{"b", "1", "stolen"}, [4]string{"b", "2", "good"}, [4]string{"c", "1", "stolen"})
	send(c, 1, [4]string{"a", "3", "first"}, [4]string{"d", "3", "second"}) // in one request
	send(c, 0, [4]string{"a", "4", "own", "step"}, [4]string{"e", "5", "own", "step"})
	send(other, 0, [4]string{"b", "1", "elsewhere"})
	named(c, "a", "own first one")
	named(c, "b", "good")
	named(c, "c", "")
	named(c, "d", "")
	named(other, "b", "elsewhere")
}
