package sdktest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/ollama/ollama/api"
	"github.com/ollama/ollama/envconfig"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/azure"
	"github.com/openai/openai-go/v3/option"
	"google.golang.org/genai"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
	"github.com/langshark/langshark-go/langsharktest"
)

// The lines that docs/integrations.md shows, with the settings from the environment.

func wrapOpenAI() openai.Client {
	httpClient := &http.Client{Transport: llmhttp.NewTransport(nil)}
	client := openai.NewClient(option.WithHTTPClient(httpClient))
	return client
}

func wrapAzure(endpoint, key string) openai.Client {
	httpClient := &http.Client{Transport: llmhttp.NewTransport(nil)}
	client := openai.NewClient(azure.WithEndpoint(endpoint, "2024-10-21"), azure.WithAPIKey(key), option.WithHTTPClient(httpClient))
	return client
}

func wrapAnthropic() anthropic.Client {
	httpClient := &http.Client{Transport: llmhttp.NewTransport(nil)}
	client := anthropic.NewClient(anthropicoption.WithHTTPClient(httpClient))
	return client
}

func wrapGemini(ctx context.Context) (*genai.Client, error) {
	httpClient := &http.Client{Transport: llmhttp.NewTransport(nil)}
	return genai.NewClient(ctx, &genai.ClientConfig{Backend: genai.BackendGeminiAPI, HTTPClient: httpClient})
}

func wrapVertex(ctx context.Context) (*genai.Client, error) {
	config := &genai.ClientConfig{Backend: genai.BackendVertexAI, Project: "shop", Location: "europe-west4"}
	config.HTTPClient = &http.Client{Transport: llmhttp.NewTransport(nil)}
	if err := config.UseDefaultCredentials(); err != nil { // which a client of one's own else lacks
		return nil, err
	}
	return genai.NewClient(ctx, config)
}

func wrapOllama() *api.Client {
	httpClient := &http.Client{Transport: llmhttp.NewTransport(nil)}
	client := api.NewClient(envconfig.Host(), httpClient)
	return client
}

func TestWrapping(t *testing.T) {
	fake := provider()
	var authorization string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"secret-token","token_type":"Bearer","expires_in":3600}`) // the client is there
			return
		}
		if strings.Contains(r.URL.Path, "/projects/") {
			authorization = r.Header.Get("Authorization")
		}
		fake.ServeHTTP(w, r)
	}))
	defer srv.Close()
	for name, value := range map[string]string{
		"OPENAI_API_KEY": "secret-key", "OPENAI_BASE_URL": srv.URL + "/v1",
		"ANTHROPIC_API_KEY": "secret-key", "ANTHROPIC_BASE_URL": srv.URL,
		"GEMINI_API_KEY": "secret-key", "GOOGLE_GEMINI_BASE_URL": srv.URL, "GOOGLE_VERTEX_BASE_URL": srv.URL,
		"GOOGLE_APPLICATION_CREDENTIALS": serviceAccount(t, srv.URL+"/token"),
		"OLLAMA_HOST":                    srv.URL,
	} {
		t.Setenv(name, value)
	}
	rec := langsharktest.NewRecorder(t)
	ctx, root := langshark.StartTrace(rec.Context(), "all")
	const question = "안녕"
	google, err := wrapGemini(ctx)
	if err != nil {
		t.Fatal(err)
	}
	vertex, err := wrapVertex(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, talk := range []talk{
		&openAIChat{client: wrapOpenAI(), question: question, model: "gpt-4o"}, &claude{client: wrapAnthropic(), question: question},
		&gemini{client: google, question: question}, &gemini{client: vertex, question: question}, &ollamaChat{client: wrapOllama(), question: question},
	} {
		if _, err := talk.ask(ctx); err != nil {
			t.Errorf("%T: %v", talk, err)
		}
	}
	// Azure's SDK sends its key by TLS alone, and this is none.
	if _, err := (&openAIChat{client: wrapAzure(srv.URL, "secret-key"), question: question, model: "gpt-4o"}).ask(ctx); err == nil {
		t.Error("Azure's SDK sends its key without TLS")
	}
	root.End()
	const want = "span all\n  generation chat gpt-4o\n  generation chat claude-sonnet-4-5\n" +
		"  generation generate_content gemini-2.5-flash\n  generation generate_content gemini-2.5-flash\n  generation chat qwen3:8b\n"
	if got := rec.Tree(); got != want {
		t.Errorf("recorded:\n%s", got)
	}
	if authorization != "Bearer secret-token" {
		t.Errorf("Vertex AI got %q", authorization)
	}
	if all := rec.FullTree(); strings.Contains(all, "secret") {
		t.Errorf("a secret is recorded:\n%s", all)
	}
}

// serviceAccount writes the file of an account whose tokens come from a URL.
func serviceAccount(t *testing.T, tokens string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	account, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "shop", "client_email": "test@shop.iam.gserviceaccount.com", "token_uri": tokens,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(file, account, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
