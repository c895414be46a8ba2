package langshark_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
)

func TestTheFirstObservedCallMakesTheTrace(t *testing.T) {
	for name, start := range map[string]func(context.Context, *recorder) (context.Context, interface{ End() }){
		"trace": func(ctx context.Context, r *recorder) (context.Context, interface{ End() }) {
			ctx, h := r.StartTrace(ctx, "root")
			return ctx, h
		},
		"span": func(ctx context.Context, r *recorder) (context.Context, interface{ End() }) {
			ctx, h := r.StartSpan(ctx, "root")
			return ctx, h
		},
		"generation": func(ctx context.Context, r *recorder) (context.Context, interface{ End() }) {
			ctx, h := r.StartGeneration(ctx, "root")
			return ctx, h
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, langshark.Config{Environment: "test", Release: "r1"})
			ctx, root := start(t.Context(), r)
			ctx2, child := langshark.StartSpan(ctx, "child")
			langshark.RecordEvent(ctx2, "event", langshark.WithInput("x"))
			child.End()
			root.End()
			tr, ro, ch, ev := r.trace(), r.one("root"), r.one("child"), r.one("event")
			if tr.Attributes.TraceName != "root" || tr.Attributes.Environment != "test" || tr.Attributes.Release != "r1" {
				t.Errorf("trace %+v", tr)
			}
			if ro.ParentID != "" || ch.ParentID != ro.ID || ev.ParentID != ch.ID || ev.Kind != langshark.KindEvent {
				t.Errorf("the tree is wrong: %+v %+v %+v", ro, ch, ev)
			}
			if ro.TraceID != tr.ID || ch.TraceID != tr.ID || len(tr.ID) != 32 || len(ro.ID) != 16 {
				t.Errorf("ids: trace %q, root %q of %q", tr.ID, ro.ID, ro.TraceID)
			}
			if langshark.TraceID(ctx) != tr.ID || langshark.ObservationID(ctx2) != ch.ID || child.TraceID() != tr.ID {
				t.Error("the context tells other ids")
			}
			if ch.Start.Before(ro.Start) || ch.End.After(ro.End) || ro.End.Before(ro.Start) {
				t.Errorf("times: %v–%v in %v–%v", ch.Start, ch.End, ro.Start, ro.End)
			}
		})
	}
}

func TestEveryField(t *testing.T) {
	r := record(t, langshark.Config{})
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	ctx, tr := r.StartTrace(t.Context(), "ask", langshark.WithUser("kim"), langshark.WithSession("s1"), langshark.WithTags("b", "a", "b"),
		langshark.WithMetadata("plan", map[string]int{"n": 1}), langshark.WithRelease("r2"), langshark.WithVersion("v2"),
		langshark.WithEnvironment("prod"), langshark.WithPublic(true), langshark.WithInput("q"), langshark.WithOutput([]int{1}),
		langshark.WithStartTime(at), langshark.WithTraceName("named"))
	_, g := langshark.StartGeneration(ctx, "chat", langshark.WithModel("gpt-4o"), langshark.WithModelParameters(map[string]any{"temperature": 0.5, "stop": []string{"x"}}),
		langshark.WithUsage(langshark.Usage{InputTokens: 10, OutputTokens: 5, CachedInputTokens: 4, CacheWriteTokens: 1, ReasoningTokens: 2, InputAudioTokens: 1, OutputAudioTokens: 1}),
		langshark.WithCost(langshark.Cost{Total: langshark.USD(0.25)}), langshark.WithPromptVersion("greet", 3), langshark.WithCompletionStart(at.Add(time.Second)),
		langshark.WithStartTime(at), langshark.WithLevel(langshark.LevelWarning), langshark.WithStatusMessage("slow"), langshark.WithVersion("g1"),
		langshark.WithObservationID("00f067aa0ba902b7"), langshark.WithMetadata("k", "v"))
	g.EndAt(at.Add(3 * time.Second))
	tr.EndAt(at.Add(4 * time.Second))
	got, o := r.trace(), r.one("chat")
	a := got.Attributes
	if a.TraceName != "named" || a.UserID != "kim" || a.SessionID != "s1" || !slices.Equal(a.Tags, []string{"a", "b"}) || meta(a.Metadata, "plan") != `{"n":1}` ||
		a.Release != "r2" || a.Version != "v2" || a.Environment != "prod" || a.Public == nil || !*a.Public || !got.Start.Equal(at) {
		t.Errorf("trace %+v", got)
	}
	if jsonOf(got.Input) != `"q"` || jsonOf(got.Output) != `[1]` {
		t.Errorf("input %s, output %s", jsonOf(got.Input), jsonOf(got.Output))
	}
	gen := o.Generation
	if gen.Model != "gpt-4o" || len(gen.Parameters) != 2 || gen.Parameters[1].Key != "temperature" || gen.Usage.CachedInputTokens != 4 ||
		gen.Cost.Total != 250_000_000 || gen.PromptName != "greet" || gen.PromptVersion != 3 || !gen.CompletionStart.Equal(at.Add(time.Second)) {
		t.Errorf("generation %+v", gen)
	}
	if o.ID != "00f067aa0ba902b7" || !o.Start.Equal(at) || !o.End.Equal(at.Add(3*time.Second)) || o.Level != langshark.LevelWarning || o.StatusMessage != "slow" || o.Version != "g1" || meta(o.Metadata, "k") != `"v"` {
		t.Errorf("observation %+v", o)
	}
	if o.Attributes.UserID != "kim" || o.Attributes.TraceName != "named" {
		t.Errorf("the observation isn't stamped: %+v", o.Attributes)
	}
}

