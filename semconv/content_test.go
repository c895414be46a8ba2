package semconv

import (
	"strings"
	"testing"
)

func TestContentOf(t *testing.T) {
	for name, want := range map[string]Content{
		"gen_ai.input.messages": InputContent, "gen_ai.output.messages": OutputContent, "gen_ai.prompt": InputContent, "gen_ai.prompt.0.content": InputContent,
		"gen_ai.completion.0.finish_reason": OutputContent, "llm.input_messages.0.message.content": InputContent, "input.value": InputContent,
		"retrieval.documents.0.document.content": OutputContent, "ai.prompt": InputContent, "ai.prompt.messages": InputContent, "genkit:output": OutputContent,
		"langshark.error.body": OutputContent,

		"gen_ai.prompt.name": NoContent, "gen_ai.prompts": NoContent, "gen_ai.output.type": NoContent, "gen_ai.request.model": NoContent, "input.mime_type": NoContent,
		"prompt.id": NoContent, "gen_ai.usage.input_tokens": NoContent, "llm.token_count.prompt": NoContent, "": NoContent, ".": NoContent, "ai.response.id": NoContent,
	} {
		if got := ContentOf(name); got != want {
			t.Errorf("%s: %d, not %d", name, got, want)
		}
	}
}

func TestEveryNameHasASourceAndIsThereOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range contents {
		if c.source == "" {
			t.Errorf("%s %s: whose?", c.input, c.output)
		}
		for name := range strings.FieldsSeq(c.input + " " + c.output) {
			name = strings.TrimSuffix(name, ".")
			if seen[name] || ContentOf(name) == NoContent {
				t.Errorf("%s stands there twice, or is not found", name)
			}
			seen[name] = true
		}
	}
}
