package langsharktest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/langsharktest"
)

// full returns what RequireTree would compare of what f records.
func full(t *testing.T, f func(ctx context.Context, rec *langsharktest.Recorder), opts ...langsharktest.TreeOption) string {
	t.Helper()
	rec := langsharktest.NewRecorder(t)
	f(rec.Context(), rec)
	return rec.FullTree(opts...)
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTreeOfNothing(t *testing.T) {
	expect(t, full(t, func(context.Context, *langsharktest.Recorder) {}), "nothing was recorded\n")
}

// TestTreeOfOddTexts has what would break the form if it stood there as it is.
func TestTreeOfOddTexts(t *testing.T) {
	expect(t, full(t, func(ctx context.Context, _ *langsharktest.Recorder) {
		ctx, trace := langshark.StartTrace(ctx, "", langshark.WithUser(" kim "), langshark.WithMetadata("a: b", false))
		_, span := langshark.StartSpan(ctx, "a [b]", langshark.WithInput("a\r\nb"), langshark.WithOutput("a \nb"))
		span.SetMetadata("block", "a\n\n\tb\n")
		span.SetMetadata("zero width", "a\u200bb\x00\U000e0001")
		span.SetMetadata("not UTF-8 \xff", 1)
		span.SetMetadata("tab", "a\tb")
		span.SetMetadata("fence", "a\n\"\"\"\nb")
		span.SetMetadata("nested", map[string]any{"text": strings.Repeat("long", 19) + "\nlast", "list": []any{nil, true, 1.50, "\"\\"}, "none": map[string]any{}})
		span.SetMetadata("number", json.RawMessage("12345678901234567890.10"))
		span.SetLevel(langshark.LevelDebug)
		span.SetStatusMessage("one\ntwo")
		span.End()
		trace.End()
	}), `trace ""
  user: " kim "
  metadata:
    "a: b": false
- span ""
  - span "a [b]" [DEBUG]
      status: """
        one
        two
      """
      input: "a\u000d\nb"
      output: "a \nb"
      metadata:
        block: """
          a

          	b

        """
        fence: "a\n\"\"\"\nb"
        nested: {
          "list": [null, true, 1.5, "\"\\"],
          "none": {},
          "text": """
            longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong
            last
          """,
        }
        not UTF-8 �: 1
        number: 12345678901234567890.10
        tab: "a\tb"
        zero width: "a\u200bb\u0000\udb40\udc01"
`)
}

// TestTreeOfIDs has ids of all kinds: made at random, given, referred to, of what isn't there, and going in a circle.
func TestTreeOfIDs(t *testing.T) {
	expect(t, full(t, func(ctx context.Context, rec *langsharktest.Recorder) {
		_, other := langshark.StartTrace(ctx, "other")
		other.End()
		ctx, trace := langshark.StartTrace(ctx, "ids", langshark.WithTraceID("order-17"))
		inner, unended := langshark.StartSpan(ctx, "not ended")
		_, child := langshark.StartSpan(inner, "child", langshark.WithObservationID("first"))
		child.SetInput(map[string]any{child.ID(): trace.ID(), other.ID(): []string{"x-" + unended.ID()}})
		child.End()
		trace.End()

		header := http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}
		_, remote := langshark.StartSpan(langshark.ExtractHeader(rec.Context(), header), "handler", langshark.WithInput("a request"))
		must(langshark.RecordScore(ctx, "late", langshark.Numeric(1), langshark.WithTraceID("order-17"), langshark.WithObservationID("never")))
		must(langshark.RecordScore(ctx, "by", langshark.Numeric(1e6), langshark.WithTraceID(other.ID()), langshark.WithMetadata("from", other.ObservationID())))
		must(langshark.RecordScore(ctx, "only", langshark.Numeric(-0.5), langshark.WithTraceID("elsewhere")))
		remote.End()
	}), `trace other
  id: trace-1
  score by: 1000000
    metadata:
      from: "obs-1"
- span other
    id: obs-1

trace ids
  id: order-17
  score late: 1
    observation: never [not recorded]
- span ids
- span child
    id: first
    parent: obs-2 [not recorded]
    input: {"first": "order-17", "trace-1": ["x-obs-2"]}

trace [not recorded]
- span handler
    parent: [not recorded]
    input: "a request"

trace [not recorded]
  id: elsewhere
  score only: -0.5
`)
}

