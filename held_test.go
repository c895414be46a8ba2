package langshark_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/memory"
)

// updating is an exporter that takes updates and files.
type updating struct{ exporter.Exporter }

func (updating) AcceptsUnfinished() bool { return true }
func (updating) AcceptsMedia() bool      { return true }

func (u updating) UploadMedia(ctx context.Context, m *exporter.Media) error {
	if to, ok := u.Exporter.(exporter.MediaUploader); ok {
		return to.UploadMedia(ctx, m)
	}
	return nil
}

// TestForgottenObservationsHoldLittle however much they were given.
func TestForgottenObservationsHoldLittle(t *testing.T) {
	const limit = 1 << 20
	discard := &sink{export: func(context.Context, []exporter.Record) error { return nil }}
	for name, set := range map[string]func(s *langshark.Span, g *langshark.Generation, i int){
		"inputs": func(s *langshark.Span, _ *langshark.Generation, i int) { s.SetInput(fmt.Sprint(i, text(100_000))) },
		"outputs": func(s *langshark.Span, _ *langshark.Generation, i int) {
			s.SetOutput([]string{fmt.Sprint(i, text(100_000))})
		},
		"metadata": func(s *langshark.Span, _ *langshark.Generation, i int) {
			s.SetMetadata("k", fmt.Sprint(i, text(100_000)))
		},
		"parameters": func(_ *langshark.Span, g *langshark.Generation, i int) {
			g.SetModelParameters(map[string]any{"k": fmt.Sprint(i, text(100_000))})
		},
		"files": func(s *langshark.Span, _ *langshark.Generation, i int) {
			s.SetInput(langshark.Media{Data: append(bytes.Clone(png), fmt.Append(nil, i, text(100_000))...)})
		},
	} {
		for _, once := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, sent once %t", name, once), func(t *testing.T) {
				cfg := langshark.Config{Exporter: updating{discard}, QueueBytes: limit, OnError: func(error) {}}
				if once {
					cfg.Exporter = discard
				}
				r := record(t, cfg)
				before := heap()
				for i := range 200 {
					_, s := r.StartSpan(t.Context(), "forgotten")
					_, g := r.StartGeneration(t.Context(), "forgotten")
					set(s, g, i)
					if held := r.Stats().Held; held > limit {
						t.Fatalf("%d bytes are held", held)
					}
				}
				_ = r.Flush(t.Context()) // the queue has dropped some
				if grown := int64(heap()) - int64(before); grown > 10*limit {
					t.Errorf("%d KB more", grown>>10)
				}
			})
		}
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // pools let go at the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// crowd makes older observations let go, with 1 MiB for all.
func crowd(ctx context.Context, r *recorder) {
	r.t.Helper()
	_, a := langshark.StartSpan(ctx, "crowd")
	_, b := langshark.StartSpan(ctx, "crowd")
	a.SetInput(text(600_000))
	b.SetInput(text(460_000))
	r.flush() // there is not room for both in the queue
	a.End()
	b.End()
}

// TestUnfinishedThenEnded: what let its payload go is whole at the sink, and said to have ended.
func TestUnfinishedThenEnded(t *testing.T) {
	mem := memory.New()
	r := record(t, langshark.Config{Exporter: updating{mem}, QueueBytes: 1 << 20})
	r.mem = mem
	ctx, root := r.StartTrace(t.Context(), "root", langshark.WithInput("the input"), langshark.WithUser("kim"))
	_, g := langshark.StartGeneration(ctx, "g", langshark.WithModelParameters(map[string]any{"temperature": 1, "tools": text(2000)}))
	g.SetInput([]any{text(5000), langshark.Media{Data: png}})
	g.SetMetadata("k", text(1000))
	root.SetOutput(text(5000))
	_, small := langshark.StartSpan(ctx, "small")
	small.SetInput("x")
	crowd(ctx, r)
	for _, name := range []string{"root", "g"} {
		o := r.one(name)
		if o.Input.IsZero() || !o.End.IsZero() || meta(o.Metadata, "langshark.unfinished") != "true" {
			t.Errorf("%s is not there yet: %.2000v", name, o)
		}
	}
	if n := len(r.mem.Media()); n != 1 {
		t.Errorf("%d files", n)
	}
	for _, o := range r.mem.Observations() {
		if o.Name == "small" {
			t.Error("one that holds little was sent")
		}
	}
	if held := r.Stats().Held; held > 100 {
		t.Errorf("%d bytes are held", held)
	}
	g.SetOutput("the output")
	g.SetUsage(langshark.Usage{InputTokens: 3})
	g.End()
	small.End()
	root.End()
	o := r.one("g")
	if o.End.IsZero() || meta(o.Metadata, "langshark.unfinished") != "false" || meta(o.Metadata, "k") == "" || !strings.Contains(jsonOf(o.Input), "@@@") ||
		jsonOf(o.Output) != `"the output"` || meta(o.Generation.Parameters, "tools") == "" || o.Generation.Usage.InputTokens != 3 {
		t.Errorf("%.2000v %.2000v", o, o.Generation)
	}
	if n := len(r.mem.Media()); n != 1 {
		t.Errorf("%d files", n)
	}
	if s := r.one("small"); meta(s.Metadata, "langshark.unfinished") != "" || jsonOf(s.Input) != `"x"` {
		t.Errorf("%.2000v", s)
	}
	if tr := r.trace(); jsonOf(tr.Input) != `"the input"` || len(jsonOf(tr.Output)) != 5002 || tr.Attributes.UserID != "kim" {
		t.Errorf("%.2000v", tr)
	}
	if s := r.Stats(); s.Held != 0 || s.Late != 0 {
		t.Errorf("held %d, late %d", s.Held, s.Late)
	}
}

