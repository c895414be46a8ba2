package memory_test

import (
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/exportertest"
	"github.com/langshark/langshark-go/exporter/memory"
)

func TestContract(t *testing.T) {
	exportertest.Run(t, func(t *testing.T) exportertest.Subject {
		t.Helper()
		e := memory.New()
		return exportertest.Subject{Exporter: e, Arrived: func() []string {
			var ids []string
			for _, r := range e.Records() {
				ids = append(ids, r.EventID)
			}
			return ids
		}, Check: func(t *testing.T) {
			t.Helper()
			o := e.Observations()
			if len(o) != 10 || o[0].Name != "root" || o[1].Name != "generation" || o[1].ParentID != "b7ad6b7169203331" {
				t.Errorf("%d observations, the first are %+v, %+v", len(o), o[0], o[1])
			}
			if s := e.Scores(); len(s) != 3 || s[1].Text != "kind" {
				t.Errorf("scores %+v", s)
			}
		}}
	})
}

func TestReset(t *testing.T) {
	e := memory.New()
	if err := e.Export(t.Context(), exportertest.Records()); err != nil {
		t.Fatal(err)
	}
	e.Reset()
	if n := len(e.Records()); n != 0 {
		t.Errorf("%d records after Reset", n)
	}
}

func TestUpdatesAreMerged(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	text := func(key, s string) exporter.KeyValue { return exporter.KeyValue{Key: key, Value: exporter.Text(s)} }
	e := memory.New()
	records := []exporter.Record{
		{Trace: &exporter.Trace{ID: "t", Start: at, Input: exporter.Text("in"), Output: exporter.Text("out"), Attributes: exporter.Attributes{
			TraceName: "support", UserID: "kim", Metadata: []exporter.KeyValue{text("a", "1"), text("c", "3")},
		}}},
		{Observation: &exporter.Observation{ID: "o", TraceID: "t", Kind: exporter.KindGeneration, Name: "chat", Start: at, Input: exporter.Text("in"), Generation: &exporter.Generation{Model: "asked"}}},
		{Op: exporter.OpUpdate, Trace: &exporter.Trace{ID: "t", Start: at, Attributes: exporter.Attributes{UserID: "lee", Metadata: []exporter.KeyValue{text("b", "2"), text("c", "4")}}}},
		{Op: exporter.OpUpdate, Observation: &exporter.Observation{ID: "o", TraceID: "t", End: at.Add(time.Second), Output: exporter.Text("out"), Generation: &exporter.Generation{PromptName: "greet"}}},
	}
	if err := e.Export(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	for range 2 { // looking changes nothing
		tr := e.Traces()[0]
		in, _ := tr.Input.AsText()
		out, _ := tr.Output.AsText()
		if a := tr.Attributes; in != "in" || out != "out" || a.TraceName != "support" || a.UserID != "lee" || len(a.Metadata) != 3 || a.Metadata[1].Key != "b" {
			t.Errorf("trace %+v", tr)
		}
		if c, _ := tr.Attributes.Metadata[2].Value.AsText(); c != "4" {
			t.Errorf("c is %s", c)
		}
		o := e.Observations()[0]
		in, _ = o.Input.AsText()
		if in != "in" || o.Name != "chat" || o.Kind != exporter.KindGeneration || o.End.IsZero() || o.Generation.Model != "asked" || o.Generation.PromptName != "greet" {
			t.Errorf("observation %+v", o)
		}
		if r := e.Records(); len(r) != 4 || r[0].Trace.Attributes.UserID != "kim" || len(r[0].Trace.Attributes.Metadata) != 2 {
			t.Errorf("the records were changed: %+v", r[0].Trace)
		}
	}
}
