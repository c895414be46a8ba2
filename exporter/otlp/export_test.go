package otlp

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/exportertest"
)

// server takes spans, and events of the ingestion API unless it is of spans only.
type server struct {
	spansOnly bool
	answer    func(w http.ResponseWriter) bool // true: it has answered

	mu     sync.Mutex
	spans  []string // ids
	events []string
	bodies []string // of events
	header http.Header
	beside http.Header // of events
	calls  int         // of the ingestion API, whether there is one or not
	media  int         // calls of the media API
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reader := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		zip, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		reader = zip
	}
	body, err := io.ReadAll(reader)
	if r.URL.Path == "/api/public/ingestion" {
		s.calls++
		s.beside, s.bodies = r.Header.Clone(), append(s.bodies, string(body))
	}
	if strings.HasPrefix(r.URL.Path, "/api/public/media") {
		s.media++
	}
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case strings.HasSuffix(r.URL.Path, "/v1/traces"):
		s.header = r.Header.Clone()
		if s.answer != nil && s.answer(w) {
			return
		}
		m, err := decode(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, b := range m[1] {
			resource, _ := decode(b.([]byte))
			scoped, _ := decode(resource[2][0].([]byte))
			for _, b := range scoped[2] {
				span, _ := decode(b.([]byte))
				s.spans = append(s.spans, fmt.Sprintf("%x", span.text(2)))
			}
		}
	case r.URL.Path == "/api/public/ingestion" && !s.spansOnly:
		var batch struct {
			Batch []struct{ ID, Type string }
		}
		_ = json.Unmarshal(body, &batch)
		w.WriteHeader(http.StatusMultiStatus)
		fmt.Fprint(w, `{"errors":[],"successes":[`)
		for i, e := range batch.Batch {
			s.events = append(s.events, e.Type)
			fmt.Fprintf(w, `%s{"id":%q,"status":201}`, []string{"", ","}[min(i, 1)], e.ID)
		}
		fmt.Fprint(w, `]}`)
	default:
		http.NotFound(w, r)
	}
}

func start(t *testing.T, s *server, keys bool) *Exporter {
	t.Helper()
	var cfg Config
	if keys {
		cfg.PublicKey, cfg.SecretKey = "pk-lf-1", "sk-lf-1"
	}
	return startWith(t, s, cfg)
}

func startWith(t *testing.T, s *server, cfg Config) *Exporter {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	cfg.Endpoint = srv.URL
	e := newExporter(t, cfg)
	t.Cleanup(func() { _ = e.Shutdown(t.Context()) })
	return e
}

func TestContract(t *testing.T) {
	exportertest.Run(t, func(t *testing.T) exportertest.Subject {
		t.Helper()
		return exportertest.Subject{Exporter: start(t, &server{}, true)}
	})
}

