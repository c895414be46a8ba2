package ingestion_test

import (
	"crypto/sha256"
	"encoding/base64"
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
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/exportertest"
	"github.com/langshark/langshark-go/exporter/ingestion"
)

// mediaServer is an ingestion API with a media API and the storage behind it.
type mediaServer struct {
	fake

	mu     sync.Mutex
	calls  []string
	known  map[string]bool
	post   int // statuses; zero for those of success
	put    int
	patch  int
	upload string // the URL that is given, if not the storage's
}

func (s *mediaServer) call(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, fmt.Sprintf(format, args...))
}

func startMedia(t *testing.T) (*mediaServer, *ingestion.Exporter) {
	t.Helper()
	s := &mediaServer{known: map[string]bool{}}
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sum := sha256.Sum256(body)
		s.call("%s %s %s auth=%t sum=%t azure=%s", r.Method, r.Header.Get("Content-Type"), body, r.Header.Get("Authorization") != "",
			r.Header.Get("X-Amz-Checksum-Sha256") == base64.StdEncoding.EncodeToString(sum[:]), r.Header.Get("X-Ms-Blob-Type"))
		if s.put != 0 {
			w.WriteHeader(s.put)
			_, _ = io.WriteString(w, "from the storage")
		}
	}))
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, isPatch := strings.CutPrefix(r.URL.Path, "/api/public/media/")
		switch {
		case r.URL.Path == "/api/public/media":
			var m struct {
				TraceID, ObservationID, ContentType, Field, SHA256Hash string
				ContentLength                                          int
			}
			if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
				t.Error(err)
			}
			s.call("POST %s/%s %s %s %d", m.TraceID, m.ObservationID, m.Field, m.ContentType, m.ContentLength)
			if s.post != 0 {
				w.WriteHeader(s.post)
				_, _ = io.WriteString(w, `{"message":"about media"}`)
				return
			}
			w.WriteHeader(http.StatusCreated)
			to := `"` + storage.URL + `/bucket/object?signature=secret"`
			if s.upload != "" {
				to = `"` + s.upload + `"`
			}
			if s.known[m.SHA256Hash] {
				to = "null"
			}
			s.known[m.SHA256Hash] = true
			_, _ = fmt.Fprintf(w, `{"uploadUrl":%s,"mediaId":"m-1"}`, to)
		case isPatch:
			var p struct {
				UploadedAt                     time.Time
				UploadHTTPStatus, UploadTimeMs int
				UploadHTTPError                string
			}
			if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
				t.Error(err)
			}
			s.call("%s %s %d %q %t", r.Method, id, p.UploadHTTPStatus, p.UploadHTTPError, time.Since(p.UploadedAt) < time.Hour)
			if s.patch != 0 {
				w.WriteHeader(s.patch)
			}
		default:
			r.URL.Path = "/base" + r.URL.Path
			s.ServeHTTP(w, r)
		}
	}))
	e, err := ingestion.New(ingestion.Config{Host: api.URL, PublicKey: "pk", SecretKey: "sk"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = e.Shutdown(t.Context())
		api.Close()
		storage.Close()
	})
	return s, e
}

func file(n int, contentType, content string) exporter.Record {
	m := exporter.NewMedia(contentType, []byte(content))
	m.TraceID, m.ObservationID, m.Field = "t", "o", "input"
	return exporter.Record{EventID: fmt.Sprint("media-", n), Time: time.Now(), Media: m}
}

const (
	posted  = "POST t/o input image/png 3"
	stored  = "PUT image/png abc auth=false sum=true azure=BlockBlob"
	patched = `PATCH m-1 200 "" true`
)

