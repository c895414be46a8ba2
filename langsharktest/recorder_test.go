package langsharktest_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/langsharktest"
)

func TestRecorder(t *testing.T) {
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.Release = "r1" })
	ctx, trace := langshark.StartTrace(rec.Context(), "support", langshark.WithUser("u-1"))
	_, gen := langshark.StartGeneration(ctx, "answer", langshark.WithModelParameters(map[string]any{"temperature": 0.5}))
	gen.SetInput("환불")
	gen.SetMetadata("step", 2)
	gen.SetError(errors.New("too busy"))
	gen.End()
	trace.End()

	o := rec.RequireObservation("answer")
	if langsharktest.JSON(o.Input) != `"환불"` || langsharktest.Metadata(o, "step") != "2" || langsharktest.Parameter(o, "temperature") != "0.5" {
		t.Errorf("got %+v", o)
	}
	if langsharktest.JSON(o.Output) != "" || langsharktest.Metadata(o, "none") != "" {
		t.Error("found what isn't there")
	}
	if tr := rec.RequireTrace("support"); tr.Attributes.UserID != "u-1" || tr.Attributes.Release != "r1" {
		t.Errorf("got %+v", tr)
	}
	if got, want := rec.Tree(), "span support\n  generation answer [ERROR] too busy\n"; got != want {
		t.Errorf("tree:\n%s", got)
	}
	rec.Reset()
	if n := len(rec.Observations()) + len(rec.Traces()) + len(rec.Scores()); n != 0 {
		t.Errorf("%d after Reset", n)
	}
}

// failing notes that a test would have failed.
type failing struct {
	testing.TB
	message, log string
}

func (f *failing) Helper()                         {}
func (f *failing) Logf(format string, args ...any) { f.log = fmt.Sprintf(format, args...) }
func (f *failing) Fatal(args ...any)               { f.Fatalf("%s", fmt.Sprint(args...)) }
func (f *failing) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	panic(f)
}

// try calls check and keeps what it would have failed with.
func (f *failing) try(t *testing.T, check func()) {
	t.Helper()
	f.message, f.log = "", ""
	defer func() {
		if v := recover(); v != nil && v != any(f) {
			panic(v)
		}
	}()
	check()
}

func TestRequireFails(t *testing.T) {
	f := &failing{TB: t}
	rec := langsharktest.NewRecorder(f)
	_, span := langshark.StartSpan(rec.Context(), "one")
	span.End()
	for _, require := range []func(){
		func() { rec.RequireObservation("two") },
		func() { rec.RequireTrace("two") },
	} {
		if f.try(t, require); !strings.Contains(f.message, `"two"`) || !strings.Contains(f.message, "span one") {
			t.Errorf("message %q", f.message)
		}
	}
}

// A spool of the developer's environment isn't delivered into a test.
func TestRecorderSpoolsNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("LANGSHARK_SPOOL_DIR", dir)
	rec := langsharktest.NewRecorder(t)
	_, s := langshark.StartSpan(rec.Context(), "s")
	s.End()
	rec.RequireObservation("s")
	if stats := rec.Client.Stats(); stats.Spooled != 0 {
		t.Errorf("%+v", stats)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("the spool was used: %v %v", entries, err)
	}
}
