package message

import (
	"fmt"
	"slices"
)

// Refusal is what a request was refused with, told apart by the format of the English text and given what stands in it, in the
// language of the printer. ok is false if it has no text of its own for that: the English one is what there is.
//
// Texts that write a count with %s get it with its thousands parted; %d is for numbers of versions and the like.
func (p Printer) Refusal(format string, args ...any) (text string, ok bool) {
	if p.lang != Korean {
		return "", false
	}
	text, ok = koreanRefusals[format]
	if !ok || len(args) == 0 {
		return text, ok
	}
	args = slices.Clone(args)
	for i, arg := range args {
		if n, ok := arg.(int); ok {
			args[i] = count{p, n}
		}
	}
	return fmt.Sprintf(text, args...), true
}

// count is a number that is written as the language does where a text has %s.
type count struct {
	printer Printer
	n       int
}

// Format implements [fmt.Formatter].
func (c count) Format(f fmt.State, verb rune) {
	if verb == 's' {
		_, _ = f.Write([]byte(c.printer.Number(int64(c.n)))) // it never fails
		return
	}
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), c.n)
}
