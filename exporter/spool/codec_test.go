package spool

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/exportertest"
)

func show(r exporter.Record) string {
	b, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// odd returns records at the edges of what the encoding must tell apart.
func odd() []exporter.Record {
	no := false
	return []exporter.Record{
		{},
		{EventID: "1", Op: exporter.OpUpdate, Trace: &exporter.Trace{}},
		{EventID: "2", Observation: &exporter.Observation{}},
		{EventID: "3", Score: &exporter.Score{Type: "OTHER", Number: math.Inf(-1), Metadata: []exporter.KeyValue{}}},
		{EventID: "4", Time: time.Unix(-1, 999_999_999).UTC(), Trace: &exporter.Trace{
			Input: exporter.Text(""), Output: exporter.JSON([]byte("null")),
			Attributes: exporter.Attributes{Tags: []string{}, Metadata: []exporter.KeyValue{{}, {Key: "k", Value: exporter.Text("\x00\xff")}}, Public: &no},
		}},
		{EventID: "5", Observation: &exporter.Observation{
			Kind: exporter.KindEmbedding, Level: exporter.LevelError, End: time.Date(9999, 12, 31, 23, 59, 59, 1, time.UTC),
			Generation: &exporter.Generation{
				PromptVersion: -1,
				Usage:         &exporter.Usage{InputTokens: math.MaxInt64, TotalTokens: math.MinInt64, Details: map[string]int64{"": 1, "x": -2}},
				Cost:          &exporter.Cost{Total: -1, Details: map[string]exporter.NanoUSD{}},
			},
		}},
	}
}

func TestEveryFieldIsWritten(t *testing.T) {
	// A field that is added to a record and forgotten in the encoding is lost at each outage.
	for _, sample := range []exporter.Record{{Trace: &exporter.Trace{}}, {Observation: &exporter.Observation{}}, {Score: &exporter.Score{}}, {Media: &exporter.Media{}}} {
		fill(t, reflect.ValueOf(&sample).Elem(), sample.Trace != nil, sample.Observation != nil, sample.Score != nil, sample.Media != nil)
		var mem memory
		got, ok := decodeRecord(appendRecord(nil, &sample), &mem)
		if !ok || !reflect.DeepEqual(got, sample) {
			t.Errorf("%v\n got %s\nwant %s", ok, show(got), show(sample))
		}
	}
}

// fill sets every field that isn't set, to something different from its zero.
func fill(t *testing.T, v reflect.Value, which ...bool) {
	t.Helper()
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(12345, 678).UTC()))
		return
	case exporter.Value:
		v.Set(reflect.ValueOf(exporter.Text("value")))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if top := v.NumField() - len(which); i >= top && !which[i-top] {
				continue
			}
			fill(t, v.Field(i))
		}
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fill(t, v.Elem())
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		n := reflect.New(v.Type().Elem()).Elem()
		n.SetInt(7)
		v.SetMapIndex(reflect.ValueOf("name"), n)
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Int, reflect.Int64:
		v.SetInt(-3)
	case reflect.Float64:
		v.SetFloat(0.25)
	default:
		t.Fatalf("a field of kind %v: write it, read it, and fill it here", v.Kind())
	}
}

func TestTimesAreKeptInUTC(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("KST", 9*3600))
	var mem memory
	r, ok := decodeRecord(appendRecord(nil, &exporter.Record{Time: at}), &mem)
	if !ok || !r.Time.Equal(at) || r.Time.Location() != time.UTC {
		t.Errorf("%v %v", ok, r.Time)
	}
}

func TestNewerVersionsFieldsAreSkipped(t *testing.T) {
	for _, want := range exportertest.Records() {
		b := appendRecord(nil, &want)
		at := 2 + len(want.EventID) + len(appendTime(nil, want.Time)) + 1 // before the section
		longer := append(append([]byte(nil), b...), "a newer field"...)
		binary.LittleEndian.PutUint32(longer[at:], uint32(len(longer)-at-4))
		longer = append(longer, "and one after the section"...)
		var mem memory
		got, ok := decodeRecord(longer, &mem)
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\n got %s\nwant %s", ok, show(got), show(want))
		}
	}
}

func TestOlderVersionsFieldsAreZero(t *testing.T) {
	want := exporter.Record{EventID: "e", Score: &exporter.Score{ID: "1", TraceID: "2"}}
	b := append([]byte{0, 1, 'e', 0, isScore, 4, 0, 0, 0}, 1, '1', 1, '2')
	var mem memory
	if got, ok := decodeRecord(b, &mem); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %s", ok, show(got))
	}
}

func TestBrokenRecords(t *testing.T) {
	for name, b := range map[string]string{
		"empty":                  "",
		"id beyond the end":      "0005",
		"nanoseconds":            "0000" + "01" + "00" + "80a8d6b907" + "00",
		"unknown kind of record": "00000009",
		"section beyond the end": "000000" + "03" + "ffffffff",
		"section's length":       "000000" + "03" + "ff",
		"unknown kind of value":  "000000" + "01" + "08000000" + "00000000000000" + "09",
		"endless varint":         "00" + "ffffffffffffffffffffff",
		"too many tags":          "000000" + "01" + "10000000" + "0000" + "0a000000" + "000000000000" + "ffffff7f",
	} {
		raw, err := hex.DecodeString(b)
		if err != nil {
			t.Fatal(err)
		}
		var mem memory
		if r, ok := decodeRecord(raw, &mem); ok {
			t.Errorf("%s: read as %s", name, show(r))
		}
	}
}

func TestMemoryIsGivenBack(t *testing.T) {
	var m memory
	for range 3 {
		for range 300 {
			*m.observations.one() = exporter.Observation{ID: "x"}
			m.bytes.take(1000, slabBytes)
		}
		m.bytes.take(8<<20, slabBytes)
		m.reset()
		for _, p := range m.bytes.pieces {
			if cap(p) > slabBytes*8 {
				t.Errorf("keeps %d bytes", cap(p))
			}
		}
		if len(m.observations.pieces) > 1 {
			t.Errorf("%d pieces", len(m.observations.pieces))
		}
		if o := m.observations.one(); o.ID != "" {
			t.Errorf("what is handed out again holds %q", o.ID)
		}
	}
}

func FuzzRecord(f *testing.F) {
	for _, r := range append(exportertest.Records(), odd()...) {
		f.Add(appendRecord(nil, &r))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var mem, mem2 memory
		r, ok := decodeRecord(b, &mem)
		if !ok {
			return
		}
		encoded := appendRecord(nil, &r)
		back, ok := decodeRecord(encoded, &mem2)
		if !ok {
			t.Fatalf("what was read can't be read again: %s", show(r))
		}
		if a, b := show2(r), show2(back); a != b {
			t.Fatalf("differs:\n%s\n%s", a, b)
		}
	})
}

// show2 is a record's encoding with its maps sorted, which NaN is equal in.
func show2(r exporter.Record) string {
	c := r.Clone()
	var maps string
	if o := c.Observation; o != nil && o.Generation != nil {
		if u := o.Generation.Usage; u != nil {
			b, _ := json.Marshal(u.Details)
			maps, u.Details = maps+string(b), nil
		}
		if cost := o.Generation.Cost; cost != nil {
			b, _ := json.Marshal(cost.Details)
			maps, cost.Details = maps+string(b), nil
		}
	}
	return maps + string(appendRecord(nil, &c))
}
