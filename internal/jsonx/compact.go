package jsonx

import (
	"errors"
	"fmt"
	"slices"
)

// maxDepth is how deep AppendCompact goes.
const maxDepth = 10_000

var errEnd = errors.New("it ends too early")

// AppendCompact appends JSON without the blanks between its parts, and fails on
// what isn't valid by RFC 8259; a string may hold invalid UTF-8. deepest is how
// deep it nests, found whether one of its strings, a key perhaps, begins with
// the text, which must be of plain ASCII. When it fails, dst is returned with what
// it had.
func AppendCompact(dst, raw []byte, text string) (_ []byte, deepest int, found bool, err error) {
	c := compactor{in: raw, out: slices.Grow(dst, len(raw)), text: text}
	if err := c.value(); err != nil {
		return dst, 0, false, err
	}
	if c.blanks(); c.i < len(raw) {
		return dst, 0, false, c.unexpected()
	}
	return c.out, c.deepest, c.found, nil
}

type compactor struct {
	in      []byte
	i       int
	out     []byte
	text    string
	deepest int
	found   bool
}

func (c *compactor) blanks() {
	for c.i < len(c.in) {
		switch c.in[c.i] {
		case ' ', '\t', '\r', '\n':
			c.i++
		default:
			return
		}
	}
}

func (c *compactor) unexpected() error {
	if c.i >= len(c.in) {
		return errEnd
	}
	return fmt.Errorf("unexpected %q at byte %d", c.in[c.i], c.i)
}

// value takes one value with all that is in it; brackets are kept in a stack of bits.
func (c *compactor) value() error {
	var stack []byte
	var few [64]byte
	stack = few[:0]
	for {
		c.blanks()
		if c.i >= len(c.in) {
			return errEnd
		}
		switch b := c.in[c.i]; b {
		case '{', '[':
			if len(stack) == maxDepth {
				return errors.New("it is too deep")
			}
			c.out = append(c.out, b)
			c.i++
			stack = append(stack, b+2)
			c.deepest = max(c.deepest, len(stack))
			c.blanks()
			if c.i < len(c.in) && c.in[c.i] == b+2 {
				break // it is empty
			}
			if b == '{' {
				if err := c.key(); err != nil {
					return err
				}
			}
			continue
		case '"':
			if err := c.string(); err != nil {
				return err
			}
		default:
			if err := c.scalar(); err != nil {
				return err
			}
		}
		// A value has ended: close what ends with it.
		for {
			if len(stack) == 0 {
				return nil
			}
			c.blanks()
			if c.i >= len(c.in) {
				return errEnd
			}
			end := stack[len(stack)-1]
			b := c.in[c.i]
			if b != end && b != ',' {
				return c.unexpected()
			}
			c.out = append(c.out, b)
			c.i++
			if b == ',' {
				if end == '}' {
					if err := c.key(); err != nil {
						return err
					}
				}
				break
			}
			stack = stack[:len(stack)-1]
		}
	}
}

func (c *compactor) key() error {
	c.blanks()
	if c.i >= len(c.in) || c.in[c.i] != '"' {
		return c.unexpected()
	}
	if err := c.string(); err != nil {
		return err
	}
	c.blanks()
	if c.i >= len(c.in) || c.in[c.i] != ':' {
		return c.unexpected()
	}
	c.out = append(c.out, ':')
	c.i++
	return nil
}

// string takes a string, which begins at the position.
func (c *compactor) string() error {
	from := c.i
	i := from + 1
	if len(c.in)-i > len(c.text) && string(c.in[i:i+len(c.text)]) == c.text {
		c.found = true
	}
	for {
		i = plainEnd(c.in, i)
		if i >= len(c.in) {
			c.i = len(c.in)
			return errEnd
		}
		switch c.in[i] {
		case '"':
			c.i = i + 1
			c.out = append(c.out, c.in[from:c.i]...)
			return nil
		case '\\':
			if i+1 >= len(c.in) {
				c.i = len(c.in)
				return errEnd
			}
			switch c.in[i+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				i += 2
			case 'u':
				if _, ok := hex4(c.in[i+2:]); !ok {
					c.i = i
					return c.unexpected()
				}
				i += 6
			default:
				c.i = i + 1
				return c.unexpected()
			}
		default: // a control character
			c.i = i
			return c.unexpected()
		}
	}
}

// plainEnd returns the index from i on of the first quote, backslash or control
// character, eight bytes at a time.
func plainEnd(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		w := le64(b[i:])
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		if ((quote-ones)&^quote|(slash-ones)&^slash|(w-ones*0x20)&^w)&highs != 0 {
			break
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	return i
}

func le64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// scalar takes a number, true, false or null.
func (c *compactor) scalar() error {
	from := c.i
	switch c.in[from] {
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	}
	if c.in[c.i] == '-' {
		c.i++
	}
	switch {
	case c.i < len(c.in) && c.in[c.i] == '0':
		c.i++
	case !c.digits():
		return c.unexpected()
	}
	if c.i < len(c.in) && c.in[c.i] == '.' {
		c.i++
		if !c.digits() {
			return c.unexpected()
		}
	}
	if c.i < len(c.in) && c.in[c.i]|0x20 == 'e' {
		c.i++
		if c.i < len(c.in) && (c.in[c.i] == '+' || c.in[c.i] == '-') {
			c.i++
		}
		if !c.digits() {
			return c.unexpected()
		}
	}
	c.out = append(c.out, c.in[from:c.i]...)
	return nil
}

func (c *compactor) word(w string) error {
	if len(c.in)-c.i < len(w) || string(c.in[c.i:c.i+len(w)]) != w {
		return c.unexpected()
	}
	c.out = append(c.out, w...)
	c.i += len(w)
	return nil
}

func (c *compactor) digits() bool {
	from := c.i
	for c.i < len(c.in) && c.in[c.i] >= '0' && c.in[c.i] <= '9' {
		c.i++
	}
	return c.i > from
}
