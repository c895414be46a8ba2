package auto_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/auto"
	"github.com/langshark/langshark-go/exporter/exportertest"
	"github.com/langshark/langshark-go/exporter/ingestion"
	"github.com/langshark/langshark-go/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// server is of any version, which may change.
type server struct {
	mu        sync.Mutex
	version   string
	langshark bool
	beside    bool // 4 with an ingestion API
	down      bool
	tenants   map[string]int // requests by the header X-Tenant
	asked     int
	events    map[string]int // by type
	ids       []string
	spans     int // bodies
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v4 := s.version[0] >= '4' && !s.langshark
	s.tenants[r.Header.Get("X-Tenant")]++
	switch {
	case s.down:
		http.Error(w, "down", http.StatusServiceUnavailable)
	case r.URL.Path == "/api/public/health":
		s.asked++
		if s.langshark {
			w.Header().Set("X-LangShark-Version", "0.1.0")
		}
		fmt.Fprintf(w, `{"status":"OK","version":%q}`, s.version)
	case r.URL.Path == "/api/public/otel/v1/traces" && v4:
		zip, err := gzip.NewReader(r.Body)
		if err == nil {
			_, err = io.Copy(io.Discard, zip)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.spans++
	case r.URL.Path == "/api/public/ingestion" && (!v4 || s.beside):
		var batch struct{ Batch []struct{ ID, Type string } }
		if err := json.NewDecoder(r.Body).Decode(&batch); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		type success struct {
			ID     string `json:"id"`
			Status int    `json:"status"`
		}
		answer := struct {
			Successes []success `json:"successes"`
			Errors    []string  `json:"errors"`
		}{}
		for _, e := range batch.Batch {
			s.events[e.Type]++
			s.ids = append(s.ids, e.ID)
			answer.Successes = append(answer.Successes, success{e.ID, 201})
		}
		w.WriteHeader(http.StatusMultiStatus)
		_ = json.NewEncoder(w).Encode(answer)
	default:
		http.NotFound(w, r)
	}
}

func start(t *testing.T, s *server) *auto.Exporter {
	t.Helper()
	s.events, s.tenants = map[string]int{}, map[string]int{}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	e, err := auto.New(ingestion.Config{Host: srv.URL, PublicKey: "pk", SecretKey: "sk", Headers: map[string]string{"X-Tenant": "seven"}, SDKVersion: "0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Shutdown(t.Context()) })
	return e
}

func TestContract(t *testing.T) {
	exportertest.Run(t, func(t *testing.T) exportertest.Subject {
		t.Helper()
		s := &server{version: "3.1.0"}
		return exportertest.Subject{Exporter: start(t, s), Arrived: func() []string { return slices.Clone(s.ids) }}
	})
}

func TestTheWireFitsTheServer(t *testing.T) {
	for _, c := range []struct {
		version   string
		langshark bool
		agents    int
		spans     int
	}{
		{"2.75.0", false, 0, 0},
		{"3.30.1", false, 1, 0},
		{"4.16.0", false, 0, 1},
		{"2.75.0", true, 1, 0}, // ours names the API's level
		{"5.0.0", false, 0, 1},
	} {
		s := &server{version: c.version, langshark: c.langshark}
		e := start(t, s)
		err := e.Export(t.Context(), exportertest.Records()[:12])
		if err != nil || s.events["agent-create"] != c.agents || s.spans != c.spans {
			t.Errorf("%s: %v, %v, %d bodies of spans", c.version, err, s.events, s.spans)
		}
		if e.AcceptsUnfinished() != (c.spans == 0) || e.OmitsTraces() != (c.spans > 0) {
			t.Errorf("%s: unfinished ones %t, without traces %t", c.version, e.AcceptsUnfinished(), e.OmitsTraces())
		}
		if len(s.tenants) != 1 || s.tenants["seven"] < 2 {
			t.Errorf("%s: the headers that were set: %v", c.version, s.tenants)
		}
	}
}

func TestItAsksAgainWhenTheServerIsAnother(t *testing.T) {
	s := &server{version: "3.0.0"}
	e := start(t, s)
	records := exportertest.Records()[:12]
	if err := e.Export(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	s.version = "4.0.0" // the ingestion API is gone
	var api *exporter.APIError
	if err := e.Export(t.Context(), records); !errors.As(err, &api) || api.StatusCode != http.StatusNotFound {
		t.Fatal(err)
	}
	if err := e.Export(t.Context(), records); err != nil || s.spans != 1 {
		t.Errorf("%v, %d bodies of spans", err, s.spans)
	}
	s.version = "3.0.0"
	if err := e.Export(t.Context(), records); !errors.As(err, &api) {
		t.Error(err)
	}
	if err := e.Export(t.Context(), records); err != nil || s.events["span-create"] < 2 {
		t.Errorf("%v, %v", err, s.events)
	}
}

// What was found out about the API beside OTLP held for every server that came later.
func TestAnotherServerIsAskedForTheAPIBesideAgain(t *testing.T) {
	s := &server{version: "4.0.0"}
	e := start(t, s)
	all := exportertest.Records()
	observations, score := all[1:12], all[len(all)-1:]
	if !e.AcceptsUnfinished() || e.OmitsTraces() {
		t.Error("it knows the wire before it has asked")
	}
	var api *exporter.APIError
	if err := e.Export(t.Context(), score); !errors.As(err, &api) || api.StatusCode != http.StatusNotFound {
		t.Fatal(err)
	}
	for range 2 { // as a span, although the wire is asked for again
		if err := e.Export(t.Context(), score); err != nil || s.asked != 2 {
			t.Fatalf("%v, asked %d times", err, s.asked)
		}
	}
	s.version = "3.0.0"
	_ = e.Export(t.Context(), observations)
	if err := e.Export(t.Context(), observations); err != nil || s.events["span-create"] == 0 {
		t.Fatalf("%v, %v", err, s.events)
	}
	s.version = "4.0.0"
	_ = e.Export(t.Context(), observations)
	s.beside = true
	if err := e.Export(t.Context(), score); err != nil || s.events["score-create"] != 1 || s.spans != 2 {
		t.Errorf("%v, %v, %d bodies of spans", err, s.events, s.spans)
	}
}

func TestUntilItKnowsNothingIsLost(t *testing.T) {
	s := &server{version: "4.0.0", down: true}
	e := start(t, s)
	var api *exporter.APIError
	if err := e.Export(t.Context(), exportertest.Records()); !errors.As(err, &api) || api.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%v", err)
	}
	s.down = false
	if err := e.Export(t.Context(), exportertest.Records()[:12]); err != nil || s.spans != 1 || s.asked != 1 {
		t.Errorf("%v, %d bodies of spans, asked %d times", err, s.spans, s.asked)
	}
}
