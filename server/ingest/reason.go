package ingest

import (
	"fmt"
	"strings"
)

// Reason is how the message of an error was made, for who says it in another language.
type Reason struct {
	// Format is the English message as [fmt.Sprintf] takes it, and tells one reason from another.
	// Without one there is nothing but the message.
	Format string
	// Args are put into it: names and numbers, which are the same in every language, and parts that
	// aren't, each a Reason or [Reasons].
	Args []any
}

// String is the reason in English.
func (r Reason) String() string { return fmt.Sprintf(r.Format, r.Args...) }

// Reasons are parts of a message with commas between them.
type Reasons []Reason

// String is the parts in English.
func (r Reasons) String() string {
	parts := make([]string, len(r))
	for i := range r {
		parts[i] = r[i].String()
	}
	return strings.Join(parts, ", ")
}
