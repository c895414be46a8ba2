package fakellm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
)

// Reply is one answer of the model, for every wire. The zero Reply is an empty text.
type Reply struct {
	// Text is what the model says; of a transcription, what was said.
	Text string
	// Chunks are the pieces in which a stream brings the text. Defaults to
	// Text cut at its words; if set, Text defaults to the pieces put together.
	Chunks []string
	// Reasoning is the thinking that is shown before the text: reasoning_content
	// in chat completions, a thinking block, a thought, the summary of a
	// reasoning item.
	Reasoning string
	// ReasoningTokens are counted as used in thinking that isn't shown.
	ReasoningTokens int64
	// Refusal is what the model says when it declines. On Anthropic's wire and
	// Ollama's it is text, on Gemini's the prompt is blocked.
	Refusal string
	// ToolCalls are the calls that the model asks for.
	ToolCalls []ToolCall
	// FinishReason defaults to "tool_calls" if there are any, else "stop". These,
	// "length" and "content_filter" are translated to the wire's words; others go
	// out as they are.
	FinishReason string
	// Model is the name of the model that answers. Defaults to the one asked for,
	// with the date of its version for well-known ones.
	Model string
	// Usage defaults to an estimate from the texts.
	Usage *Usage
	// Err is answered instead of all else.
	Err *Error
	// Header is added to the HTTP answer.
	Header http.Header
	// BreakAfter cuts the connection of a stream after so many chunks of its
	// text, of another answer in its middle. Zero doesn't; -1 cuts before the first.
	BreakAfter int
	// ErrAfter sends Err within the stream after so many chunks of its text,
	// and then ends it. Zero sends it as the answer.
	ErrAfter int
	// NoDone leaves out the stream's end mark, as some providers do: [DONE],
	// message_stop, response.completed, the piece with the finish reason (Gemini)
	// or with done (Ollama).
	NoDone bool
	// Embeddings are the vectors of an embeddings request, in the order of its
	// inputs. Those that are missing are made by [Embed].
	Embeddings [][]float32
	// Images are what an images request makes. Defaults to as many small pictures
	// as it asks for.
	Images []Image
	// Audio is the sound of a speech request. Defaults to a tenth of a second of silence.
	Audio []byte
	// Flagged are the categories in which a moderation finds something, as in "violence".
	Flagged []string
}

// Image is a picture that the model makes.
type Image struct {
	// Data are the bytes. Defaults to those of a small PNG.
	Data []byte
	// URL is sent where the request asks for one. Defaults to one that nobody serves.
	URL string
}

// ToolCall is a call that the model asks for.
type ToolCall struct {
	// ID defaults to one made from the call's place.
	ID string
	// Name is that of the function.
	Name string
	// Arguments are JSON. Defaults to "{}". On wires where they are an object
	// and no text (all but OpenAI's, and streams of Anthropic's), what isn't one becomes {}.
	Arguments string
}

// Usage counts tokens. PromptTokens contains CachedTokens and CacheWriteTokens;
// CompletionTokens contains ReasoningTokens. Each wire has its own sums of them.
type Usage struct {
	PromptTokens, CompletionTokens, CachedTokens, ReasoningTokens int64
	// CacheWriteTokens went into the cache; Anthropic's wire says so, and Responses.
	CacheWriteTokens int64
	// Cost is in US dollars; OpenRouter says so. Defaults to one made from the tokens.
	Cost float64
}

func (r Reply) withDefaults(callID string) Reply {
	if r.Text == "" {
		r.Text = strings.Join(r.Chunks, "")
	}
	if r.Chunks == nil {
		r.Chunks = words(r.Text)
	}
	calls := make([]ToolCall, len(r.ToolCalls))
	for i, c := range r.ToolCalls {
		c.Arguments = cmp.Or(c.Arguments, "{}")
		if c.ID == "" && callID != "" {
			h := fnv.New64a()
			fmt.Fprint(h, i, c.Name, c.Arguments)
			c.ID = fmt.Sprintf("%s%016x%d", callID, h.Sum64(), i)
		}
		calls[i] = c
	}
	r.ToolCalls = calls
	if r.FinishReason == "" {
		r.FinishReason = "stop"
		if len(calls) > 0 {
			r.FinishReason = "tool_calls"
		}
	}
	return r
}

// finish translates the reason for the end to a wire's words.
func (r *Reply) finish(to map[string]string) string {
	return cmp.Or(to[r.FinishReason], r.FinishReason)
}

// object is the call's arguments where the wire has an object.
func (c *ToolCall) object() json.RawMessage {
	var o map[string]json.RawMessage
	if json.Unmarshal([]byte(c.Arguments), &o) != nil || o == nil {
		return json.RawMessage("{}")
	}
	return json.RawMessage(c.Arguments)
}

// words cuts a text behind its spaces.
func words(text string) []string {
	if text == "" {
		return nil
	}
	return strings.SplitAfter(text, " ")
}

// versions are the names under which well-known models answer.
var versions = map[string]string{
	"gpt-4o":       "gpt-4o-2024-08-06",
	"gpt-4o-mini":  "gpt-4o-mini-2024-07-18",
	"gpt-4.1":      "gpt-4.1-2025-04-14",
	"gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
	"o4-mini":      "o4-mini-2025-04-16",
}
