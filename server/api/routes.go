package api

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/auth"
)

// route is one path of the API with all its methods.
type route struct {
	// path has {name} for one part, {name...} for all that follow.
	path    string
	methods map[string]func(*call) // "*" is any
	// open needs no key.
	open bool
	// publicKey is the error for those who show only the public half of a key;
	// errNone if that is enough.
	publicKey *apiError
	// named says that errors of authentication carry their name, plain405 that
	// those of the method don't: each route as it was recorded.
	named, plain405 bool
}

// errNone stands for no error.
var errNone = &apiError{}

// table is every route of the wire. Those that are not served yet still say
// who may come and how.
func (a *api) table() []route {
	later := func(c *call) { c.fail(errNotBuilt) }
	methods := func(names ...string) map[string]func(*call) {
		m := map[string]func(*call){}
		for _, name := range names {
			m[name] = later
		}
		return m
	}
	get := func(f func(*call)) map[string]func(*call) { return map[string]func(*call){http.MethodGet: f} }
	list := []route{
		{path: "health", methods: map[string]func(*call){"*": (*call).health}, open: true},
		{path: "ingestion", methods: map[string]func(*call){http.MethodPost: (*call).ingestion}, publicKey: errNone, named: true},
		{path: tracesPath, methods: map[string]func(*call){http.MethodPost: (*call).otlpTraces}},
		{path: "feedback.js", methods: get((*call).feedbackScript), open: true},
		{path: "projects", methods: get((*call).projects), publicKey: errNone, plain405: true},
		{path: "traces", methods: map[string]func(*call){http.MethodGet: (*call).listTraces, http.MethodPost: (*call).postTrace}},
		{path: "traces/{id}", methods: get((*call).getTrace)},
		{path: "observations", methods: get((*call).listObservations)},
		{path: "observations/{id}", methods: get((*call).getObservation)},
		{path: "sessions", methods: get((*call).listSessions)},
		{path: "sessions/{id}", methods: get((*call).getSession)},
		{path: "scores", methods: methods("GET", "POST")},
		{path: "scores/{id}", methods: methods("GET", "DELETE")},
		{path: "score-configs", methods: methods("GET", "POST")},
		{path: "score-configs/{id}", methods: methods("GET")},
		{path: "models", methods: methods("GET", "POST")},
		{path: "models/{id}", methods: methods("GET", "DELETE")},
		{path: "metrics", methods: get((*call).metrics)},
		{path: "v2/observations", methods: get((*call).listObservationsV2)},
		{path: "v2/metrics", methods: get((*call).metricsV2)},
		{path: "metrics/daily", methods: methods("GET")},
		{path: "users", methods: methods("GET"), plain405: true},
		{path: "prompts", methods: methods("GET", "POST"), publicKey: errPrompts, named: true},
		{path: "v2/prompts", methods: methods("GET", "POST"), publicKey: errPrompts, named: true},
		{path: "v2/prompts/{name...}", methods: methods("GET"), publicKey: errPrompts, named: true},
		{path: "datasets", methods: methods("GET", "POST")},
		{path: "datasets/{name}", methods: methods("GET")},
		{path: "datasets/{name}/runs", methods: methods("GET")},
		{path: "datasets/{name}/runs/{run}", methods: methods("GET")},
		{path: "v2/datasets", methods: methods("GET", "POST")},
		{path: "v2/datasets/{name}", methods: methods("GET")},
		{path: "dataset-items", methods: methods("GET", "POST")},
		{path: "dataset-items/{id}", methods: methods("GET")},
		{path: "dataset-run-items", methods: methods("POST")},
		{path: "spans", methods: methods("POST", "PATCH")},
		{path: "generations", methods: methods("POST", "PATCH")},
		{path: "events", methods: methods("POST")},
	}
	for i := range list {
		if list[i].publicKey == nil {
			list[i].publicKey = errSecret
		}
	}
	return list
}

const root = "/api/public/"

// find returns the route of a request and the parts of the path that it names.
func (a *api) find(r *http.Request) (*route, map[string]string) {
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), root)
	if r.URL.Path == TracesPath {
		path, ok = tracesPath, true
	}
	if !ok {
		return nil, nil
	}
	parts := strings.Split(path, "/")
	for i := range a.routes {
		if params, ok := a.routes[i].match(parts); ok {
			return &a.routes[i], params
		}
	}
	return nil, nil
}

// match compares the parts of a path, still escaped.
func (rt *route) match(parts []string) (map[string]string, bool) {
	pattern := strings.Split(rt.path, "/")
	params := map[string]string{}
	for i, p := range pattern {
		name, isParam := strings.CutPrefix(p, "{")
		name = strings.TrimSuffix(name, "}")
		if rest, all := strings.CutSuffix(name, "..."); isParam && all && len(parts) > i {
			value, err := url.PathUnescape(strings.Join(parts[i:], "/"))
			params[rest] = value
			return params, err == nil && value != ""
		}
		if i >= len(parts) {
			return nil, false
		}
		value, err := url.PathUnescape(parts[i])
		switch {
		case err != nil || value == "":
			return nil, false
		case isParam:
			params[name] = value
		case value != p:
			return nil, false
		}
	}
	return params, len(parts) == len(pattern)
}

// allow lists the methods of the route.
func (rt *route) allow() string {
	names := make([]string, 0, len(rt.methods))
	for name := range rt.methods {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (rt *route) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	body := map[string]any{"message": errNoMethod.message}
	if !rt.plain405 {
		body["error"] = errNoMethod.name
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(errNoMethod.status)
		return
	}
	write(w, errNoMethod.status, body)
}

// dress gives an error of authentication the form that the route has.
func (rt *route) dress(err error) error {
	var denied *auth.Error
	if rt.named && errors.As(err, &denied) {
		return &apiError{status: http.StatusUnauthorized, message: denied.Message, name: "UnauthorizedError"}
	}
	return err
}
