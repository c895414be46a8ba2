package exporter_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/exportertest"
)

const long = 10_000

// enlarge replaces every string below v by a long one and returns how many there were.
func enlarge(v reflect.Value) (n int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Repeat("x", long))
		return 1
	case reflect.Pointer:
		if !v.IsNil() {
			return enlarge(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			n += enlarge(v.Index(i))
		}
	case reflect.Struct:
		switch v.Type() {
		case reflect.TypeFor[time.Time]():
			return 0
		case reflect.TypeFor[exporter.Value]():
			v.Set(reflect.ValueOf(exporter.Text(strings.Repeat("x", long))))
			return 1
		}
		for i := range v.NumField() {
			n += enlarge(v.Field(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(strings.Repeat("x", long)), reflect.Zero(v.Type().Elem()))
		return 1
	default:
	}
	return n
}

func TestSizeCountsAllThatARecordHolds(t *testing.T) {
	for _, r := range exportertest.Records() {
		r = r.Clone()
		n := enlarge(reflect.ValueOf(&r).Elem())
		if size := r.Size(); size < int64(n*(long-40)) {
			t.Errorf("%d bytes of %d strings of %d: %+v", size, n, long, r)
		}
	}
}

func TestTruncateShortensNamesAndLeavesTheSharedAttributes(t *testing.T) {
	big := strings.Repeat("x", 100_000)
	shared := &exporter.Attributes{TraceName: big, Tags: []string{big}, Metadata: []exporter.KeyValue{{Key: "k", Value: exporter.Text(big)}}}
	for _, r := range []exporter.Record{
		{Trace: &exporter.Trace{ID: "t", Attributes: *shared}},
		{Observation: &exporter.Observation{ID: "o", Name: big, Attributes: shared, Generation: &exporter.Generation{Model: big}}},
		{Score: &exporter.Score{ID: "s", Name: big, Text: big}},
	} {
		if !r.Truncate(5000) || r.Size() > 5000 {
			t.Errorf("%d bytes are left", r.Size())
		}
	}
	if shared.TraceName != big || shared.Tags[0] != big || shared.Metadata[0].Value.Len() != len(big) {
		t.Error("the attributes of other records were changed")
	}
	short := exporter.Record{Score: &exporter.Score{ID: strings.Repeat("x", 5000), Name: "tone"}}
	if short.Truncate(600) || short.Score.Name != "tone" {
		t.Errorf("a name became %q, longer than it was", short.Score.Name)
	}
}
