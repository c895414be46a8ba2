package otlp

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/internal/langfuse"
)

// rejection is what a collector says of spans that it did not take.
type rejection struct {
	spans   int64
	message string
}

var errAnswer = errors.New("not an ExportTraceServiceResponse")

// readAnswer reads an ExportTraceServiceResponse; an empty body is one. What
// says nothing of that form (a proxy's page) is an error.
func readAnswer(contentType string, body []byte) (rejection, error) {
	if len(body) == 0 {
		return rejection{}, nil
	}
	if strings.HasPrefix(contentType, "application/x-protobuf") {
		return readProtobuf(body)
	}
	var answer struct {
		Partial      partialSuccess `json:"partialSuccess"`
		PartialSnake partialSuccess `json:"partial_success"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return rejection{}, errAnswer
	}
	r := answer.Partial.rejection()
	if r == (rejection{}) {
		r = answer.PartialSnake.rejection()
	}
	return r, nil
}

// partialSuccess is ExportTracePartialSuccess in JSON, which has two names for each field:
// the JSON one, and that of the proto file, which parsers must take too.
type partialSuccess struct {
	Spans        json.RawMessage `json:"rejectedSpans"`
	SpansSnake   json.RawMessage `json:"rejected_spans"`
	Message      string          `json:"errorMessage"`
	MessageSnake string          `json:"error_message"`
}

func (p *partialSuccess) rejection() rejection {
	spans := p.Spans
	if len(spans) == 0 {
		spans = p.SpansSnake
	}
	n, err := strconv.ParseInt(strings.Trim(string(spans), `"`), 10, 64)
	if err != nil {
		n = 0
	}
	return rejection{max(0, n), langfuse.Cut(cmp.Or(p.Message, p.MessageSnake))}
}

func readProtobuf(b []byte) (r rejection, err error) {
	err = fields(b, func(number uint64, value uint64, bytes []byte) error {
		if number != 1 || bytes == nil {
			return nil
		}
		return fields(bytes, func(number uint64, value uint64, bytes []byte) error {
			switch {
			case number == 1 && bytes == nil:
				r.spans = int64(min(value, math.MaxInt64))
			case number == 2 && bytes != nil:
				r.message = langfuse.Cut(strings.ToValidUTF8(string(bytes), "\ufffd"))
			}
			return nil
		})
	})
	return r, err
}

// fields calls yield for each field of a message; bytes is nil for a number.
func fields(b []byte, yield func(number, value uint64, bytes []byte) error) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return errAnswer
		}
		b = b[n:]
		var value uint64
		var bytes []byte
		switch tag & 7 {
		case 0:
			if value, n = binary.Uvarint(b); n <= 0 {
				return errAnswer
			}
			b = b[n:]
		case 1, 5:
			width := 8
			if tag&7 == 5 {
				width = 4
			}
			if len(b) < width {
				return errAnswer
			}
			b = b[width:]
			continue
		case 2:
			length, n := binary.Uvarint(b)
			if n <= 0 || length > uint64(len(b)-n) {
				return errAnswer
			}
			bytes = b[n : n+int(length) : n+int(length)]
			if bytes == nil {
				bytes = []byte{}
			}
			b = b[n+int(length):]
		default:
			return errAnswer
		}
		if err := yield(tag>>3, value, bytes); err != nil {
			return err
		}
	}
	return nil
}