// TestTreeOfScoreIDs has a score that refers to another, and one of an observation that isn't there but is spoken of.
func TestTreeOfScoreIDs(t *testing.T) {
	const score, gone = "0a0c6f4e-3f7b-4f0e-9d59-0c6d9c6b4c55", "00f067aa0ba902b7"
	expect(t, full(t, func(ctx context.Context, _ *langsharktest.Recorder) {
		ctx, trace := langshark.StartTrace(ctx, "job")
		must(langshark.RecordScore(ctx, "first", langshark.Numeric(1), langshark.WithScoreID(score)))
		must(langshark.RecordScore(ctx, "again", langshark.Numeric(1), langshark.WithComment("instead of "+score)))
		must(langshark.RecordScore(ctx, "gone", langshark.Numeric(1), langshark.WithTraceID(trace.ID()), langshark.WithObservationID(gone), langshark.WithComment("of "+gone)))
		trace.End()
	}), `trace job
  score first: 1
    id: score-1
  score again: 1
    comment: instead of score-1
  score gone: 1
    observation: obs-1 [not recorded]
    comment: of obs-1
- span job
`)
}

// TestTreeOfCircle is of observations that name each other as parents.
func TestTreeOfCircle(t *testing.T) {
	expect(t, full(t, func(ctx context.Context, _ *langsharktest.Recorder) {
		ctx, a := langshark.StartSpan(ctx, "a", langshark.WithTraceID("t"), langshark.WithObservationID("a"))
		ctx, b := langshark.StartSpan(ctx, "b", langshark.WithObservationID("b"))
		_, again := langshark.StartSpan(ctx, "again", langshark.WithObservationID("a"))
		_, below := langshark.StartSpan(ctx, "below", langshark.WithObservationID("below"))
		below.End()
		again.End()
		b.End()
		_ = a
	}), `trace a [not recorded]
  id: t
- span b
    id: b
    parent: a [circular]
  - span below
      id: below
- span again
    id: a
    parent: b [circular]
`)
}

func TestTreeOfUnfinished(t *testing.T) {
	expect(t, full(t, func(ctx context.Context, rec *langsharktest.Recorder) {
		ctx, _ = langshark.StartTrace(ctx, "job")
		_, gen := langshark.StartGeneration(ctx, "answer")
		gen.SetOutput("It arr")
		must(rec.Client.Shutdown(ctx))
	}), `trace job
- span job [unfinished]
  - generation answer [unfinished]
      output: "It arr"
`)
}

// TestTreeOfTraceValues has inputs and outputs that are the trace's but not its root's.
func TestTreeOfTraceValues(t *testing.T) {
	expect(t, full(t, func(ctx context.Context, _ *langsharktest.Recorder) {
		ctx, trace := langshark.StartTrace(ctx, "own", langshark.WithTraceName("named"))
		trace.SetInput("root's")
		langshark.UpdateTrace(ctx, langshark.WithInput("trace's"), langshark.WithOutput("trace's"))
		trace.End()
	}), `trace named
  input: "trace's"
  output: "trace's"
- span own
    input: "root's"
`)
}

// TestTreeIgnoresEnvironment guards against files that are right on one machine: CI services name a release.
func TestTreeIgnoresEnvironment(t *testing.T) {
	record := func(ctx context.Context, _ *langsharktest.Recorder) {
		ctx, trace := langshark.StartTrace(ctx, "job", langshark.WithInput("in"))
		must(langshark.RecordScore(ctx, "good", langshark.Boolean(false)))
		trace.End()
	}
	want := full(t, record)
	for name, value := range map[string]string{
		"GITHUB_SHA": "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12", "LANGSHARK_ENVIRONMENT": "ci", "LANGSHARK_CAPTURE": "none", "LANGSHARK_SAMPLE_RATE": "0",
	} {
		t.Setenv(name, value)
	}
	expect(t, full(t, record), want)
	if !strings.Contains(want, `input: "in"`) {
		t.Errorf("got %s", want)
	}
	got := full(t, func(ctx context.Context, _ *langsharktest.Recorder) {
		_, trace := langshark.StartTrace(ctx, "job", langshark.WithEnvironment("prod"), langshark.WithRelease("r2"))
		trace.End()
	})
	expect(t, got, "trace job\n  environment: prod\n  release: r2\n- span job\n")
}

