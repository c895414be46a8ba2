package sdktest

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// scenario is what happens to one conversation.
type scenario struct {
	replies []fakellm.Reply
	streams bool // it is about streams only
	asWell  bool // for the other hosts with OpenAI's API too
	repeats int  // attempts that the SDK, or the application in its place, may make in addition
}

// soon lets the SDKs that read it repeat at once.
var soon = http.Header{"Retry-After-Ms": {"1"}}

var scenarios = map[string]scenario{
	"success": {asWell: true, replies: []fakellm.Reply{{Text: "내일 도착합니다."}}},
	"tool-call": {asWell: true, replies: []fakellm.Reply{
		{ToolCalls: []fakellm.ToolCall{{ID: "call_1", Name: "order_status", Arguments: `{"id":"A-1"}`}}},
		{Text: "It arrives tomorrow."},
	}},
	"parallel-tool-calls": {replies: []fakellm.Reply{
		{ToolCalls: []fakellm.ToolCall{{ID: "call_1", Name: "weather", Arguments: `{"city":"서울"}`}, {ID: "call_2", Name: "weather", Arguments: `{"city":"부산"}`}}},
		{ToolCalls: []fakellm.ToolCall{{ID: "call_3", Name: "order_status", Arguments: `{"id":"A-1"}`}, {ID: "call_4", Name: "weather", Arguments: `{"city":"제주"}`}}},
		{Text: "Take an umbrella to 부산."},
	}},
	"reasoning":               {asWell: true, replies: []fakellm.Reply{{Reasoning: "They ask about a parcel. ", Text: "Tomorrow.", ReasoningTokens: 120}}},
	"refusal":                 {replies: []fakellm.Reply{{Refusal: "I can't help with that."}}},
	"length":                  {replies: []fakellm.Reply{{Text: "It arrives", FinishReason: "length"}}},
	"cached":                  {asWell: true, replies: []fakellm.Reply{{Text: "Yes.", Usage: &fakellm.Usage{PromptTokens: 2048, CompletionTokens: 3, CachedTokens: 1920, CacheWriteTokens: 100}}}},
	"bad-request":             {asWell: true, replies: []fakellm.Reply{{Err: fakellm.ContextTooLong()}}},
	"rate-limit-then-success": {repeats: 2, replies: []fakellm.Reply{{Err: fakellm.RateLimited(0), Header: soon}, {Text: "Tomorrow."}}},
	"server-error":            {repeats: 2, replies: []fakellm.Reply{{Err: fakellm.ServerError(), Header: soon}, {Err: fakellm.Overloaded(), Header: soon}, {Err: fakellm.ServerError(), Header: soon}}},
	"error-page":              {replies: []fakellm.Reply{{Err: &fakellm.Error{Status: 502, Body: "<html><head><title>502 Bad Gateway</title></head></html>"}}}},
	"truncated":               {replies: []fakellm.Reply{{Text: "It arrives tomorrow morning.", BreakAfter: 2}}},
	"no-end-mark":             {streams: true, replies: []fakellm.Reply{{Text: "It arrives tomorrow.", NoDone: true}}},
	"error-in-stream":         {streams: true, asWell: true, replies: []fakellm.Reply{{Text: "It arrives tomorrow.", Err: fakellm.ServerError(), ErrAfter: 2}}},
	"slow":                    {streams: true, replies: []fakellm.Reply{{Text: "It arrives tomorrow morning."}}},
}

// call is a function that the model asks for; Vertex AI and others give no id.
type call struct{ id, name, arguments string }

// talk is a conversation by one of an SDK's ways.
type talk interface {
	// ask asks with what has been said so far, and returns what the model asks for.
	ask(ctx context.Context) ([]call, error)
	// tell adds the results of the calls.
	tell(calls []call, results []string)
}

// way is one of an SDK's ways to have a conversation.
type way struct {
	name     string
	host     string // scheme and name of the real one
	streams  bool
	dialect  fakellm.Dialect // of another host with OpenAI's API
	repeats  bool            // the SDK repeats what fails, and marks it
	unmarked bool            // it repeats what fails if told to, and doesn't
	noTools  bool
	start    func(p place) talk
}

func ways() (all []way) {
	for _, of := range [][]way{openAIWays(), dialectWays(), anthropicWays(), genaiWays(), ollamaWays()} {
		all = append(all, of...)
	}
	return all
}

func (w *way) has(s *scenario) bool {
	return (w.streams || !s.streams) && (w.dialect == "" || s.asWell) && (!w.noTools || len(s.replies[0].ToolCalls) == 0)
}

