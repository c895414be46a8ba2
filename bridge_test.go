package langshark_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
)

// other is another tracing library, which keeps its span in a context of its own key.
type other struct{}

type otherKey struct{}

func (other) Current(ctx context.Context) (langshark.SpanContext, bool) {
	s, ok := ctx.Value(otherKey{}).(langshark.SpanContext)
	return s, ok
}

func (other) With(ctx context.Context, s langshark.SpanContext) context.Context {
	return context.WithValue(ctx, otherKey{}, s)
}

// child starts one of the other library's spans below what ctx holds of it.
func child(ctx context.Context, id byte) (context.Context, langshark.SpanContext) {
	s, ok := other{}.Current(ctx)
	if !ok {
		s = langshark.SpanContext{TraceID: [16]byte{15: 1}, Sampled: true}
	}
	s.SpanID = [8]byte{7: id}
	return context.WithValue(ctx, otherKey{}, s), s
}

func TestBridgeBothWays(t *testing.T) {
	r := record(t, langshark.Config{Bridge: other{}})
	ctx, _ := child(t.Context(), 1)                 // theirs
	ctx, a := r.StartSpan(ctx, "a")                 // ours below it
	ctx, theirs := child(ctx, 2)                    // theirs below ours
	ctx, g := langshark.StartGeneration(ctx, "g")   // ours below that
	_, direct := langshark.StartSpan(ctx, "direct") // ours below ours
	direct.End()
	g.End()
	a.End()
	const trace = "00000000000000000000000000000001"
	for name, parent := range map[string]string{"a": "0000000000000001", "g": "0000000000000002", "direct": g.ID()} {
		if o := r.one(name); o.TraceID != trace || o.ParentID != parent {
			t.Errorf("%s: trace %s, parent %s; want %s", name, o.TraceID, o.ParentID, parent)
		}
	}
	if got := theirs.TraceID; got != [16]byte{15: 1} {
		t.Errorf("their span below ours is in trace %x", got)
	}
}

func TestBridgeFromOurRoot(t *testing.T) {
	r := record(t, langshark.Config{Bridge: other{}})
	ctx, root := r.StartTrace(t.Context(), "root", langshark.WithUser("kim"))
	ctx, theirs := child(ctx, 9)
	_, s := langshark.StartSpan(ctx, "below theirs")
	s.End()
	root.End()
	if o := r.one("below theirs"); o.TraceID != root.ID() || o.ParentID != "0000000000000009" || o.Attributes.UserID != "kim" {
		t.Errorf("%+v", o)
	}
	if got := theirs; got.TraceID == [16]byte{15: 1} || !got.Sampled {
		t.Errorf("their span is in trace %x", got.TraceID)
	}
	if r.trace().Attributes.UserID != "kim" {
		t.Error("the trace's record is missing")
	}
}

func TestBridgeFollowsTheOthersSampling(t *testing.T) {
	r := record(t, langshark.Config{Bridge: other{}})
	ctx := context.WithValue(t.Context(), otherKey{}, langshark.SpanContext{TraceID: [16]byte{1}, SpanID: [8]byte{1}})
	_, s := r.StartSpan(ctx, "s")
	s.End()
	r.flush()
	if s != nil || len(r.mem.Observations()) != 0 {
		t.Error("an observation below a span that isn't sampled is recorded")
	}
}

func TestRecordObservation(t *testing.T) {
	r := record(t, langshark.Config{Environment: "test", Mask: langshark.MaskFunc(func(m langshark.MaskText) (string, error) {
		return strings.ReplaceAll(m.Text, "secret", "***"), nil
	})})
	at := time.Now()
	r.RecordObservation(&exporter.Observation{
		ID: "00f067aa0ba902b7", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", Name: "elsewhere", Kind: exporter.KindGeneration,
		Start: at, End: at.Add(time.Second), StatusMessage: "secret", Input: exporter.Text("secret"), Output: exporter.JSON([]byte(`{"a":"secret"}`)),
		Metadata:   []exporter.KeyValue{{Key: "k", Value: exporter.Text("secret")}},
		Generation: &exporter.Generation{Model: "m", Parameters: []exporter.KeyValue{{Key: "stop", Value: exporter.Text("secret")}}},
		Attributes: &exporter.Attributes{UserID: "kim"},
	})
	o := r.one("elsewhere")
	got := shown(o.Input) + shown(o.Output) + o.StatusMessage + meta(o.Metadata, "k") + shown(o.Generation.Parameters[0].Value)
	if strings.Contains(got, "secret") || strings.Count(got, "***") != 5 || o.Attributes.Environment != "test" || o.Attributes.UserID != "kim" {
		t.Errorf("recorded %s, %+v", got, o.Attributes)
	}
	if tr := r.trace(); tr.Attributes.TraceName != "elsewhere" || tr.Attributes.UserID != "kim" {
		t.Errorf("the trace: %+v", tr)
	}
	langshark.Default().RecordObservation(o) // disabled
}
