package server_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/langshark/langshark-go/server"
)

// What a single request may allocate, garbage included: small bodies are read up to 1 MiB, 4 MiB
// decompressed; those of batches up to 4.5 MiB, 18 MiB decompressed, and counting the
// tokens of a generation's text takes 240 MB for 256 KiB.
const (
	smallBodyAllocates = 48 << 20
	batchAllocates     = 288 << 20
)

// bodies are one that is accepted for each route that takes one.
var bodies = map[string]string{
	"POST ingestion":                            `{"batch":[{"id":"e","type":"trace-create","timestamp":"2026-01-01T00:00:00Z","body":{"id":"t"}}],"metadata":{}}`,
	"POST otel/v1/traces":                       `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001","name":"n","startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225601000000000"}]}]}]}`,
	"POST traces":                               `{"id":"t","timestamp":"2026-01-01T00:00:00Z","name":"n","userId":"u","sessionId":"s","environment":"e","release":"r","version":"v","public":true,"tags":["a"],"metadata":{},"input":1,"output":2}`,
	"POST spans":                                `{"id":"o","traceId":"t","name":"n","startTime":"2026-01-01T00:00:00Z","endTime":"2026-01-01T00:00:01Z","level":"ERROR","statusMessage":"m","metadata":{},"input":1,"output":2,"version":"v"}`,
	"PATCH spans":                               `{"spanId":"o","traceId":"t","endTime":"2026-01-01T00:00:01Z","metadata":{}}`,
	"POST generations":                          `{"id":"g","traceId":"t","model":"gpt-4o","modelParameters":{"a":1},"usage":{"input":1,"output":2,"total":3,"inputCost":0.1},"prompt":"p","completion":"c","completionStartTime":"2026-01-01T00:00:00Z","promptName":"p","promptVersion":1,"metadata":{}}`,
	"PATCH generations":                         `{"generationId":"g","traceId":"t","usage":{"promptTokens":1},"model":"gpt-4o","completion":"c"}`,
	"POST events":                               `{"id":"ev","traceId":"t","name":"n","startTime":"2026-01-01T00:00:00Z","metadata":{}}`,
	"POST scores":                               `{"id":"s","traceId":"t","name":"n","value":1,"dataType":"NUMERIC","comment":"c","environment":"e","metadata":{},"source":"API","timestamp":"2026-01-01T00:00:00Z","observationId":"o","sessionId":"s","configId":"none","queueId":"q"}`,
	"POST score-configs":                        `{"name":"c","dataType":"NUMERIC","minValue":0,"maxValue":1,"description":"d"}`,
	"PATCH score-configs/{id}":                  `{"name":"c","isArchived":true,"description":"d"}`,
	"POST models":                               `{"modelName":"m","matchPattern":"m","startDate":"2026-01-01","unit":"TOKENS","inputPrice":0.1,"outputPrice":0.2,"tokenizerId":"openai","tokenizerConfig":{}}`,
	"PUT models/{id}":                           `{"modelName":"m","matchPattern":"m","unit":"TOKENS","pricingTiers":[{"name":"Standard","isDefault":true,"priority":0,"conditions":[],"prices":{"input":0.1}}]}`,
	"POST prompts":                              `{"name":"p1","prompt":"x","isActive":true,"config":{},"tags":["a"]}`,
	"POST v2/prompts":                           `{"name":"p","prompt":[{"role":"user","content":"x"}],"type":"chat","labels":["production"],"tags":["a"],"config":{},"commitMessage":"m"}`,
	"PATCH v2/prompts/{name}":                   `{"newLabels":["x"],"removeLabels":["y"],"expect":{"x":0},"message":"m"}`,
	"PUT prompt-experiments/{experiment}":       `{"prompt":"p","variants":[{"name":"v","version":1,"weight":1}],"salt":"s"}`,
	"POST prompt-rollback":                      `{"name":"p","label":"x","version":1,"expect":{"x":0},"message":"m"}`,
	"POST prompt-webhooks":                      `{"url":"http://localhost:9","events":["labels"]}`,
	"POST datasets":                             `{"name":"d","description":"x","metadata":{}}`,
	"POST v2/datasets":                          `{"name":"d","description":"x","metadata":{}}`,
	"POST dataset-items":                        `{"datasetName":"d","id":"i","input":1,"expectedOutput":2,"metadata":{},"sourceTraceId":"t","sourceObservationId":"o","status":"ACTIVE"}`,
	"POST dataset-run-items":                    `{"runName":"r","datasetItemId":"i","traceId":"t","observationId":"o","runDescription":"d","metadata":{}}`,
	"POST comments":                             `{"objectType":"TRACE","objectId":"t","content":"c","authorUserId":"u"}`,
	"POST annotation-queues":                    `{"name":"q","description":"d","scoreConfigIds":["x"]}`,
	"POST annotation-queues/{id}/items":         `{"objectId":"t","objectType":"TRACE","status":"PENDING"}`,
	"PATCH annotation-queues/{id}/items/{item}": `{"status":"PENDING"}`,
	"POST annotation-queues/{id}/assignments":   `{"userId":"u"}`,
	"POST media":                                `{"traceId":"t","observationId":"o","field":"input","contentType":"image/png","contentLength":3,"sha256Hash":"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}`,
	"PATCH media/{id}":                          `{"uploadedAt":"2026-01-01T00:00:00Z","uploadHttpStatus":200,"uploadHttpError":"x","uploadTimeMs":1}`,
	"POST projects/{id}/apiKeys":                `{"note":"n"}`,
}

