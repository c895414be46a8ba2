package langchaingo_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tmc/langchaingo/llms/openai"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// fixture is the library's OpenAI client of a fake provider, and what is recorded.
type fixture struct {
	*langsharktest.Recorder
	llm      *openai.LLM
	provider *fakellm.Provider
}

func newFixture(t *testing.T, replies ...fakellm.Reply) *fixture {
	t.Helper()
	p := fakellm.New(fakellm.WithReplies(replies...))
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	llm, err := openai.New(
		openai.WithToken("sk-secret"), openai.WithModel("gpt-4o-mini"), openai.WithEmbeddingModel("text-embedding-3-small"),
		openai.WithBaseURL(p.BaseURL()), openai.WithHTTPClient(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{langsharktest.NewRecorder(t), llm, p}
}

func says(texts ...string) []fakellm.Reply {
	replies := make([]fakellm.Reply, len(texts))
	for i, text := range texts {
		replies[i].Text = text
	}
	return replies
}

func (f *fixture) requireTree(t *testing.T, want string) {
	t.Helper()
	if got := strings.TrimSpace(f.Tree()); got != strings.TrimSpace(want) {
		t.Fatalf("recorded:\n%s\nwant:\n%s", got, strings.TrimSpace(want))
	}
}

func requireMetadata(t *testing.T, o *exporter.Observation, want map[string]string) {
	t.Helper()
	for key, v := range want {
		if got := langsharktest.Metadata(o, key); got != v {
			t.Errorf("%s: %s is %s, want %s", o.Name, key, got, v)
		}
	}
}

func requireJSON(t *testing.T, what string, v exporter.Value, want string) {
	t.Helper()
	if got := langsharktest.JSON(v); got != want {
		t.Errorf("%s is %s\nwant %s", what, got, want)
	}
}
