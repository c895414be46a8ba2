package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// testStats follows the counters through some writes.
func testStats(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	before := s.Stats()
	const writes = 20
	r := rand.New(rand.NewPCG(1, 1))
	for i := range writes {
		var text strings.Builder // that can't be made smaller
		for text.Len() < 64<<10 {
			fmt.Fprintf(&text, "%016x", r.Uint64())
		}
		id := fmt.Sprint("o", i)
		write(t, s, store.Batch{Observations: []store.ObservationWrite{{
			Stamp: at(i, id), ID: id, TraceID: "t", Kind: exporter.KindSpan, Input: json.RawMessage(`"` + text.String() + `"`),
		}}})
	}
	var after store.Stats
	eventually(t, func() string { // what the store does behind writes waits too
		if after = s.Stats(); after.Pending != 0 {
			return fmt.Sprintf("%d writes wait", after.Pending)
		}
		return ""
	})
	if n := after.Writes - before.Writes; n != writes {
		t.Errorf("%d writes counted, want %d", n, writes)
	}
	if n := after.Commits - before.Commits; n < writes {
		t.Errorf("%d commits counted of %d writes one after the other", n, writes)
	}
	if n := after.CommitTime.Count() - before.CommitTime.Count(); n < writes || after.CommitTime.Sum <= before.CommitTime.Sum {
		t.Errorf("the times of %d commits recorded, want at least %d", n, writes)
	}
	if after.Pending != 0 || after.PendingBytes != 0 || after.Busy != 0 || after.Full != 0 || after.Failed != 0 || after.Expired != 0 || after.ReadOnly {
		t.Errorf("at rest: %+v", after)
	}
	eventually(t, func() string {
		now := s.Stats()
		if now.FileBytes < before.FileBytes+(writes*32)<<10 || now.FreeBytes < 0 || now.FreeBytes > now.FileBytes {
			return fmt.Sprintf("files of %d bytes, %d of them free, after %d before", now.FileBytes, now.FreeBytes, before.FileBytes)
		}
		return ""
	})
	indexed(t, s)
	if err := s.Write(t.Context(), &store.Batch{ProjectID: projectID}); err != nil {
		t.Errorf("an empty batch: %v", err)
	}
	if n := s.Stats().Writes; n != after.Writes {
		t.Errorf("an empty batch counts as %d writes", n-after.Writes)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}
