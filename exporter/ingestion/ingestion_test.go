package ingestion_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/exportertest"
	"github.com/langshark/langshark-go/exporter/ingestion"
	"github.com/langshark/langshark-go/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestMain(m *testing.M) { testkit.Main(m) }

// fake is a server of the ingestion API.
type fake struct {
	mu      sync.Mutex
	health  func(http.ResponseWriter)
	answer  func(http.ResponseWriter, []event) // nil accepts everything
	probes  int
	bodies  [][]byte
	headers []http.Header
	events  []event
}

type event struct {
	ID        string
	Type      string
	Timestamp time.Time
	Body      json.RawMessage
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path == "/base/api/public/health" {
		f.probes++
		if f.health != nil {
			f.health(w)
			return
		}
		w.Header().Set("X-LangShark-Version", "0.1.0")
		_, _ = io.WriteString(w, `{"status":"OK","version":"2.75.0"}`)
		return
	}
	user, password, _ := r.BasicAuth()
	if user != "pk" || password != "sk" {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"message":"Invalid credentials","error":"Unauthorized"}`)
		return
	}
	if r.URL.Path == "/base/api/public/projects" {
		_, _ = io.WriteString(w, `{"data":[]}`)
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != "/base/api/public/ingestion" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(r.Body)
	var batch struct {
		Batch    []event
		Metadata map[string]any
	}
	if err != nil || json.Unmarshal(body, &batch) != nil || batch.Batch == nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	f.bodies, f.headers = append(f.bodies, body), append(f.headers, r.Header)
	if f.answer != nil {
		f.answer(w, batch.Batch)
		return
	}
	f.events = append(f.events, batch.Batch...)
	accept(w, batch.Batch)
}

func accept(w http.ResponseWriter, events []event) {
	type success struct {
		ID     string `json:"id"`
		Status int    `json:"status"`
	}
	successes := []success{}
	for _, e := range events {
		successes = append(successes, success{e.ID, http.StatusCreated})
	}
	w.WriteHeader(http.StatusMultiStatus)
	_ = json.NewEncoder(w).Encode(map[string]any{"successes": successes, "errors": []any{}})
}

func start(t *testing.T, f *fake) *ingestion.Exporter {
	t.Helper()
	s := httptest.NewServer(f)
	e, err := ingestion.New(ingestion.Config{Host: s.URL + "/base/", PublicKey: "pk", SecretKey: "sk", SDKVersion: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = e.Shutdown(context.Background())
		s.Close()
	})
	return e
}

func TestContract(t *testing.T) {
	exportertest.Run(t, func(t *testing.T) exportertest.Subject {
		t.Helper()
		f := &fake{}
		return exportertest.Subject{Exporter: start(t, f), Arrived: func() []string {
			f.mu.Lock()
			defer f.mu.Unlock()
			var ids []string
			for _, e := range f.events {
				ids = append(ids, e.ID)
			}
			return ids
		}}
	})
}

func TestWire(t *testing.T) {
	for _, c := range []struct {
		file   string
		health func(http.ResponseWriter)
	}{
		{"v3.json", nil},
		{"v2.json", func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"status":"OK","version":"2.75.0"}`) }},
	} {
		f := &fake{health: c.health}
		if err := start(t, f).Export(t.Context(), exportertest.Records()); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := json.Indent(&b, f.bodies[0], "", "  "); err != nil {
			t.Fatal(err)
		}
		testkit.Golden(t, *update, "testdata/wire.txtar", c.file, b.String())
		if h := f.headers[0]; h.Get("Content-Type") != "application/json" || h.Get("X-Langfuse-Sdk-Name") != "langshark-go" || h.Get("X-Langfuse-Public-Key") != "pk" {
			t.Errorf("headers %v", h)
		}
	}
}