// values are what no client means, as JSON; the long ones have about so many bytes.
func values(many int) map[string]string {
	if raceEnabled { // which takes ten times as long
		many /= 100
	}
	return map[string]string{
		"many levels": strings.Repeat("[", many/3) + strings.Repeat("]", many/3), "129 levels": strings.Repeat(`{"a":`, 129) + "1" + strings.Repeat("}", 129),
		"a number of many digits": strings.Repeat("9", many), "a fraction of many digits": "0." + strings.Repeat("1", many), "1e999": "1e999", "-1e999": "-1e999",
		"1e-999": "1e-999", "a huge exponent": "1e99999999999999999999", "-1": "-1", "a fraction": "1.5", "2^63": "9223372036854775808",
		"no UTF-8": "\"\xff\xfe\"", "NUL": `"a\u0000b"`, "NUL alone": `"\u0000"`, "a raw NUL": "\"\x00\"", "a lone surrogate": `"\ud800"`, "a carriage return": `"a\r"`,
		"a long text": `"` + strings.Repeat("x", many) + `"`, "nothing in it": `""`, "null": "null", "a truth": "true", "an empty list": "[]", "an empty object": "{}",
		"a list of nulls": "[null,null]", "a long list": "[" + strings.Repeat("0,", many/2) + "0]", "equal keys": `{"a":1,"a":2,"":3,"":4}`, "objects": `[{"a":{}},{}]`,
		"a late year": `"99999-01-01T00:00:00Z"`, "an early year": `"0001-01-01T00:00:00Z"`,
	}
}

// wholes are bodies that are wrong as a whole.
func wholes(tb testing.TB, valid string) map[string][]byte {
	tb.Helper()
	first, _, _ := strings.Cut(strings.TrimPrefix(valid, "{"), ":")
	list := map[string][]byte{
		"empty": {}, "space": []byte(" "), "a list": []byte("[]"), "a text": []byte(`"x"`), "null": []byte("null"), "a number": []byte("1"), "cut off": []byte(valid[:len(valid)-1]),
		"two": []byte(valid + valid), "equal keys": []byte("{" + first + ":1," + strings.TrimPrefix(valid, "{")), "above the limit": bytes.Repeat([]byte(" "), 5<<20),
		"a byte order mark": []byte("\xef\xbb\xbf" + valid), "UTF-16": []byte("{\x00\"\x00"), "many keys": []byte("{" + strings.Repeat(`"k":1,`, 150_000) + `"k":1}`),
	}
	for name, v := range values(1_000_000) {
		list["the whole is "+name] = []byte(v)
	}
	return list
}