func TestIgnoreMetadata(t *testing.T) {
	expect(t, full(t, func(ctx context.Context, _ *langsharktest.Recorder) {
		ctx, trace := langshark.StartTrace(ctx, "job", langshark.WithMetadata("x", 1))
		_, gen := langshark.StartGeneration(ctx, "answer", langshark.WithModelParameters(map[string]any{"x": 2, "a": 3}), langshark.WithMetadata("x", 1), langshark.WithMetadata("y", 4))
		must(langshark.RecordScore(ctx, "good", langshark.Boolean(false), langshark.WithMetadata("x", 1)))
		gen.End()
		trace.End()
	}, langsharktest.IgnoreMetadata("x", "none")), `trace job
  score good: false
- span job
  - generation answer
      parameters:
        a: 3
        x: 2
      metadata:
        y: 4
`)
}

// TestTreeOfCosts has a total that is more than its parts, and parts without a total.
func TestTreeOfCosts(t *testing.T) {
	expect(t, full(t, func(ctx context.Context, _ *langsharktest.Recorder) {
		for _, cost := range []langshark.Cost{{Total: langshark.USD(0.5)}, {Output: langshark.USD(0.25), Details: map[string]langshark.NanoUSD{"b": 1, "a": 2}}, {}} {
			_, gen := langshark.StartEmbedding(ctx, "embed")
			gen.SetCost(cost)
			gen.End()
		}
	}), `trace embed
- embedding embed
    cost: $0.5

trace embed
- embedding embed
    cost: $0.250000003 (output $0.25, a $0.000000002, b $0.000000001)

trace embed
- embedding embed
    cost: $0
`)
}

// TestTreeShowsConfiguration has an environment or a release that was configured, whatever the process's says.
func TestTreeShowsConfiguration(t *testing.T) {
	t.Setenv("GITHUB_SHA", "r1")
	t.Setenv("LANGSHARK_ENVIRONMENT", "ci")
	for want, configure := range map[string]func(*langshark.Config){
		"  release: r1\n":     func(c *langshark.Config) { c.Release = "r1" },
		"  environment: ci\n": func(c *langshark.Config) { c.Environment = "ci" },
	} {
		rec := langsharktest.NewRecorder(t, configure)
		_, trace := langshark.StartTrace(rec.Context(), "job")
		trace.End()
		expect(t, rec.FullTree(), "trace job\n"+want+"- span job\n")
	}
}

// TestTreeOfSameStart has siblings that started at one moment: the order of their ends holds.
func TestTreeOfSameStart(t *testing.T) {
	at := time.Now()
	expect(t, full(t, func(ctx context.Context, _ *langsharktest.Recorder) {
		ctx, trace := langshark.StartTrace(ctx, "job")
		for _, name := range []string{"c", "a", "b"} {
			_, span := langshark.StartSpan(ctx, name, langshark.WithStartTime(at))
			span.End()
		}
		trace.End()
	}), "trace job\n- span job\n  - span c\n  - span a\n  - span b\n")
}

// TestSortSiblings starts the same work in two orders: names alone, inputs, what is below, and scores tell it apart.
func TestSortSiblings(t *testing.T) {
	record := func(order []int) func(context.Context, *langsharktest.Recorder) {
		return func(ctx context.Context, _ *langsharktest.Recorder) {
			for _, i := range order {
				ctx, trace := langshark.StartTrace(ctx, "question", langshark.WithInput(map[string]any{"number": i}))
				for _, k := range order {
					ctx, span := langshark.StartSpan(ctx, "part "+string(rune('c'-k/2)), langshark.WithInput(k%2))
					_, inner := langshark.StartSpan(ctx, "inner")
					inner.SetOutput(span.ID())
					inner.End()
					span.End()
					must(langshark.RecordScore(ctx, "score", langshark.Numeric(float64(k))))
				}
				trace.End()
			}
		}
	}
	forth := full(t, record([]int{0, 1, 2, 3}), langsharktest.SortSiblings())
	back := full(t, record([]int{3, 2, 1, 0}), langsharktest.SortSiblings())
	expect(t, back, forth)
	if unsorted := full(t, record([]int{3, 2, 1, 0})); unsorted == forth {
		t.Error("the orders don't differ without SortSiblings")
	}
	want := `trace question
  score score: 0
  score score: 1
  score score: 2
  score score: 3
- span question
    input: {"number": 0}
  - span part b
      id: obs-1
      input: 0
    - span inner
        output: "obs-1"
`
	if !strings.HasPrefix(forth, want) {
		t.Errorf("got\n%s\nwant at its start\n%s", forth, want)
	}
}

