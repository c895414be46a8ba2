package openai_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	langshark "github.com/langshark/langshark-go"
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// promptOf is a prompt as it comes from a server.
func promptOf(t *testing.T, name string, p langsharktest.Prompt) *langshark.Prompt {
	t.Helper()
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.Prompts = langsharktest.Prompts{name: p} })
	prompt, err := rec.Client.Prompt(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return prompt
}

func helpDesk(t *testing.T) *langshark.Prompt {
	t.Helper()
	return promptOf(t, "help-desk", langsharktest.Prompt{
		Version:  4,
		Messages: []langshark.Message{{Role: "system", Content: "You help customers of {{shop}}."}, langshark.Placeholder("history"), {Role: "user", Content: "{{question}}"}},
		Config: json.RawMessage(`{"model":"gpt-4o-mini","temperature":0.5,"max_tokens":300,"stream":true,"owner":"ann",
			"response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"},"strict":true}},
			"tools":[{"type":"function","function":{"name":"lookup","parameters":{"type":"object"}}}]}`),
	})
}

func TestChatRequest(t *testing.T) {
	p := helpDesk(t)
	history := []langshark.Message{
		{Role: "assistant", Content: "Looking.", ToolCalls: []langshark.ToolCall{{ID: "c1", Name: "lookup", Arguments: "{}"}}},
		{Role: "tool", ToolCallID: "c1", Content: "found"},
		{Role: "user", Parts: []langshark.Part{{Text: "look"}, {ImageURL: "https://example.com/a.png"}}},
	}
	_, r, err := lsopenai.ChatRequest(t.Context(), p, langshark.Vars{"shop": "Tea & Co", "history": history, "question": "When?"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"model":"gpt-4o-mini","messages":[{"role":"system","content":"You help customers of Tea \u0026 Co."},` +
		`{"role":"assistant","content":"Looking.","tool_calls":[{"id":"c1","type":"function","function":{"name":"lookup","arguments":"{}"}}]},` +
		`{"role":"tool","content":"found","tool_call_id":"c1"},` +
		`{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]},` +
		`{"role":"user","content":"When?"}],"max_tokens":300,"temperature":0.5,` +
		`"response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"},"strict":true}},` +
		`"tools":[{"type":"function","function":{"name":"lookup","parameters":{"type":"object"}}}]}`
	var a, b map[string]any
	if err := errors.Join(json.Unmarshal(got, &a), json.Unmarshal([]byte(want), &b)); err != nil {
		t.Fatal(err)
	}
	if delete(a, "stream"); r.Stream || !reflect.DeepEqual(a, b) { // which some versions of the library send as false
		t.Errorf("\n%s\n%s", got, want)
	}
}

func TestOddConfigs(t *testing.T) {
	p := promptOf(t, "p", langsharktest.Prompt{Text: "x", Config: json.RawMessage(`{"Messages":[{"role":"user","content":"y"}],"STREAM":true,"temperature":0,"top_p":0,"stop":"\n"}`)})
	_, r, err := lsopenai.ChatRequest(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil || len(r.Messages) != 1 || r.Stream || len(r.Stop) != 1 || r.Stop[0] != "\n" || !strings.Contains(string(b), `"temperature":1e-45`) || !strings.Contains(string(b), `"top_p":1e-45`) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestChatRequestErrors(t *testing.T) {
	ctx := t.Context()
	if _, _, err := lsopenai.ChatRequest(ctx, helpDesk(t), langshark.Vars{"shop": "x"}); err == nil || !strings.Contains(err.Error(), `"question"`) {
		t.Errorf("%v", err)
	}
	bad := promptOf(t, "p", langsharktest.Prompt{Version: 2, Text: "x", Config: map[string]string{"temperature": "warm"}})
	if _, _, err := lsopenai.ChatRequest(ctx, bad, nil); err == nil || !strings.Contains(err.Error(), `prompt "p" version 2`) || !strings.Contains(err.Error(), "temperature") {
		t.Errorf("%v", err)
	}
	if _, _, err := lsopenai.ChatRequest(ctx, nil, nil); err == nil {
		t.Error("no prompt")
	}
	own := promptOf(t, "p", langsharktest.Prompt{Text: "x", Config: []string{"mine"}})
	if _, r, err := lsopenai.ChatRequest(ctx, own, nil); err != nil || r.Messages[0].Role != "user" || r.Messages[0].Content != "x" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestChatRequestLinksItself(t *testing.T) {
	f := newFixture(t, fakellm.Reply{Text: "Tomorrow."})
	ctx, r, err := lsopenai.ChatRequest(f.Context(), helpDesk(t), langshark.Vars{"shop": "x", "history": nil, "question": "When?"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.client.CreateChatCompletion(ctx, r); err != nil {
		t.Fatal(err)
	}
	g := f.RequireObservation("chat gpt-4o-mini").Generation
	if got := fmt.Sprint(g.PromptName, " ", g.PromptVersion); got != "help-desk 4" {
		t.Errorf("linked to %s", got)
	}
}
