package chatset

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// convert is a conversation on one line, or the reason why there is none.
func convert(t *testing.T, input, output string) string {
	t.Helper()
	line, notes, reason := Convert(json.RawMessage(input), json.RawMessage(output))
	if reason != "" {
		return string(reason)
	}
	text, err := encode(line)
	if err != nil {
		t.Fatal(err)
	}
	out := strings.TrimSuffix(strings.TrimPrefix(string(text), `{"messages":[`), "}")
	for _, n := range notes {
		out += " | " + string(n)
	}
	return out
}

// TestConvert has each API's recorded shape, and the line that is made of it.
func TestConvert(t *testing.T) {
	const answer = `{"role":"assistant","content":"a"}`
	for name, c := range map[string]struct{ input, output, want string }{
		"strings": {`"q"`, `"a"`, `{"role":"user","content":"q"},{"role":"assistant","content":"a"}]`},
		"openai": {
			`[{"role":"system","content":"s"},{"role":"user","name":"kim","content":"<안녕>"}]`, answer,
			`{"role":"system","content":"s"},{"role":"user","name":"kim","content":"<안녕>"},{"role":"assistant","content":"a"}]`,
		},
		"developer":       {`[{"role":"developer","content":"s"},{"role":"user","content":"q"}]`, answer, `{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]`},
		"openai response": {`{"messages":[{"role":"user","content":"q"}]}`, `{"choices":[{"message":{"role":"assistant","content":"a"}}]}`, `{"role":"user","content":"q"},{"role":"assistant","content":"a"}]`},
		"text parts":      {`[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]`, answer, `{"role":"user","content":"a\nb"},{"role":"assistant","content":"a"}]`},
		"image": {
			`[{"role":"user","content":[{"type":"text","text":"what?"},{"type":"image_url","image_url":{"url":"https://x.test/i.png"}}]}]`, answer,
			`{"role":"user","content":[{"type":"text","text":"what?"},{"type":"image_url","image_url":{"url":"https://x.test/i.png"}}]},{"role":"assistant","content":"a"}]`,
		},
		"openai tools": {
			`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}}]},{"role":"tool","tool_call_id":"c1","content":"r"}],` +
				`"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}]}`,
			answer,
			`{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}}]},` +
				`{"role":"tool","content":"r","tool_call_id":"c1"},{"role":"assistant","content":"a"}],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}]`,
		},
		"asks for a tool": {
			`"q"`, `{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}`,
			`{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}]`,
		},
		"refusal": {`"q"`, `{"role":"assistant","content":null,"refusal":"no"}`, `{"role":"user","content":"q"},{"role":"assistant","content":null,"refusal":"no"}]`},
		"responses": {
			`{"instructions":"s","input":[{"role":"user","content":[{"type":"input_text","text":"q"}]},{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},` +
				`{"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},{"type":"function_call_output","call_id":"c2","output":"two"},{"type":"function_call_output","call_id":"c1","output":"one"}],` +
				`"tools":[{"type":"function","name":"f","parameters":{}},{"type":"web_search"}]}`,
			`[{"type":"reasoning","summary":[]},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"}]},{"type":"function_call","call_id":"c3","name":"f","arguments":"{}"}]`,
			`{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]},` +
				`{"role":"tool","content":"two","tool_call_id":"c2"},{"role":"tool","content":"one","tool_call_id":"c1"},{"role":"assistant","content":"a","tool_calls":[{"id":"c3","type":"function","function":{"name":"f","arguments":"{}"}}]}],` +
				`"tools":[{"type":"function","function":{"name":"f","parameters":{}}}] | the model's reasoning was left out | tools that the provider runs itself were left out`,
		},
		"anthropic": {
			`{"system":"s","messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"text","text":"let me see"},{"type":"tool_use","id":"t1","name":"f","input":{"q":1}}]},` +
				`{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"r"}]},{"type":"text","text":"and?"}]}],"tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}]}`,
			`{"type":"message","role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"a"},{"type":"text","text":"b"}]}`,
			`{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"let me see","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"q\":1}"}}]},` +
				`{"role":"tool","content":"r","tool_call_id":"t1"},{"role":"user","content":"and?"},{"role":"assistant","content":"ab"}],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}]` +
				` | the model's reasoning was left out`,
		},
		"beginning given": {`[{"role":"user","content":"q"},{"role":"assistant","content":"{"}]`, `{"role":"assistant","content":"}"}`, `{"role":"user","content":"q"},{"role":"assistant","content":"{}"}]`},
		"gemini": {
			`{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}}},{"functionCall":{"name":"g"}}]},` +
				`{"role":"user","parts":[{"functionResponse":{"name":"g","response":{"r":2}}},{"functionResponse":{"name":"f","response":{"r":1}}}]}],` +
				`"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"INTEGER"}}}}]},{"googleSearch":{}}]}`,
			`{"candidates":[{"content":{"role":"model","parts":[{"text":"a"}]}}]}`,
			`{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"call_2","type":"function","function":{"name":"g","arguments":"{}"}}]},` +
				`{"role":"tool","content":"{\"r\":2}","tool_call_id":"call_2"},{"role":"tool","content":"{\"r\":1}","tool_call_id":"call_1"},{"role":"assistant","content":"a"}],` +
				`"tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"a":{"type":"integer"}},"type":"object"}}}] | tools that the provider runs itself were left out`,
		},
		"ollama": {
			`{"messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f"}}]}`, `{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}`,
			`{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}],"tools":[{"type":"function","function":{"name":"f"}}]`,
		},
		"langchain":        {`[[{"type":"human","content":"q"},{"type":"ai","content":"a"},{"type":"human","content":"q2"}]]`, `"a2"`, `{"role":"user","content":"q"},{"role":"assistant","content":"a"},{"role":"user","content":"q2"},{"role":"assistant","content":"a2"}]`},
		"one question":     {`{"question":"q"}`, `{"answer":"a"}`, `{"role":"user","content":"q"},{"role":"assistant","content":"a"}]`},
		"no input":         {`null`, answer, "no input was recorded"},
		"no output":        {`"q"`, ``, "no output was recorded"},
		"empty answer":     {`"q"`, `{"role":"assistant","content":""}`, "no output was recorded"},
		"only thinking":    {`"q"`, `{"role":"assistant","content":[{"type":"thinking","thinking":"hm"}]}`, "the output is no message of a model"},
		"odd input":        {`{"a":1,"b":2}`, answer, "the input is no conversation"},
		"odd output":       {`"q"`, `{"score":1,"why":"x"}`, "the output is no message of a model"},
		"user in output":   {`"q"`, `{"role":"user","content":"a"}`, "the output is no message of a model"},
		"two answers":      {`"q"`, `[{"role":"assistant","content":"a"},{"role":"assistant","content":"b"}]`, "several answers to choose from"},
		"two choices":      {`"q"`, `{"choices":[{"message":{"content":"a"}},{"message":{"content":"b"}}]}`, "several answers to choose from"},
		"two candidates":   {`"q"`, `{"candidates":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]}}]}`, "several answers to choose from"},
		"odd role":         {`[{"role":"narrator","content":"x"}]`, answer, "a role that chats don't have"},
		"media reference":  {`[{"role":"user","content":[{"type":"image_url","image_url":{"url":"@@@media:type=image/png|id=x@@@"}}]}]`, answer, "an image whose content is not in the record"},
		"image of system":  {`[{"role":"system","content":[{"type":"image_url","image_url":{"url":"https://x.test/i.png"}}]}]`, answer, "an image that isn't the user's"},
		"sound":            {`[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]`, answer, "sound"},
		"spoken answer":    {`"q"`, `{"role":"assistant","content":null,"audio":{"transcript":"x"}}`, "sound"},
		"file":             {`[{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf"}}]}]`, answer, "a file"},
		"odd part":         {`[{"role":"user","content":[{"type":"video","n":1}]}]`, answer, "a part that chats don't have"},
		"lone result":      {`[{"role":"tool","tool_call_id":"c1","content":"r"}]`, answer, "a tool's result without its call"},
		"result of others": {`[{"role":"assistant","tool_calls":[{"id":"c1","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c2","content":"r"}]`, answer, "a tool's result without its call"},
		"lone call":        {`[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"c1","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"r"}]`, answer, "a call of a tool without its result"},
	} {
		if got := convert(t, c.input, c.output); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// FuzzConvert makes lines of anything: what it makes is a conversation that ends with the model's words.
func FuzzConvert(f *testing.F) {
	f.Add([]byte(`[{"role":"user","content":"q"}]`), []byte(`{"role":"assistant","content":"a"}`))
	f.Add([]byte(`{"messages":[{"role":"tool","content":"q"}],"tools":[{"functionDeclarations":[{"name":"f"}]}]}`), []byte(`"a"`))
	f.Add([]byte(`{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f"}}]},{"parts":[{"functionResponse":{"name":"f"}}]}]}`), []byte(`[{"type":"function_call","name":"f"}]`))
	f.Fuzz(func(t *testing.T, input, output []byte) {
		line, _, reason := Convert(input, output)
		if reason != "" {
			return
		}
		last := line.Messages[len(line.Messages)-1]
		if len(line.Messages) < 2 && last.Role != "assistant" || last.Role != "assistant" {
			t.Fatalf("%s, %s: %+v", input, output, line)
		}
		open := map[string]int{}
		for i, m := range line.Messages {
			if !slices.Contains([]string{"system", "user", "assistant", "tool"}, m.Role) {
				t.Errorf("message %d has role %q", i, m.Role)
			}
			for _, c := range m.ToolCalls {
				open[c.ID]++
			}
			if m.Role == "tool" {
				if open[m.ToolCallID]--; open[m.ToolCallID] < 0 {
					t.Errorf("message %d answers no call", i)
				}
			}
		}
		if _, err := encode(line); err != nil {
			t.Errorf("%s, %s: %v", input, output, err)
		}
	})
}
