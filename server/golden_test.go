package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
)

// The golden files are what the original server answered to a fixed sequence
// of requests. They are replayed against ours; every difference that is meant
// is named below with its reason, and nothing else may differ.

const (
	refProject = "ref-project"
	refPublic  = "pk-lf-ref"
	refSecret  = "sk-lf-ref"
)

// pair is a recorded request with its answer.
type pair struct {
	Name    string
	Request struct {
		Method, Path string
		Body         json.RawMessage
		Raw          *string
		Headers      map[string]string
		Auth         json.RawMessage // a string, null for none; absent for the usual keys
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
}

func goldenFile(t *testing.T, group string) []pair {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(testkit.Recorded(t, "golden"), group+"-*.json"))
	if err != nil || len(names) != 1 {
		t.Fatalf("golden group %s: %v, %v", group, names, err)
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	var pairs []pair
	if err := json.Unmarshal(data, &pairs); err != nil {
		t.Fatal(err)
	}
	return pairs
}

// reference starts a server with the recorded project and keys.
func reference(t *testing.T) *httptest.Server {
	t.Helper()
	srv := newServer(t, server.Config{})
	p, err := srv.AddProject(t.Context(), refProject)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.SetKey(t.Context(), p.ID, refPublic, refSecret); err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv.Handler())
	t.Cleanup(ts.Close)
	return ts
}

// answer is what one request came back with.
type answer struct {
	Status int
	Type   string
	Body   any
}

func decodeBody(raw []byte) any {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	return v
}

func (p *pair) recorded() answer {
	return answer{p.Response.Status, p.Response.Headers["content-type"], decodeBody(p.Response.Body)}
}

// replay sends a recorded request.
func (p *pair) replay(t *testing.T, base string) answer {
	t.Helper()
	var body io.Reader
	switch {
	case p.Request.Raw != nil:
		body = strings.NewReader(whole(p.Name, *p.Request.Raw))
	case len(p.Request.Body) > 0:
		body = bytes.NewReader(p.Request.Body)
	}
	r, err := http.NewRequestWithContext(t.Context(), p.Request.Method, base+p.Request.Path, body)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range p.Request.Headers {
		r.Header.Set(name, value)
	}
	switch {
	case p.Request.Auth == nil:
		r.SetBasicAuth(refPublic, refSecret)
	case string(p.Request.Auth) != "null":
		r.Header.Set("Authorization", decodeBody(p.Request.Auth).(string))
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s: %v", p.Name, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s: %v", p.Name, err)
	}
	checkDescribed(t, p.Request.Method, p.Request.Path, p.Request.Body, res.StatusCode, raw)
	return answer{res.StatusCode, res.Header.Get("Content-Type"), decodeBody(raw)}
}

// whole is a body that the recording has cut.
func whole(name, raw string) string {
	switch name {
	case "body 4.6MB ingestion":
		return `{"batch":[{"id":"big","type":"trace-create","timestamp":"2024-09-01T00:00:00Z","body":{"id":"big","input":"` + strings.Repeat("x", 4823449) + `"}}]}`
	case "body 1.2MB on traces":
		return `{"id":"big2","input":"` + strings.Repeat("x", 1258291) + `"}`
	}
	return raw
}

var (
	dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT`)
	instant  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	madeID   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\bcm[a-z0-9]{20,30}\b`)
)

// normal replaces what is made anew with each run: ids, and times of now.
func normal(v any, key string) any {
	switch v := v.(type) {
	case string:
		if dateTime.MatchString(v) && (v[:4] >= "2025" || key == "createdAt" || key == "updatedAt") {
			if !instant.MatchString(v) {
				return "a time in another form: " + v
			}
			return "<now>"
		}
		return madeID.ReplaceAllString(v, "<id>")
	case []any:
		for i := range v {
			v[i] = normal(v[i], key)
		}
	case map[string]any:
		for k := range v {
			v[k] = normal(v[k], k)
		}
	}
	return v
}

// textsAside leaves of validation errors that there are some: the words are ours.
func textsAside(v any) any {
	body, ok := v.(map[string]any)
	if !ok {
		return v
	}
	const invalid = "Invalid request data"
	if body["message"] == invalid {
		for _, k := range []string{"error", "errors"} {
			if list, ok := body[k].([]any); ok && len(list) > 0 {
				body[k] = "<texts>"
			}
		}
	}
	if list, ok := body["errors"].([]any); ok {
		for _, e := range list {
			if e, ok := e.(map[string]any); ok && e["message"] == invalid && e["error"] != "" {
				e["error"] = "<text>"
			}
		}
	}
	return v
}

