package api

import (
	"encoding/json"
	"math"
	"net/http/httptest"
	"testing"
)

// TestWriteWhatHasNoJSON answers an error, and JSON.
func TestWriteWhatHasNoJSON(t *testing.T) {
	w := httptest.NewRecorder()
	write(w, 200, map[string]any{"value": math.Inf(1)})
	if w.Code != 500 || !json.Valid(w.Body.Bytes()) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
