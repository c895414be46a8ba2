package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
)

// description is the served OpenAPI document, by which every answer to a test is checked.
type description struct {
	Paths      map[string]map[string]described
	Components struct{ Schemas map[string]schema }
}

type described struct {
	RequestBody struct {
		Content map[string]struct{ Schema schema }
	}
	Responses map[string]struct {
		Content map[string]struct{ Schema schema }
	}
}

type schema map[string]any

var descriptions struct {
	sync.Mutex
	of *description // the same for all servers
}

// describe reads it once, from a server of its own: the one that has answered a test may have ended since.
func describe(tb testing.TB) *description {
	tb.Helper()
	descriptions.Lock()
	defer descriptions.Unlock()
	if descriptions.of != nil {
		return descriptions.of
	}
	srv, err := server.New(server.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	ctx := context.WithoutCancel(tb.Context())
	w := httptest.NewRecorder()
	srv.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/public/openapi.yml", nil))
	d := new(description)
	if err := errors.Join(json.Unmarshal(w.Body.Bytes(), d), srv.Shutdown(ctx)); err != nil || len(d.Paths) == 0 {
		tb.Fatalf("the description: %v, %.200s", err, w.Body)
	}
	descriptions.of = d
	return d
}

// find returns the operation that a request is of, nil if there is none.
func (d *description) find(method, path string) *described {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	var best *described
	fixed := -1
	for template, methods := range d.Paths {
		op, ok := methods[strings.ToLower(method)]
		n := matches(strings.Split(template, "/"), parts)
		if ok && n > fixed {
			best, fixed = &op, n
		}
	}
	if best == nil && strings.HasPrefix(path, "/api/public/v2/prompts/") && strings.Count(path, "/") > 5 {
		if method == http.MethodPatch {
			return d.find(method, "/api/public/v2/prompts/x/versions/1")
		}
		return d.find(method, "/api/public/v2/prompts/x") // a name of several parts
	}
	return best
}

// matches is the number of parts that are equal, -1 if the path is of another form.
func matches(template, parts []string) (equal int) {
	if len(template) != len(parts) {
		return -1
	}
	for i, t := range template {
		part, err := url.PathUnescape(parts[i])
		switch {
		case strings.HasPrefix(t, "{"):
		case err != nil || part != t:
			return -1
		default:
			equal++
		}
	}
	return equal
}

// checkDescribed checks an exchange that went well against the description: the
// answer's body, and that of the request.
func checkDescribed(tb testing.TB, method, path string, request []byte, status int, answer []byte) {
	tb.Helper()
	i := strings.Index(path, "/api/public/")
	if status < 200 || status > 299 || i < 0 || method == http.MethodOptions {
		return
	}
	d := describe(tb)
	if path[i:] == "/api/public/health" {
		method = http.MethodGet // it answers to all
	}
	op := d.find(method, path[i:])
	if op == nil {
		tb.Errorf("%s %s answers %d and is not described", method, path, status)
		return
	}
	response, ok := op.Responses[fmt.Sprint(status)]
	if !ok {
		tb.Errorf("%s %s answers %d, which is not described: %v", method, path, status, slices.Collect(maps.Keys(op.Responses)))
		return
	}
	for what, body := range map[string]struct {
		text []byte
		s    schema
	}{"answer": {answer, response.Content["application/json"].Schema}, "request": {request, op.RequestBody.Content["application/json"].Schema}} {
		var v any
		if body.s == nil || len(body.text) == 0 || json.Unmarshal(body.text, &v) != nil {
			continue
		}
		for _, wrong := range d.check(body.s, v, what) {
			tb.Errorf("%s %s: %s", method, path, wrong)
		}
	}
}

// check lists how a value differs from a schema.
func (d *description) check(s schema, v any, at string) (wrong []string) {
	if ref, ok := s["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/components/schemas/")
		if s, ok = d.Components.Schemas[name]; !ok {
			return []string{at + ": there is no schema " + name}
		}
	}
	if options, ok := s["anyOf"].([]any); ok {
		for _, o := range options {
			if wrong = d.check(o.(map[string]any), v, at); len(wrong) == 0 {
				return nil
			}
		}
		return wrong
	}
	if kinds := kindsOf(s["type"]); len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k string) bool { return isKind(v, k) }) {
		return []string{fmt.Sprintf("%s: %.80v is none of %v", at, v, kinds)}
	}
	switch v := v.(type) {
	case string:
		if s["format"] == "date-time" {
			if _, err := time.Parse(time.RFC3339Nano, v); err != nil {
				wrong = append(wrong, at+": "+err.Error())
			}
		}
	case []any:
		items, _ := s["items"].(map[string]any)
		for i, e := range v {
			wrong = append(wrong, d.check(items, e, fmt.Sprint(at, "[", i, "]"))...)
		}
	case map[string]any:
		wrong = append(wrong, d.checkObject(s, v, at)...)
	}
	return wrong
}

