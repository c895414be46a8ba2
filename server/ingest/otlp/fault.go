package otlp

import (
	"errors"
	"fmt"
	"strings"
)

// Faults of one span.
var (
	errAttributes = fmt.Errorf("has more than %d attributes", MaxAttributes)
	errEvents     = fmt.Errorf("has more than %d events", MaxEvents)
	errDepth      = fmt.Errorf("an attribute nests deeper than %d levels", MaxValueDepth)
	errTrace      = errors.New("traceId must be 16 bytes that are not all zero, in JSON 32 hex digits")
	errID         = errors.New("spanId must be 8 bytes that are not all zero, in JSON 16 hex digits")
	errParent     = errors.New("parentSpanId must be empty or 8 bytes, in JSON 16 hex digits")
)

const (
	traceDigits = 32
	spanDigits  = 16
)

// check brings the ids into form, or says what is wrong with the span.
func (s *span) check() error {
	s.trace, s.id, s.parent = strings.ToLower(s.trace), strings.ToLower(s.id), strings.ToLower(s.parent)
	switch {
	case s.fault != nil:
		return s.fault
	case !isHex(s.trace, traceDigits) || isZero(s.trace):
		return errTrace
	case !isHex(s.id, spanDigits) || isZero(s.id):
		return errID
	case s.parent != "" && !isHex(s.parent, spanDigits):
		return errParent
	case isZero(s.parent):
		s.parent = ""
	}
	return nil
}

func isHex(s string, digits int) bool {
	return len(s) == digits && strings.Trim(s, "0123456789abcdef") == ""
}

func isZero(s string) bool { return strings.Trim(s, "0") == "" }