func (w *way) golden(scenario string) string {
	return filepath.Join("testdata", "scenarios", w.name, scenario+".tree")
}

// Each scenario by each way, the whole recorded tree compared with a file.
func TestScenarios(t *testing.T) {
	for _, w := range ways() {
		for name, s := range scenarios {
			if !w.has(&s) {
				continue
			}
			t.Run(w.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				rec := langsharktest.NewRecorder(t)
				converse(t, rec, &w, name, &s)
				langsharktest.RequireTree(t, rec, w.golden(name), steady...)
			})
		}
	}
}

// steady replaces what differs from run to run.
var steady = []langsharktest.TreeOption{
	langsharktest.Replace(`"(duration_ms|start)": ("[^"]*"|\d+)`, `"$1": "…"`),
}

func converse(t *testing.T, rec *langsharktest.Recorder, w *way, name string, s *scenario) {
	t.Helper()
	opts := []fakellm.Option{fakellm.WithReplies(s.replies...), fakellm.WithDialect(w.dialect)}
	if name == "slow" {
		opts = append(opts, fakellm.WithPause(func(ctx context.Context, _ fakellm.Moment) {
			select {
			case <-ctx.Done():
			case <-time.After(3 * time.Millisecond): // slow is what it is about
			}
		}))
	}
	p := serve(t, fakellm.New(opts...), w.host)
	p.http.Transport = llmhttp.NewTransport(p.http.Transport)
	p.repeats = s.repeats
	talk := w.start(p)

	ctx, root := langshark.StartTrace(rec.Context(), "turn", langshark.WithInput("where?"))
	n := 1
	for ; n < 5; n++ {
		calls, err := insist(ctx, talk, w, s)
		if last := s.replies[min(n+s.repeats, len(s.replies))-1]; (last.Err != nil && last.ErrAfter == 0) != (err != nil) && name != "truncated" && name != "error-in-stream" {
			t.Errorf("the application got %v", err)
		}
		if len(calls) == 0 {
			break
		}
		var results []string
		for _, c := range calls {
			result := "in delivery"
			if c.name == "order_status" { // one that the application records itself
				_, span := llmhttp.StartTool(ctx, llmhttp.ToolCall{ID: c.id, Name: c.name, Arguments: c.arguments})
				span.SetOutput(result)
				span.End()
			}
			results = append(results, result)
		}
		talk.tell(calls, results)
	}
	root.End()
	await(t, rec, n)
	if name != "slow" {
		return
	}
	for _, o := range rec.Observations() {
		if g := o.Generation; g != nil && (!g.CompletionStart.After(o.Start) || !g.CompletionStart.Before(o.End)) {
			t.Errorf("first token at %v of %v to %v", g.CompletionStart, o.Start, o.End)
		}
	}
}

// insist asks. Where the SDK doesn't repeat, or doesn't say so, the application
// marks the attempts as one call.
func insist(ctx context.Context, talk talk, w *way, s *scenario) (calls []call, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.repeats == 0 || w.repeats {
		return talk.ask(ctx)
	}
	ctx, end := llmhttp.WithCall(ctx)
	defer end()
	attempts := s.repeats + 1
	if w.unmarked {
		attempts = 1
	}
	for range attempts {
		if calls, err = talk.ask(ctx); err == nil {
			return calls, nil
		}
	}
	return nil, err
}

// await waits until so many generations have been recorded.
func await(t *testing.T, rec *langsharktest.Recorder, n int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 6000 { // a minute
		have := 0
		for _, o := range rec.Observations() {
			if o.Generation != nil {
				have++
			}
		}
		if have >= n {
			return
		}
		<-tick.C
	}
	t.Fatalf("fewer than %d generations:\n%s", n, rec.Tree())
}

// Files that no scenario compares with are none.
func TestScenarioFilesAreUsed(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*/*.tree")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %d files", err, len(files))
	}
	all := ways()
	for _, file := range files {
		i := slices.IndexFunc(all, func(w way) bool { return w.name == filepath.Base(filepath.Dir(file)) })
		s, ok := scenarios[strings.TrimSuffix(filepath.Base(file), ".tree")]
		if i < 0 || !ok || !all[i].has(&s) {
			t.Errorf("%s is of no scenario", file)
			if os.Getenv("LANGSHARK_UPDATE") == "1" {
				_ = os.Remove(file)
			}
		}
	}
}