// bomber sends bodies and bounds what becomes of them.
type bomber struct {
	handler http.Handler
	client  client
	n       int
}

func (b *bomber) send(t *testing.T, method, path, coding, contentType string, body []byte, what string, most uint64) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://langshark.test/api/public/"+path, bytes.NewReader(body))
	r.SetBasicAuth(b.client.public, b.client.secret)
	r.Header.Set("Content-Type", contentType)
	if coding != "" {
		r.Header.Set("Content-Encoding", coding)
	}
	w := httptest.NewRecorder()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.handler.ServeHTTP(w, r)
	runtime.ReadMemStats(&after)
	b.n++
	if w.Code >= 500 && !strings.HasPrefix(path, "health?") || w.Code == 207 && strings.Contains(w.Body.String(), `"status":5`) {
		t.Errorf("%s %.80s, %s: %d %.300s", method, path, what, w.Code, w.Body)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > most && !raceEnabled {
		t.Errorf("%s %.80s, %s: %d MB were allocated for %d kB, at most %d MB", method, path, what, used>>20, len(body)>>10, most>>20)
	}
}

func newBomber(t *testing.T) *bomber {
	t.Helper()
	srv := newServer(t, server.Config{})
	return &bomber{handler: srv.Handler(), client: project(t, srv, "", "one")}
}

// described are the operations of the API, by method and path without its root.
func (b *bomber) described(t *testing.T) map[string]described {
	t.Helper()
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/public/openapi.yml", nil))
	var d description
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	all := map[string]described{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			all[strings.ToUpper(method)+" "+strings.TrimPrefix(path, "/api/public/")] = op
		}
	}
	return all
}

// prepare makes what the bodies refer to, and returns what stands for the names in paths.
func (b *bomber) prepare(t *testing.T) *strings.Replacer {
	t.Helper()
	post := func(path, body string) string {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/public/"+path, strings.NewReader(body))
		r.SetBasicAuth(b.client.public, b.client.secret)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if b.handler.ServeHTTP(w, r); w.Code > 299 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		return field(w.Body.String(), "id") + field(w.Body.String(), "mediaId")
	}
	post("traces", bodies["POST traces"])
	post("spans", bodies["POST spans"])
	post("v2/datasets", bodies["POST v2/datasets"])
	post("dataset-items", bodies["POST dataset-items"])
	post("v2/prompts", bodies["POST v2/prompts"])
	config := post("score-configs", bodies["POST score-configs"])
	queue := post("annotation-queues", `{"name":"queue","scoreConfigIds":["`+config+`"]}`)
	item := post("annotation-queues/"+queue+"/items", `{"objectId":"t","objectType":"TRACE"}`)
	file := post("media", bodies["POST media"])
	return strings.NewReplacer("annotation-queues/{id}", "annotation-queues/"+queue, "{item}", item, "score-configs/{id}", "score-configs/"+config, "media/{id}", "media/"+file,
		"projects/{id}", "projects/one", "{name}", "p", "{version}", "1", "{run}", "r", "{id}", "t", "{key}", "k")
}

