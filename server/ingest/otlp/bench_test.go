package otlp

import (
	"fmt"
	"testing"
)

// benchmarked is a request of a hundred calls of models, as the JSON and protobuf of our tests have it.
func benchmarked(b *testing.B) []sent {
	b.Helper()
	spans := make([]sent, 100)
	for i := range spans {
		spans[i] = sent{scope: "lib", name: "chat gpt-4o", parent: spanHex, id: fmt.Sprintf("%016x", i+1), resource: attrs{"service.name": "shop", "service.version": "1.2.3"}, attrs: attrs{
			"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.response.model": "gpt-4o-2024-08-06", "gen_ai.request.temperature": 0.2,
			"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 20, "gen_ai.usage.cache_read.input_tokens": 60, "user.id": "kim", "session.id": "s",
			"gen_ai.input.messages":  `[{"role":"user","parts":[{"type":"text","content":"How is the weather in Seoul today?"}]}]`,
			"gen_ai.output.messages": `[{"role":"assistant","parts":[{"type":"text","content":"It is sunny, 21 degrees."}],"finish_reason":"stop"}]`,
		}}
	}
	return spans
}

// protobufOf is the request of the spans as protobuf, texts and counts alone.
func protobufOf(spans []sent) (body []byte) {
	for _, s := range spans {
		var list [][]byte
		for key, v := range s.attrs {
			var encoded []byte
			switch v := v.(type) {
			case string:
				encoded = lengthy(nil, 1, []byte(v))
			case int:
				encoded = append([]byte{0x18}, byte(v))
			}
			list = append(list, lengthy(lengthy(nil, 1, []byte(key)), 2, encoded))
		}
		body = append(body, wire(traceBytes, s.id[8:], spanBytes, list...)...)
	}
	return body
}

// BenchmarkDecode decodes and converts requests of a hundred spans.
func BenchmarkDecode(b *testing.B) {
	spans := benchmarked(b)
	for name, c := range map[string]struct {
		body []byte
		read func([]byte) (*Request, error)
	}{
		"json":     {body(b, spans...), JSON},
		"protobuf": {protobufOf(spans), Protobuf},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.body)))
			for b.Loop() {
				if r, err := c.read(c.body); err != nil || len(r.Pieces) != len(spans) {
					b.Fatalf("%+v, %v", r, err)
				}
			}
		})
	}
}
