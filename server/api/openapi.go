package api

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// operation describes one method of a route for the OpenAPI document.
type operation struct {
	summary string
	// query are the names of parameters in the query; those with a ! must be given.
	query []string
	// body are the fields of the body, as bodyFields reads them; nil is no body.
	body []string
	// answer is a value of the type that is answered, nil for none.
	answer any
	// status is that of success; zero is 200.
	status int
}

// queryTypes are the types of parameters by name; all others are text.
var queryTypes = map[string]object{
	"page": integer(1), "limit": integer(0), "version": integer(0), "value": {"type": "string"}, "valueMin": {"type": "number"}, "valueMax": {"type": "number"},
	"resolve": {"type": "boolean"}, "tags": arrayOf(object{"type": "string"}), "traceTags": arrayOf(object{"type": "string"}), "environment": arrayOf(object{"type": "string"}),
	"fromTimestamp": moment(), "toTimestamp": moment(), "fromStartTime": moment(), "toStartTime": moment(), "fromUpdatedAt": moment(), "toUpdatedAt": moment(),
}

func integer(least int) object { return object{"type": "integer", "minimum": least} }

func moment() object { return object{"type": "string", "format": "date-time"} }

// serveOpenAPI answers with the description of all routes, OpenAPI 3.1, as JSON, which YAML contains.
func (c *call) serveOpenAPI() {
	text, err := c.description()
	if err != nil {
		c.fail(fmt.Errorf("langshark: OpenAPI: %w", err))
		return
	}
	c.tagged("application/yaml", text)
}

// openAPI describes the routes by their table and the types that they answer with.
func (a *api) openAPI() object {
	s := &schemas{components: object{}, types: map[string]reflect.Type{}}
	paths := object{}
	for _, rt := range a.routes {
		path := object{}
		for _, method := range slices.Sorted(maps.Keys(rt.methods)) {
			if method == "*" {
				method = http.MethodGet
			}
			if op, ok := operations[method+" "+rt.path]; ok {
				path[strings.ToLower(method)] = s.operation(&rt, method, op)
			}
		}
		paths[root+strings.ReplaceAll(rt.path, "...", "")] = path
	}
	paths[root+"v2/prompts/{name}/versions/{version}"] = object{"patch": s.operation(&route{path: "v2/prompts/{name}/versions/{version}"}, "PATCH", operations["PATCH v2/prompts/{name...}"])}
	if prompt, ok := paths[root+"v2/prompts/{name}"].(object); ok {
		delete(prompt, "patch") // its path is longer
	}
	s.components["Error"] = object{"type": "object", "required": []string{"message"}, "properties": object{"message": object{"type": "string"}, "error": object{}, "errors": object{}}}
	return object{
		"openapi":    "3.1.0",
		"info":       object{"title": "LangShark", "version": a.Version, "description": "The public API. Keys are those of a project: the public one is the user, the secret one the password."},
		"paths":      paths,
		"components": object{"schemas": s.components, "securitySchemes": object{"keys": object{"type": "http", "scheme": "basic"}}},
		"security":   []object{{"keys": []string{}}},
	}
}

func (s *schemas) operation(rt *route, method string, op operation) object {
	var params []object
	for part := range strings.SplitSeq(rt.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(strings.TrimSuffix(name, "}"), "...")
			params = append(params, object{"name": name, "in": "path", "required": true, "schema": object{"type": "string"}})
		}
	}
	for _, name := range op.query {
		name, required := strings.CutSuffix(name, "!")
		schema, ok := queryTypes[name]
		if !ok {
			schema = object{"type": "string"}
		}
		params = append(params, object{"name": name, "in": "query", "required": required, "schema": schema})
	}
	success := object{"description": "success"}
	if op.answer != nil {
		success["content"] = jsonContent(s.of(reflect.TypeOf(op.answer)))
	}
	described := object{
		"summary": op.summary, "operationId": operationID(method, rt.path),
		"responses": object{
			strconv.Itoa(max(op.status, http.StatusOK)): success,
			"default": object{"description": "what is wrong", "content": jsonContent(object{"$ref": "#/components/schemas/Error"})},
		},
	}
	if len(params) > 0 {
		described["parameters"] = params
	}
	if op.body != nil {
		described["requestBody"] = object{"required": true, "content": jsonContent(bodyFields(op.body))}
	}
	if rt.open {
		described["security"] = []object{}
	}
	return described
}

func jsonContent(schema object) object {
	return object{"application/json": object{"schema": schema}}
}

// operationID is a name made of method and path.
func operationID(method, path string) string {
	parts := strings.FieldsFunc(path, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", r)
	})
	return strings.Join(slices.Insert(parts, 0, strings.ToLower(method)), "_")
}

// bodyFields is the schema of a body: of each field the name, with a ! if it must be given,
// and after a colon its type, else it is a text.
func bodyFields(fields []string) object {
	properties, required := object{}, []string{}
	for _, f := range fields {
		name, kind, _ := strings.Cut(f, ":")
		name, must := strings.CutSuffix(name, "!")
		if must {
			required = append(required, name)
		}
		var schema object
		switch kind {
		case "":
			schema = object{"type": "string"}
		case "any":
			properties[name] = object{}
			continue
		case "texts":
			schema = arrayOf(object{"type": "string"})
		case "objects":
			schema = arrayOf(object{"type": "object"})
		default:
			schema = object{"type": kind}
		}
		if !must {
			schema = orNothing(schema)
		}
		properties[name] = schema
	}
	return object{"type": "object", "required": required, "properties": properties}
}