func TestDialectIsAskedOnceAndAgainAfter404(t *testing.T) {
	f := &fake{health: func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"version":"3.20.1"}`) }}
	e := start(t, f)
	agent := exportertest.Records()[4:5]
	send := func() error { return e.Export(t.Context(), agent) }
	if err := errors.Join(send(), send()); err != nil || f.probes != 1 || f.events[1].Type != "agent-create" {
		t.Fatalf("%v, %d probes, %+v", err, f.probes, f.events)
	}
	f.answer = func(w http.ResponseWriter, _ []event) { w.WriteHeader(http.StatusNotFound) }
	var api *exporter.APIError
	if err := send(); !errors.As(err, &api) || api.StatusCode != http.StatusNotFound {
		t.Fatalf("%v", err)
	}
	f.answer = nil
	f.health = func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }
	if err := send(); err != nil || f.probes != 2 || f.events[2].Type != "span-create" {
		t.Errorf("%v, %d probes, %+v", err, f.probes, f.events)
	}
}

func TestAHealthThatFailsIsTriedAgain(t *testing.T) {
	f := &fake{health: func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }}
	e := start(t, f)
	if err := e.Export(t.Context(), exportertest.Records()); err == nil || len(f.bodies) != 0 {
		t.Fatalf("sent %d bodies to a server of which nothing is known: %v", len(f.bodies), err)
	}
	f.health = nil
	if err := e.Export(t.Context(), exportertest.Records()); err != nil || f.probes != 2 {
		t.Errorf("%v, %d probes", err, f.probes)
	}
}

func TestPartialFailures(t *testing.T) {
	f := &fake{answer: func(w http.ResponseWriter, events []event) {
		w.WriteHeader(http.StatusMultiStatus)
		_, _ = fmt.Fprintf(w, `{"successes":[{"id":%q,"status":201}],"errors":[{"id":%q,"status":400,"message":"Invalid request data","error":"name: too long"},{"id":%q,"status":500,"error":{"a":1}},{"id":"unknown","status":400}]}`,
			events[0].ID, events[1].ID, events[2].ID)
	}}
	records := exportertest.Records()
	err := start(t, f).Export(t.Context(), records)
	var partial *exporter.PartialError
	if !errors.As(err, &partial) || len(partial.Failed) != len(records)-1 {
		t.Fatalf("%v", err)
	}
	if got := partial.Failed[0]; got.Index != 1 || got.Retry || got.Reason != "400: name: too long" {
		t.Errorf("%+v", got)
	}
	if got := partial.Failed[1]; got.Index != 2 || !got.Retry {
		t.Errorf("%+v", got)
	}
	for _, got := range partial.Failed[2:] { // neither accepted nor refused, but an error has no owner
		if !got.Retry || got.Reason != "400" {
			t.Errorf("%+v", got)
		}
	}
}

func TestOnlyEventsThatAreNamedAreDelivered(t *testing.T) {
	f := &fake{answer: func(w http.ResponseWriter, events []event) { accept(w, events[1:]) }}
	e := start(t, f)
	var partial *exporter.PartialError
	if err := e.Export(t.Context(), exportertest.Records()); !errors.As(err, &partial) || len(partial.Failed) != 1 || partial.Failed[0].Index != 0 || !partial.Failed[0].Retry {
		t.Errorf("%v", err)
	}
	f.answer = func(w http.ResponseWriter, events []event) { accept(w, append(events, event{ID: "another"})) }
	if err := e.Export(t.Context(), exportertest.Records()); err != nil {
		t.Error(err)
	}
	f.answer = func(w http.ResponseWriter, events []event) {
		var ids []string
		for _, e := range events {
			ids = append(ids, fmt.Sprintf(`{"id":%q}`, e.ID))
		}
		_, _ = fmt.Fprintf(w, `{"successes":[%s],"errors":[{"id":"another","status":400}]}`, strings.Join(ids, ","))
	}
	if err := e.Export(t.Context(), exportertest.Records()); err != nil {
		t.Errorf("an error of an unknown event: %v", err)
	}
}

func TestADialectThatIsGuessedIsNotRemembered(t *testing.T) {
	f := &fake{health: func(w http.ResponseWriter) { _, _ = io.WriteString(w, `<html>starting</html>`) }}
	e := start(t, f)
	agent := exportertest.Records()[4:5]
	for _, want := range []string{"span-create", "agent-create"} {
		if err := e.Export(t.Context(), agent); err != nil {
			t.Fatal(err)
		}
		if got := f.events[len(f.events)-1].Type; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		f.health = func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"version":"3.1.0"}`) }
	}
}

func TestWhatCannotBeIsNotSent(t *testing.T) {
	r := exportertest.Records()[2]
	r.Observation.Generation = &exporter.Generation{
		Usage:      &exporter.Usage{InputTokens: -5, OutputTokens: 3, CachedInputTokens: -2, Details: map[string]int64{"input": 7, "total": 9, "output_reasoning_tokens": 1, "images": -1, "searches": 2}},
		Cost:       &exporter.Cost{Input: exporter.USD(1), Details: map[string]exporter.NanoUSD{"input": 1, "total": 2, "images": exporter.USD(2)}},
		PromptName: "greet",
	}
	var event struct {
		Body struct {
			Usage, UsageDetails, CostDetails json.RawMessage
		}
	}
	text := ingestion.AppendEvent(nil, &r, ingestion.DialectV3)
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{`"input":`, `"output":`, `"total":`} {
		for _, object := range []json.RawMessage{event.Body.Usage, event.Body.UsageDetails, event.Body.CostDetails} {
			if n := bytes.Count(object, []byte(key)); n != 1 {
				t.Errorf("%d %s in %s", n, key, object)
			}
		}
	}
	if d := string(event.Body.UsageDetails); strings.Contains(d, "-") || !strings.Contains(d, `"searches":2`) || strings.Contains(d, "reasoning") {
		t.Errorf("usageDetails %s", d)
	}
	if !strings.Contains(string(event.Body.Usage), `"input":0,"output":3,"total":3,`) || bytes.Contains(text, []byte("prompt")) {
		t.Errorf("%s", text)
	}
	tool := exportertest.Records()[5]
	tool.Observation.Metadata = []exporter.KeyValue{{Key: "langshark.kind", Value: exporter.Text("mine")}}
	if text := ingestion.AppendEvent(nil, &tool, ingestion.DialectV2); bytes.Count(text, []byte("langshark.kind")) != 1 {
		t.Errorf("%s", text)
	}
}

