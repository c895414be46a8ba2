package otlp

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/langshark/langshark-go/server/ingest"
)

// jsonDecoder reads OTLP/JSON.
type jsonDecoder struct {
	decoder
	reader
}

func (d *jsonDecoder) request(body []byte) error {
	body = ingest.Sanitize(body)
	if !json.Valid(body) {
		return fmt.Errorf("langshark: not JSON: %w", ErrBody)
	}
	d.raw = body
	if d.peek() != '{' {
		return fmt.Errorf("langshark: body: expected an object: %w", ErrBody)
	}
	d.object("body", func(key string) {
		if key == "resourceSpans" {
			d.array(key, d.resourceSpans)
			return
		}
		d.skip()
	})
	return d.err
}

// twice reads an object first for one of its members, which may stand at the end, then for the other.
func (d *jsonDecoder) twice(what, head string, readHead func(), rest string, readRest func()) {
	start := d.at
	d.object(what, func(key string) {
		if key == head {
			readHead()
			return
		}
		d.skip()
	})
	if d.err != nil {
		return
	}
	d.at = start
	d.object(what, func(key string) {
		if key == rest {
			d.array(key, readRest)
			return
		}
		d.skip()
	})
}

func (d *jsonDecoder) resourceSpans() {
	var src source
	d.twice("resourceSpans", "resource", func() {
		d.object("resource", func(key string) {
			if key == "attributes" {
				src.resource = d.holder("resource")
				return
			}
			d.skip()
		})
	}, "scopeSpans", func() { d.scopeSpans(src) })
}

func (d *jsonDecoder) holder(what string) []attribute {
	var fault error
	list := d.attributes(&fault)
	if fault != nil {
		d.fail(fmt.Errorf("langshark: %s: %w: %w", what, fault, ErrBody))
	}
	return list
}

func (d *jsonDecoder) scopeSpans(src source) {
	d.twice("scopeSpans", "scope", func() {
		d.object("scope", func(key string) {
			switch key {
			case "name":
				src.scope = d.clean(key)
			case "version":
				src.scopeVersion = d.clean(key)
			case "attributes":
				src.scopeAttributes = d.holder("scope")
			default:
				d.skip()
			}
		})
	}, "spans", func() {
		if err := d.countSpan(); err != nil {
			d.fail(err)
			return
		}
		var s span
		if d.span(&s); d.err == nil {
			d.err = d.emit(&src, &s)
		}
	})
}

func (d *jsonDecoder) clean(what string) string { return ingest.Clean(d.text(what)) }

func (d *jsonDecoder) span(s *span) {
	d.object("span", func(key string) {
		switch key {
		case "traceId":
			s.trace = d.clean(key)
		case "spanId":
			s.id = d.clean(key)
		case "parentSpanId":
			s.parent = d.clean(key)
		case "name":
			s.name = d.clean(key)
		case "startTimeUnixNano":
			s.start = d.nanos(key)
		case "endTimeUnixNano":
			s.end = d.nanos(key)
		case "attributes":
			s.attributes = d.attributes(&s.fault)
		case "events":
			d.array(key, func() { d.event(s) })
		case "status":
			d.object(key, func(key string) {
				switch key {
				case "code":
					code := d.text(key)
					s.failed = code == strconv.Itoa(statusError) || code == "STATUS_CODE_ERROR"
				case "message":
					s.message = d.clean(key)
				default:
					d.skip()
				}
			})
		default:
			d.skip()
		}
	})
}

func (d *jsonDecoder) nanos(what string) uint64 {
	text := d.text(what)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		d.fail(fmt.Errorf("langshark: %s: %s is no number of nanoseconds: %w", what, short(text), ErrBody))
	}
	return n
}

func (d *jsonDecoder) event(s *span) {
	if err := d.count(); err != nil {
		d.fail(err)
		return
	}
	if len(s.events) == MaxEvents {
		s.blame(errEvents)
		d.skip()
		return
	}
	var e event
	d.object("event", func(key string) {
		switch key {
		case "timeUnixNano":
			e.at = d.nanos(key)
		case "name":
			e.name = d.clean(key)
		case "attributes":
			e.attributes = d.attributes(&s.fault)
		default:
			d.skip()
		}
	})
	s.events = append(s.events, e)
}

func (d *jsonDecoder) attributes(fault *error) (list []attribute) {
	d.array("attributes", func() {
		if len(list) == MaxAttributes {
			*fault = errAttributes
			d.skip()
			return
		}
		list = append(list, d.keyValue(1, fault))
	})
	return list
}
