package chat

import (
	"strings"
)

// parts reads the content of a message: a text, a block or a list of blocks.
func parts(v any, depth int) []Part {
	if depth > maxDepth {
		return nil
	}
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
		return texts(v)
	case []any:
		var out []Part
		for _, e := range v {
			out = append(out, parts(e, depth+1)...)
		}
		return out
	case map[string]any:
		if inner, ok := v["parts"]; ok {
			return parts(inner, depth+1)
		}
		return []Part{block(v, depth)}
	}
	return nil
}

// block reads a block, or the file that it refers to in place of a content.
func block(m map[string]any, depth int) Part {
	p := blockItself(m, depth)
	switch p.Kind {
	case Image, Audio, File:
	case Data:
		if str(m["type"]) != "media" {
			return p
		}
	default:
		return p
	}
	if r, ok := referenceIn(m, depth); ok {
		return r.Part()
	}
	return p
}

func blockItself(m map[string]any, depth int) Part {
	switch str(m["type"]) {
	case "text", "input_text", "output_text", "summary_text":
		return Part{Text: str(m["text"])}
	case "thinking", "reasoning":
		for _, key := range []string{"thinking", "reasoning", "text"} {
			if s := str(m[key]); s != "" {
				return Part{Kind: Thinking, Text: s}
			}
		}
	case "refusal":
		return Part{Kind: Refusal, Text: str(m["refusal"])}
	case "tool_use", "server_tool_use", "tool_call":
		p := toolCall(m)
		if m["input"] != nil {
			p.JSON = argument(m["input"])
		}
		return p
	case "tool_result":
		return toolResult("", str(m["tool_use_id"]), m["content"], depth)
	case "image_url", "input_image", "image":
		return image(m)
	case "input_audio", "audio":
		return Part{Kind: Audio}
	case "file", "input_file", "document":
		f, _ := m["file"].(map[string]any)
		name := str(f["filename"])
		if name == "" {
			name = str(m["filename"])
		}
		return Part{Kind: File, Text: name}
	case "":
		return geminiBlock(m, depth)
	}
	return Part{Kind: Data, JSON: encode(m)}
}

func geminiBlock(m map[string]any, depth int) Part {
	if s, ok := m["text"].(string); ok {
		if thought, _ := m["thought"].(bool); thought {
			return Part{Kind: Thinking, Text: s}
		}
		return Part{Text: s}
	}
	for _, key := range []string{"functionCall", "function_call"} {
		if c, ok := m[key].(map[string]any); ok {
			return toolCall(c)
		}
	}
	for _, key := range []string{"functionResponse", "function_response"} {
		if r, ok := m[key].(map[string]any); ok {
			return toolResult(str(r["name"]), str(r["id"]), r["response"], depth)
		}
	}
	for _, key := range []string{"inlineData", "inline_data"} {
		if d, ok := m[key].(map[string]any); ok {
			mime := str(d["mimeType"]) + str(d["mime_type"])
			if strings.HasPrefix(mime, "image/") {
				return inlineImage(mime, str(d["data"]))
			}
			return Part{Kind: File, Text: mime}
		}
	}
	return Part{Kind: Data, JSON: encode(m)}
}

func toolResult(name, id string, v any, depth int) Part {
	if s, ok := v.(string); ok {
		return result(name, id, s)
	}
	if l, ok := v.([]any); ok {
		var text []string
		for _, p := range parts(l, depth+1) {
			if p.Kind != Text {
				return Part{Kind: Result, Name: name, ID: id, JSON: encode(v)}
			}
			text = append(text, p.Text)
		}
		return result(name, id, strings.Join(text, "\n"))
	}
	return Part{Kind: Result, Name: name, ID: id, JSON: encode(v)}
}

func image(m map[string]any) Part {
	url := str(m["image_url"])
	if u, ok := m["image_url"].(map[string]any); ok {
		url = str(u["url"])
	}
	if src, ok := m["source"].(map[string]any); ok { // Anthropic
		if str(src["type"]) == "base64" {
			return inlineImage(str(src["media_type"]), str(src["data"]))
		}
		url = str(src["url"])
	}
	if rest, ok := strings.CutPrefix(url, "data:"); ok {
		mime, data, _ := strings.Cut(rest, ";base64,")
		return inlineImage(mime, data)
	}
	return Part{Kind: Image, Text: url}
}

// maxInlineImage is how much base64 of an image goes into a page.
const maxInlineImage = 1 << 20

// inlineImage is an image whose bytes are at hand. Raster formats only: an SVG
// may hold more than a picture.
func inlineImage(mime, data string) Part {
	p := Part{Kind: Image, Text: mime}
	switch mime {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		if len(data) > 0 && len(data) <= maxInlineImage && isBase64(data) {
			p.Inline = "data:" + mime + ";base64," + data
		}
	}
	return p
}

func isBase64(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '+' && c != '/' && c != '=' {
			return false
		}
	}
	return true
}

// item reads an item of OpenAI's responses API other than a message.
func item(m map[string]any, depth int) (Message, bool) {
	switch str(m["type"]) {
	case "function_call", "custom_tool_call":
		p := toolCall(m)
		if id := str(m["call_id"]); id != "" {
			p.ID = id
		}
		if m["input"] != nil {
			p.JSON = argument(m["input"])
		}
		return Message{Role: Assistant, Parts: []Part{p}}, true
	case "function_call_output", "custom_tool_call_output":
		return Message{Role: Tool, Parts: []Part{toolResult("", str(m["call_id"]), m["output"], depth)}}, true
	case "reasoning":
		p := parts(m["summary"], depth)
		for i := range p {
			p[i].Kind = Thinking
		}
		return Message{Role: Assistant, Parts: p}, true
	}
	return Message{}, false
}
