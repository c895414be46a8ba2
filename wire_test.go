package langshark_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/jsonl"
	"github.com/langshark/langshark-go/exporter/otlp"
	"github.com/langshark/langshark-go/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestWire pins what an application's calls look like on the ingestion wire.
func TestWire(t *testing.T) {
	for name, run := range map[string]func(ctx context.Context, c *langshark.Client){
		"chat": func(ctx context.Context, c *langshark.Client) {
			ctx, tr := c.StartTrace(ctx, "support", langshark.WithUser("kim"), langshark.WithSession("s1"), langshark.WithTags("ko"))
			_, g := langshark.StartGeneration(ctx, "chat", langshark.WithModel("gpt-4o"), langshark.WithModelParameters(map[string]any{"temperature": 0.2}))
			g.SetInput([]message{{"user", "환불해 주세요"}})
			g.FirstToken()
			g.SetOutput("네, 도와드릴게요.")
			g.SetUsage(langshark.Usage{InputTokens: 100, OutputTokens: 20, CachedInputTokens: 60, ReasoningTokens: 8})
			g.SetPromptVersion("support", 2)
			g.End()
			_ = langshark.RecordScore(ctx, "helpful", langshark.Boolean(true), langshark.WithComment("thumbs up"))
			tr.End()
		},
		"tool_error": func(ctx context.Context, c *langshark.Client) {
			ctx, agent := c.StartObservation(ctx, langshark.KindAgent, "agent")
			_, err := langshark.Observe("refund", func(context.Context, int) (string, error) { return "", errors.New("no such order") },
				langshark.WithKind(langshark.KindTool))(ctx, 17)
			agent.SetError(fmt.Errorf("tool: %w", err))
			agent.End()
		},
		"update_after_end": func(ctx context.Context, c *langshark.Client) {
			ctx, s := c.StartSpan(ctx, "root", langshark.WithInput("q"))
			s.SetOutput("a")
			s.End()
			langshark.UpdateTrace(ctx, langshark.WithTags("reviewed"), langshark.WithPublic(false))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			c, err := langshark.New(langshark.Config{Exporter: jsonl.New(&b), Environment: "test", Release: "r1", Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			run(t.Context(), c)
			if err := c.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			testkit.Golden(t, *update, "testdata/golden/"+name+".txtar", "ingestion.jsonl", normalised(t, b.Bytes()))
			testkit.Golden(t, *update, "testdata/golden/"+name+".txtar", "otlp.json", normalised(t, overOTLP(t, run)))
		})
	}
}

// overOTLP returns what the same calls send as spans to a backend of OpenTelemetry, one attribute a line.
func overOTLP(t *testing.T, run func(context.Context, *langshark.Client)) []byte {
	t.Helper()
	var sent []byte
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		sent = append(sent, body...)
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, err
	})}
	spans, err := otlp.New(otlp.Config{
		Endpoint: "http://collector:4318", Encoding: otlp.EncodingJSON, HTTPClient: client, Resource: map[string]string{"service.name": "app"},
	}, exporter.WithCompressor(nil))
	if err != nil {
		t.Fatal(err)
	}
	c, err := langshark.New(langshark.Config{Exporter: spans, Environment: "test", Release: "r1", Logger: slog.New(slog.DiscardHandler), OnError: func(error) {}})
	if err != nil {
		t.Fatal(err)
	}
	run(t.Context(), c)
	_ = c.Shutdown(t.Context()) // a change of a trace that has been sent is unsupported there
	return sent
}

var (
	generated = regexp.MustCompile(`"([0-9a-f]{32}|[0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f-]{27})"`)
	nanos     = regexp.MustCompile(`"1[0-9]{18}"`)
	escaped   = regexp.MustCompile(`"20[0-9T:.-]{24}Z"`)
	seconds   = regexp.MustCompile(`"doubleValue":[0-9.e-]*[.e-][0-9.e-]*`)
	times     = regexp.MustCompile(`"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"`)
)

// normalised names ids in the order they appear and hides times.
func normalised(t *testing.T, lines []byte) string {
	t.Helper()
	names := map[string]string{}
	var b strings.Builder
	for line := range bytes.Lines(lines) {
		if !json.Valid(line) {
			t.Fatalf("not JSON: %s", line)
		}
		text := nanos.ReplaceAllString(times.ReplaceAllString(string(line), `"<time>"`), `"<time>"`)
		text = escaped.ReplaceAllString(text, `"<time>"`)
		text = seconds.ReplaceAllString(text, `"doubleValue":<seconds>`)
		for _, mark := range []string{`{"traceId"`, `{"key"`, `{"timeUnixNano"`} { // one line each
			text = strings.ReplaceAll(text, mark, "\n"+mark)
		}
		b.WriteString(generated.ReplaceAllStringFunc(text, func(id string) string {
			if names[id] == "" {
				names[id] = fmt.Sprintf(`"<%s %d>"`, map[int]string{34: "trace", 18: "observation", 38: "uuid"}[len(id)], len(names)+1)
			}
			return names[id]
		}))
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
