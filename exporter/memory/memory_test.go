package memory_test

import (
	"testing"

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
