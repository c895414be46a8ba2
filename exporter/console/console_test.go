package console_test

import (
	"bytes"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/console"
	"github.com/langshark/langshark-go/exporter/exportertest"
	"github.com/langshark/langshark-go/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestContract(t *testing.T) {
	exportertest.Run(t, func(t *testing.T) exportertest.Subject {
		t.Helper()
		return exportertest.Subject{Exporter: console.New(new(bytes.Buffer))}
	})
}

func TestTree(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	a := &exporter.Attributes{TraceName: "support", UserID: "kim", Tags: []string{"ko", "refund"}}
	o := func(id, parent string, kind exporter.Kind, name string, from, to time.Duration) *exporter.Observation {
		return &exporter.Observation{ID: id, TraceID: "t1", ParentID: parent, Kind: kind, Name: name, Start: at.Add(from), End: at.Add(to), Attributes: a}
	}
	root := o("1", "", exporter.KindAgent, "support", 0, 1234*time.Millisecond)
	root.Input = exporter.Text("환불하고 싶어요\x1b[31m\nplease")
	search := o("2", "1", exporter.KindRetriever, "search", time.Millisecond, 41*time.Millisecond)
	search.Output = exporter.JSON([]byte(`["` + strings.Repeat("문서 ", 60) + `"]`))
	chat := o("3", "1", exporter.KindGeneration, "chat gpt-4o", 50*time.Millisecond, 1150*time.Millisecond)
	chat.Generation = &exporter.Generation{Model: "gpt-4o", CompletionStart: at.Add(360 * time.Millisecond), Usage: &exporter.Usage{InputTokens: 812, OutputTokens: 96}, Cost: &exporter.Cost{Total: exporter.USD(0.00299)}}
	tool := o("4", "3", exporter.KindTool, "refund", 1160*time.Millisecond, 1172*time.Millisecond)
	tool.Level, tool.StatusMessage = exporter.LevelError, "order not found"
	running := o("5", "1", exporter.KindSpan, "cleanup", 1200*time.Millisecond, 0)
	running.End = time.Time{}
	event := o("6", "1", exporter.KindEvent, "cache miss", 2*time.Millisecond, 2*time.Millisecond)

	var b bytes.Buffer
	e := console.New(&b)
	send := func(records ...exporter.Record) {
		if err := e.Export(t.Context(), records); err != nil {
			t.Fatal(err)
		}
	}
	send(exporter.Record{Observation: chat}, exporter.Record{Observation: tool}, exporter.Record{Observation: running})
	if b.Len() != 0 {
		t.Fatalf("printed before the root has ended: %s", b.String())
	}
	send(exporter.Record{Observation: search}, exporter.Record{Observation: event}, exporter.Record{Observation: root},
		exporter.Record{Score: &exporter.Score{TraceID: "t1", Name: "tone", Type: exporter.ScoreCategorical, Text: "kind", Comment: "친절"}})
	testkit.Golden(t, *update, "testdata/console.txtar", "tree", b.String())
	if strings.Contains(b.String(), "\x1b") {
		t.Error("what was recorded reaches the terminal as an escape sequence")
	}
	b.Reset()
	send(exporter.Record{Observation: &exporter.Observation{ID: "7", TraceID: "t2", ParentID: "gone", Name: "orphan", Start: at, Attributes: a}})
	if err := e.Shutdown(t.Context()); err != nil || !strings.Contains(b.String(), "orphan  running") {
		t.Errorf("Shutdown prints what has not ended: %v, %s", err, b.String())
	}
}

func TestALateChildIsPrintedUnderItsTrace(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	e := console.New(&b)
	send := func(r exporter.Record) string {
		b.Reset()
		if err := e.Export(t.Context(), []exporter.Record{r}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	o := func(id, parent string) exporter.Record {
		return exporter.Record{Observation: &exporter.Observation{ID: id, TraceID: "t1", ParentID: parent, Name: "name-" + id, Start: at, End: at.Add(time.Second), Attributes: &exporter.Attributes{TraceName: "support"}}}
	}
	if got := send(o("1", "")); !strings.Contains(got, "name-1") {
		t.Fatalf("printed %q", got)
	}
	if got := send(exporter.Record{Op: exporter.OpUpdate, Trace: &exporter.Trace{ID: "t1"}}); got != "" {
		t.Errorf("an update alone prints %q", got)
	}
	if got := send(o("2", "1")); !strings.Contains(got, "trace t1  support") || !strings.Contains(got, "name-2") || strings.Contains(got, "name-1") {
		t.Errorf("a late child prints %q", got)
	}
}

func TestWhatIsHeldIsBoundedInBytes(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	e := console.New(&b)
	send := func(trace string) string {
		b.Reset()
		o := &exporter.Observation{ID: "1", TraceID: trace, ParentID: "0", Name: "big", Start: at, Input: exporter.Text(strings.Repeat("x", 10<<20))}
		if err := e.Export(t.Context(), []exporter.Record{{Observation: o}, {Observation: o}}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, trace := range []string{"t1", "t2", "t3"} {
		if got := send(trace); got != "" {
			t.Errorf("%s prints %q", trace, got)
		}
	}
	if got := send("t4"); !strings.Contains(got, "trace t1") || strings.Contains(got, "trace t2") {
		t.Errorf("the fourth prints %q", got)
	}
	if got := send("t5"); !strings.Contains(got, "trace t2") || strings.Contains(got, "trace t3") {
		t.Errorf("the fifth prints %q", got)
	}
}
