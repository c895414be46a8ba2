package sqlite

import (
	"database/sql"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// TestLogBeginsAnew writes more than the log is to hold, then once more.
func TestLogBeginsAnew(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: thousands of traces, and nothing in parallel")
	}
	s := filled(t, 8000, Options{})
	// Somebody who reads an old state keeps the log, and the writer doesn't wait for long.
	tx, err := s.read.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM projects").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), &store.Batch{ProjectID: "p", Traces: []store.TraceWrite{{Stamp: store.NewStamp(time.Now(), false, "e"), ID: "e"}}}); err != nil {
		t.Fatal(err)
	}
	log, moved, err := s.moveLog()
	if err != nil || log < restartPages || moved == log {
		t.Fatalf("%d pages, %d moved, %v; want at least %d, not all moved", log, moved, err, restartPages)
	}
	step := func(id string) int64 {
		t.Helper()
		s.writer.restart.Store(log)
		for i := range 2 { // the writer has looked at the log once the second has come
			e := id + string(rune('a'+i))
			if err := s.Write(t.Context(), &store.Batch{ProjectID: "p", Traces: []store.TraceWrite{{Stamp: store.NewStamp(time.Now(), false, e), ID: e}}}); err != nil {
				t.Fatal(err)
			}
		}
		log, _, err := s.moveLog()
		if err != nil {
			t.Fatal(err)
		}
		return log
	}
	if now := step("beside a reader"); now < log {
		t.Errorf("the log has %d pages, had %d: it was begun anew below a reader", now, log)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.writer.restartAfter.Store(0)
	if now := step("alone"); now >= log/2 {
		t.Errorf("the log has %d pages, had %d", now, log)
	}
}
