package hub

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestExperiments(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/public/prompt-experiments" {
			t.Errorf("asked for %s", r.URL)
		}
		switch r.URL.Query().Get("prompt") {
		case "a/b?":
			_, _ = w.Write([]byte(`{"data":[{"experiment":"new","clearedLabels":["production"]},{"experiment":"none","clearedLabels":[]},{"experiment":"unsaid"}]}`))
		case "broken":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	c, err := New(s.URL, "pk", "sk")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	list, err := c.Experiments(t.Context(), "a/b?")
	if err != nil || len(list) != 3 || list[0].Name != "new" || !slices.Equal(list[0].ClearedLabels, []string{"production"}) || list[1].ClearedLabels == nil || list[2].ClearedLabels != nil {
		t.Errorf("%#v, %v", list, err)
	}
	if list, err := c.Experiments(t.Context(), "none"); err != nil || len(list) != 0 {
		t.Errorf("where there are none: %v, %v", list, err)
	}
	if _, err := c.Experiments(t.Context(), "broken"); err == nil || !strings.Contains(err.Error(), "500") {
		t.Errorf("a server that fails: %v", err)
	}
}
