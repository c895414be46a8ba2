package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"testing"
)

// TestOperations has an operation for each method of each route, and none besides.
func TestOperations(t *testing.T) {
	var routes []string
	for _, rt := range (&api{}).table() {
		for method := range rt.methods {
			if method == "*" {
				method = http.MethodGet
			}
			routes = append(routes, method+" "+rt.path)
		}
	}
	slices.Sort(routes)
	if described := slices.Sorted(maps.Keys(operations)); !slices.Equal(routes, described) {
		t.Errorf("routes  %q\ndescribed %q", routes, described)
	}
}

// TestSchemas has the schema of each form that a type can have.
func TestSchemas(t *testing.T) {
	type inner struct {
		A string `json:"a"`
	}
	type optional struct {
		B int `json:"b"`
	}
	type wireOuter struct {
		inner
		*optional
		C    instant        `json:"c"`
		D    *bool          `json:"d"`
		E    []inner        `json:"e" nullable:"true"`
		F    any            `json:"f,omitempty"`
		G    map[string]any `json:"g"`
		H    *inner         `json:"h"`
		Left string         `json:"-"`
	}
	s := &schemas{components: object{}, types: map[string]reflect.Type{}}
	got, err := json.Marshal([]any{s.of(reflect.TypeFor[wireOuter]()), s.components})
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"$ref":"#/components/schemas/Outer"},{` +
		`"Inner":{"additionalProperties":false,"properties":{"a":{"type":"string"}},"required":["a"],"type":"object"},` +
		`"Outer":{"additionalProperties":false,"properties":{"a":{"type":"string"},"b":{"type":"integer"},"c":{"format":"date-time","type":["string","null"]},"d":{"type":["boolean","null"]},` +
		`"e":{"items":{"$ref":"#/components/schemas/Inner"},"type":["array","null"]},"f":{},"g":{"type":"object"},"h":{"anyOf":[{"$ref":"#/components/schemas/Inner"},{"type":"null"}]}},` +
		`"required":["a","c","d","e","g","h"],"type":"object"}}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestBodyFields has the schema of a body from the names of its fields.
func TestBodyFields(t *testing.T) {
	got, err := json.Marshal(bodyFields([]string{"a!", "b", "c!:any", "d:texts", "e:number"}))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"properties":{"a":{"type":"string"},"b":{"type":["string","null"]},"c":{},"d":{"items":{"type":"string"},"type":["array","null"]},"e":{"type":["number","null"]}},"required":["a","c"],"type":"object"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
