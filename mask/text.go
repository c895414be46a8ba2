package mask

import "github.com/langshark/langshark-go/exporter"

// Field says where a text that is masked comes from.
type Field string

// The fields that are masked.
const (
	FieldInput         Field = "input"
	FieldOutput        Field = "output"
	FieldMetadata      Field = "metadata"
	FieldStatusMessage Field = "status_message"
	FieldComment       Field = "comment"
	FieldParameters    Field = "model_parameters"
)

var fields = []Field{FieldInput, FieldOutput, FieldMetadata, FieldStatusMessage, FieldComment, FieldParameters}

// Text is one text to be masked and the place it comes from.
type Text struct {
	// Kind is the kind of the observation. The zero Kind is [exporter.KindSpan].
	Kind exporter.Kind
	// Field is the part of the observation; empty outside of one, and then no rule with fields applies.
	Field Field
	// Key is the name of the enclosing object's member, as in "email"; empty at the top and, for a
	// list's items, that of the list. It is a context word too: nine digits below "passport" are a
	// passport's number.
	Key string
	// Text is a string's text or a number's digits. It may be invalid UTF-8.
	Text string
}