// each calls f for every object within that has the id.
func each(v any, id string, f func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for i := range v {
			each(v[i], id, f)
		}
	case map[string]any:
		if v["id"] == id {
			f(v)
		}
		for k := range v {
			each(v[k], id, f)
		}
	}
}

func set(key string, value any) func(map[string]any) {
	return func(o map[string]any) { o[key] = value }
}

// tiesAside sorts observations of the same start, whose order in a list the
// reference leaves to chance. One that a page ends on is left out.
func tiesAside(v any, name string) any {
	body, ok := v.(map[string]any)
	if !ok {
		return v
	}
	list, ok := body["data"].([]any)
	if !ok {
		return v
	}
	if name == "list ?limit=2&page=2" {
		body["data"] = list[:1]
	}
	field := func(e any, k string) string { return fmt.Sprint(e.(map[string]any)[k]) }
	slices.SortStableFunc(list, func(a, b any) int {
		if field(a, "startTime") != field(b, "startTime") {
			return 0
		}
		return strings.Compare(field(a, "id"), field(b, "id"))
	})
	return v
}

// difference turns a recorded answer into the one that is meant.
type difference struct {
	group string
	name  string // a regular expression for the names of pairs; of the nth such if nth > 0
	nth   int
	why   string
	apply func(*answer)
}

func denied(a *answer) {
	a.Status, a.Body = 401, map[string]any{"message": "Invalid credentials. Confirm that you've configured the correct host."}
}

func noRoute(a *answer) {
	a.Status, a.Type = 404, "application/json; charset=utf-8"
	a.Body = map[string]any{"message": "There is no such route", "error": "NotFoundError"}
}

func badRequest(a *answer) {
	a.Status, a.Body = 400, map[string]any{"message": "Invalid request data", "error": "<texts>"}
}

func onID(id string, f func(map[string]any)) func(*answer) {
	return func(a *answer) { each(a.Body, id, f) }
}

