//go:build !noui

package ui

import (
	"slices"
	"strings"
)

// writeTags writes tags into a line, those that have commas or quotes as in CSV.
func writeTags(tags []string) string {
	list := make([]string, len(tags))
	for i, tag := range tags {
		if list[i] = tag; strings.ContainsAny(tag, ",\"\r\n") || strings.TrimSpace(tag) != tag {
			list[i] = `"` + strings.ReplaceAll(tag, `"`, `""`) + `"`
		}
	}
	return strings.Join(list, ", ")
}

// readTags reads what [writeTags] writes, and what people type: a quote within a word is one.
func readTags(line string) []string {
	list := []string{}
	for line = strings.TrimLeft(line, " ,\t"); line != ""; line = strings.TrimLeft(line, " ,\t") {
		var tag string
		if quoted, rest, ok := cutQuoted(line); ok {
			tag, line = quoted, rest
		} else {
			tag, line, _ = strings.Cut(line, ",")
			tag = strings.TrimSpace(tag)
		}
		if tag != "" && !slices.Contains(list, tag) {
			list = append(list, tag)
		}
	}
	return list
}

// cutQuoted cuts a quoted text, in which two quotes are one, that a comma follows or the end.
func cutQuoted(line string) (text, rest string, ok bool) {
	if !strings.HasPrefix(line, `"`) {
		return "", line, false
	}
	for i := 1; i < len(line); i++ {
		switch {
		case line[i] != '"':
		case strings.HasPrefix(line[i:], `""`):
			i++
		default:
			rest = strings.TrimLeft(line[i+1:], " \t")
			return strings.ReplaceAll(line[1:i], `""`, `"`), rest, rest == "" || rest[0] == ','
		}
	}
	return "", line, false
}
