package cost

import (
	"regexp"
	"strings"
)

// globs matches names by a list, in which * stands for anything. Case doesn't
// count, and the provider's prefixes may stand before a name.
type globs struct {
	prefixes []string
	exact    map[string]bool
	parts    [][]string // of names with *, what stands between them
	names    []string
}

// prefixes are what gateways put before the names of a provider's models.
var prefixes = map[string][]string{
	"openai":     {"openai/", "azure/"},
	"google":     {"google/", "googleai/", "gemini/", "vertex_ai/", "models/"},
	"aws":        {"bedrock/"},
	"x-ai":       {"x-ai/", "xai/"},
	"moonshotai": {"moonshotai/", "moonshot/"},
	"zhipuai":    {"zhipuai/", "zai/", "z-ai/"},
	"mistral":    {"mistral/", "mistralai/"},
}

func newGlobs(provider string, names []string) *globs {
	g := &globs{prefixes: prefixes[provider], exact: map[string]bool{}, names: names}
	if g.prefixes == nil && provider != "" {
		g.prefixes = []string{strings.ToLower(provider) + "/"}
	}
	for _, name := range names {
		name = strings.ToLower(name)
		if strings.Contains(name, "*") {
			g.parts = append(g.parts, strings.Split(name, "*"))
		} else {
			g.exact[name] = true
		}
	}
	return g
}

// MatchString reports whether a name is meant.
func (g *globs) MatchString(name string) bool {
	name = strings.ToLower(name)
	if g.is(name) {
		return true
	}
	for _, p := range g.prefixes {
		if rest, ok := strings.CutPrefix(name, p); ok && g.is(rest) {
			return true
		}
	}
	return false
}

func (g *globs) is(name string) bool {
	if g.exact[name] {
		return true
	}
	for _, parts := range g.parts {
		if matchParts(name, parts) {
			return true
		}
	}
	return false
}

func matchParts(name string, parts []string) bool {
	last := len(parts) - 1
	name, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, p := range parts[1:last] {
		_, after, found := strings.Cut(name, p)
		if !found {
			return false
		}
		name = after
	}
	return strings.HasSuffix(name, parts[last])
}

// pattern is the same as a regular expression.
func (g *globs) pattern() string {
	quoted := make([]string, len(g.names))
	for i, name := range g.names {
		quoted[i] = strings.ReplaceAll(regexp.QuoteMeta(name), `\*`, ".*")
	}
	prefix := ""
	if len(g.prefixes) > 0 {
		list := make([]string, len(g.prefixes))
		for i, p := range g.prefixes {
			list[i] = regexp.QuoteMeta(p)
		}
		prefix = "(" + strings.Join(list, "|") + ")?"
	}
	return "(?i)^" + prefix + "(" + strings.Join(quoted, "|") + ")$"
}
