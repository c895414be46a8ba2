package chat

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Reference is what stands in a payload for a file, as Langfuse's SDKs and ours write it.
type Reference struct {
	// Type is a media type, as in image/png.
	Type string
	ID   string
}

const referenceMark = "@@@langfuseMedia:"

var referencePattern = regexp.MustCompile(referenceMark + `type=([a-zA-Z0-9!#$&^_.+-]{1,80}/[a-zA-Z0-9!#$&^_.+-]{1,80})\|id=([A-Za-z0-9_-]{1,100})\|source=[a-z0-9_]{1,30}@@@`)

// References lists the files that a text refers to, each once, in their order.
func References(text string) []Reference {
	if !strings.Contains(text, referenceMark) {
		return nil
	}
	var list []Reference
	for _, m := range referencePattern.FindAllStringSubmatch(text, -1) {
		if r := (Reference{m[1], m[2]}); !slices.Contains(list, r) {
			list = append(list, r)
		}
	}
	return list
}

// Part shows the file.
func (r Reference) Part() Part {
	p := Part{Kind: File, Text: r.Type, Media: r.ID}
	kind, _, _ := strings.Cut(r.Type, "/")
	switch kind {
	case "image":
		p.Kind = Image
	case "audio":
		p.Kind = Audio
	}
	return p
}

// texts are the parts of a text: what it says, and the files that it refers to.
func texts(s string) []Part {
	if !strings.Contains(s, referenceMark) {
		return []Part{{Text: s}}
	}
	var out []Part
	from := 0
	for _, at := range referencePattern.FindAllStringSubmatchIndex(s, -1) {
		if before := s[from:at[0]]; strings.TrimSpace(before) != "" {
			out = append(out, Part{Text: before})
		}
		out = append(out, Reference{s[at[2]:at[3]], s[at[4]:at[5]]}.Part())
		from = at[1]
	}
	if rest := s[from:]; strings.TrimSpace(rest) != "" {
		out = append(out, Part{Text: rest})
	}
	return out
}

// referenceIn finds the first reference that is a text of v on its own.
func referenceIn(v any, depth int) (Reference, bool) {
	if depth > maxDepth {
		return Reference{}, false
	}
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, referenceMark) {
			if m := referencePattern.FindStringSubmatch(v); m != nil {
				return Reference{m[1], m[2]}, true
			}
		}
	case []any:
		for _, e := range v {
			if r, ok := referenceIn(e, depth+1); ok {
				return r, true
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if r, ok := referenceIn(v[key], depth+1); ok {
				return r, true
			}
		}
	}
	return Reference{}, false
}
