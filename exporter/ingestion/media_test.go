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

func file(contentType, content string) *exporter.Media {
	m := exporter.NewMedia(contentType, []byte(content))
	m.TraceID, m.ObservationID, m.Field = "t", "o", "input"
	return m
}

const (
	posted  = "POST t/o input image/png 3"
	stored  = "PUT image/png abc auth=false sum=true azure=BlockBlob"
	patched = `PATCH m-1 200 "" true`
)

func TestMediaUpload(t *testing.T) {
	s, e := startMedia(t)
	for _, m := range []*exporter.Media{file("image/png", "abc"), file("image/png", "abc"), file("application/x-unknown", "de")} {
		if err := e.UploadMedia(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{posted, stored, patched, posted, "POST t/o input application/octet-stream 2", "PUT application/octet-stream de auth=false sum=true azure=BlockBlob", patched}
	if !slices.Equal(s.calls, want) || !e.AcceptsMedia() {
		t.Errorf("%q", s.calls)
	}
}

// TestMediaFailures has what becomes of a file: an error of this one, or one that any would have met.
func TestMediaFailures(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*mediaServer)
		calls   []string
		want    exporter.Failure
		any     bool
	}{
		"a server without the API":   {func(s *mediaServer) { s.post = 404 }, []string{posted}, exporter.Failure{Unsupported: true, Reason: "no API for media"}, false},
		"one that is to come":        {func(s *mediaServer) { s.post = 501 }, []string{posted}, exporter.Failure{Unsupported: true, Reason: "no API for media"}, false},
		"a type it doesn't take":     {func(s *mediaServer) { s.post = 400 }, []string{posted}, exporter.Failure{Reason: "about media"}, false},
		"busy":                       {func(s *mediaServer) { s.post = 429 }, []string{posted}, exporter.Failure{Reason: "429"}, true},
		"keys refused":               {func(s *mediaServer) { s.post = 403 }, []string{posted}, exporter.Failure{Reason: "403"}, true},
		"the storage fails":          {func(s *mediaServer) { s.put = 503 }, []string{posted, stored}, exporter.Failure{Retry: true, Reason: "503: from the storage"}, false},
		"a signature that expired":   {func(s *mediaServer) { s.put = 403 }, []string{posted, stored}, exporter.Failure{Retry: true, Reason: "403"}, false},
		"the storage refuses":        {func(s *mediaServer) { s.put = 411 }, []string{posted, stored, `PATCH m-1 411 "from the storage" true`}, exporter.Failure{Reason: "411: from the storage"}, false},
		"no note is taken":           {func(s *mediaServer) { s.patch = 500 }, []string{posted, stored, patched}, exporter.Failure{Reason: "500"}, true},
		"a URL that isn't one":       {func(s *mediaServer) { s.upload = "file:///etc/passwd?x=secret" }, []string{posted}, exporter.Failure{Retry: true, Reason: "no http or https URL"}, false},
		"a storage that isn't there": {func(s *mediaServer) { s.upload = "http://127.0.0.1:1/x?signature=secret" }, []string{posted}, exporter.Failure{Retry: true, Reason: "connection refused"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := startMedia(t)
			c.prepare(s)
			err := e.UploadMedia(t.Context(), file("image/png", "abc"))
			var partial *exporter.PartialError
			var got exporter.Failure
			switch {
			case err == nil:
				t.Fatal("it says that the file arrived")
			case errors.As(err, &partial) == c.any:
				t.Fatalf("%T %v", err, err)
			case !c.any:
				got = partial.Failed[0]
			default:
				got.Reason = err.Error()
			}
			if got.Retry != c.want.Retry || got.Unsupported != c.want.Unsupported || !strings.Contains(got.Reason, c.want.Reason) {
				t.Errorf("%+v", got)
			}
			if strings.Contains(err.Error()+got.Reason, "secret") {
				t.Errorf("the error has the URL's signature: %v", err)
			}
			if !slices.Equal(s.calls, c.calls) {
				t.Errorf("calls %q", s.calls)
			}
			if e.AcceptsMedia() == c.want.Unsupported {
				t.Errorf("AcceptsMedia %t", e.AcceptsMedia())
			}
			if c.want.Unsupported { // it isn't asked again
				if err = e.UploadMedia(t.Context(), file("image/png", "def")); !errors.As(err, &partial) || !partial.Failed[0].Unsupported || len(s.calls) != 1 {
					t.Errorf("%v, calls %q", err, s.calls)
				}
			}
		})
	}
}

// TestMediaSink has a file that fails for good beside others.
func TestMediaSink(t *testing.T) {
	s, e := startMedia(t)
	p := exporter.NewPipeline(exporter.MediaSink(e), exporter.PipelineConfig{FlushAt: 1, BatchItems: 1, OnError: func(error) {}})
	defer func() { _ = p.Shutdown(t.Context()) }()
	enqueue := func(content string) {
		p.EnqueueRecord(&exporter.Record{EventID: content, Media: file("image/png", content)})
	}
	s.post = http.StatusBadRequest
	enqueue("abc")
	var delivery *exporter.DeliveryError
	if err := p.Flush(t.Context()); !errors.As(err, &delivery) || delivery.Dropped != 1 {
		t.Errorf("%v", err)
	}
	s.post, s.calls = 0, nil
	enqueue("abc")
	p.EnqueueRecord(&exporter.Record{EventID: "no file", Score: &exporter.Score{ID: "s"}})
	if err := p.Flush(t.Context()); !errors.As(err, &delivery) || !slices.Equal(s.calls, []string{posted, stored, patched}) {
		t.Errorf("%v, %q", err, s.calls)
	}
	if got := p.Stats(); got.Accepted != 3 || got.Delivered != 1 || got.Dropped.Rejected != 1 || got.Dropped.Unsupported != 1 {
		t.Errorf("%+v", got)
	}
}
