//go:build !noui

package ui

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// badJSON says where a text is no JSON; empty if it is.
func badJSON(p view.Page, text string) string {
	var v json.RawMessage
	syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal([]byte(text), &v))
	if !ok {
		return ""
	}
	before, after := text, ""
	if at := int(syntax.Offset) - 1; syntax.Error() != endOfJSON && at >= 0 && at < len(text) {
		before, after = text[:at], text[at:]
	}
	line := strconv.Itoa(1 + strings.Count(before, "\n"))
	if after == "" {
		return p.T("prompts.edit.badjson.end", line)
	}
	after, _, _ = strings.Cut(after, "\n")
	if after == "" { // a line that ends within a string
		after = before[strings.LastIndexByte(before, '\n')+1:]
	}
	const most = 40
	if runes := []rune(after); len(runes) > most {
		after = string(runes[:most]) + "…"
	}
	return p.T("prompts.edit.badjson", line, after)
}

// endOfJSON is what encoding/json says of a text that ends too early.
const endOfJSON = "unexpected end of JSON input"
