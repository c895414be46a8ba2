package api

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/cost"
)

// object is a part of the OpenAPI document.
type object = map[string]any

// pageOf and dataOf stand for a page of things, and for a list without pages, in the table of operations.
type (
	pageOf[T any] struct {
		Data []T  `json:"data"`
		Meta meta `json:"meta"`
	}
	dataOf[T any] struct {
		Data []T `json:"data"`
	}
)

// schemas makes JSON schemas of Go types. Structs that have a name become components.
type schemas struct {
	components object
	types      map[string]reflect.Type // of the components
}

// written are the types that write their own JSON.
var written = map[reflect.Type]object{
	reflect.TypeFor[instant]():         {"type": []string{"string", "null"}, "format": "date-time"},
	reflect.TypeFor[dollars]():         {"type": []string{"number", "null"}},
	reflect.TypeFor[orNull]():          {"type": []string{"string", "null"}},
	reflect.TypeFor[catalog.Price]():   {"type": "number"},
	reflect.TypeFor[cost.PicoUSD]():    {"type": "number"},
	reflect.TypeFor[json.RawMessage](): {},
}

// of is the schema of a type.
func (s *schemas) of(t reflect.Type) object {
	if known, ok := written[t]; ok {
		return known
	}
	switch t.Kind() {
	case reflect.Pointer:
		return orNothing(s.of(t.Elem()))
	case reflect.Slice:
		return arrayOf(s.of(t.Elem()))
	case reflect.Map:
		return object{"type": "object"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer"}
	case reflect.Struct:
		return s.structure(t)
	default: // any
		return object{}
	}
}

func arrayOf(items object) object { return object{"type": "array", "items": items} }

// orNothing is a schema that allows null too.
func orNothing(schema object) object {
	if kind, ok := schema["type"].(string); ok {
		nullable := maps.Clone(schema)
		nullable["type"] = []string{kind, "null"}
		return nullable
	}
	if len(schema) == 0 {
		return schema
	}
	return object{"anyOf": []object{schema, {"type": "null"}}}
}

func (s *schemas) structure(t reflect.Type) object {
	name := componentName(t)
	if name == "" {
		return s.properties(t)
	}
	other, ok := s.types[name]
	if ok && other != t {
		return s.properties(t)
	}
	if !ok {
		s.types[name] = t
		s.components[name] = s.properties(t)
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// componentName is the name of a struct in the document; empty for those with parameters.
func componentName(t reflect.Type) string {
	name := strings.TrimPrefix(t.Name(), "wire")
	if name == "" || strings.Contains(name, "[") {
		return ""
	}
	if strings.HasSuffix(t.PkgPath(), "/ingest") {
		name = "Ingestion" + name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func (s *schemas) properties(t reflect.Type) object {
	properties, required := object{}, []string{}
	s.fields(t, true, properties, &required)
	slices.Sort(required)
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// fields adds the fields of a struct and of those that it embeds; by a pointer, they may be missing.
func (s *schemas) fields(t reflect.Type, always bool, properties object, required *[]string) {
	for f := range t.Fields() {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && tag == "" && f.Type.Kind() == reflect.Pointer:
			s.fields(f.Type.Elem(), false, properties, required)
			continue
		case f.Anonymous && tag == "" && f.Type.Kind() == reflect.Struct:
			s.fields(f.Type, always, properties, required)
			continue
		case tag == "" || tag == "-":
			continue
		}
		schema := s.of(f.Type)
		if f.Tag.Get("nullable") == "true" {
			schema = orNothing(schema)
		}
		properties[tag] = schema
		if always && !strings.Contains(options, "omitempty") {
			*required = append(*required, tag)
		}
	}
}
