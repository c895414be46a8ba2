package sdktest

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// What is recorded of each SDK's requests, each of which succeeds.
func TestEndpoints(t *testing.T) {
	for _, r := range requests() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			rec := langsharktest.NewRecorder(t)
			wait := fakellm.WithPause(func(context.Context, fakellm.Moment) {})
			if strings.HasSuffix(r.name, "-left") {
				wait = fakellm.WithPause(func(ctx context.Context, m fakellm.Moment) {
					if m.Chunk == 2 {
						<-ctx.Done() // the client has left
					}
				})
			}
			p := serve(t, provider(wait), r.host)
			p.http.Transport = llmhttp.NewTransport(p.http.Transport, llmhttp.WithManagement(true))
			ctx, root := langshark.StartTrace(rec.Context(), "request")
			r.do(ctx, p, &made{})
			root.End()
			langsharktest.RequireTree(t, rec, filepath.Join("testdata", "endpoints", r.name+".tree"), append(steady,
				langsharktest.Replace(`/img-[0-9a-f]+\.png`, "/img-ID.png"))...) // depends on the form's boundary, as the SDK makes it up
		})
	}
}

// Files that no request compares with are none.
func TestEndpointFilesAreUsed(t *testing.T) {
	files, err := filepath.Glob("testdata/endpoints/*/*.tree")
	if all := requests(); err != nil || len(files) != len(all) {
		t.Errorf("%v, %d files of %d requests", err, len(files), len(all))
	}
}

// Google's SDK doesn't mark what it repeats: each attempt is a generation, but for
// applications that use WithCall (see the scenarios).
func TestUnmarkedRetries(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	p := serve(t, fakellm.New(fakellm.WithReplies(fakellm.Reply{Err: fakellm.RateLimited(0)}, fakellm.Reply{Text: "Tomorrow."})), "http://generativelanguage.googleapis.com")
	p.http.Transport, p.repeats = llmhttp.NewTransport(p.http.Transport), 1
	ctx, root := langshark.StartTrace(rec.Context(), "turn")
	if _, err := (&gemini{client: geminiClient(p, false), question: p.question}).ask(ctx); err != nil {
		t.Fatal(err)
	}
	root.End()
	const want = "span turn\n  generation generate_content gemini-2.5-flash [ERROR] 429 Too Many Requests\n  generation generate_content gemini-2.5-flash\n"
	if got := rec.Tree(); got != want {
		t.Errorf("recorded:\n%s", got)
	}
}

// Anthropic's SDK repeats what took too long, too, and answers that broke off.
func TestAttemptsOfAnthropic(t *testing.T) {
	for name, tt := range map[string]struct {
		first http.Handler
		want  string // of the first attempt
	}{
		"took too long": {http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), `"end":"cancelled","error":"context deadline exceeded"`},
		"broke off":     {&half{provider(), true}, `"end":"error","error":"unexpected EOF"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := langsharktest.NewRecorder(t)
			var n atomic.Int32
			p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) == 1 {
					tt.first.ServeHTTP(w, drained(r))
					return
				}
				provider().ServeHTTP(w, r)
			}), "http://api.anthropic.com")
			p.http.Transport, p.repeats = llmhttp.NewTransport(p.http.Transport), 1
			client := anthropicClient(p)
			ctx, root := langshark.StartTrace(rec.Context(), "turn")
			_, err := client.Messages.New(ctx, (&claude{question: p.question}).params(), option.WithRequestTimeout(400*time.Millisecond))
			if err != nil {
				t.Fatal(err)
			}
			root.End()
			o := rec.RequireObservation("chat claude-sonnet-4-5")
			attempts := langsharktest.Metadata(o, "langshark.attempts")
			if o.Level != langshark.LevelDefault || o.StatusMessage != "" || !strings.Contains(attempts, tt.want) || strings.Count(attempts, `"end"`) != 2 || langsharktest.JSON(o.Output) == "" {
				t.Errorf("%s %q, attempts %s, output %s", o.Level, o.StatusMessage, attempts, langsharktest.JSON(o.Output))
			}
		})
	}
}

// What fails for good is shown, if a little later than it failed: the SDK doesn't
// say that it gives up.
func TestTheLastAttempt(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	p := serve(t, status(503, "application/json", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`), "http://api.anthropic.com")
	p.http.Transport = llmhttp.NewTransport(p.http.Transport)
	client := anthropic.NewClient(option.WithoutEnvironmentDefaults(), option.WithAPIKey("test"), option.WithBaseURL(p.url), option.WithHTTPClient(p.http))
	ctx, root := langshark.StartTrace(rec.Context(), "turn")
	if _, err := client.Messages.New(ctx, (&claude{question: p.question}).params()); err == nil {
		t.Fatal("no error")
	}
	failed := time.Now()
	root.End()
	await(t, rec, 1)
	o := rec.RequireObservation("chat claude-sonnet-4-5")
	if n := strings.Count(langsharktest.Metadata(o, "langshark.attempts"), `"end"`); n != 3 || o.End.After(failed) || o.StatusMessage != "503 Service Unavailable: Overloaded" {
		t.Errorf("%d attempts, ended %v after the error: %s", n, o.End.Sub(failed), o.StatusMessage)
	}
}
