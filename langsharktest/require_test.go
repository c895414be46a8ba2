package langsharktest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// support is an application's code, as it would be traced.
func support(ctx context.Context, question string) {
	ctx, trace := langshark.StartTrace(ctx, "support",
		langshark.WithUser("minji"), langshark.WithSession("chat-17"), langshark.WithTags("delivery", "vip"),
		langshark.WithMetadata("plan", map[string]any{"seats": 3, "name": "pro"}), langshark.WithPublic(true))
	defer trace.End()
	trace.SetInput(question)

	_, search := langshark.StartObservation(ctx, langshark.KindRetriever, "search", langshark.WithInput(question))
	search.SetOutput([]map[string]any{{"id": "faq-1", "text": "Parcels take two days."}, {"id": "faq-7", "text": "Delays are shown in the app."}})
	search.End()

	_, gen := langshark.StartGeneration(ctx, "answer", langshark.WithModel("gpt-4o"), langshark.WithPromptVersion("support", 3),
		langshark.WithModelParameters(map[string]any{"temperature": 0.2, "max_tokens": 300}))
	gen.SetInput([]langshark.Message{{Role: "system", Content: "You are kind.\nAnswer in Korean."}, {Role: "user", Content: question}})
	gen.FirstToken()
	gen.SetOutput("내일 도착합니다.\n감사합니다.")
	gen.SetUsage(langshark.Usage{
		InputTokens: 412, OutputTokens: 60, CachedInputTokens: 256, CacheWriteTokens: 8, InputAudioTokens: 4, ReasoningTokens: 50, OutputAudioTokens: 2,
		Details: map[string]int64{"search": 2, "image": 1},
	})
	gen.SetCost(langshark.Cost{Input: langshark.USD(0.001), Output: langshark.USD(0.0002), Details: map[string]langshark.NanoUSD{"search": langshark.USD(0.01)}})
	gen.SetMetadata("from", search.ID())
	gen.SetMetadata("traceparent", "00-"+trace.ID()+"-"+gen.ID()+"-01")
	gen.End()

	toolCtx, tool := langshark.StartObservation(ctx, langshark.KindTool, "refund", langshark.WithInput(map[string]string{"order": "A-1"}), langshark.WithVersion("v2"))
	langshark.RecordEvent(toolCtx, "retry", langshark.WithLevel(langshark.LevelWarning))
	tool.SetError(errors.New("no such order: A-1\nasked twice"))
	tool.End()
	trace.SetOutput("내일 도착합니다.")

	must(langshark.RecordScore(ctx, "helpful", langshark.Numeric(0.9), langshark.WithTraceID(trace.ID()), langshark.WithObservationID(gen.ID()),
		langshark.WithComment("by a judge"), langshark.WithConfigID("c-1"), langshark.WithMetadata("model", "gpt-4.1"), langshark.WithScoreID("judged "+question)))
	must(langshark.RecordScore(ctx, "resolved", langshark.Boolean(true), langshark.WithEnvironment("prod")))
	must(langshark.RecordScore(ctx, "nps", langshark.Categorical("promoter"), langshark.WithSession("chat-17"), langshark.WithObservationID("gone")))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func TestRequireTree(t *testing.T) {
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.Release, c.Environment = "r1", "test" })
	support(rec.Context(), "Where is my parcel?")
	support(rec.Context(), "And now?")
	must(langshark.RecordScore(rec.Context(), "nps", langshark.Categorical("promoter"), langshark.WithSession("chat-17")))
	langsharktest.RequireTree(t, rec, "testdata/support.tree")
}

// TestRequireTreeOfProvider has what a wrapper of a client records, against a server on a port of its own.
func TestRequireTreeOfProvider(t *testing.T) {
	provider := fakellm.New(fakellm.WithReplies(fakellm.Reply{Text: "Tomorrow."}, fakellm.Reply{Err: fakellm.RateLimited(0)}))
	if err := provider.Start(); err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	rec := langsharktest.NewRecorder(t)
	ctx, trace := langshark.StartTrace(rec.Context(), "two calls")
	client := &http.Client{Transport: llmhttp.NewTransport(&http.Transport{DisableKeepAlives: true})}
	for range 2 {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, provider.BaseURL()+"/chat/completions",
			strings.NewReader(`{"model":"gpt-4o","temperature":0.2,"messages":[{"role":"user","content":"When does it arrive?"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
	trace.End()
	langsharktest.RequireTree(t, rec, "testdata/provider.tree",
		langsharktest.IgnoreMetadata("http.response.header.x-request-id"), langsharktest.Replace(`chatcmpl-\w+`, "chatcmpl-ID"))
}
