package langshark_test

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
)

func with(t *testing.T, r *recorder) context.Context {
	t.Helper()
	return langshark.ContextWithClient(t.Context(), r.Client)
}

var errTest = errors.New("no such order")

func TestObserveForms(t *testing.T) {
	type question struct{ Text string }
	for name, call := range map[string]func(context.Context) error{
		"Observe": func(ctx context.Context) error {
			f := langshark.Observe("call", func(_ context.Context, q question) (int, error) { return len(q.Text), errTest })
			n, err := f(ctx, question{"four"})
			if n != 4 {
				t.Errorf("the wrapper returns %d", n)
			}
			return err
		},
		"ObserveErr": func(ctx context.Context) error {
			return langshark.ObserveErr("call", func(context.Context, question) error { return errTest })(ctx, question{"four"})
		},
		"Observe0": func(ctx context.Context) error {
			_, err := langshark.Observe0("call", func(context.Context) (int, error) { return 4, errTest })(ctx)
			return err
		},
		"ObserveErr0": func(ctx context.Context) error {
			return langshark.ObserveErr0("call", func(context.Context) error { return errTest })(ctx)
		},
		"Do": func(ctx context.Context) error {
			_, err := langshark.Do(ctx, "call", func(context.Context) (int, error) { return 4, errTest })
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, langshark.Config{})
			if err := call(with(t, r)); !errors.Is(err, errTest) {
				t.Errorf("the wrapper returns %v", err)
			}
			o := r.one("call")
			if o.Level != langshark.LevelError || o.StatusMessage != "no such order" || o.End.IsZero() {
				t.Errorf("%+v", o)
			}
			if name == "Observe" || name == "ObserveErr" {
				if jsonOf(o.Input) != `{"Text":"four"}` {
					t.Errorf("input %s", jsonOf(o.Input))
				}
			}
			if (name == "Observe" || name == "Observe0" || name == "Do") && jsonOf(o.Output) != "4" {
				t.Errorf("output %s", jsonOf(o.Output))
			}
			if err := call(t.Context()); !errors.Is(err, errTest) {
				t.Errorf("disabled, the wrapper returns %v", err)
			}
		})
	}
}

func TestObserveOptions(t *testing.T) {
	r := record(t, langshark.Config{})
	f := langshark.Observe("tool", func(_ context.Context, s string) (string, error) { return s + "!", nil },
		langshark.WithKind(langshark.KindTool), langshark.WithVersion("v3"), langshark.WithMetadata("k", 1),
		langshark.WithInputTransform(func(v any) any { return "in:" + v.(string) }),
		langshark.WithOutputTransform(func(any) any { panic("transform") }))
	if out, err := f(with(t, r), "a"); out != "a!" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	o := r.one("tool")
	if o.Kind != langshark.KindTool || o.Version != "v3" || meta(o.Metadata, "k") != "1" || jsonOf(o.Input) != `"in:a"` || !strings.Contains(jsonOf(o.Output), `"$error":"panic: transform"`) {
		t.Errorf("%+v: in %s out %s", o, jsonOf(o.Input), jsonOf(o.Output))
	}
	silent := langshark.Observe("silent", func(_ context.Context, s string) (string, error) { return s, nil }, langshark.WithoutInput(), langshark.WithoutOutput())
	if _, err := silent(with(t, r), "secret"); err != nil {
		t.Fatal(err)
	}
	if o := r.one("silent"); !o.Input.IsZero() || !o.Output.IsZero() {
		t.Errorf("in %s out %s", jsonOf(o.Input), jsonOf(o.Output))
	}
}

func TestInputIsAsItWasBeforeTheCall(t *testing.T) {
	r := record(t, langshark.Config{})
	f := langshark.Observe("f", func(_ context.Context, in []string) ([]string, error) {
		in[0] = "changed"
		return in, nil
	})
	out, _ := f(with(t, r), []string{"given"})
	out[0] = "changed after the return"
	if o := r.one("f"); jsonOf(o.Input) != `["given"]` || jsonOf(o.Output) != `["changed"]` {
		t.Errorf("in %s out %s", jsonOf(o.Input), jsonOf(o.Output))
	}
}

func TestPanicsAreRecordedAndGoOn(t *testing.T) {
	for name, call := range map[string]func(context.Context){
		"Observe": func(ctx context.Context) {
			_, _ = langshark.Observe("call", func(context.Context, int) (int, error) { panic(errTest) })(ctx, 1)
		},
		"ObserveErr0": func(ctx context.Context) {
			_ = langshark.ObserveErr0("call", func(context.Context) error { panic(errTest) })(ctx)
		},
		"Do": func(ctx context.Context) {
			_, _ = langshark.Do(ctx, "call", func(context.Context) (int, error) { panic(errTest) })
		},
		"ObserveChan": func(ctx context.Context) {
			_, _ = langshark.ObserveChan("call", func(context.Context, int) (<-chan int, error) { panic(errTest) })(ctx, 1)
		},
		"ObserveSeq": func(ctx context.Context) {
			for range langshark.ObserveSeq("call", func(context.Context, int) iter.Seq[int] {
				return func(func(int) bool) { panic(errTest) }
			})(ctx, 1) {
			}
		},
		"the consumer of ObserveSeq": func(ctx context.Context) {
			for range langshark.ObserveSeq("call", func(context.Context, int) iter.Seq[int] {
				return func(yield func(int) bool) { yield(1) }
			})(ctx, 1) {
				panic(errTest)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, langshark.Config{})
			func() {
				defer func() {
					if p := recover(); p != errTest { //nolint:errorlint // the same value
						t.Errorf("recovered %v", p)
					}
				}()
				call(with(t, r))
			}()
			if o := r.one("call"); o.Level != langshark.LevelError || o.StatusMessage != "panic: no such order" || o.End.IsZero() {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestGoexitEndsTheObservation(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx := with(t, r)
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = langshark.ObserveErr0("call", func(context.Context) error { runtime.Goexit(); return nil })(ctx)
	})
	wg.Wait()
	if o := r.one("call"); o.Level != langshark.LevelError || !strings.Contains(o.StatusMessage, "Goexit") {
		t.Errorf("%+v", o)
	}
}

func numbers(n int, errAt int) func(context.Context, int) iter.Seq2[int, error] {
	return func(context.Context, int) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for i := range n {
				var err error
				if i == errAt {
					err = errTest
				}
				if !yield(i, err) {
					return
				}
			}
		}
	}
}