// TestBodyBombs sends every route that takes a body what it must not fall over: always an
// answer below 500, in bounded memory.
func TestBodyBombs(t *testing.T) {
	b := newBomber(t)
	inPath := b.prepare(t)
	var zipped bytes.Buffer
	zw := gzip.NewWriter(&zipped)
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(zw, io.LimitReader(spaces{}, 200<<20)); err != nil || zw.Close() != nil {
		t.Fatal(err)
	}
	squeezed := encoder.EncodeAll(bytes.Repeat([]byte(" "), 200<<20), nil)
	routes := b.described(t)
	tested := 0
	for _, name := range slices.Sorted(maps.Keys(routes)) {
		method, template, _ := strings.Cut(name, " ")
		if method == http.MethodGet || template == "media/{id}/content" {
			continue // its body is bytes, which the tests of media send
		}
		valid := bodies[strings.TrimSuffix(name, "/versions/{version}")]
		if valid == "" {
			if method != http.MethodDelete {
				t.Errorf("%s has no body here: add one", name)
			}
			valid = `{"traceIds":["none"],"userId":"u"}`
		}
		tested++
		path, most := inPath.Replace(template), uint64(smallBodyAllocates)
		if template == "ingestion" || template == "otel/v1/traces" {
			most = batchAllocates
		}
		types := []string{"application/json"}
		if template == "otel/v1/traces" {
			types = append(types, "application/x-protobuf")
		}
		for _, contentType := range types {
			b.send(t, method, path, "", contentType, []byte(valid), "what is valid", most)
			b.send(t, method, path, "gzip", contentType, zipped.Bytes(), "a bomb of gzip", most)
			b.send(t, method, path, "zstd", contentType, squeezed, "a bomb of zstd", most)
			for what, body := range wholes(t, valid) {
				b.send(t, method, path, "", contentType, body, what, most)
			}
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(valid), &members); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, key := range slices.Sorted(maps.Keys(members)) {
			for what, value := range values(300_000) {
				if raceEnabled && (len(key)+len(what))%12 != 0 { // a part of them: the race detector looks for other things
					continue
				}
				b.send(t, method, path, "", "application/json", with(members, key, value), key+" is "+what, most)
			}
		}
	}
	if tested < 30 {
		t.Errorf("%d routes, want 30 and more", tested)
	}
	t.Logf("%d bodies", b.n)
	b.checkHeap(t)
}

