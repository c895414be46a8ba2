package merge

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/langshark/langshark-go/server/store"
)

func stamp(n int64, id string) store.Stamp {
	return store.Stamp{Time: n, Update: n%2 == 0, EventID: id}
}

// TestRegistersRoundTrip encodes states of one event and of many.
func TestRegistersRoundTrip(t *testing.T) {
	const id = "0198f1d2-3c4b-7a69-8877-665544332211"
	one := &Trace{}
	one.Apply(&store.TraceWrite{Stamp: stamp(5, id), ID: "t", Name: "n", Tags: []string{"b", "a"}, Metadata: json.RawMessage(`{"k":1}`)}, store.Stamp{})
	if n := len(one.Registers()); n > 45 {
		t.Errorf("the registers of one event take %d bytes", n)
	}
	many := &Trace{}
	for i, metadata := range []string{`{"a":{"x":1},"z":null}`, `{"a":{"y":[1]}}`, `"text"`, `{"late":{}}`} {
		many.Apply(&store.TraceWrite{Stamp: stamp(int64(10-i*3), string(rune('a'+i))), Name: "n", Tags: []string{string(rune('z' - i))}, Metadata: json.RawMessage(metadata)}, store.Stamp{})
	}
	for _, state := range []*Trace{one, many} {
		state.Settle()
		back := &Trace{Fields: state.Fields}
		if err := back.Restore(state.Registers()); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, state) {
			t.Errorf("got  %+v\nwant %+v", back, state)
		}
	}
	o := &Observation{}
	for i, trace := range []string{"", "t1", "t2"} {
		o.Apply(&store.ObservationWrite{Stamp: stamp(int64(i), "e"), ID: "o", TraceID: trace}, store.Stamp{})
	}
	if want := []string{OwnTrace("o"), "t1", "t2"}; len(o.Mentions()) != 3 {
		t.Errorf("mentions %v, want %v", o.Mentions(), want)
	}
	o.Settle()
	back := &Observation{Fields: o.Fields}
	if err := back.Restore(o.Registers()); err != nil || !reflect.DeepEqual(back, o) {
		t.Errorf("got  %+v, %v\nwant %+v", back, err, o)
	}
}

// TestFirstScores reads what was written before scores had a queue, of one event and of several.
func TestFirstScores(t *testing.T) {
	s := &Score{}
	for i, text := range []string{"c", "d"} {
		s.Apply(&store.ScoreWrite{Stamp: stamp(int64(i), text), TraceID: "t", Name: "n", ConfigID: text, Metadata: json.RawMessage(`{"k":"` + text + `"}`)}, store.Stamp{})
		s.Settle()
		back := &Score{Fields: s.Fields}
		if err := back.Restore(s.regs.encode(layout{10}, nil, nil)); err != nil || !reflect.DeepEqual(back, s) {
			t.Errorf("got  %+v, %v\nwant %+v", back, err, s)
		}
		back.Apply(&store.ScoreWrite{Stamp: stamp(9, "q"), QueueID: "q"}, store.Stamp{})
		last := &Score{Fields: back.Fields}
		if err := last.Restore(back.Registers()); err != nil || last.Fields.QueueID != "q" || last.regs.at[10] != stamp(9, "q") {
			t.Errorf("with a queue: %+v, %v", last, err)
		}
	}
	for _, version := range []byte{0, 3} {
		if err := s.Restore([]byte{version, 0, 0, 0, 0, 0, 0}); !errors.Is(err, errCorrupt) {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

// FuzzRestore decodes anything without a panic.
func FuzzRestore(f *testing.F) {
	s := &Score{}
	s.Apply(&store.ScoreWrite{Stamp: stamp(1, "e"), Name: "n", Type: "NUMERIC", Metadata: json.RawMessage(`{"a":1}`)}, store.Stamp{})
	f.Add(s.Registers())
	s.Apply(&store.ScoreWrite{Stamp: stamp(2, "f"), Name: "m", Type: "NUMERIC", Metadata: json.RawMessage(`{"b":1}`)}, store.Stamp{})
	f.Add(s.Registers())
	f.Add(s.regs.encode(layout{10}, nil, nil))
	o := &Observation{}
	o.Apply(&store.ObservationWrite{Stamp: stamp(1, "e"), Usage: &store.Usage{Unit: "TOKENS", Input: 1, Derived: store.UsageOutput}}, store.Stamp{})
	o.Apply(&store.ObservationWrite{Stamp: stamp(2, "f"), Usage: &store.Usage{Derived: store.UsageTotal, Details: map[string]int64{"output": 1}}}, store.Stamp{})
	f.Add(o.Registers())
	f.Fuzz(func(_ *testing.T, data []byte) {
		_ = new(Score).Restore(data)
		_ = new(Observation).Restore(data)
	})
}
