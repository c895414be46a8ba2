package otlp

import (
	"strings"
	"testing"
)

// TestOwnSpans reads what our exporter sends: the same by three vocabularies, of which one is kept.
func TestOwnSpans(t *testing.T) {
	run(t, map[string]dialect{
		"generation": {
			sent{scope: "langshark-go", name: "call", parent: "00f067aa0ba902b7", attrs: attrs{
				"langfuse.observation.type": "generation", "langfuse.observation.model.name": "gpt-4o", "langfuse.observation.usage_details": `{"input":40,"output":15,"total":55}`,
				"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.response.model": "gpt-4o", "gen_ai.usage.input_tokens": 40, "openinference.span.kind": "LLM",
				"langshark.unfinished": true, "app.key": "kept",
			}},
			`{"kind":"generation","name":"call","model":"gpt-4o","usage":{"input":40,"output":15},"tokens":"40+15=55",
			"metadata":{"langshark.unfinished":true,"attributes":{"app.key":"kept"},"scope":{"name":"langshark-go"}},"trace":{}}`,
		},
	})
}

// TestCarrier takes a span of no length with a result for the carrier of a score only
// if our exporter has made it; anybody else's stays, and is what was judged.
func TestCarrier(t *testing.T) {
	const carrier = `{"resourceSpans":[{"scopeSpans":[{"scope":{"name":"SCOPE"},"spans":[{"traceId":"` + traceHex + `","spanId":"` + spanHex + `","parentSpanId":"00f067aa0ba902b7","name":"score good",
		"startTimeUnixNano":"1767323045000000000","endTimeUnixNano":"1767323045000000000","events":[{"name":"gen_ai.evaluation.result","attributes":[
		{"key":"gen_ai.evaluation.name","value":{"stringValue":"NAME"}},{"key":"gen_ai.evaluation.score.value","value":{"doubleValue":1}}]}]}]}]}]}`
	for _, c := range []struct {
		scope, name          string
		observations, scores int
		judged               string
	}{
		{"langshark-go", "good", 0, 1, "00f067aa0ba902b7"},
		{"judge", "good", 1, 1, spanHex},
		{"langshark-go", "", 1, 0, ""}, // a result without a name is none: the span stays
	} {
		r, err := JSON([]byte(strings.NewReplacer("SCOPE", c.scope, "NAME", c.name).Replace(carrier)))
		if err != nil || len(r.Pieces) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		p := r.Pieces[0]
		if len(p.Observations) != c.observations || len(p.Scores) != c.scores {
			t.Errorf("%q %q: %+v", c.scope, c.name, p)
			continue
		}
		if c.scores > 0 && p.Scores[0].ObservationID != c.judged {
			t.Errorf("%q judges %s", c.scope, p.Scores[0].ObservationID)
		}
	}
}
