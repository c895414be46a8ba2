package api

import (
	"net/http"

	"github.com/langshark/langshark-go/server/ingest"
)

var (
	paging     = []string{"page", "limit"}
	spanFields = []string{
		"id", "traceId", "parentObservationId", "name", "startTime", "endTime", "metadata:any", "input:any", "output:any", "level", "statusMessage", "version",
	}
	generationFields = with(spanFields, "model", "modelParameters:object", "usage:object", "prompt:any", "completion:any", "completionStartTime", "promptName", "promptVersion:integer")
	promptFields     = []string{"name!", "prompt!:any", "type", "labels:texts", "tags:texts", "config:any", "commitMessage", "expect:object"}
	datasetFields    = []string{"name!", "description", "metadata:any"}
	modelFields      = []string{"modelName!", "matchPattern!", "startDate", "unit", "inputPrice:number", "outputPrice:number", "totalPrice:number", "pricingTiers:objects", "tokenizerId", "tokenizerConfig:object"}
	scoreFilters     = with(paging, "userId", "name", "fromTimestamp", "toTimestamp", "environment", "source", "operator", "value", "scoreIds", "configId", "queueId",
		"sessionId", "datasetRunId", "traceId", "observationId", "dataType", "traceTags")
)

func with(list []string, more ...string) []string {
	return append(append([]string{}, list...), more...)
}

type (
	wireHealth struct {
		Status  string `json:"status"`
		Version string `json:"version"`
	}
	wireProject struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		*currentProject
	}
)