// TestUnfinishedIsTheEndOnSomeWires: where the sink takes no updates, nothing comes twice.
func TestUnfinishedIsTheEndOnSomeWires(t *testing.T) {
	r := record(t, langshark.Config{QueueBytes: 1 << 20})
	ctx, tr := r.StartTrace(t.Context(), "t")
	defer tr.End()
	_, s := langshark.StartSpan(ctx, "s")
	s.SetInput(text(5000))
	crowd(ctx, r)
	s.SetOutput("late")
	s.End()
	r.flush()
	n := 0
	for _, rec := range r.mem.Records() {
		if o := rec.Observation; o != nil && o.Name == "s" {
			n++
			if o.Input.IsZero() || meta(o.Metadata, "langshark.unfinished") != "true" || rec.Op != exporter.OpCreate {
				t.Errorf("%.2000v", o)
			}
		}
	}
	if late := r.Stats().Late; n != 1 || late < 2 {
		t.Errorf("it came %d times, %d calls were late", n, late)
	}
}

// TestHeldReturnsToNothing whatever happens to values: replaced, ended, overtaken in the table, shut down.
func TestHeldReturnsToNothing(t *testing.T) {
	for _, limit := range []int64{1 << 16, 1 << 30} {
		r := record(t, langshark.Config{QueueBytes: limit, OnError: func(error) {}, Exporter: updating{&sink{export: func(context.Context, []exporter.Record) error { return nil }}}})
		var all sync.WaitGroup
		for g := range 4 {
			all.Go(func() {
				for i := range 1000 {
					ctx, s := r.StartSpan(context.Background(), "s", langshark.WithInput(langshark.Media{Data: append(bytes.Clone(png), byte(g), byte(i))}))
					s.SetInput(fmt.Sprint(i, text(i%3000)))
					s.SetMetadata("k", i)
					s.SetMetadata("k", langshark.Media{Data: append(bytes.Clone(png), byte(g), byte(i), 1)})
					langshark.UpdateObservation(ctx, langshark.WithOutput([]int{i}), langshark.WithMetadata("l", text(i%50)))
					_, m := langshark.StartGeneration(ctx, "g", langshark.WithModelParameters(map[string]any{"a": i}))
					m.SetModelParameters(map[string]any{"a": text(i % 100)})
					if i%3 > 0 {
						m.End()
					}
					if i%3 > 1 {
						s.End()
					}
				}
			})
		}
		for range 20 {
			_ = r.Flush(t.Context())
		}
		all.Wait()
		if held := r.Stats().Held; held < 0 || held == 0 || held > limit {
			t.Errorf("%d bytes are held while some run", held)
		}
		_ = r.Shutdown(t.Context())
		if held := r.Stats().Held; held != 0 {
			t.Errorf("%d bytes are held by nothing", held)
		}
	}
}

// TestFilesOfRunningObservationsAreLetGo once they are sent, with the announcement.
func TestFilesOfRunningObservationsAreLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := memory.New()
		r := record(t, langshark.Config{Exporter: updating{mem}})
		_, s := r.StartSpan(t.Context(), "s")
		s.SetInput(langshark.Media{Data: append(bytes.Clone(png), text(1<<20)...)})
		if held := r.Stats().Held; held < 1<<20 {
			t.Errorf("%d bytes are held", held)
		}
		advance(3 * time.Second)
		if held := r.Stats().Held; held > 1000 || len(mem.Media()) != 1 {
			t.Errorf("%d bytes are held, %d files are sent", held, len(mem.Media()))
		}
		s.End()
		if r.flush(); len(mem.Media()) != 1 || r.Stats().Held != 0 {
			t.Errorf("%d bytes are held, %d files are sent", r.Stats().Held, len(mem.Media()))
		}
	})
}

// TestUnfinishedOnEachWire: an update by the ingestion API, one span by OTLP.
func TestUnfinishedOnEachWire(t *testing.T) {
	for name, w := range wires {
		t.Run(name, func(t *testing.T) {
			s, cfg := w.server()
			cfg.QueueBytes = 1 << 20
			r := record(t, cfg)
			ctx, tr := r.StartTrace(t.Context(), "t")
			_, known := langshark.StartSpan(ctx, "known") // the server's version is, after this
			known.End()
			r.flush()
			_, g := langshark.StartGeneration(ctx, "g")
			g.SetInput(text(5000))
			crowd(ctx, r)
			g.End()
			tr.End()
			r.flush()
			var got []string
			for _, a := range s.arrived() {
				if strings.Contains(a, " g ") || strings.HasSuffix(a, " g") {
					got = append(got, a)
				}
			}
			want := []string{"generation-create g open unfinished", "generation-update g unfinished"} // the second says false
			if w.spans {
				want = []string{"span g unfinished"}
			}
			requireList(t, "arrived", got, want)
		})
	}
}
