package otlp

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// TestBothForms reads each dialect's spans as JSON and, written anew by OpenTelemetry's own package, as protobuf:
// what they say is the same.
func TestBothForms(t *testing.T) {
	for _, s := range seeds() {
		text := body(t, s)
		fromJSON, err := JSON(text)
		if err != nil {
			t.Fatal(err)
		}
		fromProtobuf, err := Protobuf(anewAsProtobuf(t, text))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(fromJSON, fromProtobuf) {
			t.Errorf("%s:\n%+v\nis not\n%+v", s.name, fromJSON, fromProtobuf)
		}
	}
}

// anewAsProtobuf writes a request in JSON as protobuf. Ids are hexadecimal in OTLP's JSON and base64 in that of protobuf.
func anewAsProtobuf(t *testing.T, text []byte) []byte {
	t.Helper()
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	recode(t, tree)
	text, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	var request collector.ExportTraceServiceRequest
	if err := protojson.Unmarshal(text, &request); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	b, err := proto.Marshal(&request)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func recode(t *testing.T, tree any) {
	t.Helper()
	switch tree := tree.(type) {
	case []any:
		for _, v := range tree {
			recode(t, v)
		}
	case map[string]any:
		for key, v := range tree {
			id, ok := v.(string)
			if !ok || key != "traceId" && key != "spanId" && key != "parentSpanId" {
				recode(t, v)
				continue
			}
			b, err := hex.DecodeString(id)
			if err != nil {
				t.Fatal(err)
			}
			tree[key] = base64.StdEncoding.EncodeToString(b)
		}
	}
}
