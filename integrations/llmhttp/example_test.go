package llmhttp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/memory"
	"github.com/langshark/langshark-go/integrations/llmhttp"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// Any client that takes an http.Client can be recorded.
func ExampleNewTransport() {
	records := memory.New()
	recorder, err := langshark.New(langshark.Config{Exporter: records})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	provider := fakellm.New()
	if err := provider.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer provider.Close()

	base := &http.Transport{DisableKeepAlives: true} // nil is http.DefaultTransport
	client := &http.Client{Transport: llmhttp.NewTransport(base, llmhttp.WithClient(recorder))}
	resp, err := client.Post(provider.BaseURL()+"/chat/completions", "application/json",
		strings.NewReader(`{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}]}`))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()

	if err := recorder.Shutdown(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	o := records.Observations()[0]
	fmt.Println(o.Name, o.Generation.Usage.InputTokens, "→", o.Generation.Usage.OutputTokens)
	fmt.Println(string(o.Output.RawJSON()))
	// Output:
	// chat gpt-4o 9 → 5
	// {"role":"assistant","content":"You said: hello","refusal":null,"annotations":[]}
}