func TestErrorsOfTheServer(t *testing.T) {
	for _, c := range []struct {
		status int
		header string
		body   string
		want   string
		wait   time.Duration
	}{
		{429, "7", `{"message":"slow down","error":"RateLimit"}`, "429 Too Many Requests (RateLimit): slow down [request r1]", 7 * time.Second},
		{500, "", "<html>" + strings.Repeat("x", 2000), "<truncated", 0},
		{401, "", `{}`, "401 Unauthorized: {}", 0},
		{200, "", `<html>login</html>`, "not that of an ingestion API", 0},
		{200, "", `{"ok":true}`, "not that of an ingestion API", 0},
		{302, "", ``, "302 Found, to https://langshark.example.com/base: set the host to that [", 0},
	} {
		f := &fake{answer: func(w http.ResponseWriter, _ []event) {
			w.Header().Set("X-Request-Id", "r1")
			if c.header != "" {
				w.Header().Set("Retry-After", c.header)
			}
			w.Header().Set("Location", "https://langshark.example.com/base/api/public/ingestion?key=1")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}}
		err := start(t, f).Export(t.Context(), exportertest.Records())
		if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 700 {
			t.Errorf("%d: %v, want %q", c.status, err, c.want)
		}
		var api *exporter.APIError
		if errors.As(err, &api) && api.RetryAfter != c.wait {
			t.Errorf("%d: wait %v", c.status, api.RetryAfter)
		}
	}
}

func TestBodiesStayBelowTheLimit(t *testing.T) {
	f := &fake{}
	e := start(t, f)
	records := exportertest.Records()
	big := strings.Repeat("x", 1<<20)
	for i := range records {
		if o := records[i].Observation; o != nil {
			o.Input = exporter.Text(big)
		}
	}
	if err := e.Export(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	if len(f.bodies) < 4 || len(f.events) != len(records) {
		t.Errorf("%d bodies, %d events", len(f.bodies), len(f.events))
	}
	for _, b := range f.bodies {
		if len(b) > ingestion.MaxBodyBytes {
			t.Errorf("a body of %d bytes", len(b))
		}
	}

	// A later request that fails leaves only its own records.
	n := 0
	f.answer = func(w http.ResponseWriter, events []event) {
		if n++; n == 2 {
			w.Header().Set("Retry-After", "9")
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		accept(w, events)
	}
	err := e.Export(t.Context(), records)
	var partial *exporter.PartialError
	if !errors.As(err, &partial) || partial.Failed[0].Index == 0 || !partial.Failed[0].Retry || partial.Failed[len(partial.Failed)-1].Index != len(records)-1 {
		t.Errorf("%v", err)
	}
	var api *exporter.APIError
	if !errors.As(err, &api) || api.StatusCode != http.StatusBadGateway || api.RetryAfter != 9*time.Second {
		t.Errorf("the cause is %v", api)
	}
}

func TestAuthCheck(t *testing.T) {
	f := &fake{}
	e := start(t, f)
	if err := e.AuthCheck(t.Context()); err != nil {
		t.Error(err)
	}
	s := httptest.NewServer(f)
	defer s.Close()
	wrong, err := ingestion.New(ingestion.Config{Host: s.URL + "/base", PublicKey: "pk", SecretKey: "no"})
	if err != nil {
		t.Fatal(err)
	}
	defer wrong.Shutdown(t.Context())
	var api *exporter.APIError
	if err := wrong.AuthCheck(t.Context()); !errors.As(err, &api) || api.StatusCode != http.StatusUnauthorized || strings.Contains(err.Error(), "no]") {
		t.Errorf("%v", err)
	}
}

func TestConfigErrorsNameTheField(t *testing.T) {
	for want, c := range map[string]ingestion.Config{
		"host":       {Host: "langshark.example.com", PublicKey: "a", SecretKey: "b"},
		"host %":     {Host: "http://a b%zz", PublicKey: "a", SecretKey: "b"},
		"user":       {Host: "http://me:secret@h", PublicKey: "a", SecretKey: "b"},
		"secret key": {Host: "http://h", PublicKey: "a"},
	} {
		_, err := ingestion.New(c)
		if err == nil || !strings.Contains(err.Error(), strings.TrimSuffix(want, " %")) || strings.Contains(err.Error(), "me:secret") {
			t.Errorf("%s: %v", want, err)
		}
	}
}
