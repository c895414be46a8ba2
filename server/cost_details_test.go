package server_test

import (
	"maps"
	"math"
	"net/url"
	"testing"

	"github.com/langshark/langshark-go/server"
)

// TestCostDetails: in each answer that has them, the parts of a cost are of the buckets
// beside them and add up to the total.
func TestCostDetails(t *testing.T) {
	c := serve(t, newServer(t, server.Config{}), "")
	generation := func(id string, more map[string]any) map[string]any {
		body := map[string]any{"id": id, "traceId": "t", "startTime": "2026-01-02T03:04:05Z", "model": "gpt-4o", "usageDetails": map[string]any{"input": 86, "input_cached_tokens": 1920, "output": 300}}
		maps.Copy(body, more)
		return event("generation-create", id, body)
	}
	c.send(t,
		generation("computed", nil),
		generation("plain", map[string]any{"usageDetails": nil, "usage": map[string]any{"input": 1000, "output": 100}}),
		generation("reported", map[string]any{"costDetails": map[string]any{"input": 0.25, "input_cached_tokens": 0.125, "output": 0.5}}),
		generation("old form", map[string]any{"usage": map[string]any{"inputCost": 0.25, "outputCost": 0.5}}),
	)
	for id, want := range map[string]map[string]float64{
		"computed": {"input": 0.000215, "input_cached_tokens": 0.0024, "output": 0.003, "total": 0.005615}, // 86 × 2.5, 1920 × 1.25, 300 × 10
		"plain":    {"input": 0.0025, "output": 0.001, "total": 0.0035},
		"reported": {"input": 0.25, "input_cached_tokens": 0.125, "output": 0.5, "total": 0.875},
		"old form": {"input": 0.25, "output": 0.5, "total": 0.75},
	} {
		answers := map[string]any{"the SDK's": c.asSDK(t, "observations/"+url.PathEscape(id))["costDetails"]}
		for _, o := range c.asSDK(t, "v2/observations?traceId=t&fields=core,usage")["data"].([]any) {
			if o := o.(map[string]any); o["id"] == id {
				answers["version 2's"] = o["costDetails"]
			}
		}
		if len(answers) != 2 {
			t.Errorf("%s: not in the list", id)
		}
		for form, answer := range answers {
			got, sum := map[string]float64{}, 0.0
			for name, part := range answer.(map[string]any) {
				if got[name], _ = part.(float64); name != "total" {
					sum += got[name]
				}
			}
			if !maps.Equal(got, want) || math.Abs(sum-got["total"]) > 1e-12 {
				t.Errorf("%s, %s: %v, want %v", id, form, got, want)
			}
		}
	}
}
