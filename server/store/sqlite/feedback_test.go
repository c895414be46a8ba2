package sqlite_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// TestFeedbackOfOlderFiles has scores that came with a public key, as an older version wrote them, be its to change still.
func TestFeedbackOfOlderFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.db")
	s := openAt(t, path, time.Now)
	number := 1.0
	score := func(id, source, metadata string) store.ScoreWrite {
		return store.ScoreWrite{
			Stamp: store.NewStamp(time.Now(), false, id), ID: id, TraceID: "t", Name: "n", Type: exporter.ScoreNumeric, Number: &number, Source: source, Metadata: json.RawMessage(metadata),
		}
	}
	err := errors.Join(s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}), s.Write(t.Context(), &store.Batch{ProjectID: "p", Scores: []store.ScoreWrite{
		score("feedback", "API", `{"langshark.feedback":true,"a":1}`), score("own", "API", `{"a":1}`), score("judged", "EVAL", `{"langshark.feedback":true}`), score("plain", "API", ""),
	}}), s.Close())
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "ALTER TABLE scores DROP COLUMN queue_id; PRAGMA user_version = 5"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	page, err := openAt(t, path, time.Now).Scores(t.Context(), "p", store.ScoreQuery{})
	if err != nil || len(page.Scores) != 4 {
		t.Fatalf("%+v, %v", page, err)
	}
	for _, got := range page.Scores {
		if want := got.ID != "feedback"; got.Sourced != want {
			t.Errorf("%s: Sourced is %v", got.ID, got.Sourced)
		}
		if got.ID == "feedback" && got.Source != "API" {
			t.Errorf("%s: its source became %q", got.ID, got.Source)
		}
	}
}
