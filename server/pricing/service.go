package pricing

import (
	"bytes"
	"encoding/json"

	"github.com/langshark/langshark-go/server/cost"
	"github.com/langshark/langshark-go/server/store"
)

// Where a tier of service is named: what the provider answered, and what was asked for.
// Attributes of OpenTelemetry stand in an object of their own within the metadata.
var (
	answered = []string{
		"openai.response.service_tier", "gen_ai.openai.response.service_tier", "anthropic.response.service_tier", "gen_ai.response.service_tier", "service_tier",
	}
	asked = []string{"openai.request.service_tier", "gen_ai.openai.request.service_tier", "gen_ai.request.service_tier", "service_tier", "serviceTier"}
)

// service is the tier of service of a call: as the provider answered, else as it
// was asked for. The usual one is empty.
func service(o *store.ObservationWrite) string {
	metadata, parameters := members(o.Metadata), members(o.ModelParameters)
	attributes := members(metadata["attributes"])
	for _, at := range [...]struct {
		object map[string]json.RawMessage
		names  []string
	}{{metadata, answered}, {attributes, answered}, {metadata, asked}, {attributes, asked}, {parameters, asked}} {
		tier := first(at.object, at.names)
		if tier == "" || tier == "auto" { // what was asked for, and doesn't say what was had
			continue
		}
		if !cost.UsualService(tier) {
			return tier
		}
		break
	}
	if first(parameters, []string{"speed"}) == "fast" { // Anthropic's name for a tier
		return "fast"
	}
	return ""
}

// members are those of an object that may name a tier; most have nothing of it.
func members(object json.RawMessage) map[string]json.RawMessage {
	if !bytes.Contains(object, []byte("service_tier")) && !bytes.Contains(object, []byte("serviceTier")) && !bytes.Contains(object, []byte(`"speed"`)) {
		return nil
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(object, &m) != nil {
		return nil
	}
	return m
}

// first is the first of the names that the object has, as a text.
func first(object map[string]json.RawMessage, names []string) string {
	for _, name := range names {
		var s string
		if raw, ok := object[name]; ok && json.Unmarshal(raw, &s) == nil && s != "" {
			return s
		}
	}
	return ""
}
