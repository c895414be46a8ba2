package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/ingest/otlp"
	"github.com/langshark/langshark-go/server/internal/body"
)

// TracesPath is where exporters of OpenTelemetry send spans if they are given an
// address without a path. It is the same route as the one below /api/public/.
const TracesPath = "/v1/traces"

const tracesPath = "otel/v1/traces"

const (
	typeProtobuf = "application/x-protobuf"
	typeJSON     = "application/json"
)

// maxIngestionVersion is the highest x-langfuse-ingestion-version that is known.
const maxIngestionVersion = 4

var errMediaType = &apiError{
	status: http.StatusUnsupportedMediaType, name: "UnsupportedMediaTypeError",
	message: "The Content-Type must be " + typeProtobuf + " or " + typeJSON,
}

// otlpTraces receives spans by OTLP over HTTP.
func (c *call) otlpTraces() {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != typeProtobuf && kind != typeJSON {
		c.w.Header().Set("Accept", typeProtobuf+", "+typeJSON)
		c.fail(errMediaType)
		return
	}
	if v := c.r.Header.Get("X-Langfuse-Ingestion-Version"); v != "" {
		if n, err := strconv.Atoi(v); err != nil || n > maxIngestionVersion {
			c.fail(&apiError{status: http.StatusBadRequest, name: "InvalidRequestError", message: fmt.Sprintf("x-langfuse-ingestion-version must be a number up to %d", maxIngestionVersion)})
			return
		}
	}
	sent, err := body.Read(c.w, c.r, body.Limits{Sent: otlp.MaxSentBytes, Plain: otlp.MaxPlainBytes})
	if err != nil {
		c.fail(fmt.Errorf("langshark: read body: %w", err))
		return
	}
	read := otlp.Protobuf
	if kind == typeJSON {
		read = otlp.JSON
	}
	request, err := read(sent)
	if err != nil {
		c.fail(err)
		return
	}
	pieces, taken, reason, err := c.Ingest.Taken(c.ctx(), c.access.ProjectID, request.Pieces)
	if err != nil {
		c.fail(err)
		return
	}
	failed, err := c.Ingest.Pieces(c.ctx(), c.access.ProjectID, pieces)
	if err != nil {
		c.fail(err)
		return
	}
	c.Ingest.Reject(ingest.KindObservation, request.Rejected+taken)
	rejected := request.Rejected + taken + len(failed)
	if reason = cmp.Or(request.Reason, reason); reason == "" && len(failed) > 0 {
		reason = fmt.Sprintf("%d spans could not be stored", len(failed))
	}
	c.exported(kind, rejected, reason)
}

// exported answers with an ExportTraceServiceResponse.
func (c *call) exported(kind string, rejected int, reason string) {
	c.w.Header().Set("Content-Type", kind)
	if kind == typeJSON {
		answer := []byte("{}")
		if rejected > 0 {
			text, err := json.Marshal(reason)
			if err != nil { // strings always encode
				text = []byte(`""`)
			}
			answer = fmt.Appendf(nil, `{"partialSuccess":{"rejectedSpans":"%d","errorMessage":%s}}`, rejected, text)
		}
		_, _ = c.w.Write(answer)
		return
	}
	var answer []byte
	if rejected > 0 {
		partial := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(rejected))
		partial = protowire.AppendString(protowire.AppendTag(partial, 2, protowire.BytesType), reason)
		answer = protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), partial)
	}
	_, _ = c.w.Write(answer)
}