func TestMediaUpload(t *testing.T) {
	s, e := startMedia(t)
	records := slices.Concat([]exporter.Record{file(1, "image/png", "abc")}, exportertest.Records(), []exporter.Record{file(2, "image/png", "abc"), file(3, "application/x-unknown", "de")})
	if err := e.Export(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	want := []string{posted, stored, patched, posted, "POST t/o input application/octet-stream 2", "PUT application/octet-stream de auth=false sum=true azure=BlockBlob", patched}
	if !slices.Equal(s.calls, want) {
		t.Errorf("%q", s.calls)
	}
	if len(s.events) != len(records)-3 || !e.AcceptsMedia() {
		t.Errorf("%d events of %d records", len(s.events), len(records))
	}
}

// TestMediaFailures has what becomes of a file, beside records that arrive.
func TestMediaFailures(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*mediaServer)
		calls   []string
		want    exporter.Failure
		err     bool // of the batch
	}{
		"a server without the API":   {func(s *mediaServer) { s.post = 404 }, []string{posted}, exporter.Failure{Unsupported: true, Reason: "no API for media"}, false},
		"a type it doesn't take":     {func(s *mediaServer) { s.post = 400 }, []string{posted}, exporter.Failure{Reason: "about media"}, false},
		"busy":                       {func(s *mediaServer) { s.post = 429 }, []string{posted}, exporter.Failure{Retry: true, Reason: "429"}, true},
		"keys refused":               {func(s *mediaServer) { s.post = 403 }, []string{posted}, exporter.Failure{Retry: true, Reason: "403"}, true},
		"the storage fails":          {func(s *mediaServer) { s.put = 503 }, []string{posted, stored}, exporter.Failure{Retry: true, Reason: "503: from the storage"}, false},
		"a signature that expired":   {func(s *mediaServer) { s.put = 403 }, []string{posted, stored}, exporter.Failure{Retry: true, Reason: "403"}, false},
		"the storage refuses":        {func(s *mediaServer) { s.put = 411 }, []string{posted, stored, `PATCH m-1 411 "from the storage" true`}, exporter.Failure{Reason: "411: from the storage"}, false},
		"no note is taken":           {func(s *mediaServer) { s.patch = 500 }, []string{posted, stored, patched}, exporter.Failure{Retry: true, Reason: "500"}, true},
		"a URL that isn't one":       {func(s *mediaServer) { s.upload = "file:///etc/passwd?x=secret" }, []string{posted}, exporter.Failure{Retry: true, Reason: "no http or https URL"}, true},
		"a storage that isn't there": {func(s *mediaServer) { s.upload = "http://127.0.0.1:1/x?signature=secret" }, []string{posted}, exporter.Failure{Retry: true, Reason: "connection refused"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := startMedia(t)
			c.prepare(s)
			records := append(exportertest.Records(), file(1, "image/png", "abc"))
			err := e.Export(t.Context(), records)
			var partial *exporter.PartialError
			if !errors.As(err, &partial) || len(partial.Failed) != 1 {
				t.Fatalf("%v", err)
			}
			got := partial.Failed[0]
			if got.Index != len(records)-1 || got.Retry != c.want.Retry || got.Unsupported != c.want.Unsupported || !strings.Contains(got.Reason, c.want.Reason) || (partial.Err != nil) != c.err {
				t.Errorf("%+v, and for the batch %v", got, partial.Err)
			}
			if strings.Contains(err.Error()+got.Reason, "secret") {
				t.Errorf("the error has the URL's signature: %v", err)
			}
			if len(s.events) != len(records)-1 || !slices.Equal(s.calls, c.calls) {
				t.Errorf("%d events, calls %q", len(s.events), s.calls)
			}
			if e.AcceptsMedia() == c.want.Unsupported {
				t.Errorf("AcceptsMedia %t", e.AcceptsMedia())
			}
			if c.want.Unsupported { // it isn't asked again
				err = e.Export(t.Context(), records[len(records)-1:])
				if !errors.As(err, &partial) || !partial.Failed[0].Unsupported || len(s.calls) != 1 {
					t.Errorf("%v, calls %q", err, s.calls)
				}
			}
		})
	}
}

// TestMediaAlone is a batch without other records: its failure is the batch's.
func TestMediaAlone(t *testing.T) {
	s, e := startMedia(t)
	s.post = http.StatusServiceUnavailable
	err := e.Export(t.Context(), []exporter.Record{file(1, "image/png", "abc"), file(2, "image/png", "def")})
	var api *exporter.APIError
	var partial *exporter.PartialError
	if !errors.As(err, &api) || errors.As(err, &partial) || api.StatusCode != http.StatusServiceUnavailable || len(s.calls) != 1 {
		t.Errorf("%v, %q", err, s.calls)
	}
	s.post, s.calls = 0, nil
	p := exporter.NewPipeline(e, exporter.PipelineConfig{})
	defer func() { _ = p.Shutdown(t.Context()) }()
	r := file(3, "image/png", "abc")
	p.EnqueueRecord(&r)
	if err := p.Flush(t.Context()); err != nil || !slices.Equal(s.calls, []string{posted, stored, patched}) {
		t.Errorf("%v, %q", err, s.calls)
	}
	if got := p.Stats(); got.Accepted != 1 || got.Delivered != 1 {
		t.Errorf("%+v", got)
	}
}