func TestUpdateTraceChangesTheWholeTraceAndHasTheLastWord(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx, root := r.StartSpan(t.Context(), "root")
	_, early := langshark.StartSpan(ctx, "early")
	early.End()
	_, late := langshark.StartSpan(ctx, "late")
	langshark.UpdateTrace(ctx, langshark.WithUser("kim"), langshark.WithTags("x"), langshark.WithInput("the question"))
	late.End()
	root.SetOutput("the root's output")
	root.End()
	if u := r.one("early").Attributes.UserID; u != "" {
		t.Errorf("an observation that has ended was changed: %q", u)
	}
	if u := r.one("late").Attributes.UserID; u != "kim" {
		t.Errorf("late is of user %q", u)
	}
	tr := r.trace()
	if tr.Attributes.UserID != "kim" || jsonOf(tr.Input) != `"the question"` || jsonOf(tr.Output) != `"the root's output"` {
		t.Errorf("%+v in %s out %s", tr, jsonOf(tr.Input), jsonOf(tr.Output))
	}
	langshark.UpdateTrace(ctx, langshark.WithTags("after"), langshark.WithOutput("corrected"))
	_, child := langshark.StartSpan(ctx, "after the end")
	child.End()
	if tr := r.trace(); !slices.Equal(tr.Attributes.Tags, []string{"after", "x"}) || jsonOf(tr.Output) != `"corrected"` || tr.Attributes.TraceName != "root" {
		t.Errorf("after the end: %+v", tr)
	}
	if o := r.one("after the end"); o.ParentID != root.ID() {
		t.Error("a child that starts after its parent's end lost it")
	}
}

func TestWithTraceAttributesIsForWhatStartsBelow(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx := langshark.ContextWithClient(t.Context(), r.Client)
	ctx = langshark.WithTraceAttributes(ctx, langshark.WithUser("kim"), langshark.WithMetadata("a", 1))
	ctx, root := langshark.StartSpan(ctx, "root")
	below := langshark.WithTraceAttributes(ctx, langshark.WithTags("below"), langshark.WithMetadata("b", 2))
	below = langshark.WithTraceAttributes(below, langshark.WithVersion("inner"))
	_, inner := langshark.StartSpan(below, "inner")
	inner.End()
	_, beside := langshark.StartSpan(ctx, "beside")
	beside.End()
	root.End()
	in := r.one("inner").Attributes
	if in.UserID != "kim" || !slices.Equal(in.Tags, []string{"below"}) || in.Version != "inner" || meta(in.Metadata, "a") != "1" || meta(in.Metadata, "b") != "2" {
		t.Errorf("inner %+v", in)
	}
	if out := r.one("beside").Attributes; out.UserID != "kim" || out.Tags != nil {
		t.Errorf("beside %+v", out)
	}
	if tr := r.trace().Attributes; tr.UserID != "kim" || tr.Tags != nil || meta(tr.Metadata, "b") != "" {
		t.Errorf("trace %+v", tr)
	}
}

func TestUpdateObservation(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx, span := r.StartSpan(t.Context(), "span")
	langshark.UpdateObservation(ctx, langshark.WithOutput("o"), langshark.WithLevel(langshark.LevelDebug), langshark.WithModel("ignored"))
	ctx, g := langshark.StartGeneration(ctx, "generation")
	langshark.UpdateObservation(ctx, langshark.WithModel("m"), langshark.WithUsage(langshark.Usage{OutputTokens: 3}))
	g.End()
	span.End()
	if o := r.one("span"); jsonOf(o.Output) != `"o"` || o.Level != langshark.LevelDebug || o.Generation != nil {
		t.Errorf("%+v", o)
	}
	if o := r.one("generation"); o.Generation.Model != "m" || o.Generation.Usage.OutputTokens != 3 {
		t.Errorf("%+v", o.Generation)
	}
	langshark.UpdateObservation(t.Context(), langshark.WithModel("nothing there")) // must not panic
}

func TestAfterEndSettersDoNothingAndAreCounted(t *testing.T) {
	r := record(t, langshark.Config{})
	_, g := r.StartGeneration(t.Context(), "g")
	g.SetOutput("first")
	g.End()
	g.SetOutput("second")
	g.SetModel("m")
	g.SetMetadata("k", 1)
	g.SetError(errors.New("late"))
	g.SetStatusMessage("late")
	g.End()
	if o := r.one("g"); jsonOf(o.Output) != `"first"` || o.Generation.Model != "" || o.Level != langshark.LevelDefault {
		t.Errorf("%+v", o)
	}
	if s := r.Stats(); s.Late != 6 || s.Accepted != 2 {
		t.Errorf("%+v", s)
	}
}

