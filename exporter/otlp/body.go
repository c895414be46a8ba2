package otlp

import (
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/jsonx"
	"github.com/langshark/langshark-go/internal/langfuse"
)

// begin encodes what every body begins with: the resource and the scope.
func (e *Exporter) begin() {
	names, values := e.cfg.resource()
	if e.cfg.Encoding == EncodingJSON {
		var w textJSON
		w.b = append(w.b, `{"resourceSpans":[{"resource":{"attributes":[`...)
		for _, name := range names {
			w.text(name, values[name])
		}
		w.b = append(w.b, `]},"scopeSpans":[{"scope":`...)
		o := jsonx.BeginObject(w.b)
		o.String("name", langfuse.SDKName)
		o.StringIf("version", e.cfg.SDKVersion)
		e.head = append(o.End(), `,"spans":[`...)
		return
	}
	w := protobuf{field: 0x0A}
	resource := w.open(0x0A)
	for _, name := range names {
		w.text(name, values[name])
	}
	w.close(resource)
	e.head = w.b
}

// encode returns a body with the first n of the records, at least one; nil for one
// that is too large for any.
func (e *Exporter) encode(records []exporter.Record, indices []int) (body []byte, n int) {
	if e.cfg.Encoding == EncodingJSON {
		return e.encodeJSON(records, indices)
	}
	w := &e.protobuf
	w.b = w.b[:0]
	all := w.open(0x0A) // resource_spans
	w.b = append(w.b, e.head...)
	scoped := w.open(0x12) // scope_spans
	scope := w.open(0x0A)
	w.bytes(0x0A, langfuse.SDKName)
	w.bytes(0x12, valid(e.cfg.SDKVersion))
	w.close(scope)
	for _, i := range indices {
		mark := len(w.b)
		e.span(w, &records[i])
		if n > 0 && len(w.b) > e.cfg.MaxBodyBytes {
			w.b = w.b[:mark]
			break
		}
		n++
		if len(w.b) > e.limit {
			w.b = nil // it is not worth keeping
			return nil, n
		}
	}
	w.close(scoped)
	w.close(all)
	return w.b, n
}

func (e *Exporter) encodeJSON(records []exporter.Record, indices []int) (body []byte, n int) {
	const end = `]}]}]}`
	w := &e.json
	w.b = append(w.b[:0], e.head...)
	for _, i := range indices {
		mark := len(w.b)
		if n > 0 {
			w.b = append(w.b, ',')
		}
		e.span(w, &records[i])
		if n > 0 && len(w.b)+len(end) > e.cfg.MaxBodyBytes {
			w.b = w.b[:mark]
			break
		}
		n++
	}
	w.b = append(w.b, end...)
	return w.b, n
}

func (e *Exporter) span(w writer, r *exporter.Record) {
	if r.Score != nil {
		e.spans.score(w, r)
		return
	}
	e.spans.observation(w, r)
}
