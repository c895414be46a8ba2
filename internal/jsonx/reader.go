package jsonx

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Reader reads JSON in one pass and without allocations:
//
//	if r.Object() {
//		for r.Member() {
//			switch string(r.Key) {
//			case "id":
//				id = r.Append(id[:0])
//			default:
//				r.Skip()
//			}
//		}
//	}
//
// Each value must be taken by exactly one call of Object, Array, Append, Int,
// Float, Bool, Raw or Skip; a value of another type than the one asked for is
// skipped. Of what isn't JSON it reads what it understands, up to the end of
// the bytes at most: [Reader.Bad] says so, and a container that was begun has
// no more members. It doesn't recurse.
type Reader struct {
	// Key is the last member's name as it stands between the quotes, valid while the bytes are.
	Key []byte

	b    []byte
	i    int
	last int // where the last member or item began
	bad  bool
}

// NewReader returns a reader of b, which it keeps.
func NewReader(b []byte) Reader { return Reader{b: b, last: -1} }

// Bad reports whether the bytes read so far are known not to be JSON.
func (r *Reader) Bad() bool { return r.bad }

// More reports whether there is something after the values that were read.
func (r *Reader) More() bool { return r.peek() != 0 }

// Rest returns what hasn't been read yet.
func (r *Reader) Rest() []byte { return r.b[r.i:] }

// Next returns the first byte of the next value, as in '{', '"', 'n', or 0 if there is none.
func (r *Reader) Next() byte { return r.peek() }

func (r *Reader) peek() byte {
	for ; r.i < len(r.b); r.i++ {
		switch c := r.b[r.i]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

func (r *Reader) fail() {
	r.bad, r.i = true, len(r.b)
}

// Object enters an object, or skips another value and reports false.
func (r *Reader) Object() bool { return r.enter('{') }

// Array enters an array, or skips another value and reports false.
func (r *Reader) Array() bool { return r.enter('[') }

func (r *Reader) enter(open byte) bool {
	if r.peek() != open {
		r.Skip()
		return false
	}
	r.i++
	return true
}

// Member goes to the value of the object's next member and sets Key, or leaves
// the object and reports false.
func (r *Reader) Member() bool {
	switch r.step('}') {
	case '"':
		from := r.i + 1
		end := StringEnd(r.b, from)
		if end == len(r.b) {
			break
		}
		r.Key, r.i = r.b[from:end], end+1
		if r.peek() != ':' {
			break
		}
		r.i++
		r.last = r.i
		return true
	case '}':
		r.i++
		return false
	}
	r.fail()
	return false
}

// Item goes to the array's next value, or leaves the array and reports false.
func (r *Reader) Item() bool {
	switch r.step(']') {
	case ']':
		r.i++
		return false
	case 0, '}', ':':
		r.fail()
		return false
	}
	if r.i == r.last { // nobody took the last one
		r.fail()
		return false
	}
	r.last = r.i
	return true
}

// step goes over a comma.
func (r *Reader) step(end byte) byte {
	c := r.peek()
	if c == ',' {
		r.i++
		if c = r.peek(); c == end || c == ',' {
			return 0
		}
	}
	return c
}

// Skip goes over a value.
func (r *Reader) Skip() { r.Raw() }

// Raw returns a value as it stands. It has balanced brackets; whether it is
// valid is another question.
func (r *Reader) Raw() []byte {
	c := r.peek()
	from := r.i
	switch c {
	case '"':
		end := StringEnd(r.b, from+1)
		if end == len(r.b) {
			r.fail()
			return nil
		}
		r.i = end + 1
	case '{', '[':
		end := containerEnd(r.b, from)
		if end < 0 {
			r.fail()
			return nil
		}
		r.i = end
	case 0, '}', ']', ',', ':':
		r.fail()
		return nil
	default:
		for r.i < len(r.b) && !delimiter(r.b[r.i]) {
			r.i++
		}
	}
	return r.b[from:r.i]
}

func delimiter(c byte) bool {
	switch c {
	case ',', ']', '}', ':', ' ', '\t', '\r', '\n', '"', '[', '{':
		return true
	}
	return false
}

// containerEnd returns the index behind the bracket that ends what begins at from, or -1.
func containerEnd(b []byte, from int) int {
	depth := 0
	for i := from; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = StringEnd(b, i+1)
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// text returns what is between the quotes of a string, nothing for another value.
func (r *Reader) text() []byte {
	if r.peek() != '"' {
		r.Skip()
		return nil
	}
	raw := r.Raw()
	if len(raw) < 2 {
		return nil
	}
	return raw[1 : len(raw)-1]
}

// Append appends a string's text, unescaped; nothing for another value.
func (r *Reader) Append(dst []byte) []byte {
	return AppendUnescaped(dst, r.text())
}

// Set puts a string's text into to, unless it is empty, the same or longer than limit bytes.
func (r *Reader) Set(to *string, limit int) {
	s := r.text()
	if len(s) == 0 || len(s) > limit || string(s) == *to {
		return
	}
	if bytes.IndexByte(s, '\\') >= 0 {
		s = AppendUnescaped(nil, s)
	}
	if !utf8.Valid(s) {
		*to = string([]rune(string(s))) // each invalid byte becomes U+FFFD, as in encoding/json
		return
	}
	*to = string(s)
}

// String returns a string's text, or "".
func (r *Reader) String() string {
	var s string
	r.Set(&s, len(r.b))
	return s
}

// Bool returns a boolean, false for another value.
func (r *Reader) Bool() bool { return string(r.Raw()) == "true" }

// Int returns a positive number in whatever form it comes, as in 12, 12.0,
// "12"; 0 for what is none.
func (r *Reader) Int() int64 {
	s := bytes.Trim(r.Raw(), `"`)
	var n int64
	for _, c := range s {
		if c < '0' || c > '9' || n > math.MaxInt64/100 {
			return roundInt(s)
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

func roundInt(s []byte) int64 {
	if len(s) > 40 {
		return 0
	}
	if n, err := strconv.ParseInt(string(s), 10, 64); err == nil {
		return max(n, 0)
	}
	if f, err := strconv.ParseFloat(string(s), 64); err == nil && f > 0 && f < math.MaxInt64/2 {
		return int64(f)
	}
	return 0
}

// AppendUnescaped appends what a JSON string's text, without the quotes,
// stands for. An escape that isn't one is left as it is.
func AppendUnescaped(dst, s []byte) []byte {
	for {
		n := bytes.IndexByte(s, '\\')
		if n < 0 || n+1 == len(s) {
			return append(dst, s...)
		}
		dst = append(dst, s[:n]...)
		c := s[n+1]
		s = s[n+2:]
		switch c {
		case 'n':
			dst = append(dst, '\n')
		case 't':
			dst = append(dst, '\t')
		case 'r':
			dst = append(dst, '\r')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case '"', '\\', '/':
			dst = append(dst, c)
		case 'u':
			high, ok := hex4(s)
			if !ok {
				dst = append(dst, '\\', 'u')
				continue
			}
			s = s[4:]
			if utf16.IsSurrogate(high) {
				var low rune
				if len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
					low, _ = hex4(s[2:])
				}
				if high = utf16.DecodeRune(high, low); high != utf8.RuneError {
					s = s[6:]
				}
			}
			dst = utf8.AppendRune(dst, high)
		default:
			dst = append(dst, '\\', c)
		}
	}
}

func hex4(s []byte) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var n rune
	for _, c := range s[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		n = n<<4 | rune(c)
	}
	return n, true
}