func (d *description) checkObject(s schema, v map[string]any, at string) (wrong []string) {
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s has no %v", at, name))
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for name, e := range v {
		if p, ok := properties[name].(map[string]any); ok {
			wrong = append(wrong, d.check(p, e, at+"."+name)...)
		} else if s["additionalProperties"] == false {
			wrong = append(wrong, at+" has a "+name)
		}
	}
	return wrong
}

func kindsOf(v any) (kinds []string) {
	switch v := v.(type) {
	case string:
		kinds = []string{v}
	case []any:
		for _, k := range v {
			kinds = append(kinds, k.(string))
		}
	}
	return kinds
}

func isKind(v any, kind string) bool {
	switch v := v.(type) {
	case nil:
		return kind == "null"
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "number" || kind == "integer" && v == math.Trunc(v)
	case []any:
		return kind == "array"
	}
	return kind == "object"
}

// TestDescription has each method of each route in the description, with a name of its own.
func TestDescription(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "/prefix")
	c.public = "" // it needs no key
	o := c.object(t, "/api/public/openapi.yml")
	if o["openapi"] != "3.1.0" {
		t.Errorf("%v", o["openapi"])
	}
	status, text, header := c.do(t, http.MethodGet, "/api/public/openapi.yml", nil)
	if status != http.StatusOK || header.Get("Content-Type") != "application/yaml" || !strings.HasPrefix(text, "{\n") {
		t.Errorf("%d %v", status, header)
	}
	if status, _, _ := testkit.Fetch(t, http.MethodGet, c.base+"/api/public/openapi.yml", nil, testkit.Header("If-None-Match", header.Get("ETag"))); status != http.StatusNotModified {
		t.Errorf("by its tag: %d", status)
	}
	ids, n := map[string]bool{}, 0
	for path, methods := range o["paths"].(map[string]any) {
		if len(methods.(map[string]any)) == 0 {
			t.Errorf("%s has no methods", path)
		}
		for method, op := range methods.(map[string]any) {
			id, _ := op.(map[string]any)["operationId"].(string)
			summary, _ := op.(map[string]any)["summary"].(string)
			if id == "" || ids[id] || summary == "" {
				t.Errorf("%s %s: id %q, summary %q", method, path, id, summary)
			}
			ids[id] = true
			n++
			// What is described is there: without a key it is refused, not unknown.
			status, text, _ := c.do(t, strings.ToUpper(method), strings.NewReplacer("{", "", "}", "").Replace(path), nil)
			if status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d %s", method, path, status, text)
			}
		}
	}
	if n < 70 {
		t.Errorf("%d operations, want 70 and more", n)
	}
}

// TestCheckDescribed has the check find what differs.
func TestCheckDescribed(t *testing.T) {
	d := &description{}
	d.Components.Schemas = map[string]schema{"A": {
		"type": "object", "required": []any{"n"}, "additionalProperties": false,
		"properties": map[string]any{"n": map[string]any{"type": "integer"}, "t": map[string]any{"type": []any{"string", "null"}, "format": "date-time"}, "l": map[string]any{"type": "array", "items": map[string]any{"type": "string"}}},
	}}
	for text, want := range map[string]int{
		`{"n":1}`: 0, `{"n":1.5}`: 1, `{}`: 1, `{"n":1,"x":1}`: 1, `{"n":1,"t":null}`: 0, `{"n":1,"t":"2026-01-02T03:04:05Z"}`: 0, `{"n":1,"t":"soon"}`: 1,
		`{"n":1,"l":["a",1,null]}`: 2, `[]`: 1, `null`: 1,
	} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if wrong := d.check(schema{"$ref": "#/components/schemas/A"}, v, "v"); len(wrong) != want {
			t.Errorf("%s: %v, want %d", text, wrong, want)
		}
	}
}