func TestLangfuseGetsScoresByIngestion(t *testing.T) {
	s := &server{}
	e := start(t, s, true)
	records := append(exportertest.Records(), exporter.Record{Op: exporter.OpUpdate, EventID: "u", Trace: &exporter.Trace{ID: "t"}})
	if err := e.Export(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	if len(s.spans) != 11 || fmt.Sprint(s.events) != "[score-create score-create score-create trace-create]" {
		t.Errorf("%d spans, events %v", len(s.spans), s.events)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip", "X-Langfuse-Ingestion-Version": "4",
		"X-Langfuse-Public-Key": "pk-lf-1", "Authorization": "Basic cGstbGYtMTpzay1sZi0x",
	} {
		if got := s.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// unsupported counts what the error says so of, and what else.
func failures(err error) (unsupported, retry, rejected int) {
	var partial *exporter.PartialError
	if !errors.As(err, &partial) {
		return 0, 0, 0
	}
	for _, f := range partial.Failed {
		switch {
		case f.Unsupported:
			unsupported++
		case f.Retry:
			retry++
		default:
			rejected++
		}
	}
	return unsupported, retry, rejected
}

func TestWithoutAnIngestionAPIScoresAreSpans(t *testing.T) {
	s := &server{spansOnly: true}
	e := start(t, s, true)
	records := append(exportertest.Records(), exporter.Record{Op: exporter.OpUpdate, EventID: "u", Trace: &exporter.Trace{ID: "t"}})
	err := e.Export(t.Context(), records)
	if u, retry, r := failures(err); u != 0 || retry != 4 || r != 0 {
		t.Errorf("first: %v", err)
	}
	var again []exporter.Record
	var partial *exporter.PartialError
	if !errors.As(err, &partial) {
		t.Fatal(err)
	}
	for _, f := range partial.Failed {
		again = append(again, records[f.Index])
	}
	if u, retry, r := failures(e.Export(t.Context(), again)); u != 1 || retry != 0 || r != 0 {
		t.Errorf("again: %d unsupported, %d to be tried, %d rejected", u, retry, r)
	}
	if len(s.spans) != 14 {
		t.Errorf("%d spans", len(s.spans))
	}
}

func TestOtherBackends(t *testing.T) {
	s := &server{spansOnly: true}
	e := start(t, s, false)
	if err := e.Export(t.Context(), exportertest.Records()); err != nil {
		t.Error(err)
	}
	if u, retry, r := failures(e.Export(t.Context(), special())); u != 2 || retry != 0 || r != 0 {
		t.Errorf("%d unsupported, %d to be tried, %d rejected", u, retry, r)
	}
	if len(s.spans) != 14+3 || s.header.Get("Authorization") != "" || s.header.Get("X-Langfuse-Ingestion-Version") != "" {
		t.Errorf("%d spans, header %v", len(s.spans), s.header)
	}
	if e.TraceURL("t") != "" {
		t.Error("a backend of another kind has no page")
	}
}

func TestPartialSuccess(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter) bool{
		"protobuf": func(w http.ResponseWriter) bool {
			w.Header().Set("Content-Type", "application/x-protobuf")
			w.Write([]byte("\x0a\x0b\x08\x02\x12\x07too old"))
			return false
		},
		"json": func(w http.ResponseWriter) bool {
			fmt.Fprint(w, `{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}`)
			return false
		},
		"json by the proto file's names": func(w http.ResponseWriter) bool {
			fmt.Fprint(w, `{"partial_success":{"rejected_spans":"2","error_message":"too old"}}`)
			return false
		},
		"json by both names": func(w http.ResponseWriter) bool {
			fmt.Fprint(w, `{"partialSuccess":{"rejected_spans":2,"errorMessage":"too old"}}`)
			return false
		},
	} {
		e := start(t, &server{answer: answer}, false)
		err := e.Export(t.Context(), exportertest.Records())
		if _, _, r := failures(err); r != 2 || !strings.Contains(err.Error(), "too old") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestErrorsOfTheServer(t *testing.T) {
	for _, status := range []int{400, 401, 413, 429, 503} {
		e := start(t, &server{answer: func(w http.ResponseWriter) bool {
			w.Header().Set("Retry-After", "7")
			http.Error(w, "no", status)
			return true
		}}, false)
		var api *exporter.APIError
		if err := e.Export(t.Context(), exportertest.Records()); !errors.As(err, &api) || api.StatusCode != status || api.RetryAfter == 0 {
			t.Errorf("%d: %v", status, err)
		}
	}
	e := start(t, &server{answer: func(w http.ResponseWriter) bool { fmt.Fprint(w, "<html>a proxy's page</html>"); return true }}, false)
	if err := e.Export(t.Context(), exportertest.Records()); err == nil {
		t.Error("a proxy's page says that the spans arrived")
	}
}

func TestConfigIsChecked(t *testing.T) {
	for want, cfg := range map[string]Config{
		"not a URL":       {Endpoint: "collector:4318"},
		"belong together": {Endpoint: "http://a", PublicKey: "pk"},
		"Encoding":        {Endpoint: "http://a", Encoding: 7},
		"MaxBodyBytes":    {Endpoint: "http://a", MaxBodyBytes: -1},
		"to 200000000":    {Endpoint: "http://a", MaxBodyBytes: 300_000_000},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

type shout struct{}

func (shout) Encoding() string                         { return "x-shout" }
func (shout) Compress(dst, src []byte) ([]byte, error) { return append(dst, src...), nil }

func TestCompressorFromOutside(t *testing.T) {
	s := &server{}
	srv := httptest.NewServer(s)
	defer srv.Close()
	for encoding, c := range map[string]exporter.Compressor{"x-shout": shout{}, "": nil} {
		e, err := New(Config{Endpoint: srv.URL}, exporter.WithCompressor(c))
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Export(t.Context(), exportertest.Records()); err != nil || s.header.Get("Content-Encoding") != encoding {
			t.Errorf("%v, %q", err, s.header.Get("Content-Encoding"))
		}
		_ = e.Shutdown(t.Context())
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte("\x0a\x0b\x08\x02\x12\x07too old"))
	f.Add([]byte(`{"partialSuccess":{"rejectedSpans":3}}`))
	f.Add([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, kind := range []string{"application/x-protobuf", "application/json"} {
			if r, err := readAnswer(kind, slices.Clone(b)); err == nil && r.spans < 0 {
				t.Errorf("%d spans", r.spans)
			}
		}
	})
}