func TestGivenIDsOfAnotherFormAreKept(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx, tr := r.StartTrace(t.Context(), "root", langshark.WithTraceID("order-17"))
	_, s := langshark.StartSpan(ctx, "child", langshark.WithObservationID("step-1"))
	s.End()
	tr.End()
	if o := r.one("child"); o.TraceID != "order-17" || o.ID != "step-1" || r.trace().ID != "order-17" {
		t.Errorf("%+v", o)
	}
	tp := langshark.Traceparent(ctx)
	if !strings.HasPrefix(tp, "00-"+langshark.TraceIDFromSeed("order-17")+"-") {
		t.Errorf("traceparent %s", tp)
	}
}

func TestOneTraceTwoRootsByID(t *testing.T) {
	r := record(t, langshark.Config{})
	id := langshark.TraceIDFromSeed("job 1")
	for i := range 2 {
		ctx, s := r.StartSpan(t.Context(), fmt.Sprint("part ", i), langshark.WithTraceID(id))
		if langshark.TraceID(ctx) != id {
			t.Error("the id was not taken")
		}
		s.End()
	}
	if r.one("part 0").TraceID != id || r.one("part 1").TraceID != id {
		t.Error("the parts are in different traces")
	}
}

func TestFanOut(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx, root := r.StartTrace(t.Context(), "root")
	parents := make([]string, 10)
	var wg sync.WaitGroup
	for i := range 10 {
		ctx, parent := langshark.StartSpan(ctx, fmt.Sprint("parent ", i))
		parents[i] = parent.ID()
		for j := range 100 {
			wg.Go(func() {
				ctx, child := langshark.StartSpan(ctx, fmt.Sprint("child ", i, " ", j))
				langshark.RecordEvent(ctx, fmt.Sprint("event ", i, " ", j))
				child.SetOutput(j)
				child.End()
			})
		}
		wg.Go(parent.End)
	}
	wg.Wait()
	root.End()
	children := map[string]*exporter.Observation{}
	observations := r.flush().mem.Observations()
	if len(observations) != 1+10+2000 {
		t.Fatalf("%d observations", len(observations))
	}
	for _, o := range observations {
		children[o.Name] = o
	}
	for i := range 10 {
		for j := range 100 {
			c, e := children[fmt.Sprint("child ", i, " ", j)], children[fmt.Sprint("event ", i, " ", j)]
			if c.ParentID != parents[i] || e.ParentID != c.ID || jsonOf(c.Output) != fmt.Sprint(j) {
				t.Fatalf("child %d %d is below %s, not %s; its event below %s", i, j, c.ParentID, parents[i], e.ParentID)
			}
		}
	}
}

func TestRecordingIgnoresCancellation(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ctx, s := r.StartSpan(ctx, "cancelled")
	s.End()
	if r.one("cancelled"); ctx.Err() == nil {
		t.Error("the context lost its cancellation")
	}
}

func TestTheContextStaysTheCallers(t *testing.T) {
	type key struct{}
	r := record(t, langshark.Config{})
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "v"), time.Hour)
	defer cancel()
	for _, start := range []func(context.Context) context.Context{
		func(ctx context.Context) context.Context { c, _ := r.StartTrace(ctx, "a"); return c },
		func(ctx context.Context) context.Context { c, _ := langshark.StartSpan(ctx, "b"); return c },
		func(ctx context.Context) context.Context { c, _ := langshark.StartGeneration(ctx, "c"); return c },
		func(ctx context.Context) context.Context {
			return langshark.WithTraceAttributes(ctx, langshark.WithUser("u"))
		},
	} {
		ctx := start(ctx)
		if _, ok := ctx.Deadline(); !ok || ctx.Value(key{}) != "v" {
			t.Fatal("deadline or value is gone")
		}
	}
	//lint:ignore SA1012 a nil context must not panic either
	_, s := langshark.StartSpan(nil, "nil") //nolint:staticcheck // see above
	s.End()
}

func TestTwoClientsDoNotMix(t *testing.T) {
	a, b := record(t, langshark.Config{}), record(t, langshark.Config{})
	ctx, sa := a.StartSpan(t.Context(), "of a")
	ctx, sb := b.StartSpan(ctx, "of b")
	_, below := langshark.StartSpan(ctx, "below b")
	below.End()
	sb.End()
	sa.End()
	if o := b.one("of b"); o.ParentID != "" || o.TraceID == sa.TraceID() {
		t.Errorf("b's trace hangs below a's: %+v", o)
	}
	if o := b.one("below b"); o.ParentID != sb.ID() {
		t.Errorf("%+v", o)
	}
	if n := len(a.flush().mem.Observations()); n != 1 {
		t.Errorf("a has %d observations", n)
	}
}
