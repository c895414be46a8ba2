package langshark_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
)

var errMask = errors.New("down")

// TestOnErrorMayRecord although what it records fails in the mask again, here and on other goroutines.
func TestOnErrorMayRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *recorder
		var told atomic.Int64
		var last string
		again := func() {
			r.RecordEvent(t.Context(), "error", langshark.WithStatusMessage("a text that the mask refuses"))
		}
		r = record(t, langshark.Config{
			Mask: langshark.MaskFunc(func(langshark.MaskText) (string, error) { return "", errMask }),
			OnError: func(err error) {
				if told.Add(1) > 100 {
					panic("it is told for ever")
				}
				if !errors.Is(err, errMask) {
					t.Error(err)
				}
				last = err.Error()
				again()
				go again()
			},
		})
		again()
		synctest.Wait()
		if told.Load() != 1 {
			t.Errorf("told %d times", told.Load())
		}
		advance(2 * time.Second)
		again()
		synctest.Wait()
		if told.Load() != 2 || !strings.Contains(last, "and 2 errors like it before") {
			t.Errorf("told %d times, last %q", told.Load(), last)
		}
	})
}

// TestPanicOfAMaskIsNotRepeated as it may hold what was to be masked.
func TestPanicOfAMaskIsNotRepeated(t *testing.T) {
	var told []string
	r := record(t, langshark.Config{
		Mask:    langshark.MaskFunc(func(m langshark.MaskText) (string, error) { panic("can't mask " + m.Text) }),
		OnError: func(err error) { told = append(told, err.Error()) },
	})
	_, s := r.StartSpan(t.Context(), "s")
	s.SetInput("hunter2")
	s.End()
	r.flush()
	if len(told) != 1 || strings.Contains(told[0], "hunter2") || !strings.Contains(told[0], "mask panicked: string") {
		t.Errorf("%q", told)
	}
}

// TestObservationsWithoutIds are refused, and said to be.
func TestObservationsWithoutIds(t *testing.T) {
	for want, o := range map[string]exporter.Observation{
		"observation without a trace id": {ID: "a", Name: "x"},
		"observation without an id":      {TraceID: "a", Name: "x"},
	} {
		var told []string
		r := record(t, langshark.Config{OnError: func(err error) { told = append(told, err.Error()) }})
		r.RecordObservation(&o)
		if r.flush(); len(told) != 1 || told[0] != "langshark: "+want || r.Stats().Accepted != 0 {
			t.Errorf("%s: told %q, %d accepted", want, told, r.Stats().Accepted)
		}
	}
}