func TestSequencesSayHowTheyEnded(t *testing.T) {
	for _, c := range []struct {
		name, end, output string
		run               func(context.Context)
	}{
		{"drained", "complete", `[0,1,2]`, func(ctx context.Context) {
			for range langshark.ObserveSeq2("s", numbers(3, -1))(ctx, 1) {
			}
		}},
		{"stopped", "closed_early", `[0,1]`, func(ctx context.Context) {
			for i := range langshark.ObserveSeq2("s", numbers(9, -1))(ctx, 1) {
				if i == 1 {
					break
				}
			}
		}},
		{"failed", "error", `[0,2]`, func(ctx context.Context) {
			for range langshark.ObserveSeq2("s", numbers(3, 1))(ctx, 1) {
			}
		}},
		{"cancelled", "cancelled", `[0,1]`, func(ctx context.Context) {
			ctx, cancel := context.WithCancel(ctx)
			for i := range langshark.ObserveSeq2("s", numbers(9, -1))(ctx, 1) {
				if i == 1 {
					cancel()
					break
				}
			}
			cancel()
		}},
		{"text", "complete", `"안녕하세요"`, func(ctx context.Context) {
			for range langshark.ObserveSeq("s", func(context.Context, int) iter.Seq[string] {
				return func(yield func(string) bool) { _ = yield("안녕") && yield("하세") && yield("요") }
			})(ctx, 1) {
			}
		}},
		{"channel", "complete", `"a!b!"`, func(ctx context.Context) {
			f := langshark.ObserveChan("s", func(context.Context, int) (<-chan []string, error) {
				ch := make(chan []string, 2)
				ch <- []string{"a"}
				ch <- []string{"b"}
				close(ch)
				return ch, nil
			}, langshark.WithOutputTransform(func(v any) any { return v.([]string)[0] + "!" }))
			ch, err := f(ctx, 1)
			if err != nil {
				panic(err)
			}
			for range ch {
			}
		}},
		{"channel cancelled", "cancelled", `"ab"`, func(ctx context.Context) {
			ctx, cancel := context.WithCancel(ctx)
			ch, _ := langshark.ObserveChan("s", func(context.Context, int) (<-chan string, error) {
				ch := make(chan string, 2)
				ch <- "a"
				ch <- "b"
				return ch, nil
			})(ctx, 1)
			<-ch
			<-ch
			cancel()
			for range ch {
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := record(t, langshark.Config{})
			c.run(with(t, r))
			var o *exporter.Observation
			for o == nil { // a channel's observation ends after its last item was taken
				for _, got := range r.flush().mem.Observations() {
					o = got
				}
				runtime.Gosched()
			}
			if meta(o.Metadata, "langshark.stream.end") != `"`+c.end+`"` || jsonOf(o.Output) != c.output || o.End.IsZero() {
				t.Errorf("%s, output %s", meta(o.Metadata, "langshark.stream.end"), jsonOf(o.Output))
			}
			if (c.end == "error") != (o.Level == langshark.LevelError) {
				t.Errorf("level %v: %s", o.Level, o.StatusMessage)
			}
			if meta(o.Metadata, "langshark.stream.time_to_first_item_ms") == "" {
				t.Error("no time to first item")
			}
		})
	}
}

func TestASequenceStartsWhenRangingBegins(t *testing.T) {
	r := record(t, langshark.Config{})
	seq := langshark.ObserveSeq2("s", numbers(2, -1), langshark.WithKind(langshark.KindGeneration))(with(t, r), 1)
	if n := r.Stats().Accepted; n != 0 || len(r.flush().mem.Observations()) != 0 {
		t.Fatal("recorded before ranging")
	}
	for range 2 {
		for range seq {
		}
	}
	if o := r.flush().mem.Observations(); len(o) != 2 || o[0].Generation.CompletionStart.IsZero() {
		t.Errorf("%d observations", len(o))
	}
}

func TestObserveChanThatFailsToOpen(t *testing.T) {
	r := record(t, langshark.Config{})
	ch, err := langshark.ObserveChan("s", func(context.Context, int) (<-chan int, error) { return nil, errTest })(with(t, r), 1)
	if ch != nil || !errors.Is(err, errTest) {
		t.Errorf("%v, %v", ch, err)
	}
	if o := r.one("s"); o.Level != langshark.LevelError || meta(o.Metadata, "langshark.stream.end") != `"not_opened"` {
		t.Errorf("%+v", o)
	}
}
