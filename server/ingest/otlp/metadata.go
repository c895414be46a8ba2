package otlp

import (
	"encoding/json"
	"strings"

	"github.com/langshark/langshark-go/semconv"
	"github.com/langshark/langshark-go/server/ingest"
)

// traceMetadata is what is said of the trace: an object, or one attribute for each key.
func (c *conversion) traceMetadata() json.RawMessage {
	return c.gather("langfuse.trace.metadata", "langfuse.metadata").json()
}

// metadata is what is said of the observation, and what no field has taken.
func (c *conversion) metadata() json.RawMessage {
	g := c.gather("langfuse.observation.metadata", "ai.telemetry.metadata", "genkit:metadata:context", "traceloop.association.properties")
	if v, ok := c.get("metadata"); ok && !c.own { // OpenInference
		if raw := object(v); raw != nil {
			c.drop("metadata")
			g.object(raw)
		}
	}
	if v, ok := c.take(semconv.LangSharkUnfinished); ok {
		g.put(semconv.LangSharkUnfinished, v)
	}
	rest := c.rest(func(key string) bool {
		return !c.own || !strings.HasPrefix(key, semconv.GenAIPrefix) && key != semconv.OpenInferenceSpanKind
	})
	if len(rest) > 0 {
		g.put("attributes", value{kind: valueMap, list: rest})
	}
	for _, a := range c.source.metadata() {
		g.put(a.key, a.value)
	}
	return g.json()
}

// metadata is what every span of the source has; it is encoded once.
func (s *source) metadata() []attribute {
	if s.encoded != nil {
		return s.encoded
	}
	s.encoded = []attribute{}
	put := func(key string, attributes []attribute) {
		s.encoded = append(s.encoded, attribute{key, rawValue(appendObject(nil, attributes))})
	}
	if len(s.resource) > 0 {
		put("resourceAttributes", s.resource)
	}
	if s.scope == "" {
		return s.encoded
	}
	scope := []attribute{{"name", textValue(s.scope)}}
	if s.scopeVersion != "" {
		scope = append(scope, attribute{"version", textValue(s.scopeVersion)})
	}
	if len(s.scopeAttributes) > 0 {
		scope = append(scope, attribute{"attributes", value{kind: valueMap, list: s.scopeAttributes}})
	}
	put("scope", scope)
	return s.encoded
}

// gathered are members of an object, the last of each key.
type gathered struct {
	list []attribute
	at   map[string]int
}

func (g *gathered) put(key string, v value) {
	if i, ok := g.at[key]; ok {
		g.list[i].value = v
		return
	}
	if g.at == nil {
		g.at = map[string]int{}
	}
	g.at[key] = len(g.list)
	g.list = append(g.list, attribute{key, v})
}

// object puts in the members of an object.
func (g *gathered) object(raw json.RawMessage) {
	for key, v := range members(raw) {
		g.put(key, rawValue(v))
	}
}

func (g *gathered) json() json.RawMessage {
	if len(g.list) == 0 {
		return nil
	}
	return ingest.Sanitize(appendObject(nil, g.list))
}

// gather takes the objects of these names, and the attributes below them. Texts that hold JSON are that.
func (c *conversion) gather(names ...string) *gathered {
	g := &gathered{}
	for _, name := range names {
		if v, ok := c.take(name); ok {
			if raw := object(v); raw != nil {
				g.object(raw)
			} else {
				g.put("metadata", v)
			}
		}
		c.below(name+".", func(key string, v value) {
			if raw := embedded(v.text); raw != nil && v.kind == valueText {
				v = rawValue(raw)
			}
			g.put(key, v)
		})
	}
	return g
}