// operations describes the methods of the table of routes.
var operations = map[string]operation{
	"GET health":                         {summary: "Say whether the server works", query: []string{"failIfNoRecentEvents"}, answer: wireHealth{}},
	"POST otel/v1/traces":                {summary: "Take spans in, by OTLP: protobuf or JSON", answer: map[string]any{}},
	"POST ingestion":                     {summary: "Store a batch of events", body: []string{"batch!:array", "metadata:any"}, answer: ingest.Result{}, status: http.StatusMultiStatus},
	"GET projects":                       {summary: "Get the project of the key", answer: dataOf[wireProject]{}},
	"GET projects/{id}/apiKeys":          {summary: "List the keys of the project", answer: wireAPIKeys{}},
	"POST projects/{id}/apiKeys":         {summary: "Make a key of the project, whose secret is shown this once", body: []string{"note", "publicKey", "secretKey"}, answer: wireNewAPIKey{}, status: http.StatusCreated},
	"DELETE projects/{id}/apiKeys/{key}": {summary: "Delete a key of the project", answer: success{}},
	"GET traces":                         {summary: "List traces", query: with(paging, "userId", "name", "sessionId", "fromTimestamp", "toTimestamp", "orderBy", "tags", "version", "release", "environment", "fields"), answer: pageOf[wireTraceDetail[string, string]]{}},
	"POST traces":                        {summary: "Store a trace", body: []string{"id", "timestamp", "name", "userId", "sessionId", "environment", "release", "version", "public:boolean", "tags:texts", "metadata:any", "input:any", "output:any"}, answer: wireTrace{}},
	"DELETE traces":                      {summary: "Delete traces", body: []string{"traceIds!:texts"}, answer: message{}},
	"GET traces/{id}":                    {summary: "Get a trace with its observations and scores", query: []string{"fields"}, answer: wireTraceDetail[wireObservation, wireScore]{}},
	"DELETE traces/{id}":                 {summary: "Delete a trace", answer: message{}},
	"GET observations":                   {summary: "List observations", query: with(paging, "name", "userId", "type", "traceId", "parentObservationId", "level", "environment", "fromStartTime", "toStartTime", "version"), answer: pageOf[wireObservation]{}},
	"GET observations/{id}":              {summary: "Get an observation", answer: wireObservation{}},
	"GET sessions":                       {summary: "List sessions", query: with(paging, "fromTimestamp", "toTimestamp", "environment"), answer: pageOf[wireSession]{}},
	"GET sessions/{id}":                  {summary: "Get a session with its traces", answer: wireSessionDetail{}},
	"GET scores":                         {summary: "List scores", query: scoreFilters, answer: pageOf[wireScoreOfTrace]{}},
	"POST scores":                        {summary: "Store a score", body: []string{"id", "traceId", "sessionId", "datasetRunId", "observationId", "name!", "value!:any", "dataType", "comment", "configId", "queueId", "environment", "metadata:any", "source", "timestamp"}, answer: wireScore{}},
	"GET scores/{id}":                    {summary: "Get a score", answer: wireScore{}},
	"DELETE scores/{id}":                 {summary: "Delete a score", answer: message{}},
	"GET v2/scores":                      {summary: "List scores with what their traces say", query: with(scoreFilters, "fields", "filter"), answer: pageOf[wireScoreV2]{}},
	"GET v2/scores/{id}":                 {summary: "Get a score", answer: wireScoreV2{}},
	"GET v3/scores":                      {summary: "List scores by cursor, with values by their type", query: []string{"limit", "cursor", "fields", "id", "name", "source", "dataType", "environment", "configId", "queueId", "value", "valueMin", "valueMax", "traceId", "sessionId", "observationId", "experimentId", "fromTimestamp", "toTimestamp"}, answer: cursorListing{}},
	"GET score-configs":                  {summary: "List score configs", query: paging, answer: pageOf[wireScoreConfig]{}},
	"POST score-configs":                 {summary: "Add a score config", body: []string{"name!", "dataType!", "minValue:number", "maxValue:number", "categories:objects", "description"}, answer: wireScoreConfig{}},
	"GET score-configs/{id}":             {summary: "Get a score config", answer: wireScoreConfig{}},
	"PATCH score-configs/{id}":           {summary: "Change a score config", body: []string{"name", "isArchived:boolean", "minValue:number", "maxValue:number", "categories:objects", "description"}, answer: wireScoreConfig{}},
	"GET models":                         {summary: "List models", query: paging, answer: pageOf[wireModel]{}},
	"POST models":                        {summary: "Add a model", body: modelFields, answer: wireModel{}},
	"GET models/{id}":                    {summary: "Get a model", answer: wireModel{}},
	"DELETE models/{id}":                 {summary: "Delete a model", answer: message{}},
	"PUT models/{id}":                    {summary: "Make or replace a model", body: modelFields, answer: wireModel{}},
	"GET v2/observations": {
		summary: "List observations by cursor, with groups of fields and filters on any column",
		query:   []string{"fields", "expandMetadata", "limit", "cursor", "name", "userId", "sessionId", "type", "traceId", "level", "parentObservationId", "isRootObservation", "environment", "fromStartTime", "toStartTime", "version", "filter"},
		answer:  listingV2{},
	},
	"GET feedback.js":                            {summary: "A script by which pages send scores"},
	"GET metrics":                                {summary: "Compute metrics", query: []string{"query!"}, answer: dataOf[map[string]any]{}},
	"GET v2/metrics":                             {summary: "Compute metrics", query: []string{"query!"}, answer: dataOf[map[string]any]{}},
	"GET metrics/daily":                          {summary: "List days with their traces and the usage of models", query: with(paging, "traceName", "userId", "tags", "fromTimestamp", "toTimestamp"), answer: pageOf[wireDay]{}},
	"GET users":                                  {summary: "List users with their tokens by day", query: paging, answer: pageOf[wireUser]{}},
	"GET prompts":                                {summary: "Get a version of a prompt", query: []string{"name!", "version"}, answer: wirePrompt{}},
	"POST prompts":                               {summary: "Add a version of a prompt", body: with(promptFields, "isActive!:boolean"), answer: wirePrompt{}, status: http.StatusCreated},
	"GET v2/prompts":                             {summary: "List prompts", query: with(paging, "name", "label", "tag", "version", "fromUpdatedAt", "toUpdatedAt"), answer: wirePromptPage{}},
	"POST v2/prompts":                            {summary: "Add a version of a prompt", body: promptFields, answer: wirePrompt{}, status: http.StatusCreated},
	"GET v2/prompts/{name...}":                   {summary: "Get a version of a prompt, with what it refers to", query: []string{"version", "label", "resolve"}, answer: wirePrompt{}},
	"PATCH v2/prompts/{name...}":                 {summary: "Move labels to a version of a prompt, or away", body: []string{"newLabels:texts", "removeLabels:texts", "expect:object", "message"}, answer: wirePrompt{}},
	"DELETE v2/prompts/{name...}":                {summary: "Delete versions of a prompt", query: []string{"version", "label"}, status: http.StatusNoContent},
	"GET prompt-experiments":                     {summary: "List the experiments on a prompt", query: []string{"prompt!"}, answer: dataOf[wireExperiment]{}},
	"GET prompt-experiments/{experiment...}":     {summary: "Get an experiment with the versions that it has", query: []string{"prompt!"}, answer: wireExperiment{}},
	"PUT prompt-experiments/{experiment...}":     {summary: "Make or change an experiment", body: []string{"prompt!", "variants!:objects", "salt", "revision:integer"}, answer: wireExperiment{}},
	"DELETE prompt-experiments/{experiment...}":  {summary: "End an experiment", query: []string{"prompt!", "revision"}, status: http.StatusNoContent},
	"GET prompt-events":                          {summary: "Be told of changed prompts, as server-sent events"},
	"GET prompt-history":                         {summary: "List who has changed prompts", query: []string{"name", "limit", "cursor"}, answer: promptHistory{}},
	"GET prompt-metrics":                         {summary: "Say what the versions and labels of a prompt add up to", query: []string{"name!", "fromTimestamp", "toTimestamp", "granularity"}, answer: wirePromptMetrics{}},
	"GET prompt-labels/protected":                {summary: "List the labels that only some may move", answer: dataOf[wireProtectedLabel]{}},
	"POST prompt-rollback":                       {summary: "Move a label of a prompt back", body: []string{"name!", "label", "version:integer", "expect:object", "message"}, answer: wireRollback{}},
	"GET prompt-webhooks":                        {summary: "List the webhooks that are told of changed prompts", answer: dataOf[wireWebhook]{}},
	"POST prompt-webhooks":                       {summary: "Have a webhook told of changed prompts", body: []string{"url!", "events:texts"}, answer: wireWebhook{}, status: http.StatusCreated},
	"DELETE prompt-webhooks/{id}":                {summary: "Delete a webhook", status: http.StatusNoContent},
	"GET prompt-diff":                            {summary: "Compare two versions of a prompt word by word", query: []string{"name!", "from!", "to!"}, answer: wirePromptDiff{}},
	"GET datasets":                               {summary: "List datasets with their items and runs", query: paging, answer: pageOf[wireDatasetV1Row]{}},
	"POST datasets":                              {summary: "Add or change a dataset", body: datasetFields, answer: wireDatasetV1{}},
	"GET datasets/{name}":                        {summary: "Get a dataset with its items and runs", answer: wireDatasetV1{}},
	"GET datasets/{name}/runs":                   {summary: "List the runs of a dataset", query: paging, answer: pageOf[wireDatasetRun]{}},
	"GET datasets/{name}/runs/{run}":             {summary: "Get a run with its items", answer: wireDatasetRunDetail{}},
	"DELETE datasets/{name}/runs/{run}":          {summary: "Delete a run", answer: message{}},
	"GET v2/datasets":                            {summary: "List datasets", query: paging, answer: pageOf[wireDataset]{}},
	"POST v2/datasets":                           {summary: "Add or change a dataset", body: datasetFields, answer: wireDataset{}},
	"GET v2/datasets/{name}":                     {summary: "Get a dataset", answer: wireDataset{}},
	"GET dataset-items":                          {summary: "List items of datasets", query: with(paging, "datasetName", "sourceTraceId", "sourceObservationId"), answer: pageOf[wireDatasetItem]{}},
	"POST dataset-items":                         {summary: "Add or change an item of a dataset", body: []string{"datasetName!", "id", "input:any", "expectedOutput:any", "metadata:any", "sourceTraceId", "sourceObservationId", "status"}, answer: wireDatasetItem{}},
	"GET dataset-items/{id}":                     {summary: "Get an item of a dataset", answer: wireDatasetItem{}},
	"DELETE dataset-items/{id}":                  {summary: "Delete an item of a dataset", answer: message{}},
	"GET dataset-run-items":                      {summary: "List the items of a run", query: with(paging, "datasetId!", "runName!"), answer: pageOf[wireDatasetRunItem]{}},
	"POST dataset-run-items":                     {summary: "Link an item with what a run has made of it", body: []string{"runName!", "datasetItemId!", "traceId", "observationId", "runDescription", "metadata:any"}, answer: wireDatasetRunItem{}},
	"GET comments":                               {summary: "List comments", query: with(paging, "objectType", "objectId", "authorUserId"), answer: pageOf[wireComment]{}},
	"POST comments":                              {summary: "Add a comment", body: []string{"projectId", "objectType!", "objectId!", "content!", "authorUserId"}, answer: wireCommentID{}},
	"GET comments/{id}":                          {summary: "Get a comment", answer: wireComment{}},
	"POST media":                                 {summary: "Get the address to send the content of a file to", body: []string{"traceId", "observationId", "datasetId", "datasetItemId", "field!", "contentType!", "contentLength!:integer", "sha256Hash!"}, answer: wireUpload{}, status: http.StatusCreated},
	"GET media/{id}":                             {summary: "Get a file and the address of its content", answer: wireMedia{}},
	"PATCH media/{id}":                           {summary: "Say how an upload went", body: []string{"uploadedAt!", "uploadHttpStatus!:integer", "uploadHttpError", "uploadTimeMs:integer"}, status: http.StatusNoContent},
	"GET media/{id}/content":                     {summary: "Get the content of a file, by a signed address", query: []string{mediaToken + "!"}},
	"PUT media/{id}/content":                     {summary: "Send the content of a file, to a signed address", query: []string{mediaToken + "!"}},
	"GET annotation-queues":                      {summary: "List annotation queues", query: paging, answer: pageOf[wireQueue]{}},
	"POST annotation-queues":                     {summary: "Add an annotation queue", body: []string{"name!", "description", "scoreConfigIds!:texts"}, answer: wireQueue{}},
	"GET annotation-queues/{id}":                 {summary: "Get an annotation queue", answer: wireQueue{}},
	"GET annotation-queues/{id}/items":           {summary: "List the items of a queue", query: with(paging, "status"), answer: pageOf[wireQueueItem]{}},
	"POST annotation-queues/{id}/items":          {summary: "Add an item to a queue", body: []string{"objectId!", "objectType!", "status"}, answer: wireQueueItem{}},
	"GET annotation-queues/{id}/items/{item}":    {summary: "Get an item of a queue", answer: wireQueueItem{}},
	"PATCH annotation-queues/{id}/items/{item}":  {summary: "Change the status of an item", body: []string{"status"}, answer: wireQueueItem{}},
	"DELETE annotation-queues/{id}/items/{item}": {summary: "Delete an item of a queue", answer: success{}},
	"POST annotation-queues/{id}/assignments":    {summary: "Have a person work on a queue", body: []string{"userId!"}, answer: wireAssignment{}},
	"DELETE annotation-queues/{id}/assignments":  {summary: "Have a person work on a queue no more", body: []string{"userId!"}, answer: success{}},
	"POST spans":                                 {summary: "Store a span", body: spanFields, answer: wireSingle{}},
	"PATCH spans":                                {summary: "Change a span", body: with(spanFields, "spanId!"), answer: wireSingle{}},
	"POST generations":                           {summary: "Store a generation", body: generationFields, answer: wireSingle{}},
	"PATCH generations":                          {summary: "Change a generation", body: with(generationFields, "generationId!"), answer: wireSingle{}},
	"POST events":                                {summary: "Store an event", body: spanFields, answer: wireSingle{}},
	"GET openapi.yml":                            {summary: "Get this description"},
}
