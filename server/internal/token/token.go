// Package token counts the tokens of inputs and outputs that nobody has counted.
package token

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/tiktoken-go/tokenizer"

	"github.com/langshark/langshark-go/server/cost"
)

// MaxBytes is how much of a payload is counted. Of a longer one samples are, as long
// together, from its beginning to its end; the rest is taken to have as many tokens for its length.
const MaxBytes = 256 << 10

// samples is how many are taken.
const samples = 16

// maxParsed is how long a payload may be to be looked into for texts and messages;
// longer ones are counted as they are written.
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
	if n = c.total(); c.failed {
		return 0, false
	}
	return n, true
}

// counter gathers texts and counts them.
type counter struct {
	codec  tokenizer.Codec
	texts  []string
	bytes  int   // of texts
	frames int64 // tokens that no text stands for
	failed bool
}

func (c *counter) text(s string) {
	c.texts = append(c.texts, s)
	c.bytes += len(s)
}

func (c *counter) total() int64 {
	n := int64(0)
	if c.bytes <= MaxBytes {
		for _, s := range c.texts {
			n += c.count(s)
		}
	} else {
		n = c.estimate()
	}
	return max(0, n+c.frames)
}

// estimate counts samples of the texts as if they stood one after the other, at even distances.
func (c *counter) estimate() int64 {
	const size = MaxBytes / samples
	start := func(sample int) int { return int(int64(sample) * int64(c.bytes-size) / (samples - 1)) }
	tokens, seen := int64(0), int64(0)
	sample, offset := 0, 0
	for _, s := range c.texts {
		for ; sample < samples; sample++ {
			from, to := max(0, start(sample)-offset), start(sample)+size-offset
			if from >= len(s) {
				break
			}
			part := s[boundary(s, from):boundary(s, min(to, len(s)))]
			tokens += c.count(part)
			seen += int64(len(part))
			if to > len(s) { // the sample goes on in the next text
				break
			}
		}
		offset += len(s)
	}
	if seen == 0 {
		return 0
	}
	return int64(c.bytes) * tokens / seen
}

// boundary is the start of the rune that is cut at a place.
func boundary(s string, at int) int {
	for at > 0 && at < len(s) && !utf8.RuneStart(s[at]) {
		at--
	}
	return at
}

func (c *counter) count(s string) int64 {
	if s == "" {
		return 0
	}
	n, err := c.codec.Count(s)
	if err != nil {
		c.failed = true
		return 0
	}
	return int64(n)
}

func (c *counter) payload(raw json.RawMessage, chat *cost.TokenizerConfig) {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 {
		return
	}
	if len(raw) > maxParsed {
		c.text(string(raw))
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
		for _, key := range slices.Sorted(maps.Keys(m)) { // samples depend on the order
			value := m[key]
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