var differences = []difference{
	{"00", "auth wrong pk right sk", 0, "both halves of a key must match", denied},
	{"00", "^auth lowercase basic /projects$", 0, "the case of a scheme means nothing", func(a *answer) {
		a.Status, a.Body = http.StatusOK, map[string]any{"data": []any{map[string]any{"id": "ref-project", "name": "ref-project"}}}
	}},
	{"00", "^auth lowercase basic /traces$", 0, "the case of a scheme means nothing", func(a *answer) {
		a.Status, a.Body = http.StatusOK, map[string]any{"data": []any{}, "meta": map[string]any{"page": 1.0, "limit": 50.0, "totalItems": 0.0, "totalPages": 0.0}}
	}},
	{"00", "ingestion bearer", 0, "what a public key may not do is refused, not a server error, which clients retry", func(a *answer) {
		a.Body.(map[string]any)["errors"] = []any{map[string]any{
			"id": "ev-1", "status": 401.0, "message": "Access denied",
			"error": "a public key alone may only send scores: use basic auth with the secret key",
		}}
	}},
	{"01", "^unknown ", 0, "an unknown path under /api is JSON", noRoute},
	{"01", "^GET /dataset-run-items$", 0, "a method that current Langfuse has", badRequest},
	{"01", "^DELETE /dataset-items/x$", 0, "a method that current Langfuse has", func(a *answer) {
		a.Status, a.Body = 404, map[string]any{"message": "Dataset item not found", "error": "LangfuseNotFoundError"}
	}},
	{"01", "^DELETE /v2/prompts/x$", 0, "a method that current Langfuse has", func(a *answer) {
		a.Status, a.Body = 404, map[string]any{"message": "Prompt not found: 'x'", "error": "LangfuseNotFoundError"}
	}},
	{"01", "^DELETE /traces$", 0, "a method that current Langfuse has", badRequest},
	{"01", "^DELETE /traces/x$", 0, "a method that current Langfuse has", func(a *answer) {
		a.Status, a.Body = 404, map[string]any{"message": "Trace not found within authorized project", "error": "LangfuseNotFoundError"}
	}},
	{"03", "^get$", 2, "arrays in metadata replace", onID("tr-1", func(o map[string]any) { o["metadata"].(map[string]any)["n"].(map[string]any)["arr"] = []any{9.0} })},
	{"03", "^get$", 3, "a string in metadata replaces", onID("tr-1", set("metadata", "str"))},
	{"03", "^get$", 4, "an array in metadata replaces", onID("tr-1", set("metadata", []any{1.0, map[string]any{"k": 1.0}}))},
	{"03", "^get$", 5, "the event's timestamp decides, not its arrival", onID("tr-1", func(o map[string]any) {
		o["metadata"], o["name"] = []any{1.0, map[string]any{"k": 1.0}}, "first"
	})},
	{"03", "^empty strings$", 0, "an empty trace id is the sender's error", func(a *answer) {
		a.Body = map[string]any{"successes": []any{}, "errors": []any{map[string]any{"id": "ev-12", "status": 400.0, "message": "Invalid request data", "error": "<text>"}}}
	}},
	{"03", "^get tr-uni$", 0, "numbers come back as they were sent", onID("tr-uni", func(o map[string]any) { o["input"].(map[string]any)["n"] = 12345678901234567000.0 })},
	{"04", "^get ob-1$", 1, "unstable in the reference: a latency from now", onID("ob-1", func(o map[string]any) { delete(o, "latency") })},
	{"04", "", 0, "the event's timestamp decides, not its arrival", onID("ob-1", func(o map[string]any) {
		if o["name"] == "created" {
			o["name"] = "upd"
		}
	})},
	{"04", "", 0, "the event's timestamp decides, not its arrival", onID("ob-2", func(o map[string]any) { o["name"] = "before" })},
	{"04", "^get auto trace$", 0, "a trace that only its observations speak of begins with the first of them", func(a *answer) {
		a.Body.(map[string]any)["timestamp"] = "2024-09-01T00:00:09.000Z"
	}},
	{"04", "^legacy observation-create", 0, "the text names the observation, not the event", func(a *answer) {
		a.Body.(map[string]any)["errors"].([]any)[0].(map[string]any)["error"] = `there is no observation "ob-none" to update`
	}},
	{"04", "page=(0|-1)$", 0, "a page below 1 is the sender's error", badRequest},
}

// meant is the recorded answer with the differences that are meant.
func meant(group string, p *pair, nth int) answer {
	a := p.recorded()
	a.Body = textsAside(normal(a.Body, ""))
	for _, d := range differences {
		if d.group == group && regexp.MustCompile(d.name).MatchString(p.Name) && (d.nth == 0 || d.nth == nth) {
			d.apply(&a)
		}
	}
	return a
}

func compareAnswers(t *testing.T, name string, want, got answer) {
	t.Helper()
	a, errA := json.Marshal(want)
	b, errB := json.Marshal(got)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if bytes.Equal(a, b) {
		return
	}
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	cut := func(s []byte) string { return fmt.Sprintf("…%s", s[max(0, at-80):min(len(s), at+200)]) }
	t.Errorf("%s\nwant %s\ngot  %s", name, cut(a), cut(b))
}

// TestGolden replays the recorded groups that this version serves, in order.
func TestGolden(t *testing.T) {
	goldenFile(t, "00") // skip before a server is made
	ts := reference(t)
	for _, group := range []string{"00", "01", "02", "03", "04", "09"} {
		seen := map[string]int{}
		autoTrace := ""
		for i, p := range goldenFile(t, group) {
			seen[p.Name]++
			if p.Name == "get auto trace" {
				p.Request.Path = "/api/public/traces/" + autoTrace
			}
			got := p.replay(t, ts.URL)
			if p.Name == "get ob-nt" {
				autoTrace, _ = got.Body.(map[string]any)["traceId"].(string)
			}
			got.Body = textsAside(normal(got.Body, ""))
			want := meant(group, &p, seen[p.Name])
			if group == "04" {
				want.Body, got.Body = tiesAside(want.Body, p.Name), tiesAside(got.Body, p.Name)
				if p.Name == "get ob-1" && seen[p.Name] == 1 {
					delete(got.Body.(map[string]any), "latency")
				}
			}
			compareAnswers(t, fmt.Sprintf("%s #%d %s", group, i, p.Name), want, got)
		}
	}
}
