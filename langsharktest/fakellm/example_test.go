package fakellm_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// One script, whatever wire the client speaks.
func Example_wires() {
	provider := fakellm.New(fakellm.WithReplies(
		fakellm.Reply{Text: "Tomorrow."},
		fakellm.Reply{Text: "Tomorrow."},
		fakellm.Reply{Err: fakellm.RateLimited(0)},
	))
	post := func(path, body string) string {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Anthropic-Version", "2023-06-01")
		w := httptest.NewRecorder()
		provider.ServeHTTP(w, r)
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(w.Body.Bytes(), &fields); err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%s%s%s", fields["content"], fields["message"], fields["error"])
	}
	fmt.Println(post("/v1/messages", `{"model":"claude-sonnet-4-5","max_tokens":100,"messages":[{"role":"user","content":"When?"}]}`))
	fmt.Println(post("/api/chat", `{"model":"llama3.2","stream":false,"messages":[{"role":"user","content":"When?"}]}`))
	fmt.Println(post("/api/chat", `{"model":"llama3.2","stream":false,"messages":[{"role":"user","content":"Sure?"}]}`))
	for _, r := range provider.Requests() {
		fmt.Println(r.API, r.LastUser())
	}
	// Output:
	// [{"type":"text","text":"Tomorrow."}]
	// {"role":"assistant","content":"Tomorrow."}
	// "you've reached your hourly usage limit, please upgrade to continue"
	// anthropic.messages When?
	// ollama.chat When?
	// ollama.chat Sure?
}
