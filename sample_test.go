package langshark_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/langshark/langshark-go"
)

func TestSamplingIsTheSameForAllOfATraceAndEverywhere(t *testing.T) {
	const rate, n = 0.3, 2000
	r := record(t, langshark.Config{SampleRate: langshark.SampleRate(rate)})
	kept := map[string]bool{}
	for i := range n {
		id := langshark.TraceIDFromSeed(fmt.Sprint(i))
		if i%2 == 1 {
			id = fmt.Sprint("order-", i)
		}
		sum := sha256.Sum256([]byte(id))
		kept[id] = float64(binary.BigEndian.Uint32(sum[:4]))/0xFFFFFFFF < rate
		ctx, tr := r.StartTrace(t.Context(), "root", langshark.WithTraceID(id))
		_, g := langshark.StartGeneration(ctx, "child")
		g.SetInput("x")
		g.End()
		langshark.RecordEvent(ctx, "event")
		if err := langshark.RecordScore(ctx, "in", langshark.Numeric(1)); err != nil {
			t.Fatal(err)
		}
		tr.End()
		if err := r.RecordScore(t.Context(), "elsewhere", langshark.Numeric(1), langshark.WithTraceID(id)); err != nil {
			t.Fatal(err)
		}
		if got := langshark.TraceID(ctx); got != id {
			t.Fatalf("the context has trace %s, not %s", got, id)
		}
	}
	want := 0
	for _, k := range kept {
		if k {
			want++
		}
	}
	if part := float64(want) / n; math.Abs(part-rate) > 0.05 {
		t.Fatalf("%v of the traces are kept", part)
	}
	r.flush()
	for _, o := range r.mem.Observations() {
		if !kept[o.TraceID] {
			t.Fatalf("an observation of %s was recorded", o.TraceID)
		}
	}
	for _, s := range r.mem.Scores() {
		if !kept[s.TraceID] {
			t.Fatalf("a score of %s was recorded", s.TraceID)
		}
	}
	if a, b, c := len(r.mem.Traces()), len(r.mem.Observations()), len(r.mem.Scores()); a != want || b != 3*want || c != 2*want {
		t.Errorf("%d traces, %d observations, %d scores of %d sampled traces", a, b, c, want)
	}
}

func TestSampleRateZeroAndOne(t *testing.T) {
	none := record(t, langshark.Config{SampleRate: langshark.SampleRate(0)})
	ctx, tr := none.StartTrace(t.Context(), "root")
	tr.SetInput("x")
	tr.End()
	if tr != nil || langshark.TraceID(ctx) == "" || none.Stats().Accepted != 0 {
		t.Errorf("%v, %+v", tr, none.Stats())
	}
	all := record(t, langshark.Config{SampleRate: langshark.SampleRate(1)})
	for range 100 {
		_, s := all.StartSpan(t.Context(), "s")
		s.End()
	}
	if n := len(all.flush().mem.Traces()); n != 100 {
		t.Errorf("%d of 100", n)
	}
}

func TestRecording(t *testing.T) {
	none, all := record(t, langshark.Config{SampleRate: langshark.SampleRate(0)}), record(t, langshark.Config{})
	unsampled, _ := none.StartSpan(t.Context(), "root")
	sampled, s := all.StartSpan(t.Context(), "root")
	defer s.End()
	if none.Recording(unsampled) || !all.Recording(sampled) || !all.Recording(t.Context()) || !all.Recording(unsampled) || langshark.Default().Recording(t.Context()) {
		t.Error("Recording is wrong")
	}
}
