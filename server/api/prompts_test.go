package api

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/catalog"
)

func TestFlag(t *testing.T) {
	for _, x := range []struct {
		value    string
		fallback bool
		want     bool
		wrong    bool
	}{{"", true, true, false}, {"", false, false, false}, {"true", false, true, false}, {"1", false, true, false}, {"false", true, false, false}, {"0", true, false, false}, {"yes", true, true, true}, {"TRUE", false, false, true}} {
		p := &params{values: url.Values{"resolve": {x.value}}}
		if got := p.flag("resolve", x.fallback); got != x.want || (p.err() != nil) != x.wrong {
			t.Errorf("%q: %t, %v", x.value, got, p.err())
		}
	}
}

func TestSelection(t *testing.T) {
	for value, want := range map[string]catalog.PromptSelection{
		"1": {Version: 1}, "2147483647": {Version: 2147483647}, "0": {Label: "0"}, "-1": {Label: "-1"}, "2147483648": {Label: "2147483648"}, "production": {Label: "production"}, "1.0": {Label: "1.0"},
	} {
		p := &params{values: url.Values{"from": {value}}}
		if got := p.selection("from"); got != want || p.err() != nil {
			t.Errorf("%q: %+v, %v", value, got, p.err())
		}
	}
	p := &params{values: url.Values{}}
	if p.selection("from"); p.err() == nil {
		t.Error("none is accepted")
	}
}

// TestEventLines has a line for each field, whatever a name has in it.
func TestEventLines(t *testing.T) {
	got := eventLines("e", []catalog.PromptEvent{{All: true, Seq: 7}, {Name: "a\r\ndata: x\u2028", Change: "labels", Seq: 8}})
	want := "id: 7\nevent: hello\ndata: {\"epoch\":\"e\",\"seq\":7}\n\nid: 8\nevent: prompt\ndata: {\"name\":\"a\\r\\ndata: x\\u2028\",\"change\":\"labels\",\"seq\":8}\n\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := eventLines("e", nil); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}

func TestPromptErrors(t *testing.T) {
	a := &api{Config: Config{Logger: slog.New(slog.DiscardHandler)}}
	for _, x := range []struct {
		err    error
		status int
		want   string
	}{
		{&catalog.ForbiddenError{Message: "no"}, http.StatusForbidden, `{"error":"ForbiddenError","message":"no"}`},
		{&catalog.ConflictError{Message: "moved"}, http.StatusConflict, `{"error":"ConflictError","message":"moved"}`},
		{catalog.ErrTooManyWatches, http.StatusTooManyRequests, "1000 clients"},
		{catalog.ErrClosed, http.StatusServiceUnavailable, "shutting down"},
	} {
		w := httptest.NewRecorder()
		a.fail(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), x.err)
		if w.Code != x.status || !strings.Contains(w.Body.String(), x.want) || (x.status == http.StatusTooManyRequests) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("%v: %d %s %v", x.err, w.Code, w.Body, w.Header())
		}
	}
}
