package llmwire

import "bytes"

// maxEventBytes bounds one event of a stream; a longer one is skipped and counted.
const maxEventBytes = MaxCaptureBytes

// SSE decodes a stream of server-sent events (WHATWG HTML, section 9.2) that
// arrives in portions of any size. It holds one event at most. The zero value
// needs only OnEvent.
type SSE struct {
	// OnEvent receives the name, often empty, and the data of each event. Both
	// are valid during the call.
	OnEvent func(name, data []byte)
	// Skipped counts the events that were too long.
	Skipped int

	line    []byte // the beginning of an unfinished line
	data    []byte
	name    []byte
	any     bool // the event has data, if only an empty line of it
	skip    bool // the event is too long
	lost    bool // the line is too long
	begun   bool // the first line has been seen
	afterCR bool // the last portion ended in a carriage return
}

// Feed takes the next bytes. It doesn't keep p.
func (d *SSE) Feed(p []byte) {
	if d.afterCR && len(p) > 0 {
		d.afterCR = false
		if p[0] == '\n' {
			p = p[1:]
		}
	}
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		within := p
		if end >= 0 {
			within = p[:end]
		}
		if cr := bytes.IndexByte(within, '\r'); cr >= 0 {
			end = cr
		}
		if end < 0 {
			d.keep(p)
			return
		}
		line := p[:end]
		if len(d.line) > 0 || d.lost {
			d.keep(line)
			line = d.line
		}
		next := end + 1
		if p[end] == '\r' {
			if next == len(p) {
				d.afterCR = true
			} else if p[next] == '\n' {
				next++
			}
		}
		if d.lost {
			d.skip, d.any = true, true
		} else {
			d.take(line)
		}
		d.line, d.lost = d.line[:0], false
		p = p[next:]
	}
}

// Close ends the stream. An event that lacks only the empty line after it counts.
func (d *SSE) Close() {
	if len(d.line) > 0 && !d.lost {
		d.take(d.line)
	}
	d.dispatch()
	d.line, d.data = nil, nil
}

// held returns the data of an event whose end hasn't come, valid until the next bytes do.
func (d *SSE) held() []byte { return d.data }

// keep adds to the unfinished line.
func (d *SSE) keep(p []byte) {
	if d.lost || len(d.line)+len(p) > maxEventBytes {
		d.lost = true
		d.line = d.line[:0]
		return
	}
	d.line = append(d.line, p...)
}

// take reads one line.
func (d *SSE) take(line []byte) {
	if !d.begun {
		d.begun = true
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	if len(line) == 0 {
		d.dispatch()
		return
	}
	field, value, _ := bytes.Cut(line, []byte{':'})
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	switch string(field) {
	case "data":
		if len(d.data)+len(value)+1 > maxEventBytes {
			d.skip = true
		}
		if !d.skip {
			if d.any {
				d.data = append(d.data, '\n')
			}
			d.data = append(d.data, value...)
		}
		d.any = true
	case "event":
		d.name = append(d.name[:0], value...)
	}
}

// dispatch hands the event on.
func (d *SSE) dispatch() {
	switch {
	case d.skip:
		d.Skipped++
	case d.any:
		d.OnEvent(d.name, d.data)
	}
	d.data, d.name, d.any, d.skip = d.data[:0], d.name[:0], false, false
}
