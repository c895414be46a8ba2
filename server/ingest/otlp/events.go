package otlp

import (
	"encoding/json"
	"strings"

	"github.com/langshark/langshark-go/server/ingest"
)

// Names of events that hold messages.
const (
	eventDetails    = "gen_ai.client.inference.operation.details"
	eventPrompt     = "gen_ai.content.prompt"
	eventCompletion = "gen_ai.content.completion"
	eventChoice     = "gen_ai.choice"
	eventMessage    = ".message" // after gen_ai.system, .user, .assistant or .tool
)

// messagesOfEvents are the messages that a span's events hold, or that Logfire has
// put into an attribute in the form of such events.
func (c *conversion) messagesOfEvents() (input, output json.RawMessage) {
	var asked, answered []value
	for i := range c.span.events {
		e := &c.span.events[i]
		a := newAttributes(e.attributes)
		switch {
		case e.name == eventDetails:
			inner := conversion{attributes: a}
			return inner.genAIMessages(), inner.payloadOf([]string{"gen_ai.output.messages"})
		case e.name == eventPrompt:
			if v, ok := a.get("gen_ai.prompt"); ok {
				asked = append(asked, v)
			}
		case e.name == eventCompletion:
			if v, ok := a.get("gen_ai.completion"); ok {
				answered = append(answered, v)
			}
		case e.name == eventChoice:
			answered = append(answered, message("assistant", e.attributes))
		case strings.HasPrefix(e.name, "gen_ai.") && strings.HasSuffix(e.name, eventMessage):
			asked = append(asked, message(strings.TrimSuffix(strings.TrimPrefix(e.name, "gen_ai."), eventMessage), e.attributes))
		}
	}
	if len(asked)+len(answered) > 0 {
		return several(asked), several(answered)
	}
	return c.logfireEvents()
}

// message makes an object of an event: who says it and what. Values that are JSON in texts are that.
func message(role string, attributes []attribute) value {
	v := value{kind: valueMap, list: []attribute{{"role", textValue(role)}}}
	for _, a := range attributes {
		switch {
		case a.key == "role":
			v.list[0].value = a.value
		case strings.HasPrefix(a.key, "gen_ai."), strings.HasPrefix(a.key, "event."):
		default:
			if raw := embedded(a.value.text); raw != nil && a.value.kind == valueText {
				a.value = rawValue(raw)
			}
			v.list = append(v.list, a)
		}
	}
	return v
}

// several is one message as it is, or a list of more.
func several(messages []value) json.RawMessage {
	switch len(messages) {
	case 0:
		return nil
	case 1:
		if messages[0].kind == valueText {
			return payload(messages[0])
		}
	}
	dst := []byte{'['}
	for i, m := range messages {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, payload(m)...)
	}
	return ingest.Sanitize(append(dst, ']'))
}

// logfireEvents reads the attribute events: a list of messages and choices.
func (c *conversion) logfireEvents() (input, output json.RawMessage) {
	v, ok := c.get("events")
	if !ok {
		return nil, nil
	}
	var list []map[string]json.RawMessage
	if json.Unmarshal(payload(v), &list) != nil || len(list) == 0 {
		return nil, nil
	}
	var asked, answered []value
	for _, e := range list {
		var name string
		if json.Unmarshal(e["event.name"], &name) != nil || !strings.HasPrefix(name, "gen_ai.") {
			return nil, nil
		}
		if name == eventChoice {
			if m := e["message"]; m != nil {
				answered = append(answered, rawValue(m))
			}
			continue
		}
		delete(e, "event.name")
		delete(e, "gen_ai.message.index")
		delete(e, "gen_ai.system")
		raw, err := json.Marshal(e)
		if err != nil {
			return nil, nil
		}
		asked = append(asked, rawValue(raw))
	}
	c.drop("events")
	return several(asked), several(answered)
}