// checkHeap bounds what is in memory once all is answered.
func (b *bomber) checkHeap(t *testing.T) {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.HeapInuse > 256<<20 {
		t.Errorf("%d MB are in use after %d requests", m.HeapInuse>>20, b.n)
	}
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// with is the object with one member changed, as text: the value may not be JSON.
func with(members map[string]json.RawMessage, key, value string) []byte {
	var parts []string
	for k, v := range members {
		if k != key {
			parts = append(parts, fmt.Sprintf("%q:%s", k, v))
		}
	}
	return []byte("{" + strings.Join(append(parts, fmt.Sprintf("%q:%s", key, value)), ",") + "}")
}

// TestEventBombs does the same with each field of each type of event.
func TestEventBombs(t *testing.T) {
	b := newBomber(t)
	observation := []string{
		"id", "traceId", "parentObservationId", "name", "startTime", "endTime", "metadata", "input", "output", "level", "statusMessage", "version", "environment",
		"completionStartTime", "model", "modelParameters", "usage", "usageDetails", "costDetails", "promptName", "promptVersion",
	}
	for kind, fields := range map[string][]string{
		"trace-create": {"id", "timestamp", "name", "userId", "sessionId", "release", "version", "public", "tags", "metadata", "input", "output", "environment"},
		"score-create": {"id", "traceId", "sessionId", "observationId", "name", "value", "dataType", "comment", "source", "configId", "queueId", "metadata", "environment", "timestamp"},
		"span-create":  observation, "generation-create": observation, "generation-update": observation, "event-create": observation, "sdk-log": {"log"},
		"no-such-type": {"id"},
	} {
		members := map[string]json.RawMessage{"id": json.RawMessage(`"x"`), "traceId": json.RawMessage(`"t"`), "name": json.RawMessage(`"n"`), "value": json.RawMessage("1")}
		for _, key := range fields {
			for what, value := range values(300_000) {
				body := `{"batch":[{"id":"e","type":"` + kind + `","timestamp":"2026-01-01T00:00:00Z","body":` + string(with(members, key, value)) + `}]}`
				b.send(t, http.MethodPost, "ingestion", "", "application/json", []byte(body), kind+": "+key+" is "+what, batchAllocates)
			}
		}
	}
	for _, key := range []string{"id", "type", "timestamp", "body"} {
		members := map[string]json.RawMessage{"id": json.RawMessage(`"e"`), "type": json.RawMessage(`"trace-create"`), "timestamp": json.RawMessage(`"2026-01-01T00:00:00Z"`), "body": json.RawMessage(`{"id":"t"}`)}
		for what, value := range values(300_000) {
			b.send(t, http.MethodPost, "ingestion", "", "application/json", []byte(`{"batch":[`+string(with(members, key, value))+`]}`), "an event's "+key+" is "+what, batchAllocates)
		}
	}
	b.checkHeap(t)
}

// TestQueryBombs puts such values into every parameter of every route, and into filters and metrics queries.
func TestQueryBombs(t *testing.T) {
	b := newBomber(t)
	inPath := b.prepare(t)
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/public/openapi.yml", nil))
	var d struct {
		Paths map[string]map[string]struct{ Parameters []struct{ Name, In string } }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	get := func(path, what string) {
		t.Helper()
		b.send(t, http.MethodGet, path, "", "", nil, what, smallBodyAllocates)
	}
	n := 0
	for template, methods := range d.Paths {
		path := inPath.Replace(strings.TrimPrefix(template, "/api/public/"))
		for _, p := range methods["get"].Parameters {
			if p.In != "query" {
				continue
			}
			n++
			for what, value := range values(20_000) {
				for _, v := range []string{value, strings.Trim(value, `"`)} {
					get(path+"?"+url.Values{p.Name: {v}}.Encode(), p.Name+" is "+what)
				}
			}
			get(path+"?"+p.Name+"=%zz", p.Name+" is badly escaped")
			get(path+"?"+strings.Repeat(p.Name+"=a&", 10_000), p.Name+" is there often")
		}
	}
	if n < 100 {
		t.Errorf("%d parameters, want 100 and more", n)
	}
	filter := map[string]json.RawMessage{"type": json.RawMessage(`"string"`), "column": json.RawMessage(`"name"`), "operator": json.RawMessage(`"="`), "value": json.RawMessage(`"x"`), "key": json.RawMessage(`""`)}
	metrics := map[string]json.RawMessage{
		"view": json.RawMessage(`"observations"`), "metrics": json.RawMessage(`[{"measure":"count","aggregation":"count"}]`), "dimensions": json.RawMessage(`[{"field":"name"}]`), "filters": json.RawMessage(`[]`),
		"timeDimension": json.RawMessage(`{"granularity":"day"}`), "fromTimestamp": json.RawMessage(`"2026-01-01T00:00:00Z"`), "toTimestamp": json.RawMessage(`"2026-01-02T00:00:00Z"`),
		"orderBy": json.RawMessage(`[]`), "config": json.RawMessage(`{"row_limit":10,"bins":10}`),
	}
	for what, value := range values(20_000) {
		for key := range filter {
			f := "[" + string(with(filter, key, value)) + "]"
			for _, path := range []string{"v2/observations", "v2/scores"} {
				get(path+"?filter="+url.QueryEscape(f), "a filter's "+key+" is "+what)
			}
			get("metrics?query="+url.QueryEscape(string(with(metrics, "filters", f))), "a filter's "+key+" is "+what)
		}
		for key := range metrics {
			for _, path := range []string{"metrics", "v2/metrics"} {
				get(path+"?query="+url.QueryEscape(string(with(metrics, key, value))), key+" is "+what)
			}
		}
		for _, inner := range []string{`{"granularity":%s}`, `{"granularity":"auto","x":%s}`} {
			get("metrics?query="+url.QueryEscape(string(with(metrics, "timeDimension", fmt.Sprintf(inner, value)))), "the granularity is "+what)
		}
		for _, inner := range []string{`{"row_limit":%s}`, `{"bins":%s}`} {
			get("metrics?query="+url.QueryEscape(string(with(metrics, "config", fmt.Sprintf(inner, value)))), "the config is "+what)
		}
	}
	b.checkHeap(t)
}
