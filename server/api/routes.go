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
	methods methodsOf
	// open needs no key.
	open bool
	// publicKey is the error for those who show only the public half of a key;
	// errNone if that is enough.
	publicKey *apiError
	// named says that errors of authentication carry their name, plain405 that
	// those of the method don't: each route as it was recorded.
	named, plain405 bool
}

// methodsOf are the methods of a route; "*" is any.
type methodsOf map[string]func(*call)

// errNone stands for no error.
var errNone = &apiError{}

// table is every route of the wire.
func (a *api) table() []route {
	get := func(f func(*call)) methodsOf { return methodsOf{http.MethodGet: f} }
	list := []route{
		{path: "health", methods: methodsOf{"*": (*call).health}, open: true},
		{path: "openapi.yml", methods: get((*call).serveOpenAPI), open: true},
		{path: "ingestion", methods: methodsOf{"POST": (*call).ingestion}, publicKey: errNone, named: true},
		{path: tracesPath, methods: methodsOf{"POST": (*call).otlpTraces}},
		{path: "feedback.js", methods: get((*call).feedbackScript), open: true},
		{path: "projects", methods: get((*call).projects), publicKey: errNone, plain405: true},
		{path: "projects/{id}/apiKeys", methods: methodsOf{"GET": (*call).listAPIKeys, "POST": (*call).postAPIKey}},
		{path: "projects/{id}/apiKeys/{key}", methods: methodsOf{"DELETE": (*call).deleteAPIKey}},
		{path: "traces", methods: methodsOf{"GET": (*call).listTraces, "POST": (*call).postTrace, "DELETE": (*call).deleteTraces}},
		{path: "traces/{id}", methods: methodsOf{"GET": (*call).getTrace, "DELETE": (*call).deleteTrace}},
		{path: "observations", methods: get((*call).listObservations)},
		{path: "observations/{id}", methods: get((*call).getObservation)},
		{path: "sessions", methods: get((*call).listSessions)},
		{path: "sessions/{id}", methods: get((*call).getSession)},
		{path: "scores", methods: methodsOf{"GET": (*call).listScores, "POST": (*call).postScore}},
		{path: "scores/{id}", methods: methodsOf{"GET": (*call).getScore, "DELETE": (*call).deleteScore}},
		{path: "v2/scores", methods: get((*call).listScoresV2)},
		{path: "v2/scores/{id}", methods: get((*call).getScoreV2)},
		{path: "v3/scores", methods: get((*call).listScoresV3)},
		{path: "score-configs", methods: methodsOf{"GET": (*call).listScoreConfigs, "POST": (*call).postScoreConfig}},
		{path: "score-configs/{id}", methods: methodsOf{"GET": (*call).getScoreConfig, "PATCH": (*call).patchScoreConfig}},
		{path: "models", methods: methodsOf{"GET": (*call).listModels, "POST": (*call).postModel}},
		{path: "models/{id}", methods: methodsOf{"GET": (*call).getModel, "PUT": (*call).putModel, "DELETE": (*call).deleteModel}},
		{path: "metrics", methods: get((*call).metrics)},
		{path: "v2/observations", methods: get((*call).listObservationsV2)},
		{path: "v2/metrics", methods: get((*call).metricsV2)},
		{path: "metrics/daily", methods: get((*call).dailyMetrics)},
		{path: "users", methods: get((*call).listUsers), plain405: true},
		{path: "prompts", methods: methodsOf{"GET": (*call).getPromptV1, "POST": (*call).postPromptV1}, publicKey: errPrompts, named: true},
		{path: "v2/prompts", methods: methodsOf{"GET": (*call).listPrompts, "POST": (*call).postPrompt}, publicKey: errPrompts, named: true},
		{path: "v2/prompts/{name...}", methods: methodsOf{"GET": (*call).getPrompt, "PATCH": (*call).patchPrompt, "DELETE": (*call).deletePrompt}, publicKey: errPrompts, named: true},
		{path: "prompt-experiments", methods: get((*call).listExperiments)},
		{path: "prompt-experiments/{experiment...}", methods: methodsOf{"GET": (*call).getExperiment, "PUT": (*call).putExperiment, "DELETE": (*call).deleteExperiment}},
		{path: "prompt-events", methods: get((*call).promptEvents)},
		{path: "prompt-history", methods: get((*call).listPromptHistory)},
		{path: "prompt-metrics", methods: get((*call).promptMetrics)},
		{path: "prompt-rollback", methods: methodsOf{"POST": (*call).rollbackPrompt}},
		{path: "prompt-labels/protected", methods: get((*call).listProtectedLabels)},
		{path: "prompt-webhooks", methods: methodsOf{"GET": (*call).listWebhooks, "POST": (*call).postWebhook}},
		{path: "prompt-webhooks/{id}", methods: methodsOf{"DELETE": (*call).deleteWebhook}},
		{path: "prompt-diff", methods: get((*call).diffPrompts)},
		{path: "datasets", methods: methodsOf{"GET": (*call).listDatasets, "POST": (*call).postDataset}},
		{path: "datasets/{name}", methods: methodsOf{"GET": (*call).getDataset}},
		{path: "datasets/{name}/runs", methods: methodsOf{"GET": (*call).listDatasetRuns}},
		{path: "datasets/{name}/runs/{run}", methods: methodsOf{"GET": (*call).getDatasetRun, "DELETE": (*call).deleteDatasetRun}},
		{path: "v2/datasets", methods: methodsOf{"GET": (*call).listDatasetsV2, "POST": (*call).postDatasetV2}},
		{path: "v2/datasets/{name}", methods: methodsOf{"GET": (*call).getDatasetV2}},
		{path: "dataset-items", methods: methodsOf{"GET": (*call).listDatasetItems, "POST": (*call).postDatasetItem}},
		{path: "dataset-items/{id}", methods: methodsOf{"GET": (*call).getDatasetItem, "DELETE": (*call).deleteDatasetItem}},
		{path: "dataset-run-items", methods: methodsOf{"GET": (*call).listDatasetRunItems, "POST": (*call).postDatasetRunItem}},
		{path: "comments", methods: methodsOf{"GET": (*call).listComments, "POST": (*call).postComment}},
		{path: "comments/{id}", methods: get((*call).getComment)},
		{path: "media", methods: methodsOf{"POST": (*call).postMedia}},
		{path: "media/{id}", methods: methodsOf{"GET": (*call).getMedia, "PATCH": (*call).patchMedia}},
		{path: "media/{id}/content", methods: methodsOf{"GET": (*call).getMediaContent, "PUT": (*call).putMediaContent}, open: true},
		{path: "annotation-queues", methods: methodsOf{"GET": (*call).listQueues, "POST": (*call).postQueue}},
		{path: "annotation-queues/{id}", methods: get((*call).getQueue)},
		{path: "annotation-queues/{id}/items", methods: methodsOf{"GET": (*call).listQueueItems, "POST": (*call).postQueueItem}},
		{path: "annotation-queues/{id}/items/{item}", methods: methodsOf{"GET": (*call).getQueueItem, "PATCH": (*call).patchQueueItem, "DELETE": (*call).deleteQueueItem}},
		{path: "annotation-queues/{id}/assignments", methods: methodsOf{"POST": (*call).postAssignment, "DELETE": (*call).deleteAssignment}},
		{path: "spans", methods: methodsOf{"POST": (*call).postSpan, "PATCH": (*call).patchSpan}},
		{path: "generations", methods: methodsOf{"POST": (*call).postGeneration, "PATCH": (*call).patchGeneration}},
		{path: "events", methods: methodsOf{"POST": (*call).postEvent}},
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
