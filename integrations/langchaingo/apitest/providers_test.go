package apitest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/anthropic"
	"github.com/tmc/langchaingo/llms/googleai"
	"github.com/tmc/langchaingo/llms/mistral"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"
	"google.golang.org/api/option"

	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// client is one of the library's.
type client struct {
	make    func(t *testing.T, p *fakellm.Provider, h http.RoundTripper) llms.Model
	dialect fakellm.Dialect
	// noTools says that the client doesn't hand on what the model asks for.
	noTools bool
	// repeats says that the client repeats requests itself, after half a second at least.
	repeats bool
}

// clients have their own transport, so that no connection outlives a test.
var clients = map[string]client{
	"openai": {make: func(t *testing.T, p *fakellm.Provider, h http.RoundTripper) llms.Model {
		t.Helper()
		m, err := openai.New(openai.WithToken("sk-secret"), openai.WithModel("gpt-4o"), openai.WithBaseURL(p.BaseURL()), openai.WithHTTPClient(&http.Client{Transport: h}))
		return need(t, m, err)
	}},
	"anthropic": {make: func(t *testing.T, p *fakellm.Provider, h http.RoundTripper) llms.Model {
		t.Helper()
		m, err := anthropic.New(anthropic.WithToken("sk-secret"), anthropic.WithModel("claude-sonnet-4-5"), anthropic.WithBaseURL(p.BaseURL()), anthropic.WithHTTPClient(&http.Client{Transport: h}))
		return need(t, m, err)
	}},
	// The client takes no URL, but options of Google's libraries.
	"googleai": {make: func(t *testing.T, p *fakellm.Provider, h http.RoundTripper) llms.Model {
		t.Helper()
		m, err := googleai.New(t.Context(), googleai.WithAPIKey("secret"), googleai.WithDefaultModel("gemini-2.5-flash"), googleai.WithHTTPClient(&http.Client{Transport: h}),
			func(o *googleai.Options) { o.ClientOptions = append(o.ClientOptions, option.WithEndpoint(p.URL())) })
		if m != nil {
			t.Cleanup(func() { _ = m.Close() })
		}
		return need(t, m, err)
	}},
	"ollama": {noTools: true, make: func(t *testing.T, p *fakellm.Provider, h http.RoundTripper) llms.Model {
		t.Helper()
		m, err := ollama.New(ollama.WithModel("llama3.2"), ollama.WithServerURL(p.URL()), ollama.WithHTTPClient(&http.Client{Transport: h}))
		return need(t, m, err)
	}},
	// The client can't be given a transport, ignores the context, and repeats
	// what failed without the body of the request.
	"mistral": {dialect: fakellm.Mistral, repeats: true, make: func(t *testing.T, p *fakellm.Provider, _ http.RoundTripper) llms.Model {
		t.Helper()
		t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
		timeout := time.Minute
		if strings.HasSuffix(t.Name(), "/reasoning") {
			timeout = time.Second // after a chunk that it can't read, its connection stays open until then
		}
		m, err := mistral.New(mistral.WithAPIKey("secret"), mistral.WithModel("mistral-small-latest"), mistral.WithEndpoint(p.URL()), mistral.WithMaxRetries(1), mistral.WithTimeout(timeout))
		return need(t, m, err)
	}},
}

func need[M llms.Model](t *testing.T, m M, err error) llms.Model {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return m
}
