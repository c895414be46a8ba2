package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/langshark/langshark-go/server/store"
)

func TestTexts(t *testing.T) {
	a := newAuthor(1)
	common := 0
	for i := range 2000 {
		korean := i%2 == 0
		raw := a.text(300, korean)
		var text string
		if err := json.Unmarshal(raw, &text); err != nil || !utf8.ValidString(text) || len(raw) < 300 || len(raw) > 400 {
			t.Fatalf("%d bytes, %v: %s", len(raw), err, raw)
		}
		if strings.Contains(text, map[bool]string{false: commonEnglish, true: commonKorean}[korean]) {
			common++
		}
	}
	if common < 100 || common > 400 {
		t.Errorf("%d of 2000 texts have the common word, want about one in %d", common, everyCommon)
	}
	if p := a.prompt(inputBytes); len(p) != inputBytes {
		t.Errorf("a prompt of %d bytes", len(p))
	}
	if x, y := a.id(32), a.id(32); x == y || len(x) != 32 {
		t.Errorf("ids %s and %s", x, y)
	}
}

func TestLoadedTraces(t *testing.T) {
	a, b := newAuthor(1), &store.Batch{}
	l := loaded{Payload: 100, Start: time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)}
	const n = 1000
	for i := range n {
		l.add(a, b, i, n)
	}
	if len(b.Traces) != n || len(b.Observations) != n*traceSize || len(l.Traces) != samples || len(l.Ids) != samples {
		t.Errorf("%d traces, %d observations, %d and %d samples", len(b.Traces), len(b.Observations), len(l.Traces), len(l.Ids))
	}
	if !slices.IsSortedFunc(b.Traces, func(x, y store.TraceWrite) int { return x.Timestamp.Compare(y.Timestamp) }) {
		t.Error("the traces are not in the order of time")
	}
	payloads := 0
	for _, o := range b.Observations {
		if o.Start.Before(l.Start) || !o.Start.Before(l.end().Add(time.Hour)) {
			t.Errorf("an observation at %v", o.Start)
		}
		if len(o.Input) > 0 {
			payloads++
		}
	}
	if payloads != n*traceSize/2 || l.RawBytes < int64(payloads*150) {
		t.Errorf("%d observations have payloads of %d bytes in all", payloads, l.RawBytes)
	}
}

func TestFlags(t *testing.T) {
	s, wanted, err := parse([]string{"-quick", "-observations", "1_000,2000,3000", "-payload", "10", "-sections", "reads,mixed", "-minutes", "0.5"})
	if err != nil || !slices.Equal(s.observations, []int{1000, 2000, 3000}) || !slices.Equal(s.payload, []int{10, 10, 10}) ||
		!slices.Equal(wanted, []string{"reads", "mixed"}) || s.mixed != 30*time.Second || s.rounds != 1 {
		t.Errorf("%+v, %v, %v", s, wanted, err)
	}
	for _, args := range [][]string{{"-sections", "none"}, {"-observations", "many"}, {"-observations", "0"}, {"-rounds", "-1"}, {"argument"}} {
		if _, _, err := parse(args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

func TestQuantiles(t *testing.T) {
	var d []time.Duration
	for i := range 101 {
		d = append(d, time.Duration(100-i)*time.Millisecond)
	}
	if quantile(d, 0.5) != 50*time.Millisecond || quantile(d, 0.99) != 99*time.Millisecond || quantile(d, 1) != 100*time.Millisecond || quantile(nil, 1) != 0 {
		t.Errorf("%v, %v, %v", quantile(d, 0.5), quantile(d, 0.99), quantile(d, 1))
	}
	if millis(1234567*time.Nanosecond) != "1.23" || size(2_000_000) != "2M" || size(50_000) != "50k" || thousands(12_345) != "12.3k" {
		t.Error(millis(1234567*time.Nanosecond), size(2_000_000), size(50_000), thousands(12_345))
	}
}
