package otlp

import (
	"encoding/json"

	"github.com/langshark/langshark-go/exporter"
)

// genkitModel is the model that a span of Genkit names, as in googleai/gemini-2.5-flash.
func (c *conversion) genkitModel() string {
	if c.see("genkit:metadata:subtype") == "" && !c.has("genkit:type") {
		return ""
	}
	return c.see("genkit:name")
}

// genkitMember is a member of Genkit's request or response, which holds what other
// libraries have as attributes.
func (c *conversion) genkitMember(attribute, member string) json.RawMessage {
	v, ok := c.get(attribute)
	if !ok {
		return nil
	}
	m := members(object(v))[member]
	if len(m) < 3 || m[0] != '{' {
		return nil
	}
	return m
}

func (c *conversion) genkitConfig() json.RawMessage { return c.genkitMember("genkit:input", "config") }

func (c *conversion) genkitUsage(u *exporter.Usage) bool {
	return readUsage(u, c.genkitMember("genkit:output", "usage"))
}
