package llmwire

import (
	"bytes"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// objects takes JSON objects apart that arrive one after another in portions of
// any size: each on a line of its own, or as the items of one array. It holds
// one object at most. The zero value needs only onObject.
type objects struct {
	// onObject receives each object, or what has its brackets. It is valid during the call.
	onObject func(data []byte)
	// lines says that a line's end ends the object, whether or not it is finished.
	lines bool
	// skipped counts the objects that were longer than maxEventBytes, and the unfinished lines.
	skipped int

	kept    []byte // the beginning of an unfinished object
	depth   int
	text    bool // within a string
	escape  bool // behind its backslash
	lost    bool // the object is too long
	array   bool // an array has begun
	arrayed bool // and it has ended
}

// Feed takes the next bytes. It doesn't keep p.
func (d *objects) Feed(p []byte) {
	if !d.lines {
		d.take(p)
		return
	}
	for ended := true; ended; {
		var line []byte
		line, p, ended = bytes.Cut(p, []byte{'\n'})
		d.take(line)
		if ended && d.depth > 0 {
			d.end(nil, false)
			d.text, d.escape = false, false
		}
	}
}

func (d *objects) take(p []byte) {
	from := 0 // where the object, or its part in p, begins
	for i := 0; i < len(p); {
		if d.text {
			i = d.inText(p, i)
			continue
		}
		switch c := p[i]; c {
		case '"':
			d.text = d.depth > 0
		case '{', '[':
			switch {
			case d.depth > 0:
				d.depth++
			case c == '{':
				r := jsonx.NewReader(p[i:])
				if whole := r.Raw(); !r.Bad() { // as a rule
					d.end(whole, true)
					i += len(whole)
					continue
				}
				d.depth, from = 1, i
			default:
				d.array = true
			}
		case '}', ']':
			switch {
			case d.depth > 1:
				d.depth--
			case d.depth == 1:
				d.end(p[from:i+1], true)
			case c == ']':
				d.arrayed = d.array
			}
		}
		i++
	}
	if d.depth > 0 {
		d.keep(p[from:])
	}
}

// inText goes on in a string, and returns the index behind it.
func (d *objects) inText(p []byte, i int) int {
	if d.escape {
		d.escape = false
		i++
	}
	for from := i; ; from = i {
		n := bytes.IndexByte(p[i:], '"')
		end := len(p)
		if n >= 0 {
			end = i + n
		}
		escaped := false
		for j := end - 1; j >= from && p[j] == '\\'; j-- {
			escaped = !escaped
		}
		i = end + 1
		switch {
		case n < 0:
			d.escape = escaped
			return end
		case !escaped:
			d.text = false
			return i
		}
	}
}

// end hands an object on, if it is whole and not too long.
func (d *objects) end(part []byte, whole bool) {
	if len(d.kept) > 0 || d.lost || len(part) > maxEventBytes {
		d.keep(part)
		part = d.kept
	}
	if whole && !d.lost {
		d.onObject(part)
	} else {
		d.skipped++
	}
	d.kept, d.depth, d.lost = d.kept[:0], 0, false
}

// keep adds to the unfinished object.
func (d *objects) keep(p []byte) {
	if d.lost || len(d.kept)+len(p) > maxEventBytes {
		d.kept, d.lost = d.kept[:0], true
		return
	}
	d.kept = append(d.kept, p...)
}

// broken reports whether an object, or the array they are in, has begun but not ended.
func (d *objects) broken() bool { return d.depth > 0 || d.array && !d.arrayed }
