package llmwire

import (
	"slices"
	"strings"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// detectAnthropic returns the endpoint of Anthropic's API that the path
// addresses: with the provider itself, with those who offer the same, or on
// Google's Vertex AI and Amazon's Bedrock, where the path names the model.
func detectAnthropic(host, path string) (Endpoint, bool) {
	if _, call, ok := strings.Cut(path, "/publishers/anthropic/models/"); ok {
		switch model, method, _ := cutLast(call, ":"); {
		case method != "rawPredict" && method != "streamRawPredict":
			return nil, false
		case model == "count-tokens":
			return anthropicCount{vertexAI}, true
		default:
			return anthropicMessages{vertexAI, model, method == "streamRawPredict"}, true
		}
	}
	if call, ok := strings.CutSuffix(path, "/invoke"); ok {
		_, model, _ := strings.Cut(call, "/model/")
		return anthropicMessages{bedrock, model, false}, strings.Contains(model, "anthropic.")
	}
	switch {
	case strings.HasSuffix(path, "/v1/messages"):
		return anthropicMessages{provider: anthropicProvider(host)}, true
	case strings.HasSuffix(path, "/v1/messages/count_tokens"):
		return anthropicCount{anthropicProvider(host)}, true
	case path == "/v1/complete" && host == "api.anthropic.com":
		return anthropicComplete{}, true
	}
	return nil, false
}

const (
	vertexAI = "gcp.vertex_ai"
	bedrock  = "aws.bedrock"
)

// anthropicProvider names the provider behind an API of Anthropic's form.
func anthropicProvider(host string) string {
	if strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".api.aws") {
		return bedrock
	}
	if name, known := openAICompatible(host); known && name != "openai" {
		return name
	}
	return "anthropic"
}

// cutLast is strings.Cut at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// anthropicMessages is the messages API.
// Reference: docs.claude.com/en/api/messages, as of 2026-11.
type anthropicMessages struct {
	provider string
	model    string // where the path names it
	stream   bool   // where the path says it
}

func (e anthropicMessages) Provider() string { return e.provider }
func (anthropicMessages) Operation() string  { return "chat" }
func (anthropicMessages) Kind() Kind         { return Generation }

var messagesShape = shape{main: "messages", input: []string{"system", "tools", "mcp_servers"}}

// ParseRequest takes messages, system and tools as input, all else as parameters.
func (e anthropicMessages) ParseRequest(_ string, body []byte, cut bool) Request {
	req := messagesShape.parse(body, cut)
	if e.model != "" {
		req.Model = e.model
	}
	req.Stream = req.Stream || e.stream
	req.ToolResults = messagesToolResults(req.Input)
	return req
}

// Answer returns the accumulator for a stream, an answer in one piece, or an error.
func (anthropicMessages) Answer(status int, contentType string, req *Request) Accumulator {
	return answerOf(status, contentType, req, func() Accumulator { return newAnthropicStream() }, readAnthropicMessage)
}

// messagesToolResults takes the results in the messages after the last one of the
// assistant that asks for some: what it is made to begin with may follow them.
func messagesToolResults(input []byte) (results []ToolResult) {
	r := listIn(input, "messages")
	for ok := r.Array(); ok && r.Item(); {
		var role string
		var content []byte
		for ok := r.Object(); ok && r.Member(); {
			switch string(r.Key) {
			case "role":
				r.Set(&role, maxWordBytes)
			case "content":
				content = r.Raw()
			default:
				r.Skip()
			}
		}
		if role == "assistant" {
			if asksForTools(content) {
				results = nil
			}
			continue
		}
		blocks := jsonx.NewReader(content)
		for ok := blocks.Array(); ok && blocks.Item(); {
			if result, ok := readToolResult(&blocks); ok && len(results) < maxToolCalls {
				results = append(results, result)
			}
		}
	}
	return results
}

// asksForTools reports whether a message's content has a call of a tool.
func asksForTools(content []byte) bool {
	blocks := jsonx.NewReader(content)
	for ok := blocks.Array(); ok && blocks.Item(); {
		var block anthropicBlock
		if block.read(&blocks); block.kind == toolUse {
			return true
		}
	}
	return false
}

// readToolResult takes a block of a message.
func readToolResult(r *jsonx.Reader) (result ToolResult, ok bool) {
	var content []byte
	for in := r.Object(); in && r.Member(); {
		switch string(r.Key) {
		case "type":
			ok = string(r.Raw()) == `"tool_result"`
		case "tool_use_id":
			r.Set(&result.ID, maxWordBytes)
		case "content":
			content = r.Raw()
		case "is_error":
			result.Failed = r.Bool()
		default:
			r.Skip()
		}
	}
	result.Output = slices.Clone(content)
	return result, ok
}

// anthropicCount asks how many tokens a request would have.
type anthropicCount struct{ provider string }

func (e anthropicCount) Provider() string { return e.provider }
func (anthropicCount) Operation() string  { return countTokens }
func (anthropicCount) Kind() Kind         { return Management }

const countTokens = "count_tokens"

func (anthropicCount) ParseRequest(_ string, body []byte, cut bool) Request {
	return messagesShape.parse(body, cut)
}

func (anthropicCount) Answer(status int, contentType string, req *Request) Accumulator {
	return answerOf(status, contentType, req, nil, readAsIs)
}

// readAsIs takes an answer that isn't a model's as the output.
func readAsIs(r *jsonx.Reader, into *Response) { into.Output = r.Raw() }
