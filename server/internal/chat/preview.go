package chat

import (
	"slices"
	"strings"
)

const previewRunes = 160

// Preview returns the words of a payload that say most, on one line: the last
// that speaker said, or else the start of the JSON. Empty without a payload.
func Preview(payload []byte, speaker Role) string {
	const enough = 64 << 10
	if len(payload) == 0 || string(payload) == "null" {
		return ""
	}
	if len(payload) > enough {
		return oneLine(string(payload[:1<<10]))
	}
	c, ok := Parse(payload, speaker)
	if !ok {
		return oneLine(string(payload))
	}
	for _, m := range slices.Backward(c.Messages) {
		if m.Role == speaker || c.Plain {
			if s := m.words(); s != "" {
				return oneLine(s)
			}
		}
	}
	return oneLine(c.Messages[len(c.Messages)-1].words())
}

func (m Message) words() string {
	for _, p := range m.Parts {
		switch p.Kind {
		case Text, Refusal, Result:
			if s := strings.TrimSpace(p.Text + p.JSON); s != "" {
				return s
			}
		case Call:
			return p.Name + "(" + p.JSON + ")"
		case Thinking, Image, Audio, File, Data:
		}
	}
	return ""
}

func oneLine(s string) string {
	if len(s) > 8*previewRunes {
		s = strings.ToValidUTF8(s[:8*previewRunes], "")
	}
	s = strings.Join(strings.Fields(strings.ReplaceAll(s, "**", "")), " ")
	n := 0
	for i := range s {
		if n == previewRunes {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
