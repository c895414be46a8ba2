package server_test

import "testing"

// arrivedV3Tracing follows v3-tracing.mjs.
func arrivedV3Tracing(t *testing.T, api client) {
	t.Helper()
	o := api.object(t, "/api/public/observations/v3-generation")
	if o["promptName"] != "v3 question" || o["calculatedTotalCost"] != 0.0045 || o["parentObservationId"] != "v3-inner" {
		t.Errorf("generation: %v", o)
	}
	if got := api.object(t, "/api/public/traces/v3-last")["name"]; got != "sent by shutdown" {
		t.Errorf("what shutdownAsync sends: %v", got)
	}
	if got := len(api.object(t, "/api/public/v3/scores?limit=100")["data"].([]any)); got != 5 {
		t.Errorf("%d scores, want 5", got)
	}
}
