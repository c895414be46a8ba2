package otlp

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// inProcess answers requests without a network.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result(), nil
}

func score(id string) exporter.Record {
	return exporter.Record{EventID: id, Time: time.Now(), Score: &exporter.Score{ID: id, TraceID: "0af7651916cd43dd8448eb211c80319c", Name: "n", Type: exporter.ScoreNumeric}}
}

// One 404 of the API beside turned scores, changes of traces and media off for as long as the process lived.
func TestAnIngestionAPIThatWasMissingIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{spansOnly: true}
		e := newExporter(t, Config{
			Endpoint: "http://server.invalid", PublicKey: "pk", SecretKey: "sk", HTTPClient: &http.Client{Transport: inProcess{s}},
		})
		try := func(what string, calls int, media bool) {
			t.Helper()
			_ = e.Export(t.Context(), []exporter.Record{score("a")}) // the first may be tried again
			_ = e.Export(t.Context(), []exporter.Record{score("b")})
			if s.calls != calls || e.AcceptsMedia() != media {
				t.Errorf("%s: asked %d times, not %d; takes media: %t", what, s.calls, calls, e.AcceptsMedia())
			}
		}
		try("at first", 1, false)
		time.Sleep(4 * time.Minute) //nolint:forbidigo // the bubble's clock
		try("4 minutes later", 1, false)
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		try("5 minutes later", 2, false)
		s.mu.Lock()
		s.spansOnly = false
		s.mu.Unlock()
		try("when it is there, too early", 2, false)
		time.Sleep(5 * time.Minute) //nolint:forbidigo // the bubble's clock
		try("when it is there", 4, true)
		s.mu.Lock()
		s.spansOnly = true
		s.mu.Unlock()
		try("when it is gone again", 5, false)
		if e.Ask(); !e.AcceptsMedia() {
			t.Error("it is not forgotten")
		}
	})
}

// Changes of traces went beside with input and output, and files were taken.
func TestWithoutContentHoldsForWhatGoesBeside(t *testing.T) {
	s := &server{}
	e := startWith(t, s, Config{PublicKey: "pk", SecretKey: "sk", WithoutContent: true})
	change := exporter.Record{Op: exporter.OpUpdate, EventID: "u", Time: time.Now(), Trace: &exporter.Trace{
		ID: "t", Attributes: exporter.Attributes{UserID: "kim"}, Input: exporter.Text("SECRET"), Output: exporter.JSON([]byte(`{"a":"SECRET"}`)),
	}}
	if err := e.Export(t.Context(), []exporter.Record{change}); err != nil {
		t.Error(err)
	}
	if u, _, _ := failures(e.UploadMedia(t.Context(), exporter.NewMedia("text/plain", []byte("SECRET")))); u != 1 { // one from a spool, perhaps
		t.Error("it uploads files")
	}
	all := strings.Join(s.bodies, "")
	if !strings.Contains(all, "kim") || strings.Contains(all, "SECRET") || strings.Contains(all, `"input"`) {
		t.Errorf("sent: %s", all)
	}
	if change.Trace.Input.IsZero() {
		t.Error("the record was changed")
	}
	if e.AcceptsMedia() || s.media > 0 {
		t.Errorf("it takes files: %t; %d went to the server", e.AcceptsMedia(), s.media)
	}
}

func TestWithoutContentLeavesOutMetadataThatIsContent(t *testing.T) {
	for _, c := range []Conventions{AllConventions, GenAI} {
		o := special()[3].Observation
		o.Metadata = append(o.Metadata, exporter.KeyValue{Key: "gen_ai.prompt.0.content", Value: exporter.Text("SECRET")}, exporter.KeyValue{Key: "input.value", Value: exporter.Text("SECRET")})
		text := string(body(t, newExporter(t, Config{WithoutContent: true, Conventions: c}), []exporter.Record{{Observation: o}}))
		if strings.Contains(text, "SECRET") || !strings.Contains(text, "rate_limit") {
			t.Errorf("conventions %d: %q", c, text)
		}
	}
}

// The ingestion API beside was asked without them, and so with keys that a gateway does not know.
func TestHeadersGoWithEveryRequest(t *testing.T) {
	s := &server{}
	e := startWith(t, s, Config{PublicKey: "pk", SecretKey: "sk", Headers: map[string]string{"X-Tenant": "seven", "Authorization": "Bearer b"}})
	if err := e.Export(t.Context(), []exporter.Record{special()[0], score("a")}); err != nil {
		t.Fatal(err)
	}
	for name, h := range map[string]http.Header{"spans": s.header, "events": s.beside} {
		if h.Get("X-Tenant") != "seven" || h.Get("Authorization") != "Bearer b" {
			t.Errorf("%s: %v", name, h)
		}
	}
}
