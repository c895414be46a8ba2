// Package token counts the tokens of inputs and outputs that nobody has counted.
package token

import (
	"bytes"
	"encoding/json"
	"sync"
	"unicode/utf8"

	"github.com/tiktoken-go/tokenizer"

	"github.com/langshark/langshark-go/server/cost"
)

// MaxBytes is how much of a payload is counted. What goes beyond is taken to
// have as many tokens for its length.
const MaxBytes = 256 << 10

// maxParsed is how long a payload may be to be looked into for texts and messages;
// of longer ones the beginning is counted as it is written.
const maxParsed = 4 << 20

// usual is how OpenAI's chat models frame messages.
var usual = cost.TokenizerConfig{TokensPerMessage: 3, TokensPerName: 1}

// ofReply is what a list of messages has besides, for the beginning of the reply.
const ofReply = 3

// codecs are the tokenizers, each made on first use: a vocabulary takes some MiB.
var codecs = map[cost.Encoding]func() (tokenizer.Codec, error){
	cost.CL100K: sync.OnceValues(func() (tokenizer.Codec, error) { return tokenizer.Get(tokenizer.Cl100kBase) }),
	cost.O200K:  sync.OnceValues(func() (tokenizer.Codec, error) { return tokenizer.Get(tokenizer.O200kBase) }),
}

// Count counts the tokens of a payload: of a text as it is, of a list of chat
// messages with their frames, which chat says (nil is the usual way), of other
// JSON as it is written. False if the encoding isn't known or the library fails.
func Count(encoding cost.Encoding, chat *cost.TokenizerConfig, payload json.RawMessage) (n int64, ok bool) {
	get := codecs[encoding]
	if get == nil || len(payload) == 0 {
		return 0, false
	}
	codec, err := get()
	if err != nil {
		return 0, false
	}
	defer func() {
		if recover() != nil { // whatever the library makes of strange texts, the payload itself is kept
			n, ok = 0, false
		}
	}()
	if chat == nil {
		chat = &usual
	}
	c := counter{codec: codec}
	c.payload(payload, chat)
	return c.total(), !c.failed
}

// counter adds up texts until it has seen MaxBytes.
type counter struct {
	codec  tokenizer.Codec
	tokens int64 // of what was counted
	frames int64 // that no text stands for
	seen   int64 // bytes that were counted
	beyond int64 // bytes that weren't
	failed bool
}

func (c *counter) total() int64 {
	n := c.tokens
	if c.beyond > 0 && c.seen > 0 {
		n += c.beyond * c.tokens / c.seen
	}
	return max(0, n+c.frames)
}

func (c *counter) text(s string) {
	if left := int(MaxBytes - c.seen); len(s) > left {
		for left > 0 && !utf8.RuneStart(s[left]) {
			left--
		}
		c.beyond += int64(len(s) - left)
		s = s[:left]
	}
	if s == "" {
		return
	}
	n, err := c.codec.Count(s)
	if err != nil {
		c.failed = true
		return
	}
	c.tokens += int64(n)
	c.seen += int64(len(s))
}

func (c *counter) payload(raw json.RawMessage, chat *cost.TokenizerConfig) {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 {
		return
	}
	if len(raw) > maxParsed {
		c.text(string(raw[:MaxBytes]))
		c.beyond += int64(len(raw) - MaxBytes)
		return
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		c.text(s)
		return
	}
	if raw[0] == '[' {
		if list, ok := messages(raw); ok {
			c.messages(list, chat)
			return
		}
	}
	var plain bytes.Buffer
	if json.Compact(&plain, raw) != nil {
		plain.Reset()
		plain.Write(raw)
	}
	c.text(plain.String())
}

// messages reads a list of chat messages, which have a role each.
func messages(raw json.RawMessage) ([]map[string]json.RawMessage, bool) {
	var list []map[string]json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
		return nil, false
	}
	for _, m := range list {
		var role string
		if json.Unmarshal(m["role"], &role) != nil || role == "" {
			return nil, false
		}
	}
	return list, true
}

func (c *counter) messages(list []map[string]json.RawMessage, chat *cost.TokenizerConfig) {
	c.frames += ofReply
	for _, m := range list {
		c.frames += chat.TokensPerMessage
		for key, value := range m {
			var s string
			var parts []struct {
				Text string `json:"text"`
			}
			switch {
			case string(value) == "null":
			case json.Unmarshal(value, &s) == nil:
				c.text(s)
			case key == "content" && json.Unmarshal(value, &parts) == nil: // images and sounds are no text
				for _, p := range parts {
					c.text(p.Text)
				}
			default:
				c.text(string(value))
			}
			if key == "name" {
				c.frames += chat.TokensPerName
			}
		}
	}
}
