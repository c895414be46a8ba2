//go:build !noui

package ui

import (
	"encoding/json"
	gotoken "go/token"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

// firstPromptCode is how an application uses a prompt.
const firstPromptCode = `prompt, err := client.Prompt(ctx, "support/answer")
text, err := prompt.Compile(langshark.Vars{"question": question})`

// promptCode is how a version is used, by its label if it has one.
func promptCode(p *catalog.Prompt, variables []string) []view.Snippet {
	label := catalog.LabelProduction
	if !slices.Contains(p.Labels, label) {
		label = ""
		for _, l := range p.Labels {
			if l != catalog.LabelLatest {
				label = l
				break
			}
		}
	}
	return []view.Snippet{
		{Lang: "go", Title: "Go", Code: goCode(p, label, variables)},
		{Lang: "python", Title: "Python", Code: pythonCode(p, label, variables)},
		{Lang: "ts", Title: "TypeScript", Code: typeScriptCode(p, label, variables)},
		{Lang: "curl", Title: "curl", Code: curlCode(p, label)},
	}
}

func goCode(p *catalog.Prompt, label string, variables []string) string {
	option := ""
	switch label {
	case catalog.LabelProduction:
	case "":
		option = ", langshark.AtVersion(" + strconv.Itoa(p.Version) + ")"
	default:
		option = ", langshark.AtLabel(" + strconv.Quote(label) + ")"
	}
	vars := make([]string, len(variables))
	for i, name := range variables {
		vars[i] = strconv.Quote(name) + ": " + goLocal(name)
	}
	call := "text, err := prompt.Compile("
	if p.Type == catalog.PromptChat {
		call = "messages, err := prompt.Messages("
	}
	return "prompt, err := client.Prompt(ctx, " + strconv.Quote(p.Name) + option + ")\n" + call + "langshark.Vars{" + strings.Join(vars, ", ") + "})"
}

func pythonCode(p *catalog.Prompt, label string, variables []string) string {
	option := ""
	if p.Type == catalog.PromptChat {
		option = `, type="chat"`
	}
	switch label {
	case catalog.LabelProduction:
	case "":
		option += ", version=" + strconv.Itoa(p.Version)
	default:
		option += ", label=" + quote(label)
	}
	vars := make([]string, len(variables))
	plain := !slices.ContainsFunc(variables, func(name string) bool { return local(name) != name })
	for i, name := range variables {
		if vars[i] = quote(name) + ": " + local(name); plain {
			vars[i] = name + "=" + name
		}
	}
	args := strings.Join(vars, ", ")
	if !plain {
		args = "**{" + args + "}"
	}
	return "prompt = langfuse.get_prompt(" + quote(p.Name) + option + ")\ncompiled = prompt.compile(" + args + ")"
}

func typeScriptCode(p *catalog.Prompt, label string, variables []string) string {
	var options []string
	if p.Type == catalog.PromptChat {
		options = append(options, `type: "chat"`)
	}
	switch label {
	case catalog.LabelProduction:
	case "":
		options = append(options, "version: "+strconv.Itoa(p.Version))
	default:
		options = append(options, "label: "+quote(label))
	}
	option := ""
	if len(options) > 0 {
		option = ", { " + strings.Join(options, ", ") + " }"
	}
	vars := make([]string, len(variables))
	for i, name := range variables {
		if vars[i] = quote(name) + ": " + local(name); local(name) == name {
			vars[i] = name
		}
	}
	args := ""
	if len(vars) > 0 {
		args = "{ " + strings.Join(vars, ", ") + " }"
	}
	return "const prompt = await langfuse.prompt.get(" + quote(p.Name) + option + ");\nconst compiled = prompt.compile(" + args + ");"
}

// curlCode has the address in single quotes, which nothing in it can end: url.PathEscape escapes them.
func curlCode(p *catalog.Prompt, label string) string {
	option := ""
	switch label {
	case catalog.LabelProduction:
	case "":
		option = "?version=" + strconv.Itoa(p.Version)
	default:
		option = "?label=" + url.QueryEscape(label)
	}
	return `curl -u "$LANGSHARK_PUBLIC_KEY:$LANGSHARK_SECRET_KEY" \` + "\n  \"$LANGSHARK_HOST\"'/api/public/v2/prompts/" + url.PathEscape(p.Name) + option + "'"
}

// quote is a string of Python and of TypeScript.
func quote(s string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSpace(b.String())
}

// goLocal is [local] as Go has it: userName.
func goLocal(name string) string {
	parts := strings.FieldsFunc(local(name), func(r rune) bool { return r == '_' })
	for i, p := range parts {
		if i > 0 {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "")
}

var notInIdentifier = regexp.MustCompile(`[^a-zA-Z0-9_]+`)

// reserved are words of Python and TypeScript that are none of Go.
var reserved = strings.Fields("and as assert async await class def del delete elif enum except export extends finally from function in is lambda let new not null or pass raise " +
	"super this throw true false try typeof void while with yield None True False")

// local names the local variable that has the value of a prompt's.
func local(name string) string {
	s := strings.Trim(notInIdentifier.ReplaceAllString(name, "_"), "_")
	switch {
	case s == "" || s[0] >= '0' && s[0] <= '9':
		return "value"
	case gotoken.IsKeyword(s) || slices.Contains(reserved, s):
		return s + "Value"
	}
	return s
}