// TestSortOrder has names that win over inputs, inputs that win over what else is shown, and then what is below.
func TestSortOrder(t *testing.T) {
	expect(t, full(t, func(ctx context.Context, _ *langsharktest.Recorder) {
		for _, o := range []struct{ name, input, model, child string }{
			{"b", "1", "m", "x"}, {"a", "2", "l", "x"}, {"a", "1", "m", "y"}, {"a", "1", "m", "x"},
		} {
			ctx, gen := langshark.StartGeneration(ctx, o.name, langshark.WithInput(o.input), langshark.WithModel(o.model))
			_, child := langshark.StartSpan(ctx, o.child)
			child.End()
			gen.End()
		}
	}, langsharktest.SortSiblings(), langsharktest.Replace("(?m)^trace .*", "trace")), strings.Join([]string{
		"trace\n- generation a\n    model: m\n    input: \"1\"\n  - span x\n",
		"trace\n- generation a\n    model: m\n    input: \"1\"\n  - span y\n",
		"trace\n- generation a\n    model: l\n    input: \"2\"\n  - span x\n",
		"trace\n- generation b\n    model: m\n    input: \"1\"\n  - span x\n",
	}, "\n"))
}

// TestTreeOfOverlappingTraces has the order of start, although the first ended last, and one has no record.
func TestTreeOfOverlappingTraces(t *testing.T) {
	expect(t, full(t, func(ctx context.Context, _ *langsharktest.Recorder) {
		unended, _ := langshark.StartTrace(ctx, "begun")
		_, child := langshark.StartSpan(unended, "child")
		_, first := langshark.StartTrace(ctx, "first")
		_, second := langshark.StartTrace(ctx, "second")
		second.End()
		first.End()
		child.End()
	}), `trace begun [not recorded]
- span child
    parent: [not recorded]

trace first
- span first

trace second
- span second
`)
}

// TestTreeOfTwoRoots has a trace whose input can't be said to be its root's.
func TestTreeOfTwoRoots(t *testing.T) {
	expect(t, full(t, func(ctx context.Context, _ *langsharktest.Recorder) {
		_, one := langshark.StartSpan(ctx, "one", langshark.WithTraceID("t"), langshark.WithInput(1))
		_, two := langshark.StartSpan(ctx, "two", langshark.WithTraceID("t"), langshark.WithInput(2))
		two.End()
		one.End()
	}), `trace one
  id: t
  input: 1
- span one
    input: 1
- span two
    input: 2
`)
}

// TestParallelSiblings is the case that SortSiblings is for.
func TestParallelSiblings(t *testing.T) {
	for range 5 {
		rec := langsharktest.NewRecorder(t)
		ctx, trace := langshark.StartTrace(rec.Context(), "fan out")
		var group sync.WaitGroup
		for _, query := range []string{"parcel", "refund", "opening hours"} {
			group.Go(func() {
				_, span := langshark.StartObservation(ctx, langshark.KindRetriever, "search", langshark.WithInput(query))
				span.End()
			})
		}
		group.Wait()
		trace.End()
		langsharktest.RequireTree(t, rec, "testdata/parallel.tree", langsharktest.SortSiblings())
	}
}

func TestNormalised(t *testing.T) {
	record := func(took int, port, call string) func(context.Context, *langsharktest.Recorder) {
		return func(ctx context.Context, _ *langsharktest.Recorder) {
			_, span := langshark.StartSpan(ctx, "GET 127.0.0.1:"+port, langshark.WithInput("http://localhost:"+port+"/v1 and [::1]:"+port+", 10.0.0.1:8080, 127.0.0.1:80"))
			span.SetOutput(map[string]any{"took_ms": took, "call": call, "text": "a text so that it fits"})
			span.SetMetadata("host.name", call)
			span.SetMetadata("server.address", "127.0.0.1:"+port)
			span.End()
		}
	}
	opts := []langsharktest.TreeOption{
		nil, langsharktest.IgnoreMetadata("host.name", "other"),
		langsharktest.Replace(`"took_ms": \d+`, `"took_ms": 0`), langsharktest.Replace(`call_(\w)\w*`, "call_$1"),
	}
	one := full(t, record(9, "34567", "call_a1"), opts...)
	two := full(t, record(1234567890, "8080", "call_a1234567890123456789"), opts...)
	expect(t, two, one)
	expect(t, one, `trace GET 127.0.0.1:PORT
- span GET 127.0.0.1:PORT
    input: "http://localhost:PORT/v1 and [::1]:PORT, 10.0.0.1:8080, 127.0.0.1:80"
    output: {"call": "call_a", "text": "a text so that it fits", "took_ms": 0}
    metadata:
      server.address: "127.0.0.1:PORT"
`)
}
